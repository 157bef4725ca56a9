//! Countries: their names, how their postcodes look, the regions written beside a city.

use super::fold::{Word, words};
use super::phrases::Phrases;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

const DATA: &str = include_str!("data/countries.toml");

#[derive(Debug, Default, Deserialize)]
struct Entry {
    names: Vec<String>,
    postcodes: Vec<String>,
    postcode_first: bool,
    #[serde(default)]
    prefixes: Vec<String>,
    #[serde(default)]
    regions: Vec<String>,
    #[serde(default)]
    mobile: Vec<String>,
    #[serde(default)]
    cities: Vec<String>,
}

/// One country.
#[derive(Debug)]
pub(super) struct Country {
    /// ISO 3166-1 alpha-2.
    pub(super) code: String,
    /// Whether the postcode stands before the city.
    pub(super) postcode_first: bool,
    postcodes: Vec<String>,
    prefixes: Vec<String>,
    mobile: Vec<String>,
}

/// All countries that are known.
#[derive(Debug)]
pub(super) struct Atlas {
    /// In the order of their codes.
    countries: Vec<Country>,
    /// Every form of postcode with the countries that use it, by the signs in it without spaces;
    /// the British one is of several lengths and stands in each.
    postcodes: [Vec<(String, Vec<usize>)>; MAX_POSTCODE + 1],
    names: Phrases<usize>,
    regions: Phrases<usize>,
    cities: Phrases<usize>,
}

static ATLAS: LazyLock<Atlas> = LazyLock::new(Atlas::load);

/// The atlas, read once.
pub(super) fn atlas() -> &'static Atlas {
    &ATLAS
}

/// The code (ISO 3166-1 alpha-2) of the country that `text` names in any language we know.
pub fn country_named(text: &str) -> Option<&'static str> {
    atlas().named(text, &words(text))
}

/// The code (ISO 3166-1 alpha-2) of a country's code or name.
pub fn country_code(text: &str) -> Option<String> {
    let is_code = text.len() == 2 && text.chars().all(|c| c.is_ascii_alphabetic());
    // `UK` is the name of a country, and no code; `AO` is a code, and a name without its accents.
    if is_code && !text.eq_ignore_ascii_case("UK") {
        return Some(text.to_ascii_uppercase());
    }
    country_named(text).map(str::to_owned)
}

impl Atlas {
    fn load() -> Self {
        let data: BTreeMap<String, Entry> = toml::from_str(DATA).unwrap_or_default();
        let mut forms: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut atlas = Self {
            countries: Vec::new(),
            postcodes: Default::default(),
            names: Phrases::new(),
            regions: Phrases::new(),
            cities: Phrases::new(),
        };
        for (at, (code, entry)) in data.into_iter().enumerate() {
            entry.names.iter().for_each(|name| atlas.names.add(name, at));
            entry.cities.iter().for_each(|name| atlas.cities.add(name, at));
            entry.regions.iter().for_each(|name| atlas.regions.add(name, at));
            for form in &entry.postcodes {
                forms.entry(form.clone()).or_default().push(at);
            }
            atlas.countries.push(Country {
                code,
                postcode_first: entry.postcode_first,
                postcodes: entry.postcodes,
                prefixes: entry.prefixes,
                mobile: entry.mobile,
            });
        }
        for (form, countries) in forms {
            let signs = form.chars().filter(|c| *c != ' ').count();
            let lengths = if form == BRITISH { 5..=7 } else { signs..=signs };
            for forms in atlas.postcodes.get_mut(lengths).into_iter().flatten() {
                forms.push((form.clone(), countries.clone()));
            }
        }
        atlas
    }

    /// The country of a code.
    pub(super) fn country(&self, code: &str) -> Option<&Country> {
        let at = self.countries.binary_search_by(|country| country.code.as_str().cmp(code)).ok()?;
        self.countries.get(at)
    }

    /// The country that a text of these words names, when it names nothing else.
    pub(super) fn named(&self, text: &str, words: &[Word]) -> Option<&str> {
        let means = self.names.whole(text, words).next()?;
        self.countries.get(means).map(|country| country.code.as_str())
    }

    /// The country whose name ends `text`, and where that name begins.
    pub(super) fn named_at_end(&self, text: &str, words: &[Word]) -> Option<(&str, usize)> {
        let hit = self
            .names
            .find(text, words)
            .into_iter()
            .filter(|hit| hit.last + 1 == words.len())
            .min_by_key(|hit| hit.first)?;
        Some((self.countries.get(hit.means)?.code.as_str(), words.get(hit.first)?.span.start))
    }

    /// The countries of which a text of these words names a region as a whole.
    pub(super) fn regions_named(&self, text: &str, words: &[Word]) -> impl Iterator<Item = &str> {
        // "IN" is Indiana, "in" is not.
        let small = || {
            text.chars().filter(|c| c.is_alphabetic()).count() <= 3
                && text.chars().any(char::is_lowercase)
                && !text.contains('.')
        };
        let named = self.regions.whole(text, words).filter(move |_| !small());
        named.filter_map(|means| Some(self.countries.get(means)?.code.as_str()))
    }

    /// Whether `text` as a whole is the name of a region.
    pub(super) fn is_region(&self, text: &str) -> bool {
        self.regions_named(text, &words(text)).next().is_some()
    }

    /// The countries of which a text of these words names a large city as a whole.
    pub(super) fn cities_named(&self, text: &str, words: &[Word]) -> impl Iterator<Item = &str> {
        let named = self.cities.whole(text, words);
        named.filter_map(|means| Some(self.countries.get(means)?.code.as_str()))
    }

