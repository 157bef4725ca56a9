//! What is asked of a folder. Nothing in it changes: EXAMINE never takes `\Recent`, BODY.PEEK never
//! sets `\Seen`.

use super::error::WireError;
use super::name;
use super::wire::{Answer, SMALL, Transport, Wire};
use crate::clock::Millis;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use time::{Month, OffsetDateTime};

/// How much a search may answer with: about 400,000 numbers.
const SEARCH_BUDGET: usize = 4 * 1024 * 1024;

/// Of how many messages of a folder one search tells: that never exceeds the budget.
const SEARCHED_AT_ONCE: u32 = 50_000;

/// How much of a message is fetched at most, where nothing is known of its parts.
pub(super) const BEGINNING: usize = 256 * 1024;

/// How much a server may say of the parts of a message: of ten thousand, more than which servers do not
/// tell apart.
const STRUCTURE_BUDGET: usize = 1024 * 1024;

/// What a server adds to a message's bytes, at most.
const FETCH_MARGIN: usize = 4 * 1024;

/// How many times as long as the server says messages may be, in the mean of a few: some servers tell
/// the size of what they hold, not of what they make of it.
const UNDERSTATED: usize = 4;

/// How many messages are asked for with the search for news.
const FEW: u32 = 4;

/// How much [`news_after`] may bring.
const NEWS_BUDGET: usize = SEARCH_BUDGET + 4 * (SMALL + FETCH_MARGIN);

/// How much of a message is fetched to see whether it is handed over.
const TASTE: usize = 1024;

/// A folder as it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Folder {
    /// Its numbering; a server that tells none cannot be read.
    pub(super) uid_validity: Option<u32>,
    /// The number that the next message will have, where the server tells it.
    pub(super) uid_next: Option<u32>,
    /// How many messages are in it.
    pub(super) exists: u32,
}

impl Folder {
    /// Whether numbers up to `last`, which were used, will be used again: that is another numbering, also
    /// where UIDVALIDITY is the same, as on a server that was set back to a backup. What the server says of its
    /// next number is not believed against a message that is there.
    pub(super) async fn has_gone_back<S: Transport>(
        &self,
        wire: &mut Wire<S>,
        last: u32,
    ) -> Result<bool, WireError> {
        let Some(next) = self.uid_next.filter(|next| *next <= last) else { return Ok(false) };
        // `n:*` always names the last message too.
        let found = search(wire, &format!("UID SEARCH UID {last}:*")).await?;
        Ok(found.and_then(|found| found.last().copied()).is_none_or(|highest| highest < next))
    }
}

/// Opens a folder to read only.
pub(super) async fn examine<S: Transport>(
    wire: &mut Wire<S>,
    folder: &str,
) -> Result<Folder, WireError> {
    let mut opened = Folder { uid_validity: None, uid_next: None, exists: 0 };
    let command = format!("EXAMINE {}", name::folder(folder)?);
    wire.run(&command, SMALL, |answer| match answer {
        Answer::UidValidity(value) if value > 0 => opened.uid_validity = Some(value),
        Answer::UidNext(value) if value > 0 => opened.uid_next = Some(value),
        Answer::Exists(count) => opened.exists = count,
        _ => {}
    })
    .await?;
    wire.take_exists();
    Ok(opened)
}

/// The messages after `last` that came on the day of `since` or later, in order.
pub(super) async fn search_after<S: Transport>(
    wire: &mut Wire<S>,
    last: u32,
    since: Millis,
) -> Result<Vec<u32>, WireError> {
    let Some(first) = last.checked_add(1) else { return Ok(Vec::new()) };
    let command = format!("UID SEARCH UID {first}:* SINCE {}", imap_date(since));
    // Some servers say nothing at all when they find nothing. Believed here, it moves no cursor.
    let mut found = search(wire, &command).await?.unwrap_or_default();
    found.retain(|uid| *uid > last); // `n:*` always names the last message too
    Ok(found)
}

