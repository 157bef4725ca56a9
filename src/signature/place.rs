//! How places are written: postcodes, cities beside them, streets.

use super::context::Context;
use super::country::atlas;
use super::language::{Sense, lexicon};
use super::text::Text;

/// Whether a text holds a postcode with a city, or a city with a region or country.
pub(super) fn looks_like_place(text: &Text) -> bool {
    let raw = text.raw.trim();
    if raw.len() > 80 || text.words.len() > 9 {
        return false;
    }
    raw.split(['|', '•', '·', ',', ';', '~', '\t'])
        .flat_map(|part| part.split(" - "))
        .flat_map(|part| part.split(" – "))
        .any(|part| postcode(part.trim()).is_some())
}

/// Whether a text is a postcode and nothing else.
pub(super) fn is_postcode(text: &str) -> bool {
    !atlas().postcodes(&unprefixed(text.trim()).1).is_empty()
}

/// How well a text fits a street.
pub(super) fn looks_like_street(text: &Text) -> f64 {
    let digits = text.raw.chars().filter(char::is_ascii_digit).count();
    let words = text.words.len();
    let street = text.senses.has(Sense::Street);
    if postcode(&text.raw).is_some_and(|found| found.before.is_empty()) {
        return -2.0;
    }
    let many = digits > 7 || words > 9;
    let numbered = digits > 0 && text.raw.chars().any(char::is_alphabetic);
    let at_edge =
        text.words.first().is_some_and(|w| w.folded.starts_with(|c: char| c.is_ascii_digit()))
            || text
                .words
                .iter()
                .rev()
                .take(2)
                .any(|w| w.folded.starts_with(|c: char| c.is_ascii_digit()));
    let whole = street && words == 1 && digits == 0;
    (if street && !whole { 2.0 } else { 0.0 })
        + (if numbered && at_edge { 2.0 } else { 0.0 })
        + (if street && numbered { 2.0 } else { 0.0 })
        + (if text.senses.has(Sense::Title) && digits == 0 { -3.0 } else { 0.0 })
        + (if text.is_company() { -4.0 } else { 0.0 })
        + (if text.senses.has(Sense::Organization) && digits == 0 { -2.0 } else { 0.0 })
        + (if text.senses.has(Sense::Department) && digits == 0 { -1.5 } else { 0.0 })
        + (if text.begins(Sense::Department) && digits > 0 && !street { -3.0 } else { 0.0 })
        + (if text.senses.has(Sense::Hours) { -2.0 } else { 0.0 })
        + (if many { -3.0 } else { 0.0 })
}

/// A postcode in a text and what stands around it.
pub(super) struct Postcode {
    /// As written, without a prefix.
    pub(super) code: String,
    /// The country its prefix names (`D-`).
    pub(super) prefixed: Option<&'static str>,
    /// What stands before it.
    pub(super) before: String,
    /// What stands behind it.
    pub(super) after: String,
}

impl Postcode {
    /// A postcode with nothing around it.
    pub(super) fn alone(code: &str) -> Self {
        let (prefixed, code) = unprefixed(code);
        Self { code, prefixed, before: String::new(), after: String::new() }
    }
}

/// What stands before a postcode to say that it is one.
const ANNOUNCERS: &[&str] = &["CEP", "C.P.", "CP", "PLZ", "CAP", "Postcode", "ZIP", "PSČ"];

/// Whether a text ends with the announcement of a postcode.
pub(super) fn announces_postcode(text: &str) -> bool {
    let text = text.trim_end_matches([' ', ':']);
    ANNOUNCERS.iter().any(|word| text.ends_with(word))
}

