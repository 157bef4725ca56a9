//! What an import would do, without doing it.

use super::columns::{Chosen, Column};
use super::import::ImportError;
use super::intake::{Entries, Problem};
use super::rows;
use crate::contact::Contact;

/// How many contacts a preview shows.
const SHOWN: usize = 10;

/// A table as an import would read it.
#[derive(Debug, Default)]
pub struct Preview {
    /// The columns by name, and what each is taken for; those of which nothing is read have none.
    pub columns: Vec<(String, Option<Column>)>,
    /// The first contacts.
    pub contacts: Vec<Contact>,
    /// How many contacts there are.
    pub count: usize,
    /// Lines, or values of them, that would be left out.
    pub problems: Vec<Problem>,
}

/// Reads a whole table and writes nothing; `chosen` and `region` are those of
/// [`import`](super::import()).
pub fn preview(bytes: &[u8], chosen: &Chosen, region: &str) -> Result<Preview, ImportError> {
    let mut entries = Entries::of(rows::read(bytes, chosen)?, region);
    let mut preview = Preview::default();
    for entry in entries.by_ref() {
        let entry = entry.map_err(ImportError::Malformed)?;
        preview.count += 1;
        if preview.contacts.len() < SHOWN {
            preview.contacts.push(entry.contact);
        }
    }
    let Entries { table, problems, .. } = entries;
    preview.columns = table.headers.into_iter().zip(table.columns).collect();
    preview.problems = problems;
    Ok(preview)
}
