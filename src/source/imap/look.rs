//! One look at a folder: what is after its cursor is fetched and read, in order. Older mail is read in
//! slices between two looks.
//!
//! A message counts as seen only when the server has handed it over, has said that it is gone, or
//! kept it back so often, and not others, that it is put aside to be asked for later.

use super::aside;
use super::end::End;
use super::error::ConnectError;
use super::fetch::{self, CHUNK, Extent, Place};
use super::folder::{self, Folder};
use super::idle::Pushed;
use super::older::{self, Older};
use super::reader::Reader;
use super::watch::Watch;
use super::wire::{SMALL, Transport, Wire};
use crate::clock::Millis;
use crate::store::StoreError;
use crate::store::mailboxes::{self, Baseline, Lane, Position, Report, State};
use tokio::join;

/// From how many waiting messages on the mailbox is said to be catching up.
const MANY: usize = 20;

/// How far back a folder is looked through after its server numbered it anew: what came shortly
/// before nothing was left to be read, by whichever clock, is looked at again.
const OVERLAP_SECS: i64 = 2 * 86_400;

/// How exactly it is noted when nothing was left to be read.
const CAUGHT_UP_SECS: i64 = 3600;

/// A folder during a connection.
#[derive(Debug)]
pub(super) struct Folders {
    /// The one that is watched.
    pub(super) main: Course,
    /// Those that are polled.
    pub(super) others: Vec<Course>,
}

/// A folder's course during a connection.
#[derive(Debug)]
pub(super) struct Course {
    pub(super) name: String,
    /// Where it was left: nobody else moves its cursor while the mailbox is held.
    left: Option<Left>,
    /// How much of the new mail that it has more of was read.
    done: usize,
    pub(super) older: Older,
}

/// What a look has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    /// Nothing new.
    None,
    /// New mail, all of which is read.
    Read,
    /// New mail, of which there is more.
    More,
}

/// Where a folder goes on, or begins.
struct Begun {
    uid_validity: u32,
    position: Position,
    /// Whether its server numbers it otherwise than before, or it was never looked at.
    is_anew: bool,
}

/// Where the new mail of a folder goes on.
#[derive(Debug, Clone, Copy)]
struct Left {
    uid_validity: u32,
    last_uid: u32,
    backfill_from: Millis,
}

impl Course {
    fn of(name: String) -> Self {
        Self { name, left: None, done: 0, older: Older::default() }
    }
}

impl Folders {
    /// The mailbox's folders.
    pub(super) async fn of<R: Reader>(watch: &Watch<R>) -> Result<Self, End> {
        let mailbox = &watch.held.mailbox;
        let names = mailboxes::folders(&mut *watch.db.read().await?, mailbox).await?;
        let others = names.into_iter().filter(|name| *name != mailbox.folder);
        Ok(Self {
            main: Course::of(mailbox.folder.clone()),
            others: others.map(Course::of).collect(),
        })
    }

    /// The watched folder cannot be opened: nothing is read there until a look has found it again.
    pub(super) fn close_main(&mut self) {
        self.main.older = Older::default();
    }

    /// How many older messages are read, of how many; none when all are.
    pub(super) fn progress(&self) -> Option<(u32, u32)> {
        let all = || std::iter::once(&self.main).chain(&self.others);
        let (done, left) = all().fold((0_u32, 0_u32), |(done, left), course| {
            let (its_done, its_left) = course.older.progress();
            (done.saturating_add(its_done), left.saturating_add(its_left))
        });
        (left > 0).then_some((done, done.saturating_add(left)))
    }
}

/// Reads what is new as far as `extent` goes, with [`Extent::All`] other mail that comes meanwhile as well;
/// when there is no more of it, finds out what is old.
pub(super) async fn look<S: Transport, R: Reader>(
    wire: &mut Wire<S>,
    watch: &mut Watch<R>,
    course: &mut Course,
    extent: Extent,
) -> Result<News, End> {
    let began = watch.clock.now();
    let opened = open(wire, &course.name).await?;
    let Begun { uid_validity, position, is_anew } =
        baseline(wire, watch, &course.name, opened).await?;
    if is_anew {
        course.older = Older::default();
    }
    let Position { last_uid, backfill_from, .. } = position;
    let left = Left { uid_validity, last_uid, backfill_from };
    let place = Place { folder: &course.name, uid_validity, lane: Lane::New };
    let (left, read, is_more) = read_new(wire, watch, &place, (left, course.done), extent).await?;
    course.left = Some(left);
    if is_more {
        course.done += read;
        return Ok(News::More);
    }
    course.done = 0;
    note_caught_up(watch, &place, &position, began).await?;
    aside::withheld_again(wire, watch, &place).await?;
    let place = Place { lane: Lane::Backfill, ..place };
    older::find(wire, watch, &place, &position, opened.exists, &mut course.older).await?;
    Ok(if read == 0 { News::None } else { News::Read })
}

