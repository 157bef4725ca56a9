//! Fetches messages by their numbers and hands them to the reader, in order.

use super::end::End;
use super::folder;
use super::reader::Reader;
use super::watch::Watch;
use super::wire::{Transport, Wire};
use crate::store::StoreError;
use crate::store::mailboxes::{self, Cursor, Lane, Withheld};
use std::collections::BTreeMap;

/// Most messages a command names: keeps it below 4,096 bytes.
pub(super) const CHUNK: usize = 200;

/// How many bytes of messages are held in memory at once, but for a single larger one.
const BATCH_BYTES: usize = 1024 * 1024;

/// How often in a row a message ends its connection before it is put aside.
const INSISTENCE: u32 = 3;

/// When a message that was put aside is asked for again, in seconds after each try; after the last
/// one it is quarantined.
const AGAIN_SECS: [i64; 5] = [600, 3600, 6 * 3600, 24 * 3600, 48 * 3600];

/// How many that were put aside are asked for with one look.
const AT_ONCE: u32 = 20;

/// Where messages are read, and which cursor they move.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) folder: &'a str,
    pub(super) uid_validity: u32,
    pub(super) lane: Lane,
}

/// Reads these messages; one that the server keeps back ends the connection, or is put aside when it
/// did so before.
pub(super) async fn read_chunk<S: Transport, R: Reader>(
    wire: &mut Wire<S>,
    watch: &mut Watch<R>,
    place: &Place<'_>,
    uids: &[u32],
) -> Result<(), End> {
    let mut rest = uids;
    while !rest.is_empty() {
        let Some(uid) = read_up_to_withheld(wire, watch, place, rest).await? else { return Ok(()) };
        if !watch.insists_no_more(uid) {
            return Err(End::Withheld(uid));
        }
        put_aside(watch, place, uid).await?;
        let next = rest.iter().position(|known| *known == uid).map_or(rest.len(), |at| at + 1);
        rest = rest.get(next..).unwrap_or_default();
    }
    Ok(())
}

impl<R> Watch<R> {
    /// Counts that the server kept a message back; whether that was often enough.
    fn insists_no_more(&mut self, uid: u32) -> bool {
        let times = match self.withheld {
            Some((known, times)) if known == uid => times + 1,
            _ => 1,
        };
        self.withheld = (times < INSISTENCE).then_some((uid, times));
        times >= INSISTENCE
    }
}

/// Reads the messages before the first one that is kept back, and says which one that is.
async fn read_up_to_withheld<S: Transport, R: Reader>(
    wire: &mut Wire<S>,
    watch: &Watch<R>,
    place: &Place<'_>,
    uids: &[u32],
) -> Result<Option<u32>, End> {
    let sizes = folder::sizes(wire, uids).await?;
    let withheld = first_withheld(wire, uids, &sizes).await?;
    let listed: Vec<u32> = uids
        .iter()
        .copied()
        .take_while(|uid| Some(*uid) != withheld)
        .filter(|uid| sizes.contains_key(uid))
        .collect();
    for batch in batches(&listed, &sizes, watch.limits.max_message_bytes) {
        if let Some(uid) = read_batch(wire, watch, place, batch).await? {
            return Ok(Some(uid));
        }
    }
    Ok(withheld)
}

async fn read_batch<S: Transport, R: Reader>(
    wire: &mut Wire<S>,
    watch: &Watch<R>,
    place: &Place<'_>,
    batch: Batch<'_>,
) -> Result<Option<u32>, End> {
    let max = watch.limits.max_message_bytes;
    let _room = watch.room.take(batch.bytes).await;
    let mut bodies = folder::bodies(wire, batch.uids, max, batch.bytes).await?;
    let withheld = first_withheld(wire, batch.uids, &bodies).await?;
    for uid in batch.uids.iter().copied().take_while(|uid| Some(*uid) != withheld) {
        let Some(bytes) = bodies.remove(&uid) else { continue };
        read_one(watch, place, uid, bytes, None).await?;
    }
    Ok(withheld)
}

