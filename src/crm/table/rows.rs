//! A table as lines of text cells, whatever file it came in.

use super::columns::{Chosen, Column, address_of, columns};
use super::open_quote::{self, OpenQuote};
use super::{csv_text, excel};
use encoding_rs::WINDOWS_1252;
use std::io::Cursor;

/// Most columns of which anything is read: HubSpot exports some hundreds.
pub(super) const MAX_COLUMNS: usize = 1000;
/// How many lines may stand above a sheet's table.
const ABOVE: usize = 20;

/// Why a file is no table that we can read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TableError {
    /// There is nothing in it.
    #[error("this file is empty; export the contacts once more")]
    Empty,
    /// A file of another kind.
    #[error(
        "this file is neither CSV nor an Excel workbook (.xlsx); save the table as one of them"
    )]
    Other,
    /// No line names a column that we know.
    #[error(
        "no line names the columns of contacts; the first must hold names such as `First name`, \
         `Last name`, `Company`, `E-mail`, `Phone`"
    )]
    NoColumns,
    /// A column was given a meaning that the table does not have.
    #[error("the table has no column {0:?}; give the names as its first line writes them")]
    NoSuchColumn(String),
    /// The binary format of Excel before 2007, in which workbooks with a password still are.
    #[error(
        "this is an Excel file of before 2007, or one with a password; save it as .xlsx without a \
         password, or as CSV"
    )]
    OldExcel,
    /// A workbook that cannot be read.
    #[error("this Excel file is damaged or protected; save it again as .xlsx, or as CSV")]
    Excel,
    /// A workbook that would fill the memory.
    #[error("this Excel file holds more than {0}; split it, or save it as CSV")]
    TooLarge(&'static str),
    /// A file that an import left out of another one is said to be the whole CRM.
    #[error(
        "this file holds what an import left out of another one and is never the whole CRM; import it \
         without saying that it is"
    )]
    LeftOut,
}

/// A line of a table that holds something.
#[derive(Debug)]
pub(crate) struct Line {
    /// Where it begins in the file, from 1.
    pub(crate) number: u64,
    pub(crate) cells: Vec<String>,
}

/// A table whose columns are known.
pub(crate) struct Table {
    /// The names of the columns, each on one line and unlike the others.
    pub(crate) headers: Vec<String>,
    /// What each holds; none where nobody knows or it is to be left out.
    pub(crate) columns: Vec<Option<Column>>,
    /// Which of a contact's postal addresses each is about, from 1.
    pub(super) addresses: Vec<usize>,
    pub(crate) lines: Lines,
    /// Whether its text is in an encoding of one byte a letter, of which there are several: it was
    /// taken for Windows-1252.
    pub(crate) is_guessed: bool,
}

impl Table {
    /// What each column holds, for who takes one postal address only.
    pub(crate) fn of_first_address(&self) -> Vec<Option<Column>> {
        let columns = self.columns.iter().zip(&self.addresses);
        columns.map(|(column, address)| column.filter(|_| *address == 1)).collect()
    }

    /// Whether any column tells something of a contact.
    pub(super) fn tells(&self) -> bool {
        tells(&self.columns)
    }
}

/// The lines below the headers.
pub(crate) enum Lines {
    /// Of a text, read on the way, up to a quote that is left open; so many lines stood before the headers.
    Csv(csv::StringRecordsIntoIter<Cursor<Vec<u8>>>, u64, Option<OpenQuote>),
    /// Of a workbook.
    Excel(std::vec::IntoIter<Line>),
}

/// What an Excel workbook (a ZIP archive) begins with.
const ZIP: &[u8] = b"PK\x03\x04";
/// What an OLE file begins with, Excel's until 2003.
const OLE: &[u8] = b"\xD0\xCF\x11\xE0";

/// Opens a file as a table of contacts. `chosen` says what columns hold where their names do not.
pub(crate) fn read(bytes: &[u8], chosen: &Chosen) -> Result<Table, TableError> {
    Some(open(bytes, chosen)?).filter(Table::tells).ok_or(TableError::NoColumns)
}

