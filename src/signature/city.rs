//! Cities that stand alone: known by name, where no postcode tells that a word is a place.

use super::fold::Word;
use std::sync::LazyLock;

const DATA: &str = include_str!("data/cities.txt");

/// The lines of the list: sorted, folded name, tab, country.
static CITIES: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| {
    let lines = DATA.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once('\t')).collect()
});

/// Words of the longest name of a city.
const MAX_WORDS: usize = 6;

/// The countries in which a city bears the name that these words are as a whole.
pub(super) fn countries_of(words: &[Word]) -> impl Iterator<Item = &'static str> {
    let short = (1..=MAX_WORDS).contains(&words.len());
    let name = if short {
        words.iter().map(|word| word.folded.as_str()).collect::<Vec<_>>().join(" ")
    } else {
        String::new()
    };
    let from = CITIES.partition_point(|(known, _)| *known < name.as_str());
    CITIES
        .get(from..)
        .unwrap_or_default()
        .iter()
        .take_while(move |(known, _)| *known == name)
        .map(|(_, country)| *country)
}

#[cfg(test)]
mod tests {
    use super::super::fold::words;
    use super::*;

    #[test]
    fn cities_are_known_by_their_whole_name() {
        let countries = |text: &str| countries_of(&words(text)).collect::<Vec<_>>();
        assert!(CITIES.is_sorted_by_key(|(name, _)| *name));
        assert_eq!(countries("Cantù"), ["IT"]);
        assert_eq!(countries("KÖLN"), ["DE"]);
        assert!(countries("Cambridge").contains(&"GB") && countries("Cambridge").contains(&"US"));
        assert!(countries("Köln Marketing").is_empty() && countries("").is_empty());
    }
}
