//! One look at the folder: everything after the cursor is fetched and read, in order.
//!
//! A message counts as seen only when the server has handed it over, or has said that it is gone.

use super::end::End;
use super::error::{ConnectError, WireError};
use super::folder::{self, Folder};
use super::reader::Reader;
use super::watch::Watch;
use super::wire::{Transport, Wire};
use crate::store::StoreError;
use crate::store::mailboxes::{self, Cursor, Position, Report, State};
use std::collections::BTreeMap;

/// Most messages a command names: keeps it below 4,096 bytes.
const CHUNK: usize = 200;

/// How many bytes of messages are held in memory at once, but for a single larger one.
const BATCH_BYTES: usize = 1024 * 1024;

/// From how many waiting messages on the mailbox is said to be catching up.
const MANY: usize = 20;

/// Reads what is new. Other mail that comes meanwhile is read as well.
pub(super) async fn round<S: Transport, R: Reader>(
    wire: &mut Wire<S>,
    watch: &mut Watch<R>,
) -> Result<(), End> {
    let opened = open(wire, watch).await?;
    let (uid_validity, mut position) = baseline(watch, opened).await?;
    loop {
        wire.take_exists();
        let uids = folder::search_after(wire, position.last_uid, position.backfill_from).await?;
        let Some(last) = uids.last().copied() else { return Ok(()) };
        for (done, chunk) in uids.chunks(CHUNK).enumerate() {
            if uids.len() > MANY {
                let done = done * CHUNK;
                let detail = format!("{done} of {} messages read", uids.len());
                watch.report(&Report::now(State::CatchingUp, &detail)).await?;
            }
            read_chunk(wire, watch, uid_validity, chunk).await?;
        }
        position.last_uid = last;
        if wire.take_exists().is_none() {
            return Ok(());
        }
    }
}

async fn open<S: Transport, R: Reader>(
    wire: &mut Wire<S>,
    watch: &Watch<R>,
) -> Result<Folder, End> {
    folder::examine(wire, &watch.held.mailbox.folder).await.map_err(|error| match error {
        WireError::No(_) | WireError::Bad | WireError::Unsendable => ConnectError::NoFolder.into(),
        broken => End::Wire(broken),
    })
}

/// Where to go on. With another numbering than before (or the first) the same window of days is
/// looked through again; what was read is known by its key.
async fn baseline<R: Reader>(watch: &Watch<R>, opened: Folder) -> Result<(u32, Position), End> {
    let uid_validity = opened.uid_validity.ok_or(ConnectError::NoNumbering)?;
    let position = mailboxes::position(&mut *watch.db.read().await?, &watch.held).await?;
    let mut position = position.ok_or(End::Stopped)?;
    if position.uid_validity != Some(uid_validity) {
        let only_new = position.uid_validity.is_none() && watch.held.mailbox.backfill_days == 0;
        position.last_uid = match opened.uid_next {
            Some(next) if only_new => next.saturating_sub(1),
            _ => 0,
        };
        let mut tx = watch.db.begin_write().await?;
        if !mailboxes::rebaseline(&mut tx, &watch.held, uid_validity, position.last_uid).await? {
            return Err(End::Stopped);
        }
        tx.commit().await.map_err(StoreError::from)?;
    }
    Ok((uid_validity, position))
}

async fn read_chunk<S: Transport, R: Reader>(
    wire: &mut Wire<S>,
    watch: &Watch<R>,
    uid_validity: u32,
    uids: &[u32],
) -> Result<(), End> {
    let sizes = folder::sizes(wire, uids).await?;
    let withheld = withheld(wire, uids, &sizes).await?;
    let listed: Vec<u32> = uids
        .iter()
        .copied()
        .take_while(|uid| Some(*uid) != withheld)
        .filter(|uid| sizes.contains_key(uid))
        .collect();
    for batch in batches(&listed, &sizes, watch.limits.max_message_bytes) {
        read_batch(wire, watch, uid_validity, batch).await?;
    }
    withheld.map_or(Ok(()), |uid| Err(End::Withheld(uid)))
}

async fn read_batch<S: Transport, R: Reader>(
    wire: &mut Wire<S>,
    watch: &Watch<R>,
    uid_validity: u32,
    batch: Batch<'_>,
) -> Result<(), End> {
    let max = watch.limits.max_message_bytes;
    let mut bodies = folder::bodies(wire, batch.uids, max, batch.bytes).await?;
    let withheld = withheld(wire, batch.uids, &bodies).await?;
    for uid in batch.uids.iter().copied().take_while(|uid| Some(*uid) != withheld) {
        // What is neither there nor withheld was deleted meanwhile.
        let Some(bytes) = bodies.remove(&uid) else { continue };
        if watch.stop.is_cancelled() {
            return Err(End::Stopped);
        }
        let cursor = Cursor {
            tenant: watch.held.mailbox.tenant.clone(),
            mailbox: watch.held.mailbox.id.clone(),
            fence: watch.held.fence,
            uid_validity,
            uid,
            at: watch.clock.now(),
        };
        watch.reader.read(&watch.held.mailbox, bytes, &cursor).await?;
    }
    withheld.map_or(Ok(()), |uid| Err(End::Withheld(uid)))
}

/// The first message that the server has but did not answer for.
async fn withheld<S: Transport, T>(
    wire: &mut Wire<S>,
    uids: &[u32],
    answered: &BTreeMap<u32, T>,
) -> Result<Option<u32>, End> {
    let missing: Vec<u32> =
        uids.iter().copied().filter(|uid| !answered.contains_key(uid)).collect();
    if missing.is_empty() {
        return Ok(None);
    }
    Ok(folder::still_there(wire, &missing).await?.first().copied())
}

/// Messages that are fetched with one command.
#[derive(Debug, PartialEq, Eq)]
struct Batch<'a> {
    uids: &'a [u32],
    /// How many bytes they are together, as far as they are fetched.
    bytes: usize,
}

fn batches<'a>(uids: &'a [u32], sizes: &BTreeMap<u32, u32>, max: usize) -> Vec<Batch<'a>> {
    let size_of = |uid: &u32| {
        sizes.get(uid).map_or(max, |size| usize::try_from(*size).unwrap_or(max).min(max))
    };
    let mut batches = Vec::new();
    let mut rest = uids;
    while !rest.is_empty() {
        let mut bytes = 0;
        let fitting = rest
            .iter()
            .take_while(|uid| {
                bytes += size_of(uid);
                bytes <= BATCH_BYTES
            })
            .count()
            .max(1);
        let (batch, later) = rest.split_at(fitting);
        batches.push(Batch { uids: batch, bytes: batch.iter().map(size_of).sum() });
        rest = later;
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_small_messages_or_one_large_are_fetched_at_once() {
        let sizes = BTreeMap::from([(1, 600_000), (2, 400_000), (3, 100_000), (4, 9_000_000)]);
        let batches = batches(&[1, 2, 3, 4], &sizes, 2_000_000);
        let found: Vec<(&[u32], usize)> =
            batches.iter().map(|batch| (batch.uids, batch.bytes)).collect();
        let expected: [(&[u32], usize); 3] =
            [(&[1, 2], 1_000_000), (&[3], 100_000), (&[4], 2_000_000)];
        assert_eq!(found, expected);
    }
}
