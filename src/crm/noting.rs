//! What is noted of a write right before the CRM is asked to make a record, or to change one: when, and whose a new
//! one is to be where it may not be shown afterwards. Whatever fails before has made nothing, and is simply tried
//! again; what a record says by then is not of our writing.
//!
//! What was asked for and not answered may be there only later: the search lags, and a CRM may still be working
//! on it when we, or the connection, have long ended. Where no key of ours keeps it from being made twice, it is
//! therefore asked for again only when what was there must be seen.

use super::{CrmError, New, Update};
use crate::clock::{Clock, Millis};
use crate::store::crm_writes::{self, CrmWrite};
use crate::store::{Db, StoreError, TenantId, WriteId};
use std::sync::atomic::{AtomicI64, Ordering};

/// What is to be known of a CRM that takes no key of ours.
pub(super) const WAITS: &str = "After a broken connection a new contact waits two minutes, until it must be seen \
                                whether it was made.";

/// What is noted of a write: before a try of it, and since.
#[derive(Debug)]
pub(super) struct Stands {
    /// When the CRM was asked for it before; 0: never.
    before: Millis,
    /// The CRM's id of the owner with whom that was.
    owner: String,
    /// The CRM's id of the company to which the record was to be brought then; empty: to none.
    linked: String,
    /// When it was asked for last, as we have noted it. What another one has noted since is of a try whose worker
    /// has the write now.
    now: AtomicI64,
}

impl Stands {
    /// As it stands in a write that was read.
    pub(super) fn of(write: &CrmWrite) -> Self {
        let (owner, linked) = (write.owner.clone(), write.linked.clone());
        Self { before: write.tried_at, owner, linked, now: AtomicI64::new(write.tried_at.0) }
    }
}

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
    /// What is noted of it.
    pub(super) stands: &'a Stands,
}

impl Noting<'_> {
    /// False: the write waits no more, or another worker has it.
    async fn note(&self, at: Millis, owner: &str) -> Result<bool, StoreError> {
        let from = Millis(self.stands.now.load(Ordering::Relaxed));
        let mut tx = self.db.begin_write().await?;
        let noted =
            crm_writes::note_asked(&mut tx, self.tenant, self.write, from, (at, owner)).await?;
        tx.commit().await?;
        if noted {
            self.stands.now.store(at.0, Ordering::Relaxed);
        }
        Ok(noted)
    }

    async fn is_asked_for(noting: Option<&Self>) -> Result<(), CrmError> {
        let Some(noting) = noting else { return Ok(()) };
        // No two workers note the same.
        let last = noting.stands.now.load(Ordering::Relaxed);
        let now = noting.clock.now().max(Millis(last.saturating_add(1)));
        if noting.note(now, noting.owner).await? { Ok(()) } else { Err(CrmError::Earlier) }
    }

    /// What an earlier try has asked for stays noted.
    async fn has_done_nothing(noting: Option<&Self>) -> Result<(), CrmError> {
        if let Some(noting) = noting {
            noting.note(noting.stands.before, &noting.stands.owner).await?;
        }
        Ok(())
    }

    /// False: the write waits no more.
    async fn note_linked(&self, company: &str) -> Result<bool, StoreError> {
        let mut tx = self.db.begin_write().await?;
        let waits = crm_writes::note_linked(&mut tx, self.tenant, self.write, company).await?;
        tx.commit().await?;
        Ok(waits)
    }

    async fn answered<T: Answered>(
        noting: Option<&Self>,
        answer: Result<T, CrmError>,
    ) -> Result<T, CrmError> {
        let has_made_nothing = match &answer {
            Ok(answer) => answer.has_made_nothing(),
            Err(error) => error.has_made_nothing(),
        };
        if has_made_nothing {
            Self::has_done_nothing(noting).await?;
        }
        answer
    }
}

/// What a CRM answers to being asked to make or change a record.
pub(super) trait Answered {
    /// Whether it says that it did not: the values are refused, somebody is there already, …
    fn has_made_nothing(&self) -> bool;
}

/// Whether an address book has taken it: where it has not, it may have done so before the connection broke, after
/// which it was asked once more.
impl Answered for bool {
    fn has_made_nothing(&self) -> bool {
        false
    }
}

impl New<'_> {
    /// Notes that it is asked for now, under a key of ours or where the CRM itself makes it once.
    /// [`CrmError::Earlier`]: a rep has taken it back just now, or another worker has it.
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
    pub(super) async fn answered<T: Answered>(
        &self,
        answer: Result<T, CrmError>,
    ) -> Result<T, CrmError> {
        Noting::answered(self.noting.as_ref(), answer).await
    }
}

impl Update<'_> {
    /// Notes that the CRM is asked now to change the record. [`CrmError::Earlier`]: a rep has taken it back just
    /// now, or another worker has it.
    pub(super) async fn is_asked_for(&self) -> Result<(), CrmError> {
        Noting::is_asked_for(self.noting.as_ref()).await
    }

    /// Notes that the CRM is asked now to bring the record to a company, with which it is not. What its fields say
    /// is not of our writing for that. [`CrmError::Earlier`]: a rep has taken it back just now.
    pub(super) async fn is_to_link(&self, company: &str) -> Result<(), CrmError> {
        let Some(noting) = self.noting else { return Ok(()) };
        if noting.note_linked(company).await? { Ok(()) } else { Err(CrmError::Earlier) }
    }

    /// What the CRM answered to that; where it did not, what an earlier try has asked for stays noted.
    pub(super) async fn is_linked<T>(&self, answer: Result<T, CrmError>) -> Result<T, CrmError> {
        if let (Some(noting), Err(error)) = (self.noting, &answer)
            && error.has_made_nothing()
        {
            noting.note_linked(&noting.stands.linked).await?;
        }
        answer
    }

    /// Whether an earlier try has asked for that.
    pub(super) fn was_to_link(&self, company: &str) -> bool {
        self.noting.is_some_and(|noting| noting.stands.linked == company)
    }

    /// Notes that the CRM has answered that it changed nothing.
    pub(super) async fn is_not_made(&self) -> Result<(), CrmError> {
        Noting::has_done_nothing(self.noting.as_ref()).await
    }

    /// What the CRM answered to being asked for it, which is noted if it changed nothing.
    pub(super) async fn answered<T: Answered>(
        &self,
        answer: Result<T, CrmError>,
    ) -> Result<T, CrmError> {
        Noting::answered(self.noting.as_ref(), answer).await
    }
}
