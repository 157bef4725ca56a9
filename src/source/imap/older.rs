//! Older mail, a slice at a time between two looks at what is new: rate-limited, and resumed where
//! it stopped.

use super::end::End;
use super::fetch::{self, PIECE, Place};
use super::folder;
use super::reader::Reader;
use super::watch::Watch;
use super::wire::{Transport, Wire};
use crate::clock::Millis;
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

const DAY_MILLIS: i64 = 86_400_000;

/// How many bytes of a mailbox's older mail may be fetched: a quarter of a day's at once, so that in no
/// day it is more, however often another worker goes on. Providers count them (Gmail allows 2,500 MB a
/// day, its owner's programs included) and lock the account for a day.
#[derive(Debug, Clone, Copy)]
struct Allowance {
    per_day: i64,
    /// What may be fetched now; less than nothing after a slice that was larger.
    left: i64,
}

impl Allowance {
    /// Of so many bytes in a day, with what was left `before`.
    fn at(now: Millis, per_day: u64, before: Option<(i64, Millis)>) -> Self {
        let per_day = i64::try_from(per_day).unwrap_or(i64::MAX).max(4);
        let full = per_day / 4;
        let left = before.map_or(full, |(left, at)| {
            let passed = now.0.saturating_sub(at.0).max(0);
            let slowly = i128::from(per_day - full);
            let given = i128::from(passed) * slowly / i128::from(DAY_MILLIS);
            left.saturating_add(i64::try_from(given).unwrap_or(i64::MAX)).min(full)
        });
        Self { per_day, left }
    }

    /// What is left without so many bytes.
    fn without(self, bytes: u64) -> Self {
        Self { left: self.left.saturating_sub(i64::try_from(bytes).unwrap_or(i64::MAX)), ..self }
    }

    /// How long it is until there is something left.
    fn wait(self) -> Duration {
        let slowly = i128::from(self.per_day - self.per_day / 4);
        let missing = i128::from(self.left.min(0).unsigned_abs());
        let wait = missing * i128::from(DAY_MILLIS) / slowly.max(1);
        Duration::from_millis(u64::try_from(wait).unwrap_or(u64::MAX))
    }
}

async fn allowance<R>(watch: &Watch<R>) -> Result<Allowance, End> {
    let before = mailboxes::allowance(&mut *watch.db.read().await?, &watch.held).await?;
    Ok(Allowance::at(watch.clock.now(), watch.limits.backfill_bytes_per_day, before))
}

/// When the first slice of a connection may be read.
pub(super) async fn due<R>(watch: &Watch<R>) -> Result<Instant, End> {
    Ok(Instant::now() + allowance(watch).await?.wait())
}

/// How long to wait after a slice of so many messages and bytes.
pub(super) async fn rest<R>(
    watch: &Watch<R>,
    messages: usize,
    bytes: u64,
) -> Result<Duration, End> {
    let allowance = allowance(watch).await?.without(bytes);
    let mut tx = watch.db.begin_write().await?;
    let now = watch.clock.now();
    mailboxes::note_allowance(&mut tx, &watch.held, allowance.left, now).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(pace(messages, watch.limits.backfill_per_minute).max(allowance.wait()))
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

    #[test]
    fn in_no_day_more_is_fetched_than_a_provider_allows() {
        const MIB: u64 = 1024 * 1024;
        let (mut before, mut now, mut fetched) = (None, Millis(0), 0);
        let mut take = |now: Millis, mib: u64| {
            let allowance = Allowance::at(now, 1000 * MIB, before).without(mib * MIB);
            before = Some((allowance.left, now));
            allowance.wait()
        };
        while now.0 < DAY_MILLIS {
            let wait = take(now, 3);
            fetched += 3;
            assert!(fetched <= 250 || wait > Duration::ZERO, "a quarter of it at once");
            now.0 += i64::try_from(wait.as_millis()).unwrap().max(1000);
        }
        assert!((990..=1010).contains(&fetched), "{fetched} MiB in a day");
        now.0 += 10 * DAY_MILLIS;
        assert_eq!(take(now, 250), Duration::ZERO);
        assert!(take(now, 1) > Duration::from_mins(1), "what is not used is not saved up");
        assert!(take(Millis(0), 0) > Duration::ZERO, "a clock that is put back gives nothing");
    }
}
