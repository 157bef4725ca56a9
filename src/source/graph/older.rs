//! Older mail, a page at a time between two looks at what is new: rate-limited, and resumed where it
//! stopped.

use super::calls::Calls;
use super::fault::Fault;
use super::items;
use super::round::keep;
use super::walk::Walk;
use super::watch::Watch;
use crate::store::graph::{self, Cursor};
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;

/// How many messages a page holds as a rule.
const SLICE: u32 = 50;

/// What a watch knows of the older mail of its folders.
#[derive(Debug, Default)]
pub(super) struct Lane {
    /// Those that are under way, by folder.
    runs: HashMap<String, Run>,
    /// When the next page is due; at once at first.
    due: Option<Instant>,
}

/// A walk through the older mail of one folder.
#[derive(Debug)]
struct Run {
    walk: Walk,
    /// Whether a message was not handed over. From there on nothing is written down; the next run
    /// comes by again.
    withheld: bool,
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
    fn wait(&self) -> Duration {
        self.due.map_or(Duration::ZERO, |due| due.saturating_duration_since(Instant::now()))
    }
}

/// Reads a page of the older mail of the first folder that has some, if it is time; `gone` are those
/// that are not there.
pub(super) async fn read_slice(
    watch: &mut Watch,
    calls: &Calls<'_>,
    gone: &[String],
) -> Result<Progress, Fault> {
    let mut cursors =
        graph::cursors(&mut *watch.keys.db.read().await?, &watch.held.mailbox).await?;
    cursors.retain(|cursor| !gone.contains(&cursor.folder));
    let unread = cursors.iter_mut().find(|cursor| cursor.older.is_some());
    if let Some(cursor) = unread
        && watch.older.wait().is_zero()
    {
        let pause = if read_page(watch, calls, cursor).await? {
            pace(watch.limits.backfill_per_minute)
        } else {
            // What was not handed over is not asked for again before.
            watch.limits.poll
        };
        watch.older.due = Some(Instant::now() + pause);
    }
    let mut progress = Progress::default();
    for older in cursors.iter().filter_map(|cursor| cursor.older) {
        progress.total += older.total;
        progress.done += older.total.saturating_sub(older.left);
        progress.next = Some(watch.older.wait());
    }
    Ok(progress)
}

/// Reads the next page. False: the end was reached, and not everything was handed over.
async fn read_page(
    watch: &mut Watch,
    calls: &Calls<'_>,
    cursor: &mut Cursor,
) -> Result<bool, Fault> {
    let Some(mut older) = cursor.older else { return Ok(true) };
    let walk = || Walk::new(&cursor.folder, older.from, Some(older.until));
    let run = watch.older.runs.remove(&cursor.folder);
    let mut run = run.unwrap_or_else(|| Run { walk: walk(), withheld: false });
    let step = run.walk.step(watch, calls).await?;
    older.total = older.total.max(run.walk.left() + step.items.len() as u64);
    run.withheld |= items::read(watch, calls, step.items).await?;
    older.left = run.walk.left();
    if !run.withheld {
        older.from = run.walk.from();
        cursor.older = (!step.is_last).then_some(older);
        keep(watch, cursor).await?;
    }
    let is_done = !(step.is_last && run.withheld);
    if !step.is_last {
        watch.older.runs.insert(cursor.folder.clone(), run);
    }
    Ok(is_done)
}

/// How long to wait after a page, so that a mailbox gives `per_minute` older messages.
fn pace(per_minute: u32) -> Duration {
    Duration::from_mins(1) * SLICE / per_minute.max(1)
}