/// Reads the next slice of older mail, of the first folder that has some left. Gives how many messages
/// it was, and whether the watched folder is still open.
pub(super) async fn read_older<S: Transport, R: Reader>(
    wire: &mut Wire<S>,
    watch: &mut Watch<R>,
    folders: &mut Folders,
) -> Result<(usize, bool), End> {
    let Folders { main, others } = folders;
    let is_left = |course: &&mut Course| course.older.progress().1 > 0;
    let (course, is_main) = if is_left(&&mut *main) {
        (main, true)
    } else {
        let Some(course) = others.iter_mut().find(is_left) else { return Ok((0, true)) };
        // It was open when its older mail was found; if it is gone or numbered anew, the next look
        // says so.
        let opened = match open(wire, &course.name).await {
            Err(End::Connect(_)) => None,
            opened => opened?.uid_validity,
        };
        if opened.is_none() || opened != course.left.map(|left| left.uid_validity) {
            course.older = Older::default();
            return Ok((0, false));
        }
        (course, false)
    };
    let Some(Left { uid_validity, .. }) = course.left else { return Ok((0, is_main)) };
    let place = Place { folder: &course.name, uid_validity, lane: Lane::Backfill };
    Ok((older::read_slice(wire, watch, &place, &mut course.older).await?, is_main))
}

/// Reads what the server has just told of, in the folder that is open: with one question, if that is
/// little and no such question failed before.
pub(super) async fn look_at_news<S: Transport, R: Reader>(
    wire: &mut Wire<S>,
    watch: &mut Watch<R>,
    course: &mut Course,
) -> Result<(), End> {
    let Some(left) = course.left.filter(|_| watch.hurry.is_on()) else {
        look(wire, watch, course, Extent::All).await?;
        return Ok(());
    };
    let place = Place { folder: &course.name, uid_validity: left.uid_validity, lane: Lane::New };
    wire.take_exists();
    let news = folder::news_after(wire, left.last_uid, left.backfill_from);
    // On the heap, for the sake of those that idle.
    let ahead = Box::pin(watch.reader.look_ahead(&watch.held.mailbox));
    let (news, ahead) = join!(news, ahead);
    let (uids, bodies) = news?;
    let Some(last_uid) = uids.last().copied() else { return Ok(()) };
    let rest = fetch::read_fetched(watch, &place, &uids, bodies, ahead).await?;
    for chunk in rest.chunks(CHUNK) {
        fetch::read_chunk(wire, watch, &place, chunk).await?;
    }
    let mut left = Left { last_uid, ..left };
    if wire.take_exists().is_some() {
        (left, _, _) = read_new(wire, watch, &place, (left, 0), Extent::All).await?;
    }
    course.left = Some(left);
    Ok(())
}

/// Reads a message that the server has handed over, if it is whole and the next one, and not older than what
/// is read. False: it is to be asked for as any other.
pub(super) async fn read_pushed<R: Reader>(
    watch: &Watch<R>,
    course: &mut Course,
    pushed: Pushed,
) -> Result<bool, End> {
    let Pushed { uid, at, bytes } = pushed;
    let Some(left) = course.left else { return Ok(false) };
    let is_next = left.last_uid.checked_add(1) == Some(uid);
    let is_whole = (1..SMALL).contains(&bytes.len());
    if !is_next || !is_whole || at.is_none_or(|at| at < left.backfill_from) {
        return Ok(false);
    }
    let place = Place { folder: &course.name, uid_validity: left.uid_validity, lane: Lane::New };
    let guess = watch.reader.guess(&watch.held.mailbox);
    fetch::read_one(watch, &place, uid, bytes, guess).await?;
    course.left = Some(Left { last_uid: uid, ..left });
    Ok(true)
}

