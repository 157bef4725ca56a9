//! Which run of lines is worth most.
//!
//! Every line of content may begin a run, which goes on until a line that ends every run, or until
//! it has lost too much; at most [`LINES`] lines are looked at from each beginning, so the search is
//! linear.

use super::below::Below;
use super::kind::{Kind, Name};
use super::{Holds, Seen};
use std::ops::Range;

/// A run worth less is no signature.
const ENOUGH: f64 = 3.0;
/// What a run loses that nothing announces: neither the author's name, nor a valediction or mark.
const ADRIFT: f64 = 3.0;
/// What a run is worth more behind a `-- `.
const BEHIND_DELIMITER: f64 = 2.0;
/// What a run is worth more behind a valediction.
const BEHIND_VALEDICTION: f64 = 1.5;
/// What a line formed like a name is worth more behind a valediction, which calls for a name.
const CALLED_NAME: f64 = 1.2;
/// What a line formed like a name is worth more that is the whole last paragraph.
const ALONE: f64 = 1.8;
/// What a run is worth more that ends the message.
const LAST: f64 = 1.0;
/// Lines of a last paragraph that may be the signature without anything that announces it.
const LAST_LINES: usize = 5;
/// What a run loses for every blank line in it.
const GAP: f64 = 0.25;
/// What a run loses for every rule in it.
const RULE: f64 = 0.5;
/// What a run loses for every line of running text below it.
const TEXT_BELOW: f64 = 0.4;
/// What an unannounced run loses for every other line below it.
const LINE_BELOW: f64 = 0.2;
/// What an unannounced run loses for every number elsewhere in the message: it is one of many.
const NUMBER_ELSEWHERE: f64 = 0.5;
/// What a run loses if the letter is signed below it.
const SIGNED_BELOW: f64 = 3.0;
/// Lines of content from which on a run loses weight: signatures are not longer.
const USUAL_LINES: usize = 12;
/// What a run loses for every line more.
const EXCESS: f64 = 1.5;
/// An unannounced run of more lines of content is a list.
const USUAL_ADRIFT: usize = 7;
/// Lines of a run.
const LINES: usize = 60;
/// A run that has come down to this does not recover.
const LOST: f64 = -6.0;

/// The run that is worth most, if one is worth enough.
pub(super) fn best(seen: &[Seen]) -> Option<Range<usize>> {
    let all = seen.iter().fold(Holds::default(), |all, line| all.and(line.holds));
    let mut search = Search { seen, below: Below::of(seen), numbers: all.numbers, best: None };
    let mut opening = Opening::None;
    let mut said = false;
    let mut paragraph = false;
    for (at, line) in seen.iter().enumerate() {
        opening = match line.kind {
            Kind::Delimiter => Opening::Delimiter,
            Kind::Valediction => Opening::Valediction,
            kind if kind.is_empty() => opening,
            kind => {
                if let Kind::Content(name) = kind
                    && line.weight >= 0.0
                {
                    let paragraph = paragraph && said;
                    search.from(at, Anchor { opening, name, marked: line.marked, paragraph });
                }
                Opening::None
            }
        };
        said |= !line.kind.is_empty();
        paragraph = line.kind.is_empty();
    }
    search.best.filter(|(worth, _)| *worth >= ENOUGH).map(|(_, run)| run)
}

/// A search for the best run.
struct Search<'a> {
    seen: &'a [Seen],
    /// What stands below each line.
    below: Vec<Below>,
    /// Numbers in the whole message.
    numbers: usize,
    /// The best run so far and its worth.
    best: Option<(f64, Range<usize>)>,
}

impl Search<'_> {
    /// Tries all runs that begin at `start`.
    fn from(&mut self, start: usize, anchor: Anchor) {
        let mut worth = anchor.worth();
        let mut lines = 0;
        let mut whole = true;
        let mut holds = Holds::default();
        for (at, line) in self.seen.iter().enumerate().skip(start).take(LINES) {
            if line.kind.ends_run() {
                break;
            }
            if line.kind.is_empty() {
                worth -= if line.kind == Kind::Rule { RULE } else { GAP };
                whole = false;
                continue;
            }
            lines += 1;
            holds = holds.and(line.holds);
            worth += line.weight - if lines > USUAL_LINES { EXCESS } else { 0.0 };
            let list = anchor.is_adrift() && (holds.is_list() || lines > USUAL_ADRIFT);
            if list || worth < LOST {
                break;
            }
            if line.weight <= 0.0 && at > start {
                continue;
            }
            let below = self.below.get(at).copied().unwrap_or_default();
            let alone = whole && below.last && lines <= LAST_LINES;
            let elsewhere = self.numbers.saturating_sub(holds.numbers);
            let placed = worth
                + anchor.worth_above(below, elsewhere)
                + if alone { anchor.worth_as_last(lines) } else { 0.0 };
            if self.best.as_ref().is_none_or(|(most, _)| placed >= *most) {
                self.best = Some((placed, start..at + 1));
            }
        }
    }
}

/// What stands before a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opening {
    Delimiter,
    Valediction,
    None,
}

/// What a run begins with.
#[derive(Debug, Clone, Copy)]
struct Anchor {
    opening: Opening,
    name: Name,
    marked: bool,
    /// Whether a paragraph begins there that is not the message's first.
    paragraph: bool,
}

impl Anchor {
    /// Whether the author's name or a mark begins the run.
    fn is_named(&self) -> bool {
        self.name == Name::Own || self.marked
    }

    /// Whether nothing announces the run.
    fn is_adrift(&self) -> bool {
        self.opening == Opening::None && !self.is_named()
    }

    /// What the beginning is worth.
    fn worth(&self) -> f64 {
        let opening = match self.opening {
            Opening::Delimiter => BEHIND_DELIMITER,
            Opening::Valediction => BEHIND_VALEDICTION,
            Opening::None => 0.0,
        };
        let called = self.opening != Opening::None && self.name == Name::Formed;
        opening + if called { CALLED_NAME } else { 0.0 }
            - if self.is_adrift() { ADRIFT } else { 0.0 }
    }

    /// What is made good if the run is the whole last paragraph.
    fn worth_as_last(&self, lines: usize) -> f64 {
        if !(self.paragraph && self.is_adrift()) {
            return 0.0;
        }
        ADRIFT + if lines == 1 && self.name == Name::Formed { ALONE } else { 0.0 }
    }

    /// What is gained or lost by what stands below the run, and by numbers elsewhere.
    fn worth_above(&self, below: Below, elsewhere: usize) -> f64 {
        let last = if below.last { LAST } else { 0.0 };
        let text = TEXT_BELOW * count(below.text);
        if self.is_adrift() {
            let signed = if below.signed || below.named { SIGNED_BELOW } else { 0.0 };
            return last
                - text
                - LINE_BELOW * count(below.lines)
                - NUMBER_ELSEWHERE * count(elsewhere)
                - signed;
        }
        let signed = if below.signed && !self.marked { SIGNED_BELOW } else { 0.0 };
        // A letter that is signed may have an appendix.
        let most = if self.opening != Opening::None && self.is_named() { 1.0 } else { 3.0 };
        last - text.min(most) - signed
    }
}

fn count(many: usize) -> f64 {
    f64::from(u32::try_from(many).unwrap_or(u32::MAX))
}
