//! When the secret ends that an app signs in to a CRM with. At Microsoft each does.

use super::{ConnectError, Settings};
use crate::clock::Millis;
use crate::source::oauth::Proof;
use crate::store::crm_connections::{self, CrmConnection, Kind};
use crate::store::{Conn, StoreError, TenantId};
use secrecy::SecretString;

/// The end of what is entered, as far as it says so itself: a certificate does. Of what stays, as before.
pub(super) fn secret_end(
    settings: &Settings,
    before: Option<&CrmConnection>,
) -> Result<Option<Millis>, ConnectError> {
    match &settings.password {
        None => Ok(before.and_then(|before| before.secret_expires_at)),
        Some(secret) if settings.kind == Kind::Dynamics => of_certificate(secret),
        Some(_) => Ok(None),
    }
}

fn of_certificate(secret: &SecretString) -> Result<Option<Millis>, ConnectError> {
    match Proof::entered(secret.clone())? {
        Proof::Certificate(certificate) => Ok(Some(certificate.expires_at())),
        Proof::Secret(_) | Proof::Basic(_) => Ok(None),
    }
}

/// Notes when a secret ends that was saved with these settings; a certificate says it itself. It is warned of
/// in time.
pub async fn note_secret_end(
    conn: &mut Conn,
    tenant: &TenantId,
    settings: &Settings,
    at: Millis,
) -> Result<(), StoreError> {
    let says_it_itself = settings
        .password
        .as_ref()
        .is_some_and(|secret| of_certificate(secret).is_ok_and(|end| end.is_some()));
    if !says_it_itself {
        crm_connections::set_secret_end(conn, tenant, at).await?;
    }
    Ok(())
}
