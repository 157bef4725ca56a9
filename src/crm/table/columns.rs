//! Which column of a table holds what.

use super::room::Room;
use crate::matching::fold::fold;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    /// The CRM's id of the record.
    Id,
    /// What stands before the name, such as `Dr.`
    Prefix,
    /// The given name.
    Given,
    /// Further given names.
    Middle,
    /// The family name.
    Family,
    /// What follows the name, such as `PhD`.
    Suffix,
    /// The whole name.
    Name,
    /// A job title.
    Title,
    /// `Title`: a job title, but where another column is one, what stands before a name.
    TitleOrPrefix,
    /// A unit of the employer.
    Department,
    /// The employer.
    Company,
    /// E-mail addresses.
    Email,
    /// Phone numbers.
    Phone,
    /// What kind of number the next phone column holds.
    PhoneLabel,
    /// Mobile numbers.
    Mobile,
    /// Fax numbers.
    Fax,
    /// Web sites.
    Website,
    /// Social profiles.
    Profile,
    /// Street and number.
    Street,
    /// The postcode.
    Postcode,
    /// The city.
    City,
    /// State, province or county.
    Region,
    /// The country, by name or code.
    Country,
}

/// What columns hold, by their names; none for one that is to be left out. It goes before what the
/// names say.
pub type Chosen = BTreeMap<String, Option<Column>>;

const NAMES: &str = include_str!("../data/table_headers.toml");

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
    const ALL: [Self; 23] = [
        Self::Id,
        Self::Prefix,
        Self::Given,
        Self::Middle,
        Self::Family,
        Self::Suffix,
        Self::Name,
        Self::Title,
        Self::TitleOrPrefix,
        Self::Department,
        Self::Company,
        Self::Email,
        Self::Phone,
        Self::PhoneLabel,
        Self::Mobile,
        Self::Fax,
        Self::Website,
        Self::Profile,
        Self::Street,
        Self::Postcode,
        Self::City,
        Self::Region,
        Self::Country,
    ];

    /// The name of the meaning, for people and in the API: `given`, `phone_label`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Prefix => "prefix",
            Self::Given => "given",
            Self::Middle => "middle",
            Self::Family => "family",
            Self::Suffix => "suffix",
            Self::Name => "name",
            Self::Title => "title",
            Self::TitleOrPrefix => "title_or_prefix",
            Self::Department => "department",
            Self::Company => "company",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::PhoneLabel => "phone_label",
            Self::Mobile => "mobile",
            Self::Fax => "fax",
            Self::Website => "website",
            Self::Profile => "profile",
            Self::Street => "street",
            Self::Postcode => "postcode",
            Self::City => "city",
            Self::Region => "region",
            Self::Country => "country",
        }
    }

    /// Reads [`Column::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.as_str() == text)
    }

    /// What a column can be said to hold: every meaning but the one that depends on other columns.
    pub fn choices() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|column| *column != Self::TitleOrPrefix)
    }

    /// The meaning in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::PhoneLabel => "Kind of the next phone",
            _ => self.header(),
        }
    }

    /// Every meaning, by its name.
    pub fn meanings() -> Vec<&'static str> {
        Self::ALL.map(Self::as_str).to_vec()
    }

    /// The name under which our own export writes the column.
    pub(super) fn header(self) -> &'static str {
        BY_COLUMN.get(&self).and_then(|names| names.first()).map_or("", String::as_str)
    }

    /// The name of the nth column of a kind: `Phone`, `Phone 2`; of a second address's parts as Google
    /// names them, for `Street 2` is elsewhere the second line of a street.
    pub(super) fn numbered_header(self, nth: usize) -> String {
        let header = self.header();
        match (nth, self) {
            (..=1, _) => header.to_owned(),
            (_, Self::Postcode) => format!("Address {nth} - Postal Code"),
            (_, Self::Street | Self::City | Self::Region | Self::Country) => {
                format!("Address {nth} - {header}")
            }
            _ => format!("{header} {nth}"),
        }
    }
}

/// What a header means where the number in it does not matter: `Phone 7`, `Address 2 - City`.
fn of_numbered(key: &str) -> Option<Column> {
    let base = key.trim_end_matches(|c: char| c.is_ascii_digit());
    let is_ours =
        |column: &Column| Room::holds_several(*column) && self::key(column.header()) == base;
    let of_several = BY_NAME.get(base).copied().filter(is_ours);
    of_several.filter(|_| base.len() < key.len()).or_else(|| {
        let (_, part) = address_part(key)?;
        BY_NAME.get(&format!("address1{part}")).copied()
    })
}

/// The number of an address and the part of it in a key like `address2city`.
fn address_part(key: &str) -> Option<(usize, &str)> {
    let rest = key.strip_prefix("address")?;
    let number = rest.chars().next()?.to_digit(10)?;
    Some((usize::try_from(number).ok()?, rest.get(1..)?))
}

/// Which of a contact's addresses a column with this header is about, from 1.
pub(super) fn address_of(header: &str) -> usize {
    address_part(&key(header)).map_or(1, |(number, _)| number.max(1))
}

/// What each column of a table holds, by its header; none where no header says so.
pub(super) fn columns<'a>(headers: impl Iterator<Item = &'a str>) -> Vec<Option<Column>> {
    let of = |header: &str| {
        let key = key(header);
        BY_NAME.get(&key).copied().or_else(|| of_numbered(&key))
    };
    let mut columns: Vec<Option<Column>> = headers.map(of).collect();
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
    fn every_meaning_has_the_name_that_the_headers_have_it_under() {
        for column in Column::ALL {
            assert_eq!(Column::parse(column.as_str()), Some(column));
            assert!(BY_COLUMN.contains_key(&column), "{}", column.as_str());
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
        assert_eq!(of(&["Phone 7", "Job title 2"]), [Some(Column::Phone), Some(Column::Title)]);
        assert_eq!(of(&["Address 2 - City", "Street 2"]), [Some(Column::City), None]);
        let places = ["City", "Address 1 - City", "Address 3 - City"].map(address_of);
        assert_eq!(places, [1, 1, 3]);
    }
}
