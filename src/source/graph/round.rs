//! One look at what is new in a folder: what delta tells, then everything received since the look
//! before, with an overlap. Neither alone is enough: delta forgets what was moved away and back, a list
//! what was received long ago and moved here. What came before the mailbox was connected is
//! [older mail](super::older), and waits.

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

/// Reads what is new in a folder. Where delta cannot be had, what was received is read all the same.
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
    let told = ask_delta(watch, calls, withheld, &mut look, swept_to).await;
    if told.as_ref().is_err_and(|fault| !fault.is_of_one_message()) {
        return told;
    }
    let from = swept_to.plus_secs(-if missed { FAR } else { OVERLAP });
    sweep(watch, calls, withheld, &mut look, from).await?;
    told
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

/// Reads what delta tells. Its end is written down with the sweep that follows.
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
        let messages = page.items.len();
        look.withheld |= items::read(watch, calls, withheld, page.items).await?;
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

async fn sweep(
    watch: &mut Watch,
    calls: &Calls<'_>,
    withheld: &mut Withheld,
    look: &mut Look,
    from: Millis,
) -> Result<(), Fault> {
    let began = watch.keys.clock.now();
    let mut walk = Walk::new(&look.cursor.folder, from.max(look.cursor.backfill_from), None);
    let mut all = None;
    loop {
        let step = walk.step(watch, calls).await?;
        let unread = walk.left() + step.items.len() as u64;
        let all = *all.get_or_insert(unread);
        if all >= MANY {
            let done = all.saturating_sub(unread);
            let detail = format!("{done} of {all} messages read");
            watch.report(State::CatchingUp, &detail, None).await?;
        }
        look.withheld |= items::read(watch, calls, withheld, step.items).await?;
        // By the slower of the two clocks: what comes is received after it.
        let end =
            if step.is_last { step.at.map_or(began, |at| at.min(began)) } else { walk.from() };
        look.cursor.swept_to = look.cursor.swept_to.max(Some(end));
        look.keep(watch).await?;
        if step.is_last {
            return Ok(());
        }
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
    fn what_came_before_the_last_day_is_older_mail() {
        let now = Millis(1_800_000_000_000);
        let cursor = |days: i64| Cursor {
            folder: "inbox".to_owned(),
            delta_query: String::new(),
            swept_to: None,
            backfill_from: now.plus_secs(-days * 86_400),
            older: None,
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