/// As [`search_after`], and of the first few of them that are small the whole message, asked for at
/// the same time. What is larger or further behind is not there.
pub(super) async fn news_after<S: Transport>(
    wire: &mut Wire<S>,
    last: u32,
    since: Millis,
) -> Result<(Vec<u32>, BTreeMap<u32, Vec<u8>>), WireError> {
    let Some(first) = last.checked_add(1) else { return Ok(Default::default()) };
    let search = format!("UID SEARCH UID {first}:* SINCE {}", imap_date(since));
    let up_to = last.saturating_add(FEW);
    let fetch = format!("UID FETCH {first}:{up_to} (UID BODY.PEEK[]<0.{SMALL}>)");
    let (mut found, mut bodies) = (Vec::new(), BTreeMap::new());
    wire.run_both([&search, &fetch], NEWS_BUDGET, |answer| match answer {
        Answer::Found(uids) => found.extend(uids),
        Answer::Message { uid: Some(uid), body: Some(body), .. }
            if (1..SMALL).contains(&body.len()) =>
        {
            bodies.insert(uid, body);
        }
        _ => {}
    })
    .await?;
    found.retain(|uid| *uid > last); // `n:*` always names the last message too
    found.sort_unstable();
    found.dedup();
    Ok((found, bodies))
}

/// The messages from `first` to `last` that came on the day of `since` or later, in order; none if
/// the server does not say. A large folder is searched in parts, from its end: what is removed meanwhile moves
/// the others down, into parts that are still to be searched.
pub(super) async fn search_between<S: Transport>(
    wire: &mut Wire<S>,
    first: u32,
    last: u32,
    since: Millis,
) -> Result<Option<Vec<u32>>, WireError> {
    let asked = format!("UID {first}:{last} SINCE {}", imap_date(since));
    let parts = wire.count().unwrap_or_default().div_ceil(SEARCHED_AT_ONCE);
    let mut all: Option<Vec<u32>> = None;
    for part in (0..parts.max(1)).rev() {
        let begin = part * SEARCHED_AT_ONCE + 1;
        let command = match part + 1 {
            _ if parts <= 1 => format!("UID SEARCH {asked}"),
            end if end == parts => format!("UID SEARCH {begin}:* {asked}"),
            end => format!("UID SEARCH {begin}:{} {asked}", end * SEARCHED_AT_ONCE),
        };
        // Where one part is not told of, nothing is known of the whole.
        let Some(found) = search(wire, &command).await? else { return Ok(None) };
        all.get_or_insert_default().extend(found);
    }
    if let Some(found) = &mut all {
        found.retain(|uid| (first..=last).contains(uid));
        found.sort_unstable();
        found.dedup();
    }
    Ok(all)
}

/// Those of `uids` that are still there, in order. What is not is passed over, so that a server that
/// says nothing is not believed, unless there is nothing in the folder: the last message, which is
/// asked for too, always is.
pub(super) async fn still_there<S: Transport>(
    wire: &mut Wire<S>,
    uids: &[u32],
) -> Result<Vec<u32>, WireError> {
    let found = search(wire, &format!("UID SEARCH UID {},*", set_of(uids))).await?;
    let mut found = match found {
        None if wire.count() == Some(0) => Vec::new(),
        found => found.ok_or(WireError::Malformed)?,
    };
    found.retain(|uid| uids.binary_search(uid).is_ok());
    Ok(found)
}

/// The numbers found, in order; none if the server does not say.
async fn search<S: Transport>(
    wire: &mut Wire<S>,
    command: &str,
) -> Result<Option<Vec<u32>>, WireError> {
    let mut found: Option<Vec<u32>> = None;
    wire.run(command, SEARCH_BUDGET, |answer| {
        if let Answer::Found(uids) = answer {
            found.get_or_insert_default().extend(uids);
        }
    })
    .await?;
    if let Some(found) = &mut found {
        found.sort_unstable();
        found.dedup();
    }
    Ok(found)
}

/// The sizes of messages; one that is missing was not answered.
pub(super) async fn sizes<S: Transport>(
    wire: &mut Wire<S>,
    uids: &[u32],
) -> Result<BTreeMap<u32, u32>, WireError> {
    let mut sizes = BTreeMap::new();
    let command = format!("UID FETCH {} (UID RFC822.SIZE)", set_of(uids));
    wire.run(&command, SMALL + uids.len() * 256, |answer| {
        if let Answer::Message { uid: Some(uid), size: Some(size), .. } = answer
            && uids.binary_search(&uid).is_ok()
        {
            sizes.insert(uid, size);
        }
    })
    .await?;
    Ok(sizes)
}

/// The beginning of each message, which the server says are `expected` bytes together; one that is
/// missing was not answered.
pub(super) async fn bodies<S: Transport>(
    wire: &mut Wire<S>,
    uids: &[u32],
    expected: usize,
) -> Result<BTreeMap<u32, Vec<u8>>, WireError> {
    // What a server says of sizes is not relied on: one may have all that is asked for.
    let bytes = if uids.len() == 1 { BEGINNING } else { expected.saturating_mul(UNDERSTATED) };
    let budget = bytes.saturating_add(SMALL + uids.len() * FETCH_MARGIN);
    fetch(wire, uids, &format!("BODY.PEEK[]<0.{BEGINNING}>"), budget).await
}

