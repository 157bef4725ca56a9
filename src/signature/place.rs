//! How places are written: postcodes, cities beside them, streets.

use super::context::Context;
use super::country::{atlas, country_named};
use super::east;
use super::fold::words;
use super::language::{Meaning, Sense, lexicon};
use super::phrases::Hit;
use super::text::Text;

/// Whether a text holds a postcode with a city, or a city with a region or country.
pub(super) fn looks_like_place(text: &Text) -> bool {
    let raw = text.raw.trim();
    if east::address::find(raw).is_some() {
        return true;
    }
    if raw.len() > 80 || text.words.len() > 9 || !has_digit(raw) {
        return false;
    }
    raw.split(['|', '•', '·', ',', ';', '~', '\t'])
        .flat_map(|part| part.split(" - "))
        .flat_map(|part| part.split(" – "))
        .any(|part| postcode(part.trim()).is_some())
}

fn has_digit(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit())
}

/// Where a postcode with its city begins behind a street: "10003 Sok. No:12 35620 Çiğli".
pub(super) fn behind_street(text: &str) -> Option<usize> {
    if !has_digit(text) {
        return None;
    }
    let tokens: Vec<&str> = text.split(' ').collect();
    let mut at = 0;
    for (place, token) in tokens.iter().enumerate() {
        let pair = tokens.get(place..place + 2).unwrap_or_default().join(" ");
        let whole = token.len() >= 5 && is_postcode(token);
        let length = if whole { 1 } else { 2 };
        let rest = tokens.get(place + length..).unwrap_or_default();
        let tail = tokens.get(place..).unwrap_or_default();
        if place >= 2 && names_city(tail) && is_street_front(text.get(..at)?) {
            return Some(at);
        }
        let code = whole || pair.len() >= 6 && pair.is_ascii() && is_postcode(&pair);
        if place >= 2
            && code
            && token.starts_with(|c: char| c.is_ascii_digit())
            && (1..=4).contains(&rest.len())
            && rest.iter().all(|word| !word.contains(|c: char| c.is_ascii_digit()))
            && rest.first().is_some_and(|word| word.starts_with(char::is_uppercase))
        {
            return is_street_front(text.get(..at)?).then_some(at);
        }
        at += token.len() + 1;
    }
    None
}

fn is_street_front(front: &str) -> bool {
    has_digit(front) && Text::of(front).senses.has(Sense::Street)
}

/// "Nilüfer/BURSA"
pub(super) fn names_town_and_region(text: &str) -> bool {
    text.split_once('/').is_some_and(|(town, region)| {
        town.chars().count() > 2
            && town.chars().all(char::is_alphabetic)
            && region.chars().count() > 2
            && atlas().is_region(region)
    })
}

/// "Jakarta Selatan 12190", "Nilüfer/BURSA": a large city with at most a postcode behind, or a
/// town with its region behind a stroke.
fn names_city(tokens: &[&str]) -> bool {
    if matches!(tokens, [only] if names_town_and_region(only)) {
        return true;
    }
    let coded = tokens.last().is_some_and(|last| last.len() >= 5 && is_postcode(last));
    let city = tokens.get(..tokens.len() - usize::from(coded)).unwrap_or_default();
    let named = |city: &str| atlas().cities_named(city, &words(city)).next().is_some();
    (1..=3).contains(&city.len()) && named(&city.join(" "))
}

/// Whether a text is a postcode and nothing else.
pub(super) fn is_postcode(text: &str) -> bool {
    atlas().is_postcode(unprefixed(text.trim()).1)
}

/// How well a text fits a street.
pub(super) fn looks_like_street(text: &Text) -> f64 {
    if east::address::find(&text.raw).is_some() {
        return -4.0;
    }
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
    let lower = text.raw.to_lowercase();
    if lower.contains(", s/n") || lower.contains(" s/n") {
        return 4.0;
    }
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
        Self { code: code.to_owned(), prefixed, before: String::new(), after: String::new() }
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
    if !has_digit(text) {
        return None;
    }
    let tokens: Vec<&str> = text.split_whitespace().collect();
    [2, 1].into_iter().find_map(|length| {
        leading_postcode(&tokens, length, announced.is_some())
            .or_else(|| trailing_postcode(&tokens, length))
    })
}

/// What else is three letters and a number, as Maltese postcodes are: standards and laboratories.
const NUMBERED: &[&str] = &["ISO", "DIN", "IEC", "UMR", "UPR", "UAR", "USR", "BDO", "KRS", "NIP"];

