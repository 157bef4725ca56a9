//! What Chinese, Japanese and Korean letters need: texts without spaces between words, addresses
//! from the large to the small, family names known by a list.

pub(super) mod address;
mod cut;
pub(super) mod name;

pub(super) use cut::parts;

use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Places and family names.
const DATA: &str = include_str!("../data/east_asia.toml");

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    places: BTreeMap<String, Places>,
    names: BTreeMap<String, Names>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Places {
    regions: String,
    cities: String,
    units: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Names {
    compound: String,
    family: String,
    roman: String,
}

static READ: LazyLock<Data> = LazyLock::new(|| toml::from_str(DATA).unwrap_or_default());

/// The phrases of a comma-separated list.
fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|phrase| !phrase.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_read() {
        let data: Data = toml::from_str(DATA).expect("valid TOML");
        assert_eq!(data.places.len(), 6);
        assert_eq!(list(&data.places["JP"].regions).count(), 47);
        assert!(data.names.contains_key("ko"));
    }
}
