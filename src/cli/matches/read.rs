//! The rows of a table as people to compare.

use crate::contact::PhoneKind;
use crate::crm::table::{self, Chosen, Column, ImportError};
use crate::matching::Person;
use crate::signature::country_named;
use anyhow::{Context as _, Result};
use rayon::prelude::*;
use std::fs;
use std::path::Path;

/// Rows read before any is made a person.
const AT_ONCE: usize = 10_000;

/// Records of one table or two, and their ids.
#[derive(Debug, Default)]
pub(super) struct Records {
    pub(super) people: Vec<Person>,
    pub(super) ids: Vec<Box<str>>,
}

impl Records {
    /// Adds the rows of a file, CSV or Excel. One without an id has its row number for it.
    pub(super) fn read(&mut self, path: &Path, region: &str) -> Result<()> {
        let name = path.display();
        let bytes = fs::read(path).with_context(|| format!("{name} could not be read"))?;
        let table =
            table::read(&bytes, &Chosen::new()).with_context(|| format!("{name} is no table"))?;
        drop(bytes);
        let (columns, mut lines) = (table.of_first_address(), (1..).zip(table.lines));
        let mut next = || {
            let some = lines.by_ref().take(AT_ONCE);
            let some =
                some.map(|(number, line)| Ok((number, line.map_err(ImportError::Malformed)?)));
            some.collect::<Result<Vec<_>>>().with_context(|| format!("{name} could not be read"))
        };
        let mut some = next()?;
        while !some.is_empty() {
            let read = || {
                let some = some.par_iter();
                let read =
                    some.map(|(number, line)| record(&columns, &line.cells, *number, region));
                read.collect::<Vec<_>>()
            };
            let (following, read) = rayon::join(&mut next, read);
            for (id, person) in read {
                self.ids.push(id);
                self.people.push(person);
            }
            some = following?;
        }
        Ok(())
    }
}

/// A row's id and person.
fn record(
    columns: &[Option<Column>],
    row: &[String],
    number: u64,
    region: &str,
) -> (Box<str>, Person) {
    let cells =
        || columns.iter().zip(row).filter_map(|(column, cell)| Some(((*column)?, cell.trim())));
    let one = |wanted: Column| {
        cells().find(|(column, cell)| *column == wanted && !cell.is_empty()).map(|(_, cell)| cell)
    };
    let id = one(Column::Id).map_or_else(|| format!("row {number}"), str::to_owned);
    (id.into_boxed_str(), person(cells(), &one, region))
}

fn person<'a>(
    cells: impl Iterator<Item = (Column, &'a str)>,
    one: &impl Fn(Column) -> Option<&'a str>,
    region: &str,
) -> Person {
    let mut person = Person::default();
    let country = one(Column::Country).unwrap_or_default();
    let code = country_named(country).unwrap_or(country);
    let dialled = if code.len() == 2 { code } else { region };
    let given = [one(Column::Given), one(Column::Middle)];
    let given: Vec<&str> = given.into_iter().flatten().collect();
    person.named(Some(&given.join(" ")), one(Column::Family), one(Column::Name));
    for (column, cell) in cells.filter(|(_, cell)| !cell.is_empty()) {
        match column {
            Column::Email => several(cell, &[';', ',', '\n']).for_each(|it| person.add_email(it)),
            Column::Phone | Column::Mobile => {
                let mobile = column == Column::Mobile;
                let kind = if mobile { PhoneKind::Mobile } else { PhoneKind::Work };
                several(cell, &[';', '\n']).for_each(|it| person.add_phone(it, dialled, kind));
            }
            Column::Suffix => person.add_suffix(cell),
            Column::Title => person.add_title(cell),
            Column::Company => person.add_company(cell),
            Column::Website | Column::Profile => person.add_link(cell),
            _ => {}
        }
    }
    let part = |column| one(column).unwrap_or_default();
    person.add_address(
        part(Column::Street),
        part(Column::Postcode),
        part(Column::City),
        part(Column::Region),
    );
    person.add_country(code);
    person
}

/// The values of a cell that holds several.
fn several<'a>(cell: &'a str, between: &'a [char]) -> impl Iterator<Item = &'a str> {
    cell.split(between).map(str::trim).filter(|part| !part.is_empty())
}
