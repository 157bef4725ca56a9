//! How far two e-mail addresses agree.

use super::degree::Degree;
use super::letters::Letters;
use crate::matching::given::bearers;
use crate::matching::latin::latin;
use crate::matching::person::Email;
use crate::matching::text::{Signs, Text};

/// Shortest local part that is hardly anybody else's at another domain.
const TELLING_LOCAL: usize = 6;

/// Fewest digits of a number in which a slip is likelier than another person.
const TELLING_NUMBER: usize = 5;

/// The same mailbox; a slip in one of them, or the same local part at another domain (a change of
/// employer); what a damaged one still shows.
pub(in crate::matching) fn compare(left: &Email, right: &Email, letters: &mut Letters) -> Degree {
    // The local parts are told apart more quickly.
    let same_local = left.local() == right.local();
    if same_local && !left.key().is_empty() && left.key() == right.key() {
        return Degree::Same;
    }
    if left.is_masked() || right.is_masked() {
        let fits = left.local().starts_with(&**right.local())
            || right.local().starts_with(&**left.local());
        let named = !left.local().is_empty() && !right.local().is_empty();
        return match named {
            true if fits && left.domain() == right.domain() => Degree::Short,
            true => Degree::Different,
            false => Degree::Missing,
        };
    }
    if left.key().is_empty() || right.key().is_empty() {
        return match (left.number(), right.number()) {
            (Some(left), Some(right)) if left == right => Degree::Short,
            (Some(left), Some(right)) if letters.slips(left, right, 1) == 1 => Degree::Loose,
            _ => Degree::Different,
        };
    }
    if same_local {
        return if left.local().len() >= TELLING_LOCAL { Degree::Close } else { Degree::Loose };
    }
    if left.domain() == right.domain()
        && left.local().len().min(right.local().len()) >= 4
        && letters.slips(left.local(), right.local(), 1) == 1
        && same_number(left.local(), right.local())
        && !name_two(left.local(), right.local())
    {
        return Degree::Close;
    }
    if left.number().is_some() && left.number() == right.number() {
        return Degree::Loose;
    }
    Degree::Different
}

/// What is seen of an address before it is read: enough to tell most apart.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::matching) struct Glance {
    letters: Signs,
    /// Hashes; nothing of a damaged address.
    domain: u32,
    number: u32,
}

impl From<&Email> for Glance {
    fn from(email: &Email) -> Self {
        let damaged = email.key().is_empty();
        Self {
            letters: email.local().letters(),
            domain: if damaged { 0 } else { email.domain().short_hash() },
            number: email.number().map_or(0, Text::short_hash),
        }
    }
}

impl Glance {
    /// Whether [`compare`] is sure to find two addresses different.
    pub(in crate::matching) fn differs(self, other: Self) -> bool {
        self.domain.min(other.domain) > 0
            && self.letters != other.letters
            && (self.number == 0 || self.number != other.number)
            && (self.domain != other.domain || self.letters.apart(other.letters) > 1)
    }
}

/// Whether two local parts differ in a given name, each of which is one: `paul.weber`, `paula.weber`.
fn name_two(left: &Text, right: &Text) -> bool {
    let words = |text: &str| {
        let words = text.split(|c: char| !c.is_alphanumeric()).map(latin);
        words.collect::<Vec<_>>()
    };
    let (left, right) = (words(left), words(right));
    let differ = || left.iter().zip(&right).filter(|(left, right)| left != right);
    let known = |name: &str| bearers(name).is_some();
    left.len() == right.len() && differ().all(|(left, right)| known(left) && known(right))
}

/// Whether two local parts have the same number, or a long one of which a digit may have slipped: a
/// short one tells two people of one name apart.
fn same_number(left: &Text, right: &Text) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let (left, right) = (digits(left), digits(right));
    left == right || left.len().min(right.len()) >= TELLING_NUMBER
}
