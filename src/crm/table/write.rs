//! Contacts as a table, with the columns that the import reads.

use super::columns::Column;
use super::room::Room;
use crate::contact::Contact;
use std::io;

/// What a cell begins with that a spreadsheet takes for a formula (OWASP, CSV Injection).
pub(super) const FORMULA_STARTS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// What tells Excel that a CSV file is UTF-8.
pub(super) const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Writes contacts as CSV (RFC 4180) in UTF-8, with a byte order mark for Excel.
pub struct Writer<W: io::Write> {
    table: csv::Writer<W>,
    room: Room,
}

impl<W: io::Write> Writer<W> {
    /// Begins a table that has room for what contacts have several of, with its headers.
    pub fn new(mut to: W, room: Room) -> io::Result<Self> {
        to.write_all(BYTE_ORDER_MARK.as_bytes())?;
        let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(to);
        table.write_record(room.headers())?;
        Ok(Self { table, room })
    }

    /// Writes one contact, with the [id that is given](super::id_given) to its record; empty: none.
    pub fn write(&mut self, id: &str, contact: &Contact) -> io::Result<()> {
        let cells = self.room.cells(id, contact).map(|(column, cell)| match column {
            // A phone number is digits behind its `+` and stays as it is.
            Column::Phone | Column::Mobile | Column::Fax => cell,
            _ => guarded(cell),
        });
        Ok(self.table.write_record(cells)?)
    }

    /// Ends the table.
    pub fn finish(mut self) -> io::Result<()> {
        self.table.flush()
    }
}

/// A cell that no spreadsheet takes for a formula: what a stranger wrote is not to be run.
pub(super) fn guarded(cell: String) -> String {
    if cell.starts_with(FORMULA_STARTS) { format!("'{cell}") } else { cell }
}
