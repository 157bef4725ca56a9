//! How a connection fares with what it is asked.

use crate::clock::Millis;
use crate::crm::CrmError;
use crate::store::crm_connections::{self, CrmConnection, State};
use crate::store::{Db, StoreError, TenantId};

/// Notes how the connection fared with a request; how the database fares says nothing of it.
pub(in crate::crm) async fn note(
    db: &Db,
    tenant: &TenantId,
    connection: &CrmConnection,
    result: Result<(), &CrmError>,
    now: Millis,
) -> Result<(), StoreError> {
    let (state, detail) = match result {
        Ok(()) => (State::Healthy, String::new()),
        Err(
            CrmError::Store(_)
            | CrmError::NotConnected
            | CrmError::Earlier
            | CrmError::Claimed
            | CrmError::Unseen,
        ) => return Ok(()),
        Err(error @ (CrmError::WrongPassword | CrmError::SignIn(_) | CrmError::NoPassword)) => {
            (State::WrongPassword, error.to_string())
        }
        Err(error @ CrmError::Consent) => (State::NeedsConsent, error.to_string()),
        Err(error @ CrmError::Refused(_)) => (State::Refused, error.to_string()),
        Err(error @ CrmError::Unreachable(_)) => (State::Unreachable, error.to_string()),
        Err(error @ (CrmError::Throttled(_) | CrmError::Away(_))) => {
            (State::Throttled, error.to_string())
        }
    };
    let pause = result.err().and_then(CrmError::pause);
    let retry_at = pause.map(|pause| now.plus(pause));
    let mut tx = db.begin_write().await?;
    let (changed_at, fares) = (connection.changed_at, (state, detail.as_str()));
    crm_connections::set_state(&mut tx, tenant, changed_at, fares, retry_at, now).await?;
    tx.commit().await?;
    Ok(())
}
