//! What a server tells of a book at once, taken in slices: not every server heeds how many are wanted, and
//! some tell no changes at all. However many there are, some are kept in mind; the others are asked for once
//! more when those are read. Where the reading stands is in its position, so that another process goes on
//! there.

use crate::clock::Millis;
use serde::{Deserialize, Serialize};
use std::collections::BinaryHeap;

/// How many members are kept in mind.
const KEPT: usize = 20_000;

/// What a position amid slices begins with.
const MARK: &str = "slices ";

/// Where the reading of what a server told at once stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Slices {
    /// When a first reading began, that then has told all that there is.
    pub(super) began: Option<i64>,
    /// What was asked for: the changes since this sync token, or everything.
    pub(super) base: String,
    /// The position once all of it is read.
    pub(super) then: String,
    /// The server has more to tell then.
    pub(super) goes_on: bool,
    /// The last member that is read, in the order of their paths.
    pub(super) after: String,
}

impl Slices {
    /// Reads what [`Slices::position`] wrote.
    pub(super) fn read(position: &str) -> Option<Self> {
        serde_json::from_str(position.strip_prefix(MARK)?).ok()
    }

    pub(super) fn position(&self) -> String {
        let json = serde_json::to_string(self).unwrap_or_default();
        format!("{MARK}{json}")
    }
}

/// A member of a book.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Member {
    /// Its path, as the server writes it.
    pub(super) href: String,
    /// It is no longer there.
    pub(super) gone: bool,
}

/// The first members after a path, as many as are kept in mind.
#[derive(Debug)]
pub(super) struct First {
    after: String,
    most: usize,
    members: BinaryHeap<Member>,
    are_more: bool,
}

impl First {
    pub(super) fn after(path: &str) -> Self {
        Self { after: path.to_owned(), most: KEPT, members: BinaryHeap::new(), are_more: false }
    }

    pub(super) fn take(&mut self, member: Member) {
        if member.href <= self.after {
            return;
        }
        self.members.push(member);
        if self.members.len() > self.most {
            self.members.pop();
            self.are_more = true;
        }
    }

    /// Those that were taken, in their order.
    pub(super) fn listing(self, slices: Slices) -> Listing {
        Listing { slices, members: self.members.into_sorted_vec(), are_more: self.are_more }
    }
}

/// Members that are to be read.
#[derive(Debug)]
pub(super) struct Listing {
    slices: Slices,
    members: Vec<Member>,
    /// There are more after these.
    are_more: bool,
}

/// Some members, and what follows.
#[derive(Debug)]
pub(super) struct Slice {
    pub(super) members: Vec<Member>,
    pub(super) position: String,
    /// Since when all that there is was told, if this is the end of it.
    pub(super) all_since: Option<Millis>,
    /// There is more to be read at once.
    pub(super) is_more: bool,
}

impl Listing {
    /// Whether a reading that stands there goes on with this.
    pub(super) fn is_at(&self, position: &str) -> bool {
        Slices::read(position).is_some_and(|slices| slices == self.slices)
    }

    /// The next slice, and the rest of the listing if there is one in mind.
    pub(super) fn next(mut self, most: usize) -> (Slice, Option<Self>) {
        let rest = self.members.split_off(self.members.len().min(most));
        let members = std::mem::replace(&mut self.members, rest);
        let is_more = self.are_more || !self.members.is_empty();
        if !is_more {
            let Slices { then: position, began, goes_on: is_more, .. } = self.slices;
            let all_since = began.map(Millis);
            return (Slice { members, position, all_since, is_more }, None);
        }
        if let Some(last) = members.last() {
            self.slices.after.clone_from(&last.href);
        }
        let position = self.slices.position();
        let slice = Slice { members, position, all_since: None, is_more };
        (slice, (!self.members.is_empty()).then_some(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(first: &mut First) {
        for number in (0..10).rev() {
            first.take(Member { href: format!("/book/{number}.vcf"), gone: number == 7 });
        }
    }

    #[test]
    fn everybody_is_read_once_however_few_are_kept_in_mind() {
        for most in 1..=11 {
            let then = Slices { began: Some(5), then: "token".into(), ..Slices::default() };
            let (mut position, mut read, mut asked) = (then.position(), Vec::new(), 0);
            let all_since = loop {
                asked += 1;
                let slices = Slices::read(&position).unwrap();
                let mut first = First { most, ..First::after(&slices.after) };
                told(&mut first);
                assert!(first.members.len() <= most);
                let mut listing = Some(first.listing(slices));
                let mut end = None;
                while let Some(some) = listing.take_if(|listing| listing.is_at(&position)) {
                    let (slice, rest) = some.next(3);
                    read.extend(slice.members);
                    (position, listing) = (slice.position, rest);
                    end = (!slice.is_more).then_some(slice.all_since);
                }
                if let Some(all_since) = end {
                    break all_since;
                }
            };
            assert_eq!((position.as_str(), all_since), ("token", Some(Millis(5))));
            let hrefs: Vec<String> = read.iter().map(|member| member.href.clone()).collect();
            assert_eq!(
                hrefs,
                (0..10).map(|number| format!("/book/{number}.vcf")).collect::<Vec<_>>()
            );
            assert_eq!(read.iter().filter(|member| member.gone).count(), 1);
            assert_eq!(asked, 10_usize.div_ceil(most), "of {most}");
        }
    }
}