/// Finds a postcode at the beginning or end of a text.
pub(super) fn postcode(text: &str) -> Option<Postcode> {
    let text = text.trim_start_matches(['〒', ' ']);
    let announced = ANNOUNCERS
        .iter()
        .find_map(|word| text.strip_prefix(word)?.strip_prefix([' ', ':']))
        .map(str::trim_start);
    let text = announced.unwrap_or(text);
    let tokens: Vec<&str> = text.split_whitespace().collect();
    let join = |tokens: &[&str]| tokens.join(" ");
    for length in [2, 1] {
        if let Some(front) = tokens.get(..length) {
            let (prefixed, code) = unprefixed(&join(front));
            let rest = tokens.get(length..).unwrap_or_default();
            let codes = atlas().postcodes(&code);
            let first = codes
                .iter()
                .any(|country| atlas().country(country).is_some_and(|c| c.postcode_first))
                || (rest.is_empty() || atlas().named(&join(rest)).is_some())
                    && !code.chars().all(|c| c.is_ascii_digit());
            let city = rest.first().is_some_and(|word| {
                word.chars().next().is_some_and(|c| c.is_alphabetic() || c == '\'' || c == '’')
            });
            let rest_text = join(rest);
            let house = code.len() <= 4 && looks_like_a_street_name(&rest_text)
                || Text::of(&rest_text).senses.has(Sense::Thoroughfare);
            if !codes.is_empty()
                && first
                && (city || (rest.is_empty() && (code.len() >= 5 || announced.is_some())))
                && !house
            {
                return Some(Postcode { code, prefixed, before: String::new(), after: join(rest) });
            }
        }
        if let Some(cut) = tokens.len().checked_sub(length).filter(|cut| *cut > 0)
            && let (Some(front), Some(back)) = (tokens.get(..cut), tokens.get(cut..))
        {
            let (prefixed, code) = unprefixed(&join(back));
            if length == 2
                && back.first().is_some_and(|word| !atlas().regions_named(word).is_empty())
            {
                continue;
            }
            let codes = atlas().postcodes(&code);
            let long = code.len() >= 5;
            let region = front.last().is_some_and(|word| !atlas().regions_named(word).is_empty());
            // "AMI 12345" is a licence, "Ulm 12345" a city.
            let letters = front
                .iter()
                .all(|word| word.chars().count() <= 4 && word.chars().all(|c| c.is_uppercase()));
            let numbered = front.iter().any(|word| word.starts_with(|c: char| c.is_ascii_digit()));
            if !codes.is_empty()
                && (long || region)
                && (region || !letters || !code.chars().all(|c| c.is_ascii_digit()))
                && (!numbered || region || !code.chars().all(|c| c.is_ascii_digit()))
            {
                return Some(Postcode {
                    code,
                    prefixed,
                    before: join(front),
                    after: String::new(),
                });
            }
        }
    }
    None
}

/// "1100 N. Division Ave.", "80 avenue Augustin": in English and French the number leads.
fn looks_like_a_street_name(text: &str) -> bool {
    let text = Text::of(text);
    text.hits.iter().any(|hit| {
        hit.means.sense == Sense::Street
            && lexicon()
                .languages
                .get(hit.means.language)
                .is_some_and(|language| matches!(language.code, "en" | "fr"))
    })
}

/// A postcode without its country prefix.
fn unprefixed(code: &str) -> (Option<&'static str>, String) {
    let Some((prefix, rest)) = code.split_once(['-', '–', ' ']) else {
        return (None, code.to_owned());
    };
    let letters =
        !prefix.is_empty() && prefix.len() <= 3 && prefix.chars().all(|c| c.is_ascii_uppercase());
    match atlas().prefixed(prefix) {
        Some(country)
            if letters && atlas().country(country).is_some_and(|c| c.has_postcode(rest)) =>
        {
            (Some(country), rest.to_owned())
        }
        _ => (None, code.to_owned()),
    }
}

/// Whether a text names a region of one of the likely countries.
pub(super) fn is_region(text: &str, context: &Context<'_>) -> bool {
    atlas()
        .regions_named(text)
        .iter()
        .any(|code| context.countries.iter().any(|country| country == code))
}
