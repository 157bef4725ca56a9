//! Which column of a table holds what.

use crate::matching::fold::fold;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Column {
    Id,
    Prefix,
    Given,
    Middle,
    Family,
    Suffix,
    Name,
    Title,
    /// `Title`: a job title, but where another column is one, what stands before a name.
    TitleOrPrefix,
    Department,
    Company,
    Email,
    Phone,
    /// What kind of number the next phone column holds.
    PhoneLabel,
    Mobile,
    Fax,
    Website,
    Profile,
    Street,
    Postcode,
    City,
    Region,
    Country,
}

const NAMES: &str = include_str!("../data/csv_headers.toml");

static BY_COLUMN: LazyLock<BTreeMap<Column, Vec<String>>> =
    LazyLock::new(|| toml::from_str(NAMES).unwrap_or_default());

static BY_NAME: LazyLock<HashMap<String, Column>> = LazyLock::new(|| {
    let names = BY_COLUMN.iter().flat_map(|(column, names)| names.iter().map(|n| (n, *column)));
    names.map(|(name, column)| (key(name), column)).collect()
});

/// What all spellings of a header have in common: `E-mail`, `Email`, `e mail`.
fn key(header: &str) -> String {
    fold(header).replace(' ', "")
}

impl Column {
    /// The name under which our own export writes the column.
    pub(super) fn header(self) -> &'static str {
        BY_COLUMN.get(&self).and_then(|names| names.first()).map_or("", String::as_str)
    }
}

/// What each column of a table holds, by its header; none where no header says so.
pub(crate) fn columns<'a>(headers: impl Iterator<Item = &'a str>) -> Vec<Option<Column>> {
    let mut columns: Vec<Option<Column>> =
        headers.map(|header| BY_NAME.get(&key(header)).copied()).collect();
    let has = |column| columns.contains(&Some(column));
    let title = if has(Column::Title) { Column::Prefix } else { Column::Title };
    // German lists say "Vorname" and "Name".
    let name =
        if has(Column::Given) && !has(Column::Family) { Column::Family } else { Column::Name };
    for column in columns.iter_mut().flatten() {
        match column {
            Column::TitleOrPrefix => *column = title,
            Column::Name => *column = name,
            _ => {}
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_header_means_one_thing() {
        let mut seen = HashMap::new();
        assert!(!BY_COLUMN.is_empty());
        for (column, names) in BY_COLUMN.iter() {
            for name in names {
                if let Some(other) = seen.insert(key(name), *column) {
                    assert_eq!(other, *column, "{name}");
                }
            }
        }
    }

    #[test]
    fn the_same_word_means_what_its_neighbours_make_of_it() {
        let of = |headers: &[&str]| columns(headers.iter().copied());
        assert_eq!(of(&["NAME"]), [Some(Column::Name)]);
        assert_eq!(of(&["Vorname", "Name"]), [Some(Column::Given), Some(Column::Family)]);
        assert_eq!(of(&["Title", "Job Title"]), [Some(Column::Prefix), Some(Column::Title)]);
        assert_eq!(of(&["Title", "Favourite colour"]), [Some(Column::Title), None]);
        assert_eq!(of(&["EMail ADRESSE", "Strasse"]), [Some(Column::Email), Some(Column::Street)]);
    }
}
