//! Older mail, a page at a time between two looks at what is new: rate-limited, resumed where it
//! stopped, and of each folder whatever keeps another one waiting. A message that is not handed over leaves a gap,
//! and all gaps are gone through again when the rest is read.

use super::calls::Calls;
use super::fault::Fault;
use super::items;
use super::round::keep;
use super::walk::Walk;
use super::watch::Watch;
use super::withheld::Withheld;
use crate::clock::Millis;
use crate::store::graph::{self, Cursor, Gap};
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;
use tracing::warn;

/// How many messages a page holds as a rule.
const SLICE: u32 = 50;

/// What a watch knows of the older mail of its folders.
#[derive(Debug, Default)]
pub(super) struct Lane {
    passes: HashMap<String, Pass>,
    /// When the next page is due; at once at first.
    due: Option<Instant>,
}

/// How the older mail of one folder is gone through, and its gaps again and again.
#[derive(Debug, Default)]
struct Pass {
    /// What is gone through now: all that is left, or a gap.
    walk: Option<Walk>,
    /// The place of that gap.
    gap: usize,
    /// Whether a message of it was not handed over again.
    is_incomplete: bool,
    withheld: Withheld,
    /// When the next pass begins, if that is not at once.
    due: Option<Instant>,
}

/// How far the older mail of all folders is read.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Progress {
    /// So many messages are done, as far as is known.
    pub(super) done: u64,
    /// Of so many.
    pub(super) total: u64,
    /// How long until there is more to do; none: that was all.
    pub(super) next: Option<Duration>,
}

impl Lane {
    /// How many messages were listed and not handed over.
    pub(super) fn withheld(&self) -> usize {
        self.passes.values().map(|pass| pass.withheld.count()).sum()
    }

    /// How long until a page of a folder is due.
    fn wait(&self, folder: &str) -> Duration {
        let pass = self.passes.get(folder).and_then(|pass| pass.due);
        let due = self.due.max(pass);
        due.map_or(Duration::ZERO, |due| due.saturating_duration_since(Instant::now()))
    }
}

impl Pass {
    /// Goes on after a while.
    fn put_off(&mut self, wait: Duration) {
        self.walk = None;
        self.due = Some(Instant::now() + wait);
    }

    /// Begins anew with the gaps after a while: what was not handed over is not asked for again before. Gaps
    /// that another process has left are gone through at once.
    fn rest(&mut self, poll: Duration) {
        self.gap = 0;
        self.put_off(self.withheld.next().map_or(Duration::ZERO, |next| next.max(poll)));
    }
}

/// Reads a page of the older mail of the first folder of which one is due.
pub(super) async fn read_slice(watch: &mut Watch, calls: &Calls<'_>) -> Result<Progress, Fault> {
    let mut cursors =
        graph::cursors(&mut *watch.keys.db.read().await?, &watch.held.mailbox).await?;
    cursors.retain(|cursor| !watch.gone.contains(&cursor.folder));
    let is_due = |cursor: &Cursor| cursor.is_behind() && watch.older.wait(&cursor.folder).is_zero();
    if let Some(place) = cursors.iter().position(is_due) {
        read_page(watch, calls, &mut cursors[place]).await?;
        let pace = pace(watch.limits.backfill_per_minute);
        watch.older.due = Some(Instant::now() + pace);
    }
    let mut progress = Progress::default();
    for cursor in cursors.iter().filter(|cursor| cursor.is_behind()) {
        if let Some(older) = cursor.older {
            progress.total += older.total;
            progress.done += older.total.saturating_sub(older.left);
        }
        let wait = watch.older.wait(&cursor.folder);
        progress.next = Some(progress.next.map_or(wait, |next| next.min(wait)));
    }
    Ok(progress)
}

/// Reads the next page of a folder. What only this folder suffers from is put off.
async fn read_page(watch: &mut Watch, calls: &Calls<'_>, cursor: &mut Cursor) -> Result<(), Fault> {
    let mut pass = watch.older.passes.remove(&cursor.folder).unwrap_or_default();
    let mut read = if cursor.older.is_some() {
        go_on(watch, calls, cursor, &mut pass).await
    } else {
        go_again(watch, calls, cursor, &mut pass).await
    };
    if let Err(fault) = &read {
        pass.walk = None;
        // That a folder is not there any more is for the next look to say.
        if fault.is_of_one_message() || matches!(fault, Fault::NoMailbox) {
            warn!(mailbox = %watch.held.mailbox.id, "cannot read older mail of a folder: {fault}");
            pass.put_off(watch.limits.poll);
            read = Ok(());
        }
    }
    if cursor.is_behind() {
        watch.older.passes.insert(cursor.folder.clone(), pass);
    }
    read
}

/// Goes on with what is left.
async fn go_on(
    watch: &mut Watch,
    calls: &Calls<'_>,
    cursor: &mut Cursor,
    pass: &mut Pass,
) -> Result<(), Fault> {
    let Some(mut older) = cursor.older else { return Ok(()) };
    if pass.walk.is_none() {
        pass.withheld.begin();
    }
    let begin = || Walk::new(&cursor.folder, older.from, Some(older.until));
    let mut walk = pass.walk.take().unwrap_or_else(begin);
    let from = walk.from();
    let step = walk.step(watch, calls).await?;
    older.total = older.total.max(walk.left() + step.items.len() as u64);
    let unread = items::unread(watch, step.items).await?;
    let is_incomplete = items::read(watch, calls, &mut pass.withheld, unread).await?;
    (older.left, older.from) = (walk.left(), walk.from());
    if is_incomplete {
        let until = if step.is_last { older.until } else { second_after(older.from) };
        cursor.note_gap(Gap { from, until });
    }
    cursor.older = (!step.is_last).then_some(older);
    keep(watch, cursor).await?;
    if step.is_last {
        pass.rest(watch.limits.poll);
    } else {
        pass.walk = Some(walk);
    }
    Ok(())
}

/// Goes on with the gaps, one after the other.
async fn go_again(
    watch: &mut Watch,
    calls: &Calls<'_>,
    cursor: &mut Cursor,
    pass: &mut Pass,
) -> Result<(), Fault> {
    let Some(gap) = cursor.gaps.get(pass.gap).copied() else { return Ok(()) };
    if pass.walk.is_none() {
        pass.is_incomplete = false;
        if pass.gap == 0 {
            pass.withheld.begin();
        }
    }
    let begin = || Walk::new(&cursor.folder, gap.from, Some(gap.until));
    let mut walk = pass.walk.take().unwrap_or_else(begin);
    let step = walk.step(watch, calls).await?;
    let unread = items::unread(watch, step.items).await?;
    pass.is_incomplete |= items::read(watch, calls, &mut pass.withheld, unread).await?;
    if !step.is_last {
        pass.walk = Some(walk);
        return Ok(());
    }
    if pass.is_incomplete {
        pass.gap += 1;
    } else {
        cursor.gaps.remove(pass.gap);
        keep(watch, cursor).await?;
    }
    if pass.gap >= cursor.gaps.len() {
        pass.rest(watch.limits.poll);
    }
    Ok(())
}

/// The beginning of the next second: Graph's lists are in whole ones.
const fn second_after(at: Millis) -> Millis {
    Millis((at.0.div_euclid(1000) + 1) * 1000)
}

/// How long to wait after a page, so that a mailbox gives `per_minute` older messages.
fn pace(per_minute: u32) -> Duration {
    Duration::from_mins(1) * SLICE / per_minute.max(1)
}
