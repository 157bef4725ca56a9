//! The page or a table cell while it is filled: its lines, and the line being written.

use super::picture;
use crate::mail::Line;
use crate::mail::laid::{LINK, Laid, Whose, cells};

/// Lines under each other.
#[derive(Debug, Default)]
pub(super) struct Region {
    /// The finished lines.
    pub(super) lines: Vec<Laid>,
    text: String,
    links: Vec<String>,
    /// Whose the line is and whether it is signature, as of its first letter.
    begun: Option<(Whose, bool)>,
}

impl Region {
    /// White space: one blank, none at the beginning.
    pub(super) fn space(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with(' ') {
            self.text.push(' ');
        }
    }

    pub(super) fn letter(&mut self, c: char, whose: Whose, marked: bool) {
        self.begun.get_or_insert((whose, marked));
        if !picture::is_sign(c) && c != LINK {
            self.text.push(c);
        }
    }

    /// A picture and what its label says, if anything.
    pub(super) fn picture(&mut self, label: &str, whose: Whose, marked: bool) {
        self.begun.get_or_insert((whose, marked));
        picture::write(label, &mut self.text);
    }

    /// What follows leads there.
    pub(super) fn link(&mut self, target: String) {
        self.text.push(LINK);
        self.links.push(target);
    }

    /// Ends the line, also an empty one.
    pub(super) fn line_break(&mut self, whose: Whose) {
        if self.begun.is_none() {
            self.lines.push(Laid { whose, ..Laid::blank() });
        }
        self.flush();
    }

    /// Ends the line, if one has begun.
    pub(super) fn flush(&mut self) {
        let text = std::mem::take(&mut self.text);
        let links = std::mem::take(&mut self.links);
        if let Some((whose, marked)) = self.begun.take() {
            let text = picture::with_labels(&text, !links.is_empty());
            self.lines.push(Laid { line: Line { cells: cells(&text, links), marked }, whose });
        }
    }

    /// Leaves an empty line, if there is none.
    pub(super) fn gap(&mut self, whose: Whose) {
        if self.lines.last().is_some_and(|laid| !laid.line.is_blank()) {
            self.lines.push(Laid { whose, ..Laid::blank() });
        }
    }
}