/// Reads those at the beginning of `uids` that are fetched already; gives the others.
pub(super) async fn read_fetched<'a, R: Reader>(
    watch: &Watch<R>,
    place: &Place<'_>,
    uids: &'a [u32],
    mut bodies: BTreeMap<u32, Vec<u8>>,
    mut ahead: Option<R::Ahead>,
) -> Result<&'a [u32], End> {
    let mut rest = uids;
    while let Some((uid, others)) = rest.split_first()
        && let Some(bytes) = bodies.remove(uid)
    {
        read_one(watch, place, *uid, bytes, ahead.take()).await?;
        rest = others;
    }
    Ok(rest)
}

async fn read_one<R: Reader>(
    watch: &Watch<R>,
    place: &Place<'_>,
    uid: u32,
    bytes: Vec<u8>,
    ahead: Option<R::Ahead>,
) -> Result<(), End> {
    if watch.stop.is_cancelled() {
        return Err(End::Stopped);
    }
    let cursor = watch.cursor(place, uid);
    watch.reader.read(&watch.held.mailbox, bytes, ahead, &cursor).await?;
    Ok(())
}

/// The first message that the server has but did not answer for.
async fn first_withheld<S: Transport, T>(
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

/// Moves the cursor past a message, and notes to ask for it again.
async fn put_aside<R: Reader>(watch: &Watch<R>, place: &Place<'_>, uid: u32) -> Result<(), End> {
    let now = watch.clock.now();
    let mut tx = watch.db.begin_write().await?;
    let retry_at = now.plus_secs(AGAIN_SECS[0]);
    mailboxes::withhold(&mut tx, &watch.held, place.folder, uid, retry_at).await?;
    if !mailboxes::advance(&mut tx, &watch.cursor(place, uid)).await? {
        return Err(End::Stopped);
    }
    tx.commit().await.map_err(StoreError::from)?;
    tracing::warn!(mailbox = %watch.held.mailbox.id, uid, "a message the server does not hand over is put aside");
    Ok(())
}

/// Asks again for those that were put aside and are due, in the folder that is open.
pub(super) async fn withheld_again<S: Transport, R: Reader>(
    wire: &mut Wire<S>,
    watch: &Watch<R>,
    place: &Place<'_>,
) -> Result<(), End> {
    let now = watch.clock.now();
    let mut conn = watch.db.read().await?;
    let due = mailboxes::withheld_due(&mut conn, &watch.held, place.folder, now, AT_ONCE).await?;
    drop(conn);
    let place = Place { lane: Lane::Withheld, ..*place };
    for Withheld { uid, tries } in due {
        if read_up_to_withheld(wire, watch, &place, &[uid]).await?.is_some() {
            let again = usize::try_from(tries).ok().and_then(|tries| AGAIN_SECS.get(tries));
            if let Some(seconds) = again {
                let retry_at = now.plus_secs(*seconds);
                let mut tx = watch.db.begin_write().await?;
                mailboxes::withhold(&mut tx, &watch.held, place.folder, uid, retry_at).await?;
                tx.commit().await.map_err(StoreError::from)?;
            } else {
                let cursor = watch.cursor(&place, uid);
                watch.reader.give_up(&watch.held.mailbox, &cursor).await?;
            }
            continue;
        }
        // It was read, which forgot it, or it is gone from the folder.
        let mut tx = watch.db.begin_write().await?;
        mailboxes::advance(&mut tx, &watch.cursor(&place, uid)).await?;
        tx.commit().await.map_err(StoreError::from)?;
    }
    Ok(())
}

impl<R> Watch<R> {
    fn cursor(&self, place: &Place<'_>, uid: u32) -> Cursor {
        Cursor {
            tenant: self.held.mailbox.tenant.clone(),
            mailbox: self.held.mailbox.id.clone(),
            fence: self.held.fence,
            folder: place.folder.to_owned(),
            uid_validity: place.uid_validity,
            uid,
            lane: place.lane,
            at: self.clock.now(),
        }
    }
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
