//! What stands below each line.

use super::Seen;
use super::kind::{Kind, Name};

/// A line with the author's name that weighs no more holds little else.
const ONLY_NAME: f64 = 2.8;
/// A line that weighs less is as good as running text.
const TEXT: f64 = -0.5;

/// What stands below a line.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Below {
    /// Lines of running text.
    pub(super) text: usize,
    /// Other lines on which something is said.
    pub(super) lines: usize,
    /// Whether nothing more is said.
    pub(super) last: bool,
    /// Whether a valediction with the author's name stands there.
    pub(super) signed: bool,
    /// Whether the author's name stands there, and nothing beside it.
    pub(super) named: bool,
}

impl Below {
    /// What stands below each of the lines.
    pub(super) fn of(seen: &[Seen]) -> Vec<Self> {
        let mut below = Vec::with_capacity(seen.len());
        let mut now = Self { last: true, ..Self::default() };
        let mut name_next = false;
        for line in seen.iter().rev() {
            below.push(now);
            match line.kind {
                Kind::Prose => {
                    now.text += 1;
                    now.last = false;
                    name_next = false;
                }
                Kind::Content(name) => {
                    now.lines += 1;
                    now.last = false;
                    now.text += usize::from(line.weight < TEXT);
                    name_next = name == Name::Own;
                    now.named |= name_next && line.weight <= ONLY_NAME;
                }
                Kind::Valediction => {
                    now.signed |= name_next;
                    name_next = false;
                }
                _ => {}
            }
        }
        below.reverse();
        below
    }
}
