//! What is noted of a write right before the CRM is asked to make a record that it may not show afterwards:
//! whose it is to be. Whatever fails before has made nothing, and is simply tried again.

use crate::store::crm_writes;
use crate::store::{Db, StoreError, TenantId, WriteId};

/// Notes who is to own the record that a write makes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Noting<'a> {
    /// Where it is noted.
    pub(super) db: &'a Db,
    /// Whose write it is.
    pub(super) tenant: &'a TenantId,
    /// The write.
    pub(super) write: &'a WriteId,
    /// The CRM's id of the owner.
    pub(super) owner: &'a str,
}

impl Noting<'_> {
    /// From now on the record may be there.
    pub(super) async fn may_be_made(&self) -> Result<(), StoreError> {
        self.note(self.owner).await
    }

    /// The CRM has answered that it made none.
    pub(super) async fn is_not_made(&self) -> Result<(), StoreError> {
        self.note("").await
    }

    async fn note(&self, owner: &str) -> Result<(), StoreError> {
        let mut tx = self.db.begin_write().await?;
        crm_writes::note_owner(&mut tx, self.tenant, self.write, owner).await?;
        tx.commit().await?;
        Ok(())
    }
}
