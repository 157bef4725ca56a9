//! Which run of lines is worth most.
//!
//! Every line of content may begin a run, which goes on until a line that ends every run, or until
//! it has lost too much; at most [`LINES`] lines are looked at from each beginning, so the search is
//! linear.

use super::Seen;
use super::kind::{Kind, Name};
use std::ops::Range;

/// A run worth less is no signature.
const ENOUGH: f64 = 3.0;
/// What a run loses that begins with neither the author's name nor behind a valediction or mark.
const ADRIFT: f64 = 3.0;
/// What a run is worth more behind a `-- `.
const BEHIND_DELIMITER: f64 = 2.0;
/// What a run is worth more behind a valediction.
const BEHIND_VALEDICTION: f64 = 1.5;
/// What a line formed like a name is worth more behind a valediction, which calls for a name.
const CALLED_NAME: f64 = 1.2;
/// What a name alone is worth more that is the message's last paragraph.
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
/// What a run loses if the letter is signed below it.
const SIGNED_BELOW: f64 = 3.0;
/// A line with the author's name that weighs no more holds little else.
const ONLY_NAME: f64 = 2.8;
/// Lines of content from which on a run loses weight: signatures are not longer.
const USUAL_LINES: usize = 12;
/// What a run loses for every line more.
const EXCESS: f64 = 1.5;
/// Numbers from which on a run that nobody's name begins is a table.
const USUAL_NUMBERS: usize = 4;
/// Lines of content from which on such a run is a list.
const USUAL_ADRIFT: usize = 7;
/// Lines of a run.
const LINES: usize = 60;
/// A run that has come down to this does not recover.
const LOST: f64 = -3.0;

/// The run that is worth most, if one is worth enough.
pub(super) fn best(seen: &[Seen]) -> Option<Range<usize>> {
    let below = Below::of(seen);
    let mut best: Option<(f64, Range<usize>)> = None;
    let mut opening = Opening::None;
    for (at, line) in seen.iter().enumerate() {
        opening = match line.kind {
            Kind::Delimiter => Opening::Delimiter,
            Kind::Valediction => Opening::Valediction,
            kind if kind.is_empty() => opening,
            _ => {
                if matches!(line.kind, Kind::Content { .. }) && line.weight > 0.0 {
                    extend(seen, at, opening, &below, &mut best);
                }
                Opening::None
            }
        };
    }
    best.filter(|(worth, _)| *worth >= ENOUGH).map(|(_, run)| run)
}

/// What stands before a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opening {
    Delimiter,
    Valediction,
    None,
}

/// Tries all runs that begin at `start`.
fn extend(
    seen: &[Seen],
    start: usize,
    opening: Opening,
    below: &[Below],
    best: &mut Option<(f64, Range<usize>)>,
) {
    let Some(first) = seen.get(start) else { return };
    let Kind::Content { name, .. } = first.kind else { return };
    let paragraph =
        start.checked_sub(1).and_then(|at| seen.get(at)).is_none_or(|line| line.kind.is_empty());
    let anchor = Anchor { opening, name, marked: first.marked, paragraph };
    let mut worth = anchor.worth();
    let mut whole = true;
    let mut lines = 0;
    let mut numbers_met = 0;
    for (at, line) in seen.iter().enumerate().skip(start).take(LINES) {
        match line.kind {
            kind if kind.ends_run() => break,
            kind if kind.is_empty() => {
                worth -= if kind == Kind::Rule { RULE } else { GAP };
                whole = false;
                continue;
            }
            Kind::Content { numbers, .. } => numbers_met += numbers,
            _ => {}
        }
        lines += 1;
        worth += line.weight;
        if lines > USUAL_LINES {
            worth -= EXCESS;
        }
        if anchor.is_adrift() && (numbers_met > USUAL_NUMBERS || lines > USUAL_ADRIFT) {
            worth -= EXCESS;
        }
        if worth < LOST - ADRIFT {
            break;
        }
        if line.weight <= 0.0 && at > start {
            continue;
        }
        let below = below.get(at).copied().unwrap_or_default();
        let last = whole && below.last && lines <= LAST_LINES;
        let placed = worth + below.worth(&anchor) + anchor.worth_last(last, lines);
        if best.as_ref().is_none_or(|(most, _)| placed >= *most) {
            *best = Some((placed, start..at + 1));
        }
    }
}

/// What a run begins with.
#[derive(Debug, Clone, Copy)]
struct Anchor {
    opening: Opening,
    name: Name,
    marked: bool,
    /// Whether a paragraph begins there.
    paragraph: bool,
}

impl Anchor {
    /// Whether nothing announces the run.
    fn is_adrift(&self) -> bool {
        self.opening == Opening::None && !self.is_named()
    }

    /// What is made good if the run is the whole last paragraph.
    fn worth_last(&self, last: bool, lines: usize) -> f64 {
        if !(last && self.paragraph && self.is_adrift()) {
            return 0.0;
        }
        ADRIFT + if lines == 1 && self.name == Name::Formed { ALONE } else { 0.0 }
    }

    fn is_named(&self) -> bool {
        self.name == Name::Own || self.marked
    }

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

    /// What text below can take from the run at most: a signed letter may have an appendix.
    fn most_lost(&self) -> f64 {
        match (self.opening != Opening::None, self.is_named()) {
            (true, true) => 1.0,
            (false, false) => 6.0,
            _ => 3.0,
        }
    }
}

/// What stands below a line.
#[derive(Debug, Clone, Copy, Default)]
struct Below {
    /// Lines of running text.
    text: u32,
    /// Other lines on which something is said.
    lines: u32,
    /// Whether nothing more is said.
    last: bool,
    /// Whether a valediction with the author's name stands there.
    signed: bool,
    /// Whether the author's name stands there, and nothing beside it.
    named: bool,
}

impl Below {
    /// What stands below each line.
    fn of(seen: &[Seen]) -> Vec<Self> {
        let mut below = Vec::with_capacity(seen.len());
        let mut now = Self { last: true, ..Self::default() };
        let mut named = false;
        for line in seen.iter().rev() {
            below.push(now);
            match line.kind {
                Kind::Prose => {
                    now.text = now.text.saturating_add(1);
                    now.last = false;
                    named = false;
                }
                Kind::Content { name, .. } => {
                    now.last = false;
                    now.lines = now.lines.saturating_add(1);
                    named = name == Name::Own;
                    now.named |= named && line.weight <= ONLY_NAME;
                    if line.weight < -0.5 {
                        now.text = now.text.saturating_add(1);
                    }
                }
                Kind::Valediction => {
                    now.signed |= named;
                    named = false;
                }
                _ => {}
            }
        }
        below.reverse();
        below
    }

    fn worth(self, anchor: &Anchor) -> f64 {
        let lines = if anchor.is_adrift() { self.lines } else { 0 };
        let lost = TEXT_BELOW * f64::from(self.text) + LINE_BELOW * f64::from(lines);
        let signed = self.signed && !anchor.marked || self.named && anchor.is_adrift();
        let last = if self.last { LAST } else { 0.0 };
        last - lost.min(anchor.most_lost()) - if signed { SIGNED_BELOW } else { 0.0 }
    }
}
