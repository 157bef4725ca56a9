//! Which message ends connections: first those are suspected that were being asked for together, then
//! each is asked for alone, the last time as plainly as possible, and the one that ends its connection even then
//! is put aside.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// How often in a row asking for a message fails before it is put aside.
const INSISTENCE: u32 = 3;

/// The suspected messages of a mailbox, by folder.
#[derive(Debug, Default)]
pub(super) struct Suspicion(BTreeMap<String, Suspects>);

/// Messages of a folder, of which the first has failed so often in a row.
#[derive(Debug)]
struct Suspects {
    uid_validity: u32,
    uids: RangeInclusive<u32>,
    times: u32,
}

/// What is asked for with one command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked<'a> {
    /// Messages of which nothing is suspected.
    Together(&'a [u32]),
    /// A message that may be the one.
    Alone(u32),
    /// Likewise, for the last time.
    Plainly(u32),
}

impl Suspicion {
    /// What to ask for first of these messages of a folder.
    pub(super) fn first<'a>(
        &self,
        folder: &str,
        uid_validity: u32,
        uids: &'a [u32],
    ) -> Option<Asked<'a>> {
        let first = *uids.first()?;
        let known = self.0.get(folder).filter(|known| known.uid_validity == uid_validity);
        let Some(known) = known else { return Some(Asked::Together(uids)) };
        if known.uids.contains(&first) {
            let is_last = *known.uids.start() == first && known.times + 1 >= INSISTENCE;
            return Some(if is_last { Asked::Plainly(first) } else { Asked::Alone(first) });
        }
        let before = uids.iter().take_while(|uid| !known.uids.contains(uid)).count();
        Some(Asked::Together(uids.get(..before).unwrap_or(uids)))
    }

    /// Whether any message of a folder is suspected.
    pub(super) fn is_any(&self, folder: &str) -> bool {
        self.0.contains_key(folder)
    }

    /// Suspects none of a folder any more.
    pub(super) fn forget(&mut self, folder: &str) {
        self.0.remove(folder);
    }

    /// Notes that asking for these messages of a folder failed. True: for the one that they are it was
    /// often enough; those that were suspected with it still are.
    pub(super) fn is_enough(
        &mut self,
        folder: &str,
        uid_validity: u32,
        failed: RangeInclusive<u32>,
    ) -> bool {
        let uid = *failed.start();
        let known = self.0.get(folder).filter(|known| {
            known.uid_validity == uid_validity && known.uids.contains(&uid) && failed.end() == &uid
        });
        let (last, times) = match known {
            // It has failed before, with the others at least.
            Some(known) if *known.uids.start() == uid => (*known.uids.end(), known.times + 1),
            Some(known) => (*known.uids.end(), 2),
            None => (*failed.end(), 1),
        };
        let is_enough = times >= INSISTENCE;
        let (first, times) = if is_enough { (uid.saturating_add(1), 1) } else { (uid, times) };
        if is_enough && uid == last {
            self.0.remove(folder);
        } else {
            let suspects = Suspects { uid_validity, uids: first..=last, times };
            self.0.insert(folder.to_owned(), suspects);
        }
        is_enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_those_that_failed_together_each_is_asked_for_alone_until_one_is_put_aside() {
        let mut suspicion = Suspicion::default();
        let first = |suspicion: &Suspicion, uids: &'static [u32]| suspicion.first("A", 7, uids);
        assert_eq!(first(&suspicion, &[2, 3, 5, 9]), Some(Asked::Together(&[2, 3, 5, 9])));
        assert!(!suspicion.is_enough("A", 7, 3..=9));
        assert_eq!(first(&suspicion, &[2, 3, 5, 9]), Some(Asked::Together(&[2])));
        assert_eq!(first(&suspicion, &[3, 5, 9, 10]), Some(Asked::Alone(3)));
        assert!(!suspicion.is_enough("A", 7, 5..=5));
        assert!(!suspicion.is_enough("B", 7, 5..=5), "each folder for itself");
        assert_eq!(first(&suspicion, &[5, 9, 10]), Some(Asked::Plainly(5)));
        assert!(suspicion.is_enough("A", 7, 5..=5));
        assert_eq!(first(&suspicion, &[9, 10]), Some(Asked::Alone(9)));
        assert!(!suspicion.is_enough("A", 7, 9..=9));
        assert!(suspicion.is_enough("A", 7, 9..=9));
        assert_eq!(first(&suspicion, &[10, 11]), Some(Asked::Together(&[10, 11])));
        assert_eq!(first(&suspicion, &[]), None);
        assert_eq!(suspicion.first("B", 8, &[5, 6]), Some(Asked::Together(&[5, 6])));
    }

    #[test]
    fn a_single_message_fails_three_times_in_a_row() {
        let mut suspicion = Suspicion::default();
        for _ in 0..2 {
            assert!(!suspicion.is_enough("A", 7, 5..=5));
        }
        assert!(!suspicion.is_enough("A", 7, 6..=8), "another failure lies between");
        for _ in 0..2 {
            assert!(!suspicion.is_enough("A", 7, u32::MAX..=u32::MAX));
        }
        assert!(suspicion.is_enough("A", 7, u32::MAX..=u32::MAX));
    }
}
