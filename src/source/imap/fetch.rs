//! Fetches messages by their numbers and hands them to the reader, in order.

use super::end::End;
use super::error::WireError;
use super::folder::{self, BEGINNING};
use super::large;
use super::reader::Reader;
use super::suspicion::Asked;
use super::watch::Watch;
use super::wire::{SMALL, Transport, Wire};
use crate::store::StoreError;
use crate::store::mailboxes::{self, Cursor, Lane, Withheld};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// Most messages a command names: keeps it below 4,096 bytes.
pub(super) const CHUNK: usize = 200;

/// How many bytes of messages are fetched with one command.
const BATCH_BYTES: usize = 256 * 1024;

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

/// Why messages were not read.
pub(super) struct Unread {
    /// Which it may be because of.
    blamed: Option<RangeInclusive<u32>>,
    end: End,
}

impl Unread {
    /// Asking for `uids` failed.
    pub(super) fn failed(uids: &[u32], error: WireError) -> Self {
        // A pause that the server asks for is nobody's fault.
        let is_theirs = !matches!(error, WireError::Throttled(_));
        let blamed = uids.first().zip(uids.last()).filter(|_| is_theirs);
        Self { blamed: blamed.map(|(first, last)| *first..=*last), end: End::Wire(error) }
    }

    /// The server has this message and does not hand it over.
    const fn withheld(uid: u32) -> Self {
        Self { blamed: Some(uid..=uid), end: End::Withheld(uid) }
    }

    /// Whether the connection can still be used.
    const fn is_over_a_refusal(&self) -> bool {
        matches!(self.end, End::Withheld(_) | End::Wire(WireError::No(_) | WireError::Bad(_)))
    }
}

impl From<End> for Unread {
    fn from(end: End) -> Self {
        Self { blamed: None, end }
    }
}

/// Reads these messages; one that the server does not hand over ends the connection, or is put aside
/// when it did so before.
pub(super) async fn read_chunk<S: Transport, R: Reader>(
    wire: &mut Wire<S>,
    watch: &mut Watch<R>,
    place: &Place<'_>,
    uids: &[u32],
) -> Result<(), End> {
    let after = |last: u32| uids.iter().position(|uid| *uid > last).unwrap_or(uids.len());
    let mut rest = uids;
    while let Some(asked) = watch.suspicion.first(place.folder, place.uid_validity, rest) {
        let read = match asked {
            Asked::Together(uids) => {
                read_together(wire, watch, place, uids).await.map(|()| uids.len())
            }
            Asked::Alone(uid) => read_alone(wire, watch, place, uid).await.map(|()| 1),
        };
        let unread = match read {
            Ok(count) => {
                rest = rest.get(count..).unwrap_or_default();
                continue;
            }
            Err(unread) => unread,
        };
        let Some(blamed) = &unread.blamed else { return Err(unread.end) };
        let uid = *blamed.start();
        if !watch.suspicion.is_enough(place.folder, place.uid_validity, blamed.clone()) {
            return Err(unread.end);
        }
        put_aside(watch, place, uid).await?;
        if !unread.is_over_a_refusal() {
            return Err(unread.end);
        }
        rest = uids.get(after(uid)..).unwrap_or_default();
    }
    Ok(())
}

/// Reads messages, as many with one command as fit.
async fn read_together<S: Transport, R: Reader>(
    wire: &mut Wire<S>,
    watch: &Watch<R>,
    place: &Place<'_>,
    uids: &[u32],
) -> Result<(), Unread> {
    let failed = |error| Unread::failed(uids, error);
    let sizes = folder::sizes(wire, uids).await.map_err(failed)?;
    let withheld = first_withheld(wire, uids, &sizes).await.map_err(failed)?;
    let listed: Vec<u32> = uids
        .iter()
        .copied()
        .take_while(|uid| Some(*uid) != withheld)
        .filter(|uid| sizes.contains_key(uid))
        .collect();
    for step in steps(&listed, &sizes) {
        match step {
            Step::Together(batch) => read_batch(wire, watch, place, batch).await?,
            Step::Large { uid, bytes } => large::read(wire, watch, place, uid, bytes).await?,
        }
    }
    withheld.map_or(Ok(()), |uid| Err(Unread::withheld(uid)))
}

/// Reads the beginning of one message in the plainest way, even if the server does not tell its size.
async fn read_alone<S: Transport, R: Reader>(
    wire: &mut Wire<S>,
    watch: &Watch<R>,
    place: &Place<'_>,
    uid: u32,
) -> Result<(), Unread> {
    let Err(unread) = read_beginning(wire, watch, place, uid).await else { return Ok(()) };
    let is_refused = matches!(unread.end, End::Wire(WireError::No(_) | WireError::Bad(_)));
    // Some servers refuse to fetch what is gone.
    let is_gone = is_refused
        && folder::still_there(wire, &[uid])
            .await
            .map_err(|error| Unread::failed(&[uid], error))?
            .is_empty();
    if is_gone { Ok(()) } else { Err(unread) }
}

/// Reads one message as far as its beginning goes.
pub(super) async fn read_beginning<S: Transport, R: Reader>(
    wire: &mut Wire<S>,
    watch: &Watch<R>,
    place: &Place<'_>,
    uid: u32,
) -> Result<(), Unread> {
    read_batch(wire, watch, place, Batch { uids: &[uid], bytes: BEGINNING }).await
}