/// Reads what came since the folder was left, as far as `extent` goes, so many having been read before;
/// says where it is left now, how many they were, and whether there is more.
async fn read_new<S: Transport, R: Reader>(
    wire: &mut Wire<S>,
    watch: &mut Watch<R>,
    place: &Place<'_>,
    (mut left, before): (Left, usize),
    extent: Extent,
) -> Result<(Left, usize, bool), End> {
    let mut read = 0;
    loop {
        wire.take_exists();
        let uids = folder::search_after(wire, left.last_uid, left.backfill_from).await?;
        let all = before + uids.len();
        let mut rest = uids.as_slice();
        while !rest.is_empty() {
            // Before one was read it is not known whether any will be; that a folder is missing is not unsaid for that.
            if all > MANY && all > rest.len() && !watch.lacks_folder() {
                let detail = format!("{} of {all} messages read", all - rest.len());
                watch.report(&Report::now(State::CatchingUp, &detail)).await?;
            }
            let done = match extent {
                Extent::All => {
                    let chunk = rest.get(..CHUNK).unwrap_or(rest);
                    fetch::read_chunk(wire, watch, place, chunk).await?;
                    chunk.len()
                }
                Extent::OneFetch => fetch::read_piece(wire, watch, place, rest).await?,
            };
            let (dealt_with, others) = rest.split_at(done.min(rest.len()));
            left.last_uid = dealt_with.last().copied().unwrap_or(left.last_uid);
            (read, rest) = (read + done, others);
            if extent == Extent::OneFetch {
                return Ok((left, read, !rest.is_empty() || wire.take_exists().is_some()));
            }
        }
        if uids.is_empty() || wire.take_exists().is_none() {
            return Ok((left, read, false));
        }
    }
}

/// Notes that nothing was left to be read of what had come when the look `began`, unless older mail is.
async fn note_caught_up<R: Reader>(
    watch: &Watch<R>,
    place: &Place<'_>,
    position: &Position,
    began: Millis,
) -> Result<(), End> {
    let is_known = position.caught_up_at.is_some_and(|at| began < at.plus_secs(CAUGHT_UP_SECS));
    if is_known || position.is_backfilling() {
        return Ok(());
    }
    // If it is lost with the power, more than is needed may be looked through one day.
    let mut tx = watch.db.begin_repeatable().await?;
    mailboxes::note_caught_up(&mut tx, &watch.held, place.folder, began).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(())
}

async fn open<S: Transport>(wire: &mut Wire<S>, name: &str) -> Result<Folder, End> {
    folder::examine(wire, name).await.map_err(|error| match ConnectError::of_opening(error, name) {
        ConnectError::NotImap(broken) => End::Wire(broken),
        refused => End::Connect(refused),
    })
}

/// Where to go on. At the first look new mail begins after what is there, and what is there is
/// older mail. After the server numbered anew, so does it again, but only what came since nothing was
/// left to be read is looked through, and what was put aside; what was read is known by its key.
async fn baseline<S: Transport, R: Reader>(
    wire: &mut Wire<S>,
    watch: &Watch<R>,
    name: &str,
    opened: Folder,
) -> Result<Begun, End> {
    let uid_validity = opened.uid_validity.ok_or(ConnectError::NoNumbering)?;
    let position = mailboxes::position(&mut *watch.db.read().await?, &watch.held, name).await?;
    let mut position = position.ok_or(End::Stopped)?;
    if position.uid_validity == Some(uid_validity)
        && !opened.has_gone_back(wire, position.last_uid).await?
    {
        return Ok(Begun { uid_validity, position, is_anew: false });
    }
    let is_first = position.uid_validity.is_none();
    // A server that does not tell the next number has all of it read as if it were new.
    let last_uid = opened.uid_next.map_or(0, |next| next.saturating_sub(1));
    let only_new = is_first && watch.held.mailbox.backfill_days == 0;
    let mut conn = watch.db.read().await?;
    if !is_first && let Some(after) = mailboxes::unread_after(&mut conn, &watch.held, name).await? {
        let since = after.plus_secs(-OVERLAP_SECS);
        position.backfill_from = position.backfill_from.max(since);
    }
    drop(conn);
    let backfill_until = if only_new { 0 } else { last_uid };
    let baseline =
        Baseline { uid_validity, last_uid, backfill_from: position.backfill_from, backfill_until };
    let mut tx = watch.db.begin_write().await?;
    if !mailboxes::rebaseline(&mut tx, &watch.held, name, &baseline).await? {
        return Err(End::Stopped);
    }
    tx.commit().await.map_err(StoreError::from)?;
    let position = Position {
        last_uid,
        backfill_uid: 0,
        backfill_until,
        backfill_done: 0,
        caught_up_at: None,
        ..position
    };
    Ok(Begun { uid_validity, position, is_anew: true })
}
