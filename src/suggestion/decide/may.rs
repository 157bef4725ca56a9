//! Who may accept at a tenant.

use crate::store::audit::Actor;
use crate::store::policies::{self, WhoMayAccept};
use crate::store::tokens::{self, Scope};
use crate::store::users::{self, Role};
use crate::store::{Conn, StoreError, TenantId};

/// Whether the tenant lets `actor` accept suggestions, and take that back. Where admins only may, a
/// program does as much as an admin if it may write the CRM connection.
pub async fn may_accept(
    conn: &mut Conn,
    tenant: &TenantId,
    actor: &Actor,
) -> Result<bool, StoreError> {
    if policies::get(conn, tenant).await?.who_may_accept == WhoMayAccept::Reps {
        return Ok(true);
    }
    Ok(match actor {
        Actor::User(id) => {
            users::get(conn, tenant, id).await?.is_some_and(|user| user.role == Role::Admin)
        }
        Actor::Token(id) => tokens::scopes(conn, tenant, id).await?.contains(&Scope::CrmWrite),
        Actor::Worker | Actor::CommandLine | Actor::Policy => true,
    })
}
