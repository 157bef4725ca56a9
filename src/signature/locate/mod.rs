//! Which lines sign: the best-scoring run of lines, or none.
//!
//! Every line is read for what it is ([`kind`]) and weighed by what stands on it ([`weight`]); a run
//! of lines is worth its lines and its place: behind a valediction or a `-- ` line, begun by the
//! author's name, at the end of the message ([`run`]). The best run wins if it is worth enough.
//!
//! The weights are set by hand, in the unit of "a legal form is one and a half": invented messages
//! say what a signature's values are worth, real mail what a sign-off without values is worth and
//! what only looks like a signature. `fixtures/located/cases.toml` holds a case for every cause.

mod below;
mod kind;
mod run;
mod shape;
mod weight;

#[cfg(test)]
mod tests;

use super::sender::Sender;
use super::taken::Taken;
use kind::{Kind, legal_paragraphs};
use std::ops::Range;

/// Lines beyond this many are not looked at; what is too much goes from the middle.
const MAX_LINES: usize = 4_000;

/// A line as the search sees it.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    kind: Kind,
    /// Speaks for a signature, or with a negative number against one.
    weight: f64,
    /// Whether the author's mail client marked it.
    marked: bool,
    /// Whether a sentence ends with it.
    ends: bool,
    /// Whether it is a single word.
    sole: bool,
    /// How many there are on it of what a signature has few.
    holds: Holds,
}

impl Seen {
    /// A line without values.
    fn plain(kind: Kind, weight: f64, marked: bool) -> Self {
        Self { kind, weight, marked, ends: false, sole: false, holds: Holds::default() }
    }
}

/// How much of what a signature has little of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Holds {
    /// Numbers to dial.
    numbers: usize,
    /// E-mail and web addresses.
    addresses: usize,
    /// Organizations.
    organizations: usize,
    /// Organizations with a legal form, or the employer by its mail domain.
    companies: usize,
}

impl Holds {
    /// Both together.
    fn and(self, other: Self) -> Self {
        Self {
            numbers: self.numbers + other.numbers,
            addresses: self.addresses + other.addresses,
            organizations: self.organizations + other.organizations,
            companies: self.companies + other.companies,
        }
    }

    /// Whether it says where somebody is to be reached or works.
    fn is_telling(self) -> bool {
        self.numbers + self.companies > 0
    }

    /// Whether it is more than one person has.
    fn is_list(self) -> bool {
        self.numbers > 4 || self.addresses > 4 || self.organizations > 3
    }
}

/// The lines in which the author signs.
pub(super) fn locate(
    lines: &[Taken<'_>],
    sender: &Sender,
    own_domain: &str,
) -> Option<Range<usize>> {
    let head = if lines.len() > MAX_LINES { MAX_LINES / 2 } else { lines.len() };
    let tail = if lines.len() > MAX_LINES { lines.len() - MAX_LINES / 2 } else { lines.len() };
    let mut seen: Vec<Seen> = Vec::with_capacity(lines.len().min(MAX_LINES) + 1);
    seen.extend(lines.iter().take(head).map(|line| weight::see(line, sender, own_domain)));
    if head < tail {
        // No run goes over the gap.
        seen.push(Seen::plain(Kind::Salutation, 0.0, false));
    }
    seen.extend(lines.iter().skip(tail).map(|line| weight::see(line, sender, own_domain)));
    legal_paragraphs(&mut seen);
    let best = run::best(&seen)?;
    let moved = if best.start >= head { tail.saturating_sub(head + 1) } else { 0 };
    let moved = if head < tail { moved } else { 0 };
    Some(best.start + moved..best.end + moved)
}
