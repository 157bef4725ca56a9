//! Fetches messages by their numbers and hands them to the reader, in order.

use super::aside::put_aside;
use super::end::End;
use super::error::WireError;
use super::folder::{self, BEGINNING};
use super::large;
use super::proof::prove;
use super::reader::Reader;
use super::suspicion::{Asked, Suspicion};
use super::watch::Watch;
use super::wire::{SMALL, Transport, Wire};
use crate::store::mailboxes::{Cursor, Lane};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// Most messages a command names: keeps it below 4,096 bytes.
pub(super) const CHUNK: usize = 200;

/// Most messages that are read before the watched folder has its turn again.
pub(super) const PIECE: usize = 20;

/// How many bytes of messages are fetched with one command.
const BATCH_BYTES: usize = 256 * 1024;

/// Where messages are read, and which cursor they move.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) folder: &'a str,
    pub(super) uid_validity: u32,
    pub(super) lane: Lane,
}

/// How many of the messages that are named are read at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// All of them.
    All,
    /// As many as one fetch brings, at most [`PIECE`]: others are to have their turn.
    OneFetch,
}

/// Why messages were not read.
pub(super) struct Unread {
    /// Which it may be because of.
    pub(super) blamed: Option<RangeInclusive<u32>>,
    pub(super) end: End,
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
    pub(super) const fn is_over_a_refusal(&self) -> bool {
        matches!(self.end, End::Withheld(_) | End::Wire(WireError::No(_) | WireError::Bad(_)))
    }
}

impl From<End> for Unread {
    fn from(end: End) -> Self {
        Self { blamed: None, end }
    }
}

/// Reads these messages; one that the server does not hand over ends the connection, or is put aside
/// when it did so before and others are handed over.
pub(super) async fn read_chunk<S: Transport, R: Reader>(
    wire: &mut Wire<S>,
    watch: &mut Watch<R>,
    place: &Place<'_>,
    uids: &[u32],
) -> Result<(), End> {
    let mut rest = uids;
    while !rest.is_empty() {
        let done = read_first(wire, watch, place, rest, Extent::All).await?;
        rest = rest.get(done..).unwrap_or_default();
    }
    Ok(())
}

/// As [`read_chunk`], but only the first of them, as far as [`Extent::OneFetch`] goes; says how many
/// of them are done.
pub(super) async fn read_piece<S: Transport, R: Reader>(
    wire: &mut Wire<S>,
    watch: &mut Watch<R>,
    place: &Place<'_>,
    uids: &[u32],
) -> Result<usize, End> {
    let piece = uids.get(..PIECE).unwrap_or(uids);
    read_first(wire, watch, place, piece, Extent::OneFetch).await
}

/// Reads the first of these messages, those that can be asked for together, and says how many are done.
async fn read_first<S: Transport, R: Reader>(
    wire: &mut Wire<S>,
    watch: &mut Watch<R>,
    place: &Place<'_>,
    uids: &[u32],
    extent: Extent,
) -> Result<usize, End> {
    let first = |suspicion: &Suspicion| suspicion.first(place.folder, place.uid_validity, uids);
    let mut asked = first(&watch.suspicion);
    if matches!(asked, Some(Asked::Plainly(_))) {
        prove(wire, watch, place.folder).await?;
        asked = first(&watch.suspicion);
    }
    let Some(asked) = asked else { return Ok(uids.len()) };
    let read = match asked {
        Asked::Together(uids) => read_together(wire, watch, place, uids, extent).await,
        Asked::Alone(uid) => read_alone(wire, watch, place, uid, false).await.map(|()| 1),
        Asked::Plainly(uid) => read_alone(wire, watch, place, uid, true).await.map(|()| 1),
    };
    let unread = match read {
        Ok(count) => return Ok(count),
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
    Ok(up_to(uids, uid))
}

/// How many of these sorted numbers come before the one behind `last`.
fn up_to(uids: &[u32], last: u32) -> usize {
    uids.partition_point(|uid| *uid <= last)
}

/// Reads messages, as many with one command as fit; says how many are done.
async fn read_together<S: Transport, R: Reader>(
    wire: &mut Wire<S>,
    watch: &Watch<R>,
    place: &Place<'_>,
    uids: &[u32],
    extent: Extent,
) -> Result<usize, Unread> {
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
        let last = step.last();
        match step {
            Step::Together(batch) => read_batch(wire, watch, place, batch).await?,
            Step::Large { uid, bytes } => large::read(wire, watch, place, uid, bytes).await?,
        }
        if extent == Extent::OneFetch {
            return Ok(up_to(uids, last));
        }
    }
    withheld.map_or(Ok(uids.len()), |uid| Err(Unread::withheld(uid)))
}

/// Reads one message, even if the server does not tell its size; `plainly` says that nothing more is asked for
/// than its beginning.
pub(super) async fn read_alone<S: Transport, R: Reader>(
    wire: &mut Wire<S>,
    watch: &Watch<R>,
    place: &Place<'_>,
    uid: u32,
    plainly: bool,
) -> Result<(), Unread> {
    let read = if plainly {
        read_beginning(wire, watch, place, uid).await
    } else {
        read_of_any_size(wire, watch, place, uid).await
    };
    let Err(unread) = read else { return Ok(()) };
    let is_refused = matches!(unread.end, End::Wire(WireError::No(_) | WireError::Bad(_)));
    // Some servers refuse to fetch what is gone.
    let is_gone = is_refused
        && folder::still_there(wire, &[uid])
            .await
            .map_err(|error| Unread::failed(&[uid], error))?
            .is_empty();
    if is_gone { Ok(()) } else { Err(unread) }
}

/// Reads one message: by its beginning if that is all of it, else as any other large one.
async fn read_of_any_size<S: Transport, R: Reader>(
    wire: &mut Wire<S>,
    watch: &Watch<R>,
    place: &Place<'_>,
    uid: u32,
) -> Result<(), Unread> {
    let failed = |error| Unread::failed(&[uid], error);
    let mut bodies = folder::bodies(wire, &[uid], BEGINNING).await.map_err(failed)?;
    let Some(bytes) = bodies.remove(&uid) else {
        let withheld = first_withheld(wire, &[uid], &bodies).await.map_err(failed)?;
        return withheld.map_or(Ok(()), |uid| Err(Unread::withheld(uid)));
    };
    if bytes.len() < BEGINNING {
        return Ok(read_one(watch, place, uid, bytes, None).await?);
    }
    drop(bytes);
    large::read(wire, watch, place, uid, BEGINNING + 1).await
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

impl Step<'_> {
    /// The last message of it.
    fn last(&self) -> u32 {
        match self {
            Self::Together(batch) => batch.uids.last().copied().unwrap_or_default(),
            Self::Large { uid, .. } => *uid,
        }
    }
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