/// At most `max` bytes of a section of a message (`HEADER`, `1.2`) from a place on; none if it was not
/// answered.
pub(super) async fn section<S: Transport>(
    wire: &mut Wire<S>,
    uid: u32,
    section: &str,
    (from, max): (usize, usize),
) -> Result<Option<Vec<u8>>, WireError> {
    let item = format!("BODY.PEEK[{section}]<{from}.{max}>");
    Ok(fetch(wire, &[uid], &item, max.saturating_add(SMALL)).await?.remove(&uid))
}

/// What the server says of a message's parts; none if it was not answered.
pub(super) async fn structure<S: Transport>(
    wire: &mut Wire<S>,
    uid: u32,
) -> Result<Option<Vec<u8>>, WireError> {
    Ok(fetch(wire, &[uid], "BODYSTRUCTURE", STRUCTURE_BUDGET).await?.remove(&uid))
}

/// What the server answers with nothing (`NIL`: it cannot read the message for now, or somebody has just
/// removed it) it does not hand over.
async fn fetch<S: Transport>(
    wire: &mut Wire<S>,
    uids: &[u32],
    item: &str,
    budget: usize,
) -> Result<BTreeMap<u32, Vec<u8>>, WireError> {
    let mut found = BTreeMap::new();
    wire.run(&format!("UID FETCH {} (UID {item})", set_of(uids)), budget, |answer| {
        if let Answer::Message { uid: Some(uid), body: Some(body), .. } = answer
            && !body.is_empty()
            && uids.binary_search(&uid).is_ok()
        {
            found.insert(uid, body);
        }
    })
    .await?;
    Ok(found)
}

/// Whether the server hands over anything of a message, which is named by its place in the folder.
pub(super) async fn hands_over<S: Transport>(
    wire: &mut Wire<S>,
    place: u32,
) -> Result<bool, WireError> {
    let mut is_handed_over = false;
    let command = format!("FETCH {place} (UID BODY.PEEK[]<0.{TASTE}>)");
    let run = wire.run(&command, SMALL + TASTE, |answer| {
        is_handed_over |=
            matches!(answer, Answer::Message { body: Some(body), .. } if !body.is_empty());
    });
    match run.await {
        Ok(()) => Ok(is_handed_over),
        Err(WireError::No(_) | WireError::Bad(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// `1:3,7` for sorted numbers.
fn set_of(uids: &[u32]) -> String {
    let mut set = String::new();
    for run in uids.chunk_by(|a, b| a.checked_add(1) == Some(*b)) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
        if !set.is_empty() {
            set.push(',');
        }
        // Writing to a String cannot fail.
        let _ = if first == last { write!(set, "{first}") } else { write!(set, "{first}:{last}") };
    }
    set
}

/// `21-Nov-2026`. Servers compare dates of their own time zone, so it is the day it was where it is
/// still earliest (UTC-12): rather some hours more than a message less.
fn imap_date(at: Millis) -> String {
    let seconds = at.plus_secs(-12 * 3600).0.div_euclid(1000);
    let date = OffsetDateTime::from_unix_timestamp(seconds)
        .map_or(OffsetDateTime::UNIX_EPOCH, |date| date)
        .date();
    let month = match date.month() {
        Month::January => "Jan",
        Month::February => "Feb",
        Month::March => "Mar",
        Month::April => "Apr",
        Month::May => "May",
        Month::June => "Jun",
        Month::July => "Jul",
        Month::August => "Aug",
        Month::September => "Sep",
        Month::October => "Oct",
        Month::November => "Nov",
        Month::December => "Dec",
    };
    format!("{}-{month}-{:04}", date.day(), date.year().max(1970))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_runs() {
        assert_eq!(set_of(&[1, 2, 3, 7, 9, 10]), "1:3,7,9:10");
        assert_eq!(set_of(&[u32::MAX]), u32::MAX.to_string());
        let odd: Vec<u32> = (0..200).map(|n| u32::MAX - 400 + 2 * n).collect();
        assert!(set_of(&odd).len() < 3_000, "a command stays below 4,000 bytes");
    }

    #[test]
    fn dates_are_imap_dates() {
        assert_eq!(imap_date(Millis(1_795_219_200_000)), "20-Nov-2026"); // 2026-11-21T00:00:00Z
        assert_eq!(imap_date(Millis(1_795_219_200_000).plus_secs(12 * 3600)), "21-Nov-2026");
    }
}
