//! A walk through what a folder received, oldest first, a page at a time. Pages are counted from the
//! beginning, and shift when a message is moved away: a page begins where the one before ended, unless
//! all of that came in the same second.

use super::answer::Listed;
use super::calls::Calls;
use super::fault::Fault;
use super::trail::Trail;
use super::watch::Watch;
use crate::clock::Millis;

/// How far a walk has come.
#[derive(Debug)]
pub(super) struct Walk {
    folder: String,
    from: Millis,
    until: Option<Millis>,
    /// How the list goes on that begins at `from`, and how many of it there were.
    query: String,
    listed: u64,
    left: u64,
    trail: Trail,
    /// Why it does not go on, once what was listed is dealt with.
    end: Option<Fault>,
}

/// One page.
pub(super) struct Step {
    /// What is listed; the first ones may have been listed before.
    pub(super) items: Vec<Listed>,
    /// What time it is at Graph.
    pub(super) at: Option<Millis>,
    /// Whether there is no further page.
    pub(super) is_last: bool,
}

impl Walk {
    /// Through what was received since `from`, and before `until` if that is said.
    pub(super) fn new(folder: &str, from: Millis, until: Option<Millis>) -> Self {
        let (folder, query) = (folder.to_owned(), String::new());
        let trail = Trail::default();
        Self { folder, from, until, query, listed: 0, left: 0, trail, end: None }
    }

    /// What was received before is behind it.
    pub(super) const fn from(&self) -> Millis {
        self.from
    }

    /// How many messages are still to be listed.
    pub(super) const fn left(&self) -> u64 {
        self.left
    }

    /// The next page.
    pub(super) async fn step(&mut self, watch: &Watch, calls: &Calls<'_>) -> Result<Step, Fault> {
        if let Some(end) = self.end.take() {
            return Err(end);
        }
        let asked = calls.received(&self.folder, &self.query, self.from, self.until);
        let page = watch.or_stop(asked).await?;
        let count = page.items.len() as u64;
        self.listed += count;
        let left = page.count.map(|all| all.saturating_sub(self.listed));
        self.left = left.unwrap_or_else(|| self.left.saturating_sub(count));
        let last = page.items.iter().filter_map(Listed::received).max();
        let is_last = page.next.is_none();
        match (page.next, last) {
            (None, _) => self.left = 0,
            (Some(_), Some(last)) if last.0.div_euclid(1000) > self.from.0.div_euclid(1000) => {
                (self.from, self.query, self.listed) = (last, String::new(), 0);
                self.trail = Trail::default();
            }
            (Some(next), _) => {
                self.end = self.trail.follow(&next, page.items.len()).err();
                self.query = next;
            }
        }
        Ok(Step { items: page.items, at: page.at, is_last })
    }
}
