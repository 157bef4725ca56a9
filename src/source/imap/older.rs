//! Older mail, a slice at a time between two looks at what is new: rate-limited, and resumed where
//! it stopped.

use super::end::End;
use super::fetch::{self, PIECE, Place};
use super::folder;
use super::reader::Reader;
use super::watch::Watch;
use super::wire::{Transport, Wire};
use crate::store::StoreError;
use crate::store::mailboxes::{self, Position};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;

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

/// How long to wait after so many messages, so that a mailbox gives `per_minute` older ones.
fn pace(messages: usize, per_minute: u32) -> Duration {
    Duration::from_mins(1) * u32::try_from(messages).unwrap_or(u32::MAX) / per_minute.max(1)
}

/// How many bytes of a mailbox's older mail may be fetched: a quarter of a day's at once, so that in no
/// day it is more. Providers count them (Gmail allows 2,500 MB a day, its owner's programs
/// included) and lock the account for a day.
#[derive(Debug)]
pub(super) struct Allowance {
    per_day: i64,
    /// What may be fetched now; less than nothing after a slice that was larger.
    left: i64,
    at: Instant,
}

impl Allowance {
    /// So many bytes in a day.
    pub(super) fn of(per_day: u64) -> Self {
        let per_day = i64::try_from(per_day).unwrap_or(i64::MAX).max(4);
        Self { per_day, left: per_day / 4, at: Instant::now() }
    }

    /// Takes what was fetched from it; says how long to wait until there is something left.
    fn take(&mut self, bytes: u64) -> Duration {
        const DAY_MILLIS: i128 = 86_400_000;
        let slowly = i128::from(self.per_day - self.per_day / 4);
        let now = Instant::now();
        let passed = i128::try_from((now - self.at).as_millis()).unwrap_or(DAY_MILLIS);
        let given = i64::try_from(passed.min(DAY_MILLIS) * slowly / DAY_MILLIS).unwrap_or(i64::MAX);
        self.at = now;
        let full = self.left.saturating_add(given).min(self.per_day / 4);
        self.left = full.saturating_sub(i64::try_from(bytes).unwrap_or(i64::MAX));
        let wait = i128::from(self.left.min(0).unsigned_abs()) * DAY_MILLIS / slowly.max(1);
        Duration::from_millis(u64::try_from(wait).unwrap_or(u64::MAX))
    }
}

/// How long to wait after a slice of so many messages and bytes.
pub(super) fn rest<R>(watch: &mut Watch<R>, messages: usize, bytes: u64) -> Duration {
    pace(messages, watch.limits.backfill_per_minute).max(watch.allowance.take(bytes))
}

/// Finds out which messages of the folder that is open are older mail that is not read, once.
pub(super) async fn find<S: Transport, R: Reader>(
    wire: &mut Wire<S>,
    watch: &Watch<R>,
    place: &Place<'_>,
    position: &Position,
    exists: u32,
    older: &mut Older,
) -> Result<(), End> {
    if !position.is_backfilling() {
        *older = Older { left: None, done: position.backfill_done };
        return Ok(());
    }
    if older.left.is_some() {
        return Ok(());
    }
    let (first, last) = (position.backfill_uid + 1, position.backfill_until);
    let found = match folder::search_between(wire, first, last, position.backfill_from).await? {
        Some(found) => found,
        // Some servers say nothing at all when they find nothing. It is believed of an empty folder
        // only.
        None if exists == 0 => Vec::new(),
        None => return Ok(()),
    };
    let total = position.backfill_done + u32::try_from(found.len()).unwrap_or(u32::MAX);
    note(watch, place, (!found.is_empty()).then_some(total)).await?;
    let left = (!found.is_empty()).then(|| found.into());
    *older = Older { left, done: position.backfill_done };
    Ok(())
}

/// Reads the next slice of the folder that is open, what one fetch brings; says how many messages it
/// was.
pub(super) async fn read_slice<S: Transport, R: Reader>(
    wire: &mut Wire<S>,
    watch: &mut Watch<R>,
    place: &Place<'_>,
    older: &mut Older,
) -> Result<usize, End> {
    let Some(left) = &mut older.left else { return Ok(0) };
    let slice: Vec<u32> = left.iter().copied().take(PIECE).collect();
    let done = fetch::read_piece(wire, watch, place, &slice).await?;
    left.drain(..done);
    older.done = older.done.saturating_add(u32::try_from(done).unwrap_or(u32::MAX));
    if left.is_empty() {
        note(watch, place, None).await?;
        older.left = None;
    }
    Ok(done)
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

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    #[tokio::test(start_paused = true)]
    async fn in_no_day_more_is_fetched_than_a_provider_allows() {
        const MIB: u64 = 1024 * 1024;
        let mut allowance = Allowance::of(1000 * MIB);
        let (mut fetched, began) = (0, Instant::now());
        while began.elapsed() < Duration::from_hours(24) {
            let wait = allowance.take(3 * MIB);
            fetched += 3;
            assert!(fetched <= 250 || wait > Duration::ZERO, "a quarter of it at once");
            advance(wait.max(Duration::from_secs(1))).await;
        }
        assert!((990..=1010).contains(&fetched), "{fetched} MiB in a day");
        advance(Duration::from_hours(240)).await;
        assert_eq!(allowance.take(250 * MIB), Duration::ZERO);
        assert!(allowance.take(MIB) > Duration::from_mins(1), "what is not used is not saved up");
    }
}