async fn read_batch<S: Transport, R: Reader>(
    wire: &mut Wire<S>,
    watch: &Watch<R>,
    place: &Place<'_>,
    batch: Batch<'_>,
) -> Result<(), Unread> {
    let failed = |error| Unread::failed(batch.uids, error);
    let mut bodies = folder::bodies(wire, batch.uids, batch.bytes).await.map_err(failed)?;
    let withheld = first_withheld(wire, batch.uids, &bodies).await.map_err(failed)?;
    for uid in batch.uids.iter().copied().take_while(|uid| Some(*uid) != withheld) {
        let Some(bytes) = bodies.remove(&uid) else { continue };
        read_one(watch, place, uid, bytes, None).await?;
    }
    withheld.map_or(Ok(()), |uid| Err(Unread::withheld(uid)))
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

pub(super) async fn read_one<R: Reader>(
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
    watch.note_progress();
    Ok(())
}

/// The first message that the server has but did not answer for.
async fn first_withheld<S: Transport, T>(
    wire: &mut Wire<S>,
    uids: &[u32],
    answered: &BTreeMap<u32, T>,
) -> Result<Option<u32>, WireError> {
    let missing: Vec<u32> =
        uids.iter().copied().filter(|uid| !answered.contains_key(uid)).collect();
    if missing.is_empty() {
        return Ok(None);
    }
    Ok(folder::still_there(wire, &missing).await?.first().copied())
}

/// Moves the cursor past a message, and notes to ask for it again.
async fn put_aside<R: Reader>(
    watch: &mut Watch<R>,
    place: &Place<'_>,
    uid: u32,
) -> Result<(), End> {
    watch.aside = None;
    let now = watch.clock.now();
    let mut tx = watch.db.begin_write().await?;
    let retry_at = now.plus_secs(AGAIN_SECS[0]);
    mailboxes::withhold(&mut tx, &watch.held, place.folder, uid, retry_at).await?;
    if !mailboxes::advance(&mut tx, &watch.cursor(place, uid)).await? {
        return Err(End::Stopped);
    }
    tx.commit().await.map_err(StoreError::from)?;
    watch.note_progress();
    tracing::warn!(mailbox = %watch.held.mailbox.id, uid, "a message the server does not hand over is put aside");
    Ok(())
}

/// Asks again for those that were put aside and are due, in the folder that is open. Whatever comes of
/// it counts as a try.
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
        let Err(unread) = read_alone(wire, watch, &place, uid).await else {
            // It was read, which forgot it, or it is gone from the folder.
            let mut tx = watch.db.begin_write().await?;
            mailboxes::advance(&mut tx, &watch.cursor(&place, uid)).await?;
            tx.commit().await.map_err(StoreError::from)?;
            continue;
        };
        if unread.blamed.is_none() {
            return Err(unread.end);
        }
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
        watch.note_progress();
        if !unread.is_over_a_refusal() {
            return Err(unread.end);
        }
    }
    Ok(())
}

impl<R> Watch<R> {
    pub(super) fn cursor(&self, place: &Place<'_>, uid: u32) -> Cursor {
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

/// How the next messages are fetched.
#[derive(Debug, PartialEq, Eq)]
enum Step<'a> {
    /// Whole, with one command.
    Together(Batch<'a>),
    /// One that is so large that its head is looked at first.
    Large { uid: u32, bytes: usize },
}

/// Messages that are fetched with one command.
#[derive(Debug, PartialEq, Eq)]
struct Batch<'a> {
    uids: &'a [u32],
    /// How many bytes they are together, as far as they are fetched.
    bytes: usize,
}

fn steps<'a>(uids: &'a [u32], sizes: &BTreeMap<u32, u32>) -> Vec<Step<'a>> {
    let size_of =
        |uid: &u32| sizes.get(uid).map_or(0, |size| usize::try_from(*size).unwrap_or(usize::MAX));
    let mut steps = Vec::new();
    let mut rest = uids;
    while let Some((first, behind)) = rest.split_first() {
        if size_of(first) >= SMALL {
            steps.push(Step::Large { uid: *first, bytes: size_of(first) });
            rest = behind;
            continue;
        }
        let mut bytes = 0;
        let fits = |uid: &&u32| {
            bytes += size_of(uid).min(BATCH_BYTES);
            size_of(uid) < SMALL && bytes <= BATCH_BYTES
        };
        let fitting = rest.iter().take_while(fits).count().max(1);
        let (batch, later) = rest.split_at(fitting);
        let batch = Batch { uids: batch, bytes: batch.iter().map(size_of).sum() };
        steps.push(Step::Together(batch));
        rest = later;
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_messages_are_fetched_at_once_and_each_large_one_for_itself() {
        let sizes: BTreeMap<u32, u32> =
            [(1, 60_000), (2, 60_000), (3, 9_000_000), (4, 70_000)].into_iter().collect();
        let sizes = (5..=9).map(|uid| (uid, 60_000)).chain(sizes).collect();
        let together = |uids, bytes| Step::Together(Batch { uids, bytes });
        assert_eq!(
            steps(&[1, 2, 3, 4, 5, 6, 7, 8, 9], &sizes),
            [
                together(&[1, 2], 120_000),
                Step::Large { uid: 3, bytes: 9_000_000 },
                Step::Large { uid: 4, bytes: 70_000 },
                together(&[5, 6, 7, 8], 240_000),
                together(&[9], 60_000),
            ]
        );
    }
}
