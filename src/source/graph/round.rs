//! One look at what is new in a folder: everything received since the look before, with an overlap,
//! then what delta tells. Neither alone is enough: delta forgets what was moved away and back, a list
//! what was received long ago and moved here. The list comes first, as it alone tells how much there
//! is. What came before the mailbox was connected is [older mail](super::older), and waits.

use super::calls::Calls;
use super::fault::Fault;
use super::items;
use super::trail::Trail;
use super::walk::Walk;
use super::watch::Watch;
use super::withheld::Withheld;
use crate::clock::Millis;
use crate::store::StoreError;
use crate::store::graph::{self, Cursor, Older};
use crate::store::mailboxes::State;

/// Mail can be listed later than it was received, and clocks differ.
const OVERLAP: i64 = 15 * 60;

/// How far back to look when Graph says that it has lost notifications, or delta begins; what came to a
/// new mailbox before that is older mail.
const FAR: i64 = 24 * 3600;

/// How far back delta begins anew where it was forgotten: what was moved here since nobody can tell, and
/// it may have been received long before.
const FORGOTTEN: i64 = 7 * 24 * 3600;

/// From how many messages on the mailbox is said to be catching up.
const MANY: u64 = 50;

/// How far a look has come.
struct Look {
    cursor: Cursor,
    /// Whether a message was not handed over. From there on nothing is written down, so that the
    /// next look comes by again; what comes after it is read all the same.
    withheld: bool,
}

/// Reads what is new in a folder. Where one of both cannot be had, the other is read all the same.
pub(super) async fn round(
    watch: &mut Watch,
    calls: &Calls<'_>,
    withheld: &mut Withheld,
    mut cursor: Cursor,
    missed: bool,
) -> Result<(), Fault> {
    let swept_to = match cursor.swept_to {
        Some(swept_to) => swept_to,
        None => begin(&mut cursor, watch.keys.clock.now()),
    };
    let mut look = Look { cursor, withheld: false };
    let from = swept_to.plus_secs(-if missed { FAR } else { OVERLAP });
    let swept = sweep(watch, calls, withheld, &mut look, from).await;
    if swept.as_ref().is_err_and(|fault| !fault.is_of_one_message()) {
        return swept;
    }
    let told = ask_delta(watch, calls, withheld, &mut look, swept_to).await;
    // Whatever delta says, what was received is read.
    look.keep(watch).await?;
    swept.and(told)
}

/// Parts what is new in a folder from what is older.
fn begin(cursor: &mut Cursor, now: Millis) -> Millis {
    let parting = now.plus_secs(-FAR).max(cursor.backfill_from);
    if parting > cursor.backfill_from {
        cursor.older =
            Some(Older { from: cursor.backfill_from, until: parting, total: 0, left: 0 });
    }
    *cursor.swept_to.insert(parting)
}

/// Reads what delta tells. Its end is not written down yet.
async fn ask_delta(
    watch: &mut Watch,
    calls: &Calls<'_>,
    withheld: &mut Withheld,
    look: &mut Look,
    swept_to: Millis,
) -> Result<(), Fault> {
    let folder = look.cursor.folder.clone();
    let mut query = look.cursor.delta_query.clone();
    let (mut back, mut trail) = (FAR, Trail::default());
    loop {
        let since = swept_to.plus_secs(-back).max(look.cursor.backfill_from);
        let page = match watch.or_stop(calls.delta(&folder, &query, since)).await {
            // Graph has more words for it than are known. What was read is known by its key.
            Err(Fault::CursorLost | Fault::Refused(_)) if back == FAR && !query.is_empty() => {
                back = FORGOTTEN;
                query.clear();
                continue;
            }
            page => page?,
        };
        let unread = items::unread(watch, page.items).await?;
        let messages = unread.len();
        look.withheld |= items::read(watch, calls, withheld, unread).await?;
        let goes_on = page.next.is_some();
        if let Some(next) = &page.next {
            trail.follow(next, messages)?;
        }
        query = page.next.or(page.delta).ok_or(Fault::Odd)?;
        look.cursor.delta_query.clone_from(&query);
        if !goes_on {
            return Ok(());
        }
        look.keep(watch).await?;
    }
}

