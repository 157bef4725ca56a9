//! Older mail, a slice at a time between two looks at what is new: rate-limited, and resumed where
//! it stopped.

use super::end::End;
use super::fetch::{self, Place};
use super::folder;
use super::reader::Reader;
use super::watch::Watch;
use super::wire::{Transport, Wire};
use crate::store::StoreError;
use crate::store::mailboxes::{self, Position};
use std::collections::VecDeque;
use std::time::Duration;

/// How many messages are read before one looks for new mail again.
pub(super) const SLICE: usize = 50;

/// What is known of a folder's older mail during a connection.
#[derive(Debug, Default)]
pub(super) struct Older {
    /// What is still to be read, in order; unknown before the first slice.
    left: Option<VecDeque<u32>>,
    done: u32,
}

impl Older {
    /// How many messages are done, and how many are left.
    pub(super) fn progress(&self) -> (u32, u32) {
        let left = self.left.as_ref().map_or(0, VecDeque::len);
        (self.done, u32::try_from(left).unwrap_or(u32::MAX))
    }
}

/// How long to wait after a slice, so that a mailbox gives `per_minute` older messages.
pub(super) fn pace(per_minute: u32) -> Duration {
    Duration::from_mins(1) * u32::try_from(SLICE).unwrap_or(u32::MAX) / per_minute.max(1)
}

/// Reads the next slice of the folder that is open.
pub(super) async fn read_slice<S: Transport, R: Reader>(
    wire: &mut Wire<S>,
    watch: &mut Watch<R>,
    place: &Place<'_>,
    position: &Position,
    exists: u32,
    older: &mut Older,
) -> Result<(), End> {
    if !position.is_backfilling() {
        *older = Older { left: None, done: position.backfill_done };
        return Ok(());
    }
    if older.left.is_none() {
        let (first, last) = (position.backfill_uid + 1, position.backfill_until);
        match folder::search_between(wire, first, last, position.backfill_from).await? {
            Some(found) => {
                let total = position.backfill_done + u32::try_from(found.len()).unwrap_or(u32::MAX);
                note(watch, place, Some(total)).await?;
                *older = Older { left: Some(found.into()), done: position.backfill_done };
            }
            // Some servers say nothing at all when they find nothing. It is believed of an empty
            // folder only.
            None if exists == 0 => return note(watch, place, None).await,
            None => return Ok(()),
        }
    }
    let Some(left) = &mut older.left else { return Ok(()) };
    let slice: Vec<u32> = left.drain(..left.len().min(SLICE)).collect();
    let is_last = left.is_empty();
    let count = u32::try_from(slice.len()).unwrap_or(u32::MAX);
    if !slice.is_empty() {
        fetch::read_chunk(wire, watch, place, &slice).await?;
        older.done = older.done.saturating_add(count);
    }
    if is_last {
        note(watch, place, None).await?;
        older.left = None;
    }
    Ok(())
}

async fn note<R: Reader>(
    watch: &Watch<R>,
    place: &Place<'_>,
    total: Option<u32>,
) -> Result<(), End> {
    let mut tx = watch.db.begin_write().await?;
    mailboxes::note_backfill(&mut tx, &watch.held, place.folder, total).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(())
}
