//! A line taken apart once, when somebody first asks: several steps look at the same lines.

use super::bounds::beginning;
use super::text::Text;
use crate::mail::Line;
use std::cell::OnceCell;

/// A line and, once asked for, its text with what its words mean.
#[derive(Debug)]
pub(super) struct Taken<'a> {
    /// The line.
    pub(super) line: &'a Line,
    text: OnceCell<Text>,
}

impl<'a> Taken<'a> {
    /// The lines, none of them looked at yet.
    pub(super) fn all(lines: &'a [Line]) -> Vec<Self> {
        lines.iter().map(|line| Self { line, text: OnceCell::new() }).collect()
    }

    /// The text of its cells, as much of it as is ever looked at, without space around it.
    pub(super) fn text(&self) -> &Text {
        self.text.get_or_init(|| Text::of(beginning(self.line.text().trim())))
    }
}
