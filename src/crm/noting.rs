//! What is noted of a write right before the CRM is asked to make a record, or to change one: when, and whose a new
//! one is to be where it may not be shown afterwards. Whatever fails before has made nothing, and is simply tried
//! again; what a record says by then is not of our writing.
//!
//! What was asked for and not answered may be there only later: the search lags, and a CRM may still be working
//! on it when we, or the connection, have long ended. Where no key of ours keeps it from being made twice, it is
//! therefore asked for again only when what was there must be seen.

use super::{CrmError, New, Update};
use crate::clock::{Clock, Millis};
use crate::store::crm_writes;
use crate::store::{Db, StoreError, TenantId, WriteId};

/// What is to be known of a CRM that takes no key of ours.
pub(super) const WAITS: &str = "After a broken connection a new contact waits two minutes, until it must be seen \
                                whether it was made.";

/// Notes that a record, or a change of one, is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Noting<'a> {
    /// Where it is noted.
    pub(super) db: &'a Db,
    /// What time it is.
    pub(super) clock: &'a Clock,
    /// Whose write it is.
    pub(super) tenant: &'a TenantId,
    /// The write.
    pub(super) write: &'a WriteId,
    /// The CRM's id of the owner of what may not be shown; else empty.
    pub(super) owner: &'a str,
    /// When it was asked for before; 0: never.
    pub(super) before: Millis,
}

impl Noting<'_> {
    /// False: the write waits no more.
    async fn note(&self, at: Millis, owner: &str) -> Result<bool, StoreError> {
        let mut tx = self.db.begin_write().await?;
        let waits = crm_writes::note_asked(&mut tx, self.tenant, self.write, at, owner).await?;
        tx.commit().await?;
        Ok(waits)
    }

    async fn is_asked_for(noting: Option<&Self>) -> Result<(), CrmError> {
        let Some(noting) = noting else { return Ok(()) };
        let waits = noting.note(noting.clock.now(), noting.owner).await?;
        if waits { Ok(()) } else { Err(CrmError::Earlier) }
    }

    async fn has_done_nothing(noting: Option<&Self>) -> Result<(), CrmError> {
        if let Some(noting) = noting {
            noting.note(noting.before, "").await?;
        }
        Ok(())
    }

    async fn answered<T>(
        noting: Option<&Self>,
        answer: Result<T, CrmError>,
    ) -> Result<T, CrmError> {
        if answer.as_ref().is_err_and(CrmError::has_made_nothing) {
            Self::has_done_nothing(noting).await?;
        }
        answer
    }
}

impl New<'_> {
    /// Notes that it is asked for now, under a key of ours or where the CRM itself makes it once.
    /// [`CrmError::Earlier`]: a rep has taken it back just now.
    pub(super) async fn is_asked_for(&self) -> Result<(), CrmError> {
        Noting::is_asked_for(self.noting.as_ref()).await
    }

    /// As [`New::is_asked_for`], where nothing but a look at who is there keeps it from being made twice.
    /// [`CrmError::Unseen`]: what was asked for before may not be seen yet.
    pub(super) async fn is_asked_for_unkeyed(&self) -> Result<(), CrmError> {
        if self.lately { Err(CrmError::Unseen) } else { self.is_asked_for().await }
    }

    /// Notes that the CRM has answered that it made none.
    pub(super) async fn is_not_made(&self) -> Result<(), CrmError> {
        Noting::has_done_nothing(self.noting.as_ref()).await
    }

    /// What the CRM answered to being asked for it, which is noted if it made none.
    pub(super) async fn answered<T>(&self, answer: Result<T, CrmError>) -> Result<T, CrmError> {
        Noting::answered(self.noting.as_ref(), answer).await
    }
}

impl Update<'_> {
    /// Notes that the CRM is asked now to change the record. [`CrmError::Earlier`]: a rep has taken it back just
    /// now.
    pub(super) async fn is_asked_for(&self) -> Result<(), CrmError> {
        Noting::is_asked_for(self.noting.as_ref()).await
    }

    /// Notes that the CRM has answered that it changed nothing.
    pub(super) async fn is_not_made(&self) -> Result<(), CrmError> {
        Noting::has_done_nothing(self.noting.as_ref()).await
    }

    /// What the CRM answered to being asked for it, which is noted if it changed nothing.
    pub(super) async fn answered<T>(&self, answer: Result<T, CrmError>) -> Result<T, CrmError> {
        Noting::answered(self.noting.as_ref(), answer).await
    }
}
