//! Mails to all admins of a tenant, enqueued in the transaction that notes what they are told.

use super::{Kind, NewJob};
use crate::clock::Millis;
use crate::followup::notice::Notices;
use crate::store::users::{self, User};
use crate::store::{Conn, Db, StoreError, TenantId, Tx, UserId};

/// A transaction in which a tenant's admins are told something.
pub(super) struct Telling<'a> {
    tx: Tx,
    tenant: &'a TenantId,
    admins: Vec<User>,
    now: Millis,
}

impl<'a> Telling<'a> {
    /// Begins it. `None`: there is no account to send with, and nothing is to be noted.
    pub(super) async fn begin(
        db: &Db,
        notices: &Notices,
        tenant: &'a TenantId,
        now: Millis,
    ) -> Result<Option<Self>, StoreError> {
        let mut tx = db.begin_write().await?;
        if !notices.reaches(&mut tx, tenant).await? {
            return Ok(None);
        }
        let admins = users::admins(&mut tx, tenant).await?;
        Ok(Some(Self { tx, tenant, admins, now }))
    }

    /// To note in what they are told.
    pub(super) fn conn(&mut self) -> &mut Conn {
        &mut self.tx
    }

    /// Enqueues a mail to each; `payload` says what about, and to whom.
    pub(super) async fn tell(
        &mut self,
        payload: impl Fn(&UserId) -> String,
    ) -> Result<(), StoreError> {
        for admin in &self.admins {
            let job = NewJob {
                tenant: self.tenant.clone(),
                kind: Kind::SendNotice,
                payload: payload(&admin.id),
                dedupe_key: None,
                run_at: self.now,
            };
            super::enqueue(&mut self.tx, &job, self.now).await?;
        }
        Ok(())
    }

    /// Ends it: they are told.
    pub(super) async fn end(self) -> Result<(), StoreError> {
        Ok(self.tx.commit().await?)
    }
}