/// A postcode of so many tokens before a city, or alone.
fn leading_postcode(tokens: &[&str], length: usize, announced: bool) -> Option<Postcode> {
    let (front, rest) = tokens.split_at_checked(length)?;
    if length == 2 && front.first().is_some_and(|word| NUMBERED.contains(word)) {
        return None;
    }
    let front = front.join(" ");
    let (prefixed, code) = unprefixed(&front);
    if !atlas().is_postcode(code) {
        return None;
    }
    let after = rest.join(" ");
    let country = || rest.is_empty() || country_named(&after).is_some();
    let first =
        atlas().is_leading_postcode(code) || !code.chars().all(|c| c.is_ascii_digit()) && country();
    let city = rest.first().is_some_and(|word| {
        word.chars().next().is_some_and(|c| c.is_alphabetic() || c == '\'' || c == '’')
    });
    let alone = rest.is_empty() && (code.len() >= 5 || announced);
    let house = || {
        if prefixed.is_some() {
            return false;
        }
        let after = Text::of(&after);
        code.len() <= 4 && looks_like_a_street_name(&after)
            || code.len() == 3 && rest.len() > 1
            || after.senses.has(Sense::Thoroughfare)
    };
    (first && (city || alone) && !house()).then(|| Postcode {
        code: code.to_owned(),
        prefixed,
        before: String::new(),
        after,
    })
}

/// A postcode of so many tokens behind a city.
fn trailing_postcode(tokens: &[&str], length: usize) -> Option<Postcode> {
    let cut = tokens.len().checked_sub(length).filter(|cut| *cut > 0)?;
    let (front, back) = tokens.split_at_checked(cut)?;
    let joined = back.join(" ");
    let (prefixed, code) = unprefixed(&joined);
    if !atlas().is_postcode(code) {
        return None;
    }
    let is_region = |word: Option<&&str>| word.is_some_and(|word| atlas().is_region(word));
    if length == 2 && is_region(back.first()) {
        return None;
    }
    let region = is_region(front.last());
    let numbered = front.iter().any(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    let digits = code.chars().all(|c| c.is_ascii_digit());
    // "AMI 12345" is a licence, "Ulm 12345" a city.
    let letters =
        front.iter().all(|word| word.chars().count() <= 4 && word.chars().all(char::is_uppercase));
    // "гр. Пловдив 4000"
    let town = code.len() == 4 && Text::of(front.first()?).begins(Sense::Town);
    let fits = (code.len() >= 5 || region || town)
        && (region || !letters || !digits)
        && (!numbered || region || !digits);
    let before = front.join(" ");
    let boxed = || {
        let text = Text::of(&before);
        text.covered(&[Sense::Street]) == text.words.len()
    };
    (fits && !boxed()).then(|| Postcode {
        code: code.to_owned(),
        prefixed,
        before,
        after: String::new(),
    })
}

/// "1100 N. Division Ave.", "80 avenue Augustin": in English and French the number leads.
fn looks_like_a_street_name(text: &Text) -> bool {
    text.hits.iter().any(|hit| {
        // "5600 St. Johann": a saint's town.
        let saint = || {
            let word = text.words.get(hit.first).map(|word| word.folded.as_str());
            hit.first == 0 && hit.last == 0 && text.words.len() > 1 && word == Some("st")
        };
        hit.means.sense == Sense::Street
            && !saint()
            && lexicon()
                .languages
                .get(hit.means.language)
                .is_some_and(|language| matches!(language.code, "en" | "fr"))
    })
}

/// The name of a city without what stands before it: "г. Москва".
pub(super) fn town(text: &Text) -> &str {
    let mark = text.hits.iter().find(|hit| hit.first == 0 && hit.means.sense == Sense::Town);
    let name = mark.and_then(|hit| text.words.get(hit.last + 1)).map_or(0, |word| word.span.start);
    text.raw.get(name..).unwrap_or(&text.raw)
}

/// A postcode without its country prefix.
fn unprefixed(code: &str) -> (Option<&'static str>, &str) {
    let Some((prefix, rest)) = code.split_once(['-', '–', ' ']) else { return (None, code) };
    let letters =
        !prefix.is_empty() && prefix.len() <= 3 && prefix.chars().all(|c| c.is_ascii_uppercase());
    match letters.then(|| atlas().prefixed(prefix)).flatten() {
        Some(country) if atlas().country(country).is_some_and(|c| c.has_postcode(rest)) => {
            (Some(country), rest)
        }
        _ => (None, code),
    }
}

/// Whether a text names a region of one of the likely countries.
pub(super) fn is_region(text: &str, context: &Context<'_>) -> bool {
    let marked = Text::of(text);
    let last = marked.words.len().saturating_sub(1);
    let at_edge = |hit: &Hit<Meaning>| {
        hit.means.sense == Sense::Province && last > 0 && (hit.first == 0 || hit.last == last)
    };
    if last < 4 && marked.hits.iter().any(at_edge) {
        return true;
    }
    atlas()
        .regions_named(text, &marked.words)
        .any(|code| context.countries.iter().any(|country| country == code))
}