    /// The country of a postcode prefix (`D-`, `CH-`).
    pub(super) fn prefixed(&self, prefix: &str) -> Option<&str> {
        self.countries
            .iter()
            .find(|country| {
                country
                    .prefixes
                    .iter()
                    .chain([&country.code])
                    .any(|p| p.eq_ignore_ascii_case(prefix))
            })
            .map(|country| country.code.as_str())
    }

    /// The countries in which `text` is a postcode, in the order of their codes.
    pub(super) fn postcodes(&self, text: &str) -> Vec<&str> {
        let mut countries: Vec<usize> =
            self.fitting(text).flat_map(|(_, countries)| countries).copied().collect();
        countries.sort_unstable();
        countries.dedup();
        countries.into_iter().filter_map(|at| Some(self.countries.get(at)?.code.as_str())).collect()
    }

    /// Whether `text` is a postcode anywhere.
    pub(super) fn is_postcode(&self, text: &str) -> bool {
        self.fitting(text).next().is_some()
    }

    /// Whether `text` is a postcode in a country where it stands before the city.
    pub(super) fn is_leading_postcode(&self, text: &str) -> bool {
        let mut countries = self.fitting(text).flat_map(|(_, countries)| countries);
        countries.any(|at| self.countries.get(*at).is_some_and(|country| country.postcode_first))
    }

    /// The forms of postcodes that `text` has.
    fn fitting(&self, text: &str) -> impl Iterator<Item = &(String, Vec<usize>)> {
        // Every form holds a digit.
        let coded = text.len() <= MAX_POSTCODE && text.bytes().any(|b| b.is_ascii_digit());
        let signs = text.chars().filter(|c| !matches!(c, ' ' | '\u{a0}')).count();
        let forms = self.postcodes.get(signs).filter(|_| coded).map(Vec::as_slice);
        forms.unwrap_or_default().iter().filter(move |(form, _)| fits(form, text))
    }
}

impl Country {
    /// Whether a national number begins as its mobile numbers do.
    pub(super) fn is_mobile(&self, national: &str) -> bool {
        self.mobile.iter().any(|beginning| national.starts_with(beginning))
    }

    /// Whether `text` looks like one of its postcodes.
    pub(super) fn has_postcode(&self, text: &str) -> bool {
        self.postcodes.iter().any(|form| fits(form, text))
    }
}

/// Bytes of the longest postcode, whatever dash or space stands in it.
const MAX_POSTCODE: usize = 16;

/// The British form.
const BRITISH: &str = "GB";

/// Compares with a form of `N` (digit), `A` (letter), `X` (either) and literals; a space in the form
/// may be missing. [`BRITISH`] is none of these.
fn fits(form: &str, text: &str) -> bool {
    if form == BRITISH {
        return is_british(text);
    }
    let mut text = text.chars().peekable();
    for p in form.chars() {
        if p == ' ' {
            text.next_if(|c| matches!(c, ' ' | '\u{a0}'));
            continue;
        }
        let Some(c) = text.next() else { return false };
        let same = match p {
            'N' => c.is_ascii_digit(),
            'A' => c.is_ascii_uppercase(),
            'X' => c.is_ascii_digit() || c.is_ascii_uppercase(),
            literal => c == literal || (literal == '-' && matches!(c, '‑' | '–')),
        };
        if !same {
            return false;
        }
    }
    text.next().is_none()
}

/// A British postcode: outward code of two to four, then a digit and two letters.
fn is_british(text: &str) -> bool {
    let compact: Vec<char> = text.chars().filter(|c| *c != ' ').collect();
    let Some((outward, inward)) =
        compact.len().checked_sub(3).and_then(|at| compact.split_at_checked(at))
    else {
        return false;
    };
    let letters = outward.iter().take_while(|c| c.is_ascii_uppercase()).count();
    let inward = matches!(inward, [n, a, b] if n.is_ascii_digit() && a.is_ascii_uppercase() && b.is_ascii_uppercase());
    inward
        && (1..=2).contains(&letters)
        && (2..=4).contains(&outward.len())
        && outward
            .iter()
            .skip(letters)
            .enumerate()
            .all(|(at, c)| c.is_ascii_digit() || (at == 1 && c.is_ascii_uppercase()))
        && outward.get(letters).is_some_and(char::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_atlas_is_read_and_knows_names_and_postcodes() {
        assert!(toml::from_str::<BTreeMap<String, Entry>>(DATA).is_ok());
        assert_eq!(country_named("Česká republika"), Some("CZ"));
        assert_eq!(country_named("Deutschland"), Some("DE"));
        assert_eq!(country_named("Deutschland GmbH"), None);
        for (text, code) in [
            ("Austria", "AT"),
            ("Österreich", "AT"),
            ("at", "AT"),
            ("UK", "GB"),
            ("AO", "AO"),
            ("Áo", "AT"),
        ] {
            assert_eq!(country_code(text).as_deref(), Some(code), "{text}");
        }
        assert_eq!(country_code("Atlantis"), None);
        assert!(atlas().postcodes("HG1 1QF").contains(&"GB"));
        assert!(atlas().postcodes("2628 CN").contains(&"NL"));
        assert!(atlas().postcodes("D02 K156").contains(&"IE"));
        assert!(atlas().is_postcode("SW1A 1AA") && atlas().is_postcode("M1 1AE"));
        assert!(atlas().is_leading_postcode("97070") && !atlas().is_leading_postcode("M1 1AE"));
        assert!(!atlas().is_postcode("Rotterdam"));
        assert_eq!(atlas().prefixed("A"), Some("AT"));
    }
}
