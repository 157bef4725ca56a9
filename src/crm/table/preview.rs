//! What an import would do, without doing it.

use super::columns::{Chosen, Column};
use super::import::ImportError;
use super::intake::{Entries, Problem};
use super::left_out;
use super::rows::{self, Line, TableError};
use crate::contact::Contact;
use std::collections::HashSet;

/// How many contacts a preview shows.
const SHOWN: usize = 10;
/// How many values of a column it shows …
const EXAMPLES: usize = 3;
/// … of the first so many lines.
const LINES: usize = 50;

/// A table as an import would read it.
#[derive(Debug, Default)]
pub struct Preview {
    /// The columns, in order.
    pub columns: Vec<PreviewColumn>,
    /// The first contacts.
    pub contacts: Vec<Contact>,
    /// How many contacts there are.
    pub count: usize,
    /// Lines, or values of them, that would be left out.
    pub problems: Vec<Problem>,
    /// Whether the encoding was guessed, so that letters beyond ASCII may be wrong.
    pub is_guessed: bool,
    /// Of whom it says that they are in the CRM, by the ids that stand for them; none where it cannot be all of
    /// the CRM.
    pub(super) whole: Option<HashSet<String>>,
}

/// A column of a table.
#[derive(Debug, Default)]
pub struct PreviewColumn {
    /// Its name: its header on one line; one without a header has its place for a name, and the second
    /// of a name its number.
    pub name: String,
    /// What it is taken for; none if nothing of it is read.
    pub column: Option<Column>,
    /// Some of what stands in it.
    pub examples: Vec<String>,
}

/// Reads a whole table and writes nothing; `chosen` and `region` are those of
/// [`import`](super::import()). A table of which no column is known by its name, which that refuses, is
/// shown without contacts: somebody may say what its columns hold.
pub fn preview(bytes: &[u8], chosen: &Chosen, region: &str) -> Result<Preview, ImportError> {
    let table = rows::open(bytes, chosen)?;
    if !table.tells() && table.headers.len() < 2 {
        return Err(TableError::NoColumns.into());
    }
    let (is_known, is_left_out) = (table.tells(), left_out::is_one(&table));
    let mut entries = Entries::of(table, region);
    let mut preview = Preview { is_guessed: entries.table.is_guessed, ..Preview::default() };
    let named = entries.table.headers.iter().zip(&entries.table.columns);
    preview.columns = named
        .map(|(name, column)| PreviewColumn {
            name: name.clone(),
            column: *column,
            examples: Vec::new(),
        })
        .collect();
    let mut lines_seen = 0;
    while let Some(line) = entries.table.lines.next() {
        let line = line.map_err(ImportError::Malformed)?;
        if lines_seen < LINES {
            lines_seen += 1;
            preview.keep_examples(&line);
        } else if !is_known {
            break;
        }
        if !is_known {
            continue;
        }
        let Some(entry) = entries.entry(&line) else { continue };
        preview.count += 1;
        if preview.contacts.len() < SHOWN {
            preview.contacts.push(entry.contact);
        }
    }
    preview.whole = (preview.count > 0 && !is_left_out).then(|| entries.ids());
    preview.problems = entries.problems;
    Ok(preview)
}

impl Preview {
    fn keep_examples(&mut self, line: &Line) {
        for (column, cell) in self.columns.iter_mut().zip(&line.cells) {
            let cell = cell.trim();
            let known = column.examples.iter().any(|example| example == cell);
            if column.examples.len() < EXAMPLES && !cell.is_empty() && !known {
                column.examples.push(cell.to_owned());
            }
        }
    }
}
