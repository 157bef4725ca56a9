//! A table as lines of text cells, whatever file it came in.

use super::columns::{Chosen, Column, columns};
use super::{csv_text, excel};
use std::io::Cursor;

/// Why a file is no table that we can read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TableError {
    /// No line names a column that we know.
    #[error(
        "no line names the columns of contacts; the first must hold names such as `First name`, \
         `Last name`, `Company`, `E-mail`, `Phone`"
    )]
    NoColumns,
    /// A column was given a meaning that the table does not have.
    #[error("the table has no column {0:?}; give the names as its first line writes them")]
    NoSuchColumn(String),
    /// The binary format of Excel before 2007.
    #[error("this is an Excel file of before 2007; save it as .xlsx or CSV")]
    OldExcel,
    /// A workbook that cannot be read.
    #[error("this Excel file is damaged or protected; save it again as .xlsx, or as CSV")]
    Excel,
    /// A workbook that would fill the memory.
    #[error("this Excel file holds more than {0}; split it, or save it as CSV")]
    TooLarge(&'static str),
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
    /// The names of the columns, as written.
    pub(crate) headers: Vec<String>,
    /// What each holds; none where nobody knows or it is to be left out.
    pub(crate) columns: Vec<Option<Column>>,
    pub(crate) lines: Lines,
}

/// The lines below the headers.
pub(crate) enum Lines {
    /// Of a text, read on the way; so many lines stood before the headers.
    Csv(csv::StringRecordsIntoIter<Cursor<Vec<u8>>>, u64),
    /// Of a workbook.
    Excel(std::vec::IntoIter<Line>),
}

/// What an Excel workbook (a ZIP archive) begins with.
const ZIP: &[u8] = b"PK\x03\x04";
/// What an OLE file begins with, Excel's until 2003.
const OLE: &[u8] = b"\xD0\xCF\x11\xE0";

/// Opens a file as a table. `chosen` says what columns hold where their names do not.
pub(crate) fn read(bytes: &[u8], chosen: &Chosen) -> Result<Table, TableError> {
    let (headers, lines) = if bytes.starts_with(ZIP) {
        let mut lines = excel::lines(bytes)?.into_iter();
        // What stands above the table, such as its title, names no column.
        let headers = lines.by_ref().take(20).find(|line| tells(&columns_of(&line.cells)));
        (headers.map(|line| line.cells).unwrap_or_default(), Lines::Excel(lines))
    } else if bytes.starts_with(OLE) {
        return Err(TableError::OldExcel);
    } else {
        let text = csv_text::text(bytes);
        let (text, delimiter, skipped) = csv_text::delimiter(&text);
        let mut table = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .from_reader(Cursor::new(text.as_bytes().to_vec()));
        let headers = table.headers().map_err(|_| TableError::NoColumns)?;
        let headers = headers.iter().map(str::to_owned).collect();
        (headers, Lines::Csv(table.into_records(), skipped))
    };
    let mut columns = columns_of(&headers);
    for (name, column) in chosen {
        let place = headers.iter().position(|header| header.trim() == name.trim());
        let place = place.and_then(|place| columns.get_mut(place));
        *place.ok_or_else(|| TableError::NoSuchColumn(name.clone()))? = *column;
    }
    if !tells(&columns) {
        return Err(TableError::NoColumns);
    }
    Ok(Table { headers, columns, lines })
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
            Self::Csv(records, skipped) => Some(match records.next()? {
                Ok(record) => Ok(Line {
                    number: *skipped + record.position().map_or(0, csv::Position::line),
                    cells: record.iter().map(str::to_owned).collect(),
                }),
                Err(error) => Err(*skipped + error.position().map_or(0, csv::Position::line)),
            }),
        }
    }
}
