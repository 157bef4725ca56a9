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
    let mut tx = db.begin_write().await?;
    crm_connections::set_state(&mut tx, tenant, connection.changed_at, state, &detail, now).await?;
    tx.commit().await?;
    Ok(())
}

/// The same with a reading, which comes to a pause if the CRM has asked for one; how a write fares says nothing of that.
pub(in crate::crm) async fn note_read(
    db: &Db,
    tenant: &TenantId,
    connection: &CrmConnection,
    result: Result<(), &CrmError>,
    now: Millis,
) -> Result<(), StoreError> {
    let retry_at = result.err().and_then(CrmError::pause).map(|pause| now.plus(pause));
    let mut tx = db.begin_write().await?;
    crm_connections::set_pause(&mut tx, tenant, connection.changed_at, retry_at).await?;
    tx.commit().await?;
    note(db, tenant, connection, result, now).await
}
