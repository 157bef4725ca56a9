//! One row of a table as a contact.

use super::columns::Column;
use crate::contact::{
    Contact, Countries, EmailAddress, Found, Link, Origin, PersonName, Phone, PhoneKind,
    PostalAddress, title_of,
};
use crate::crm::country::country_code;
use crate::matching::fold::fold;
use crate::matching::name_and_titles;

/// What a row holds.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Row {
    /// The CRM's id, if the table has them.
    pub(super) id: Option<String>,
    pub(super) contact: Contact,
    /// Which values could not be read, as `column: what to do`.
    pub(super) problems: Vec<String>,
}

/// Reads a row; `addresses` says which address each column is about. `region` (ISO 3166) is that of
/// phone numbers without a prefix in rows without a country.
pub(super) fn read<'a>(
    columns: &[Option<Column>],
    addresses: &[usize],
    cells: impl Iterator<Item = &'a str>,
    region: &str,
) -> Row {
    let cells: Vec<(Column, usize, usize, &str)> = (1..)
        .zip(columns.iter().zip(addresses).zip(cells))
        .filter_map(|(place, ((column, address), cell))| {
            Some(((*column)?, place, *address, unguarded(cell.trim())))
        })
        .filter(|(_, _, _, cell)| !cell.is_empty())
        .collect();
    let part = |wanted: Column, of: usize| {
        let found =
            cells.iter().filter(|(column, _, address, _)| (*column, *address) == (wanted, of));
        // A table may have `Anrede` and `Titel`, or a street in two columns.
        let most = if matches!(wanted, Column::Prefix | Column::Street) { 3 } else { 1 };
        let found: Vec<&str> = found.take(most).map(|(_, _, _, cell)| *cell).collect();
        (!found.is_empty()).then(|| found.join(" "))
    };
    let one = |wanted: Column| part(wanted, 1);
    let address = |of: usize| PostalAddress {
        street: part(Column::Street, of).map(|street| one_line(&street)),
        postcode: part(Column::Postcode, of),
        city: part(Column::City, of),
        region: part(Column::Region, of),
        country: part(Column::Country, of).and_then(|country| country_code(&country)),
    };
    let most = addresses.iter().copied().max().unwrap_or(1);
    let mut row = Row { id: one(Column::Id), ..Row::default() };
    row.contact.name = name(&one).map(known);
    for address in (1..=most).map(address).filter(|address| !address.is_empty()) {
        put(&mut row.contact.addresses, address);
    }
    let own = address(1).country;
    let countries = Countries::usual(region).or_own(own.as_deref());
    let mut label = None;
    for (column, place, _, cell) in &cells {
        let taken = match column {
            Column::PhoneLabel => {
                label = Some(*cell);
                true
            }
            Column::Phone => {
                let kind = label.take().map_or(PhoneKind::Work, kind_of_label);
                row.put_phones(kind, cell, countries)
            }
            Column::Mobile => row.put_phones(PhoneKind::Mobile, cell, countries),
            Column::Fax => row.put_phones(PhoneKind::Fax, cell, countries),
            Column::Email => row.put_emails(cell),
            Column::Website => row.put_links(cell, |contact| &mut contact.links),
            Column::Profile => row.put_links(cell, |contact| &mut contact.profiles),
            Column::Title => put(&mut row.contact.titles, one_line(cell)),
            Column::Department => put(&mut row.contact.departments, one_line(cell)),
            Column::Company => put(&mut row.contact.organizations, one_line(cell)),
            _ => true,
        };
        if !taken {
            let what = column.header();
            row.problems.push(format!("column {place} ({what}) could not be read and is left out"));
        }
    }
    row
}

/// A cell without the `'` that keeps a spreadsheet from taking it for a formula.
fn unguarded(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(super::write::FORMULA_STARTS) => rest,
        _ => cell,
    }
}

fn known<T>(value: T) -> Found<T> {
    Found::certain(value, Origin::Crm)
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", ")
}

fn put<T: PartialEq>(values: &mut Vec<Found<T>>, value: T) -> bool {
    if !values.iter().any(|old| old.value == value) {
        values.push(known(value));
    }
    true
}

fn kind_of_label(label: &str) -> PhoneKind {
    let label = fold(label);
    if label.contains("fax") {
        PhoneKind::Fax
    } else if ["mobil", "cell", "handy", "iphon"].iter().any(|word| label.contains(word)) {
        PhoneKind::Mobile
    } else {
        PhoneKind::Work
    }
}

/// The name of its parts, or whole.
fn name(one: &impl Fn(Column) -> Option<String>) -> Option<PersonName> {
    let given = [one(Column::Given), one(Column::Middle)];
    let given = given.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let given = (!given.is_empty()).then_some(given);
    let family = one(Column::Family);
    let parts = [given.as_deref(), family.as_deref()];
    let parts = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let prefix = one(Column::Prefix).and_then(|prefix| title_of(&prefix));
    let mut suffix = one(Column::Suffix);
    let full = if parts.is_empty() {
        let whole = one(Column::Name)?;
        let (name, titles) = name_and_titles(&whole);
        suffix = suffix.or_else(|| (!titles.is_empty()).then(|| titles.to_owned()));
        turned(name)
    } else {
        parts
    };
    Some(PersonName { full, given, family, prefix, suffix })
}

/// `Müller, Anna` the way people say it.
fn turned(name: &str) -> String {
    match name.split_once(',') {
        Some((family, given)) if !given.contains(',') && !given.trim().is_empty() => {
            format!("{} {}", given.trim(), family.trim())
        }
        _ => name.to_owned(),
    }
}

/// A number with a calling code that has lost its `+`, as a spreadsheet that takes it for a number
/// leaves it. National ones lose their 0 there and are shorter, but for mobile numbers of some countries,
/// as 0151 23456789: what is one in `region` is no number of elsewhere.
fn international(kind: PhoneKind, text: &str, region: &str) -> Option<Phone> {
    const SHORTEST: usize = 11;
    let bare = text.len() >= SHORTEST
        && !text.starts_with('0')
        && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_at_home =
        || Phone::parse_unnamed(text, region).is_some_and(|it| it.kind == PhoneKind::Mobile);
    (bare && !is_at_home()).then(|| Phone::parse(kind, &format!("+{text}"))).flatten()
}

impl Row {
    fn put_phones(&mut self, kind: PhoneKind, cell: &str, countries: Countries<'_>) -> bool {
        several(cell, &[";", ":::", "\n"]).all(|text| {
            let region = countries.of_number(text);
            let phone =
                international(kind, text, region).or_else(|| Phone::parse_in(kind, text, region));
            phone.is_some_and(|phone| put(&mut self.contact.phones, phone))
        })
    }

    fn put_emails(&mut self, cell: &str) -> bool {
        several(cell, &[";", ",", ":::", "\n", " "]).all(|text| {
            EmailAddress::parse(text).is_some_and(|email| put(&mut self.contact.emails, email))
        })
    }

    fn put_links(&mut self, cell: &str, to: fn(&mut Contact) -> &mut Vec<Found<Link>>) -> bool {
        several(cell, &[";", " ", ":::", "\n"])
            .all(|text| Link::parse(text).is_some_and(|link| put(to(&mut self.contact), link)))
    }
}

/// The values of a cell that holds several, as Google (` ::: `), HubSpot and people write them.
fn several<'a>(cell: &'a str, between: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    let mut parts = vec![cell];
    for separator in between {
        parts = parts.iter().flat_map(|part| part.split(separator)).collect();
    }
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty())
}