/// Reads what was received since `from`. Its end is not written down yet.
async fn sweep(
    watch: &mut Watch,
    calls: &Calls<'_>,
    withheld: &mut Withheld,
    look: &mut Look,
    from: Millis,
) -> Result<(), Fault> {
    let began = watch.keys.clock.now();
    let mut walk = Walk::new(&look.cursor.folder, from.max(look.cursor.backfill_from), None);
    let (mut tally, before) = (Tally::default(), watch.handed);
    loop {
        let step = walk.step(watch, calls).await?;
        let listed = step.items.len();
        let unread = items::unread(watch, step.items).await?;
        let fresh = unread.iter().filter(|(_, key)| !withheld.knows(key)).count();
        // Before one was read it is not known whether any will be; that a folder is missing is not unsaid for that.
        if let Some((done, all)) = tally.page(listed, fresh, walk.left())
            && !watch.lacks_folder()
            && (watch.handed > before || !watch.is_ill())
        {
            let detail = format!("{done} of {all} messages read");
            watch.report(State::CatchingUp, &detail, None).await?;
        }
        look.withheld |= items::read(watch, calls, withheld, unread).await?;
        // By the slower of the two clocks: what comes is received after it.
        let end =
            if step.is_last { step.at.map_or(began, |at| at.min(began)) } else { walk.from() };
        look.cursor.swept_to = look.cursor.swept_to.max(Some(end));
        if step.is_last {
            return Ok(());
        }
        look.keep(watch).await?;
    }
}

/// Counts what a look has to read, which is little of what it lists.
#[derive(Debug, Default)]
struct Tally {
    /// How many messages were not looked at before, on the pages so far.
    fresh: u64,
    /// And how many there are, as far as is known.
    all: u64,
}

impl Tally {
    /// A page on which `fresh` of the messages that are `listed` were not looked at before, with so
    /// many behind it. If it is time to say how far the look is: how many are read, of how many.
    fn page(&mut self, listed: usize, fresh: usize, behind: u64) -> Option<(u64, u64)> {
        let read = self.fresh;
        self.fresh += fresh as u64;
        // Oldest come first: behind a page of nothing but new mail there is more of it.
        let is_all_fresh = fresh > 0 && fresh == listed;
        self.all = self.all.max(self.fresh + if is_all_fresh { behind } else { 0 });
        (fresh > 0 && self.all >= MANY).then_some((read, self.all))
    }
}

impl Look {
    /// Writes down how far it is.
    async fn keep(&self, watch: &Watch) -> Result<(), Fault> {
        if self.withheld { Ok(()) } else { keep(watch, &self.cursor).await }
    }
}

/// Writes down how far a folder is read. If that is lost, it is only read again.
pub(super) async fn keep(watch: &Watch, cursor: &Cursor) -> Result<(), Fault> {
    let mut tx = watch.keys.db.begin_repeatable().await?;
    if !graph::advance(&mut tx, &watch.held, cursor).await? {
        return Err(Fault::Stopped);
    }
    tx.commit().await.map_err(StoreError::from)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_not_read_is_counted() {
        let mut listed_again = Tally::default();
        let pages = [(50, 0, 130), (50, 2, 80), (50, 0, 30), (30, 7, 0)];
        let said = pages.map(|(listed, fresh, behind)| listed_again.page(listed, fresh, behind));
        assert_eq!(said, [None; 4]);
        let mut outage = Tally::default();
        let pages = [(50, 30, 150), (50, 50, 100), (50, 50, 50), (50, 0, 0)];
        let said = pages.map(|(listed, fresh, behind)| outage.page(listed, fresh, behind));
        assert_eq!(said, [None, Some((30, 180)), Some((80, 180)), None]);
    }

    #[test]
    fn what_came_before_the_last_day_is_older_mail() {
        let now = Millis(1_800_000_000_000);
        let cursor = |days: i64| Cursor {
            folder: "inbox".to_owned(),
            delta_query: String::new(),
            swept_to: None,
            backfill_from: now.plus_secs(-days * 86_400),
            older: None,
            gaps: Vec::new(),
        };
        let mut month = cursor(30);
        let parting = now.plus_secs(-86_400);
        assert_eq!(begin(&mut month, now), parting);
        let older = Older { from: month.backfill_from, until: parting, total: 0, left: 0 };
        assert_eq!((month.swept_to, month.older), (Some(parting), Some(older)));
        let mut none = cursor(0);
        assert_eq!(begin(&mut none, now), now, "nothing older was asked for");
        assert_eq!(none.older, None);
    }
}