/// Opens a file as a table, of contacts or of something else.
pub(super) fn open(bytes: &[u8], chosen: &Chosen) -> Result<Table, TableError> {
    let mut is_guessed = false;
    let (headers, lines) = if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(TableError::Empty);
    } else if bytes.starts_with(ZIP) {
        let lines = excel::lines(bytes)?;
        let above = above(&lines);
        let mut lines = lines.into_iter();
        let headers = lines.by_ref().nth(above);
        (headers.map(|line| line.cells).unwrap_or_default(), Lines::Excel(lines))
    } else if bytes.starts_with(OLE) {
        return Err(TableError::OldExcel);
    } else {
        let (text, encoding) = csv_text::text(bytes);
        if csv_text::is_other(&text) {
            return Err(TableError::Other);
        }
        is_guessed = encoding == WINDOWS_1252;
        let (text, delimiter, skipped) = csv_text::delimiter(&text);
        let mut table = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .from_reader(Cursor::new(text.as_bytes().to_vec()));
        let headers = table.headers().map_err(|_| TableError::NoColumns)?;
        let open = open_quote::find(text, delimiter, headers.len());
        let headers = headers.iter().take(MAX_COLUMNS).map(str::to_owned).collect();
        (headers, Lines::Csv(table.into_records(), skipped, open))
    };
    let mut columns = columns_of(&headers);
    let addresses = headers.iter().map(|header| address_of(header)).collect();
    let headers = names(&headers);
    for (name, column) in chosen {
        let place = headers.iter().position(|header| *header == one_line(name));
        let place = place.and_then(|place| columns.get_mut(place));
        *place.ok_or_else(|| TableError::NoSuchColumn(name.clone()))? = *column;
    }
    Ok(Table { headers, columns, addresses, lines, is_guessed })
}

/// How many lines of a sheet stand above its headers: what stands there, such as a title, names no
/// column. Where none is named, the headers are the line with the most cells.
fn above(lines: &[Line]) -> usize {
    let head = lines.get(..lines.len().min(ABOVE)).unwrap_or_default();
    let named = head.iter().position(|line| tells(&columns_of(&line.cells)));
    let filled = |line: &Line| line.cells.iter().filter(|cell| !cell.is_empty()).count();
    let widest = || {
        let by_cells = head.iter().enumerate().rev().max_by_key(|(_, line)| filled(line));
        by_cells.map_or(0, |(place, _)| place)
    };
    named.unwrap_or_else(widest)
}

/// What columns are called, so that each can be spoken of: by its header on one line; one without a
/// header by its place, and the second of a name as `Phone (2)`.
fn names(headers: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(headers.len());
    for (place, header) in (1..).zip(headers) {
        let header = Some(one_line(header)).filter(|header| !header.is_empty());
        let name = header.unwrap_or_else(|| format!("Column {place}"));
        let numbered = (2..=headers.len() + 1).map(|nth| format!("{name} ({nth})"));
        let free = std::iter::once(name.clone()).chain(numbered).find(|name| !names.contains(name));
        names.extend(free);
    }
    names
}

fn one_line(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn columns_of(headers: &[String]) -> Vec<Option<Column>> {
    columns(headers.iter().map(String::as_str))
}

/// Whether any column tells something of a contact.
fn tells(columns: &[Option<Column>]) -> bool {
    columns.iter().flatten().any(|column| *column != Column::Id)
}

impl Iterator for Lines {
    /// A line, or the number of one that cannot be read.
    type Item = Result<Line, u64>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Excel(lines) => lines.next().map(Ok),
            Self::Csv(records, skipped, open) => {
                let record = records.next();
                // There may be no record: the quote has swallowed all, or stands in the headers.
                let place = records.reader().position().byte();
                if let Some(open) = open.take_if(|open| open.place < place) {
                    return Some(Err(*skipped + open.line));
                }
                Some(match record? {
                    Ok(record) => Ok(Line {
                        number: *skipped + record.position().map_or(0, csv::Position::line),
                        cells: record.iter().take(MAX_COLUMNS).map(str::to_owned).collect(),
                    }),
                    Err(error) => Err(*skipped + error.position().map_or(0, csv::Position::line)),
                })
            }
        }
    }
}
