//! What is left of a message once it is decoded, laid out and freed of what others wrote.

use crate::contact::EmailAddress;
use std::borrow::Cow;

/// The author's own part of a message, as a reader sees it.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// Who wrote it, as the topmost message's `From` shows.
    pub author: Author,
    /// Its lines from top to bottom; quotes, forwards and hidden elements are gone.
    pub lines: Vec<Line>,
    /// vCards that were attached, decoded but not parsed.
    pub vcards: Vec<String>,
}

/// The person in `From`.
#[derive(Debug, Clone, Default)]
pub struct Author {
    /// The display name, decoded, without quotes.
    pub name: Option<String>,
    /// The address.
    pub address: Option<EmailAddress>,
}

/// A line as laid out: one cell in running text, more where a table or a column separates values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// The cells from left to right; never empty.
    pub cells: Vec<Cell>,
    /// Whether the sender's mail client marked this line as signature (`gmail_signature`,
    /// `moz-signature`, Outlook's `Signature`, …, or below a `-- ` line).
    pub marked: bool,
}

/// A run of text within a line, with what it links to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cell {
    /// The visible text, white space folded; `alt` text stands for a picture.
    pub text: String,
    /// Targets of the links in it (`https:`, `mailto:`, `tel:`), in order.
    pub links: Vec<String>,
}

impl Line {
    /// A line of one cell without links.
    pub fn of(text: impl Into<String>) -> Self {
        let cell = Cell { text: text.into(), links: Vec::new() };
        Self { cells: vec![cell], marked: false }
    }

    /// The text of all cells, a tab between them.
    pub fn text(&self) -> Cow<'_, str> {
        match self.cells.as_slice() {
            [only] => Cow::Borrowed(&only.text),
            cells => {
                let texts: Vec<&str> = cells.iter().map(|cell| cell.text.as_str()).collect();
                Cow::Owned(texts.join("\t"))
            }
        }
    }

    /// Whether nothing is to be seen on it.
    pub fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.text.trim().is_empty() && cell.links.is_empty())
    }
}
