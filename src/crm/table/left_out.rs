//! What an import leaves out of a table, as a table to mend and import again.

use super::columns::Chosen;
use super::import::ImportError;
use super::intake::Entries;
use super::rows::{self, Table};
use super::write::{BYTE_ORDER_MARK, guarded};
use std::io;

/// Why what was left out could not be written.
#[derive(Debug, thiserror::Error)]
pub enum LeftOutError {
    /// The table cannot be read.
    #[error(transparent)]
    Read(#[from] ImportError),
    /// The file cannot be written.
    #[error(transparent)]
    Write(#[from] io::Error),
}

impl From<csv::Error> for LeftOutError {
    fn from(error: csv::Error) -> Self {
        Self::Write(error.into())
    }
}

/// The first columns of the file.
const TOLD: [&str; 2] = ["Line", "Problem"];

/// Whether a table is one that [`write_left_out`] wrote, mended or not.
pub(super) fn is_one(table: &Table) -> bool {
    table.headers.iter().take(TOLD.len()).eq(TOLD)
}

/// Writes the rows of which an import leaves out something, as CSV in UTF-8: the line in the file, why,
/// and the row as it is there. `chosen` and `region` are those of [`import`](super::import()), which
/// does not read the first two columns; nothing else is written.
pub fn write_left_out(
    mut to: impl io::Write,
    bytes: &[u8],
    chosen: &Chosen,
    region: &str,
) -> Result<(), LeftOutError> {
    let table = rows::read(bytes, chosen).map_err(ImportError::Table)?;
    to.write_all(BYTE_ORDER_MARK.as_bytes())?;
    let mut out =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).flexible(true).from_writer(to);
    let headers = table.headers.iter().cloned().map(guarded);
    out.write_record(TOLD.map(str::to_owned).into_iter().chain(headers))?;
    let mut entries = Entries::of(table, region);
    while let Some(line) = entries.table.lines.next() {
        let line = line.map_err(ImportError::Malformed)?;
        entries.entry(&line);
        let problems: Vec<String> = entries.problems.drain(..).map(|it| it.message).collect();
        if problems.is_empty() {
            continue;
        }
        let told = [line.number.to_string(), problems.join("; ")];
        out.write_record(told.into_iter().chain(line.cells.into_iter().map(guarded)))?;
    }
    Ok(out.flush()?)
}
