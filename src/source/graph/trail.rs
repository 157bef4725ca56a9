//! The pages of a list that were asked for: a list that comes back to one of them, or has nothing but
//! empty pages, does not end.

use super::fault::Fault;
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

/// How many empty pages may follow each other. Graph skips what does not match, page by page.
const EMPTY: usize = 1_000;

/// What was asked for.
#[derive(Debug, Default)]
pub(super) struct Trail {
    state: RandomState,
    seen: HashSet<u64>,
    empty: usize,
}

impl Trail {
    /// Notes that a page with so many messages says that the list goes on with `query`. Fails where
    /// that leads nowhere.
    pub(super) fn follow(&mut self, query: &str, messages: usize) -> Result<(), Fault> {
        self.empty = if messages == 0 { self.empty + 1 } else { 0 };
        let is_new = self.seen.insert(self.state.hash_one(query));
        if is_new && self.empty < EMPTY { Ok(()) } else { Err(Fault::Odd) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_goes_round_or_stays_empty_is_odd() {
        let mut round = Trail::default();
        for page in ["1", "2", "3"] {
            round.follow(page, 50).expect("a further page");
        }
        assert!(matches!(round.follow("2", 50), Err(Fault::Odd)));
        let mut empty = Trail::default();
        for page in 1..EMPTY {
            empty.follow(&page.to_string(), 0).expect("a further page");
        }
        assert!(matches!(empty.follow("last", 0), Err(Fault::Odd)));
    }
}
