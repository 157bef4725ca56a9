//! The cells of an Excel workbook (ECMA-376) as text.
//!
//! A workbook is a compressed archive that somebody uploads: what it inflates to is counted before
//! anything of it is held in memory, and its cells are read one after the other, because a sheet may
//! claim to reach from the first to the last cell that Excel has.

use super::rows::{Line, MAX_COLUMNS, TableError};
use calamine::{DataRef, Reader as _, SheetType, SheetVisible, Xlsx};
use std::io::{self, Cursor, Read as _};

/// Most bytes that the parts of a workbook may inflate to.
const MAX_INFLATED: u64 = 512 * 1024 * 1024;
/// Most bytes of text in the cells.
const MAX_TEXT: usize = 256 * 1024 * 1024;
/// Most cells that hold something.
const MAX_CELLS: usize = 10_000_000;

/// The lines of the first visible sheet that hold something.
pub(super) fn lines(bytes: &[u8]) -> Result<Vec<Line>, TableError> {
    measure(bytes)?;
    let mut workbook = Xlsx::new(Cursor::new(bytes)).map_err(|_| TableError::Excel)?;
    let sheet = workbook
        .sheets_metadata()
        .iter()
        .find(|sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible);
    let name = sheet.map(|sheet| sheet.name.clone()).ok_or(TableError::Excel)?;
    let mut reader = workbook.worksheet_cells_reader(&name).map_err(|_| TableError::Excel)?;
    let mut lines: Vec<Line> = Vec::new();
    let (mut cells, mut letters) = (0, 0);
    while let Some(cell) = reader.next_cell().map_err(|_| TableError::Excel)? {
        let (row, column) = cell.get_position();
        let (number, column) = (u64::from(row) + 1, column as usize);
        let text = text(cell.get_value());
        if text.is_empty() || column >= MAX_COLUMNS {
            continue;
        }
        (cells, letters) = (cells + 1, letters + text.len());
        if cells > MAX_CELLS {
            return Err(TableError::TooLarge("ten million cells"));
        } else if letters > MAX_TEXT {
            return Err(TableError::TooLarge("256 MiB of text"));
        }
        if lines.last().is_none_or(|line| line.number != number) {
            lines.push(Line { number, cells: Vec::new() });
        }
        if let Some(line) = lines.last_mut() {
            line.cells.resize(line.cells.len().max(column + 1), String::new());
            if let Some(cell) = line.cells.get_mut(column) {
                *cell = text;
            }
        }
    }
    Ok(lines)
}

/// Where a workbook has its parts.
const PARTS: &str = "xl/";

/// Counts what the parts inflate to; what an archive says of itself need not be true.
fn measure(bytes: &[u8]) -> Result<(), TableError> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| TableError::Excel)?;
    if !archive.file_names().any(|name| name.is_ok_and(|name| name.starts_with(PARTS))) {
        return Err(TableError::Other);
    }
    let mut left = MAX_INFLATED;
    for place in 0..archive.len() {
        let part = archive.by_index(place).map_err(|_| TableError::Excel)?;
        let inflated = io::copy(&mut part.take(left + 1), &mut io::sink());
        let inflated = inflated.map_err(|_| TableError::Excel)?;
        left = left.checked_sub(inflated).ok_or(TableError::TooLarge("512 MiB when unpacked"))?;
    }
    Ok(())
}

/// A cell as it is meant: a phone number or postcode that Excel keeps as a number has no decimals.
fn text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::String(text) => text.trim().to_owned(),
        DataRef::SharedString(text) => text.trim().to_owned(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::Bool(true) => "true".to_owned(),
        DataRef::Bool(false) => "false".to_owned(),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::DateTime(_) | DataRef::Error(_) | DataRef::Empty => String::new(),
    }
}
