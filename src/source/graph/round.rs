//! One look at a folder: what delta tells, then everything received since the look before, with an
//! overlap. Neither alone is enough: delta forgets what was moved away and back, a list what was
//! received long ago and moved here.

use super::calls::Calls;
use super::fault::Fault;
use super::items;
use super::watch::Watch;
use crate::store::StoreError;
use crate::store::graph::{self, Cursor};
use crate::store::mailboxes::State;

/// Mail can be listed later than it was received, and clocks differ.
const OVERLAP: i64 = 15 * 60;

/// How far back to look when Graph says that it has lost notifications, or delta begins anew.
const FAR: i64 = 24 * 3600;

/// From how many messages on the mailbox is said to be catching up.
const MANY: u64 = 50;

/// How far a look has come.
struct Look {
    cursor: Cursor,
    /// What kept it from fetching a message. From there on nothing is written down, so that the
    /// next look comes by again; what comes after it is read all the same.
    withheld: Option<Fault>,
}

/// Reads what is new in a folder.
pub(super) async fn round(
    watch: &mut Watch,
    calls: &Calls<'_>,
    cursor: Cursor,
    missed: bool,
) -> Result<(), Fault> {
    let mut look = Look { cursor, withheld: None };
    ask_delta(watch, calls, &mut look).await?;
    sweep(watch, calls, &mut look, if missed { FAR } else { OVERLAP }).await?;
    look.withheld.map_or(Ok(()), Err)
}

async fn ask_delta(watch: &Watch, calls: &Calls<'_>, look: &mut Look) -> Result<(), Fault> {
    let folder = look.cursor.folder.clone();
    let since = look.cursor.swept_to.unwrap_or(watch.held.mailbox.created_at).plus_secs(-FAR);
    let since = since.max(look.cursor.backfill_from);
    let mut anew = false;
    loop {
        let page = match watch.or_stop(calls.delta(&folder, &look.cursor.delta_query, since)).await
        {
            // What was known is known by its key; the sweep is not affected.
            Err(Fault::CursorLost) if !anew && !look.cursor.delta_query.is_empty() => {
                anew = true;
                look.cursor.delta_query.clear();
                continue;
            }
            page => page?,
        };
        look.note(items::read(watch, calls, page.items).await?);
        let goes_on = page.next.is_some();
        look.cursor.delta_query = page.next.or(page.delta).ok_or(Fault::Odd)?;
        look.keep(watch).await?;
        if !goes_on {
            return Ok(());
        }
    }
}

async fn sweep(
    watch: &mut Watch,
    calls: &Calls<'_>,
    look: &mut Look,
    overlap: i64,
) -> Result<(), Fault> {
    let folder = look.cursor.folder.clone();
    let began = watch.keys.clock.now();
    let before =
        look.cursor.swept_to.map_or(look.cursor.backfill_from, |at| at.plus_secs(-overlap));
    let mut from = before.max(look.cursor.backfill_from);
    let (mut query, mut done, mut all) = (String::new(), 0_u64, None);
    loop {
        let page = watch.or_stop(calls.received(&folder, &query, from)).await?;
        let all = *all.get_or_insert(page.count.unwrap_or(0));
        if all >= MANY {
            watch
                .report(State::CatchingUp, &format!("{done} of {all} messages read"), None)
                .await?;
        }
        done += page.items.len() as u64;
        let last = page.items.iter().filter_map(super::answer::Listed::received).max();
        look.note(items::read(watch, calls, page.items).await?);
        let Some(next) = page.next else {
            // By the slower of the two clocks: what comes is received after it.
            let end = page.at.map_or(began, |at| at.min(began));
            look.cursor.swept_to = Some(look.cursor.swept_to.map_or(end, |at| at.max(end)));
            return look.keep(watch).await;
        };
        // Pages are counted from the beginning, and shift when a message is moved away: a page
        // begins where the one before ended, unless all of that came in the same second.
        match last {
            Some(last) if last.0.div_euclid(1000) > from.0.div_euclid(1000) => {
                (from, query) = (last, String::new());
                look.cursor.swept_to = Some(look.cursor.swept_to.map_or(last, |at| at.max(last)));
                look.keep(watch).await?;
            }
            _ => query = next,
        }
    }
}

impl Look {
    fn note(&mut self, withheld: Option<Fault>) {
        self.withheld = self.withheld.take().or(withheld);
    }

    /// Writes down how far it is.
    async fn keep(&self, watch: &Watch) -> Result<(), Fault> {
        if self.withheld.is_some() {
            return Ok(());
        }
        let mut tx = watch.keys.db.begin_write().await?;
        if !graph::advance(&mut tx, &watch.held, &self.cursor).await? {
            return Err(Fault::Stopped);
        }
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }
}
