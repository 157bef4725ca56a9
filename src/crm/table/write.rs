//! Contacts as a table, with the columns that the import reads.

use super::columns::Column;
use crate::contact::{Contact, Found, PhoneKind, PostalAddress};
use std::io;

/// What a cell begins with that a spreadsheet takes for a formula (OWASP, CSV Injection).
pub(super) const FORMULA_STARTS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// What tells Excel that a CSV file is UTF-8.
pub(super) const BYTE_ORDER_MARK: &str = "\u{feff}";

const COLUMNS: [Column; 23] = [
    Column::Id,
    Column::Prefix,
    Column::Given,
    Column::Family,
    Column::Suffix,
    Column::Name,
    Column::Title,
    Column::Department,
    Column::Company,
    Column::Email,
    Column::Email,
    Column::Phone,
    Column::Phone,
    Column::Mobile,
    Column::Mobile,
    Column::Fax,
    Column::Website,
    Column::Profile,
    Column::Street,
    Column::Postcode,
    Column::City,
    Column::Region,
    Column::Country,
];

/// Writes contacts as CSV (RFC 4180) in UTF-8, with a byte order mark for Excel.
pub struct Writer<W: io::Write>(csv::Writer<W>);

impl<W: io::Write> Writer<W> {
    /// Begins the table with its headers.
    pub fn new(mut to: W) -> io::Result<Self> {
        to.write_all(BYTE_ORDER_MARK.as_bytes())?;
        let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(to);
        let mut seen = Vec::new();
        let headers = COLUMNS.map(|column| {
            seen.push(column);
            match seen.iter().filter(|other| **other == column).count() {
                1 => column.header().to_owned(),
                nth => format!("{} {nth}", column.header()),
            }
        });
        table.write_record(headers)?;
        Ok(Self(table))
    }

    /// Writes one contact under its id.
    pub fn write(&mut self, id: &str, contact: &Contact) -> io::Result<()> {
        let mut emails = contact.emails.iter();
        let mut work = phones(contact, PhoneKind::Work);
        let mut mobile = phones(contact, PhoneKind::Mobile);
        let mut fax = phones(contact, PhoneKind::Fax);
        let name = contact.name.as_ref().map(|name| name.value.clone()).unwrap_or_default();
        let address = contact.addresses.first().map(|address| address.value.clone());
        let PostalAddress { street, postcode, city, region, country } = address.unwrap_or_default();
        let cells = COLUMNS.map(|column| {
            let cell = match column {
                Column::Id => Some(id.to_owned()),
                Column::Prefix => name.prefix.clone(),
                Column::Given => name.given.clone(),
                Column::Family => name.family.clone(),
                Column::Suffix => name.suffix.clone(),
                Column::Name => Some(name.full.clone()),
                Column::Title => joined(&contact.titles),
                Column::Department => joined(&contact.departments),
                Column::Company => contact.organizations.first().map(|name| name.value.clone()),
                Column::Email => emails.next().map(|email| email.value.as_str().to_owned()),
                Column::Phone => work.next(),
                Column::Mobile => mobile.next(),
                Column::Fax => fax.next(),
                Column::Website => contact.links.first().map(|link| link.value.as_str().to_owned()),
                Column::Profile => {
                    contact.profiles.first().map(|link| link.value.as_str().to_owned())
                }
                Column::Street => street.clone(),
                Column::Postcode => postcode.clone(),
                Column::City => city.clone(),
                Column::Region => region.clone(),
                Column::Country => country.clone(),
                Column::Middle | Column::TitleOrPrefix | Column::PhoneLabel => None,
            };
            let cell = cell.unwrap_or_default();
            // A phone number is digits behind its `+` and stays as it is.
            let is_number = matches!(column, Column::Phone | Column::Mobile | Column::Fax);
            if is_number { cell } else { guarded(cell) }
        });
        Ok(self.0.write_record(cells)?)
    }

    /// Ends the table.
    pub fn finish(mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn phones(contact: &Contact, kind: PhoneKind) -> impl Iterator<Item = String> {
    let of_kind = contact.phones.iter().filter(move |phone| phone.value.kind == kind);
    of_kind.map(|phone| phone.value.display())
}

fn joined(values: &[Found<String>]) -> Option<String> {
    let values: Vec<&str> = values.iter().map(|found| found.value.as_str()).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

/// A cell that no spreadsheet takes for a formula: what a stranger wrote is not to be run.
pub(super) fn guarded(cell: String) -> String {
    if cell.starts_with(FORMULA_STARTS) { format!("'{cell}") } else { cell }
}
