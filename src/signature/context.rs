//! What is known around a block: who sent it, in which language, from which countries.

use super::atom::{Atom, Kind};
use super::calling::calling_country;
use super::country::{atlas, country_named};
use super::fold::{self, Word};
use super::language::{Sense, lexicon};
use super::sender::Sender;
use super::taken::Taken;
use super::text::Text;
use crate::contact::EmailAddress;
use crate::mail::Author;
use rlibphonenumber::Region;
use std::str::FromStr;

/// What the fields are read with.
#[derive(Debug)]
pub(super) struct Context<'a> {
    /// The author's names to look for.
    pub(super) sender: &'a Sender,
    /// `From`.
    pub(super) author: &'a Author,
    /// The language of the message, by its place in the lexicon.
    pub(super) language: usize,
    /// Countries the author may sit in, the likeliest first.
    pub(super) countries: Vec<String>,
    /// How many of them stand in the block itself, and are more than a guess.
    pub(super) certain: usize,
    /// How many of them are told by the message or the mailbox, and not only by the language.
    told: usize,
    /// The country of the mail domain's ending.
    pub(super) domain: Option<String>,
    /// The company in the display name: `Müller, Anna (Acme GmbH)`.
    pub(super) employer: Option<String>,
}

impl<'a> Context<'a> {
    /// Looks around.
    pub(super) fn of(
        sender: &'a Sender,
        author: &'a Author,
        lines: &[Taken<'_>],
        atoms: &[Atom],
        foreign: &[bool],
        region: Option<&str>,
    ) -> Self {
        let language = language_of(lines);
        let mut context = Self {
            sender,
            author,
            language,
            countries: Vec::new(),
            certain: 0,
            told: 0,
            domain: author.address.as_ref().and_then(top_level_country),
            employer: employer(author),
        };
        context.find_countries(atoms, foreign, region);
        context
    }

    /// Whether the language writes the family name first.
    pub(super) fn family_first(&self) -> bool {
        lexicon().languages.get(self.language).is_some_and(|language| language.family_first)
    }

    /// Whether the family name may lead in a name in Latin letters, as in Singapore.
    pub(super) fn family_may_lead(&self) -> bool {
        const LEADING: &[&str] = &["SG", "MY", "HK", "CN", "TW", "VN", "KR", "KH"];
        let told = self.countries.iter().take(self.told.min(LIKELY));
        told.into_iter().any(|country| LEADING.contains(&country.as_str()))
    }

    /// The code of the language.
    pub(super) fn language_code(&self) -> &'static str {
        lexicon().languages.get(self.language).map_or("mul", |language| language.code)
    }

    /// Whether these words stand in `From` as the author's company: `Müller, Anna (Acme GmbH)`.
    pub(super) fn is_employer(&self, words: &[Word]) -> bool {
        let Some(employer) = &self.employer else { return false };
        let employer = fold::words(employer);
        let shared = words
            .iter()
            .filter(|word| employer.iter().any(|other| other.folded == word.folded))
            .count();
        shared > 0 && shared * 2 >= words.len() && shared * 2 >= employer.len()
    }

    /// Whether a text is the name of a country, or of a region of one of the likely countries.
    pub(super) fn names_place(&self, text: &Text) -> bool {
        let Text { raw, words, .. } = text;
        let likely = |code: &str| self.countries.iter().any(|country| country == code);
        let town = super::place::town(text);
        let is_city = |words: &[Word]| atlas().cities_named(town, words).any(likely);
        atlas().named(raw, words).is_some()
            || atlas().regions_named(raw, words).any(likely)
            || if town == raw { is_city(words) } else { is_city(&fold::words(town)) }
            || super::place::names_town_and_region(raw)
            || self.names_town_and_code(raw)
    }

    /// Whether a text is a town with the code of a likely country's region: "Blumenau/SC".
    fn names_town_and_code(&self, raw: &str) -> bool {
        raw.split_once('/').is_some_and(|(town, code)| {
            let code = code.trim();
            let town = town.trim();
            code.len() == 2
                && town.len() > 2
                && town.chars().all(|c| c.is_alphabetic() || matches!(c, ' ' | '\'' | '-'))
                && super::place::is_region(code, self)
        })
    }

    /// Whether a text is a postcode of a likely country where it stands behind the city.
    pub(super) fn lone_postcode(&self, text: &str) -> bool {
        let likely = self.countries.iter().take(2).filter_map(|code| atlas().country(code));
        likely.filter(|country| !country.postcode_first).any(|country| country.has_postcode(text))
    }

    /// Whether a text is a city with a postcode of a likely country behind it: "Te Puke 3183".
    pub(super) fn city_with_code(&self, text: &str) -> bool {
        let Some((city, code)) = text.rsplit_once(' ') else { return false };
        let capital = |word: &str| word.chars().next().is_some_and(char::is_alphabetic);
        let city = city.trim_end_matches(['-', '–', ' ']);
        code.starts_with(|c: char| c.is_ascii_digit())
            && city.starts_with(|c: char| c.is_uppercase())
            && city.split_whitespace().all(capital)
            && self.lone_postcode(code)
            && !Text::of(city).senses.has(Sense::Thoroughfare)
    }

    /// Which of the lexicon's languages are spoken here: the message's, those of the likely
    /// countries, and English.
    pub(super) fn spoken(&self) -> Vec<bool> {
        let likely = self.countries.iter().take(self.told.min(LIKELY));
        let likely: Vec<&String> = likely.collect();
        let languages = lexicon().languages.iter().enumerate();
        languages
            .map(|(at, language)| {
                at == self.language
                    || matches!(language.code, "mul" | "en")
                    || language.regions.iter().any(|region| likely.contains(&region))
            })
            .collect()
    }

    /// Whether words are the name of a city in one of the likely countries.
    pub(super) fn is_city(&self, words: &[Word]) -> bool {
        super::city::countries_of(words)
            .any(|country| self.countries.iter().take(LIKELY).any(|known| known == country))
    }

    fn add(&mut self, country: &str) {
        if !country.is_empty() && !self.countries.iter().any(|known| known == country) {
            self.countries.push(country.to_owned());
        }
    }

    fn find_countries(&mut self, atoms: &[Atom], foreign: &[bool], region: Option<&str>) {
        let own: Vec<&Atom> = atoms
            .iter()
            .zip(foreign)
            .filter(|(_, foreign)| !**foreign)
            .map(|(atom, _)| atom)
            .collect();
        for atom in &own {
            if let Kind::Text(text) = &atom.kind
                && let Some(country) = written_country(text)
            {
                self.add(country);
            }
        }
        for atom in &own {
            if let Kind::Number { digits, .. } = &atom.kind
                && let Some(country) = calling_country(digits)
            {
                self.add(&country);
            }
        }
        for atom in &own {
            if let Kind::Text(text) = &atom.kind
                && let Some(country) = certain_postcode(text)
            {
                self.add(country);
            }
        }
        self.certain = self.countries.len();
        if let Some(country) = self.domain.clone() {
            self.add(&country);
        }
        for atom in &own {
            if let Kind::Link { link, .. } = &atom.kind
                && let Some(country) = ending_country(link.host())
                && !link.is_profile()
            {
                self.add(&country);
            }
        }
        if let Some(region) = region {
            self.add(&region.to_uppercase());
        }
        self.told = self.countries.len();
        if let Some(language) = lexicon().languages.get(self.language) {
            language.regions.iter().for_each(|region| self.add(region));
        }
    }

    /// Whether more than the language tells a country.
    pub(super) fn is_told(&self) -> bool {
        self.told > 0
    }

    /// The countries in which national numbers may be dialled, as libphonenumber knows them: those
    /// that are told, else those of the language.
    pub(super) fn regions(&self) -> impl Iterator<Item = Region> {
        let count = if self.told == 0 { self.countries.len() } else { self.told };
        self.countries.iter().take(count).filter_map(|code| Region::from_str(code).ok())
    }
}

/// Among how many of the likely countries a city that stands alone is sought.
const LIKELY: usize = 4;

/// The language of the whole message.
fn language_of(lines: &[Taken<'_>]) -> usize {
    const ENOUGH_LINES: usize = 200;
    lexicon().detect(lines.iter().take(ENOUGH_LINES).flat_map(|line| &line.text().hits))
}

/// The company in the display name: what stands in brackets or behind a separator.
fn employer(author: &Author) -> Option<String> {
    let name = author.name.as_deref()?;
    let bracketed =
        name.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map(|(inner, _)| inner);
    let behind = [" | ", " - ", " – ", " @ ", " / ", " bei ", " from ", " at "]
        .iter()
        .find_map(|separator| name.split_once(separator));
    let company = match (bracketed, behind) {
        (Some(inner), _) => inner,
        (None, Some((first, second))) => {
            if lexicon().senses(first).has(Sense::Organization) {
                first
            } else {
                second
            }
        }
        (None, None) => return None,
    };
    let senses = lexicon().senses(company);
    let named = senses.has(Sense::Organization)
        || senses.has(Sense::LegalForm)
        || behind.is_some()
        || company.contains(' ');
    (named && !company.trim().is_empty()).then(|| company.trim().to_owned())
}

fn written_country(text: &Text) -> Option<&'static str> {
    if text.senses.has(Sense::LegalForm) || text.words.len() > 6 {
        return None;
    }
    atlas()
        .named(&text.raw, &text.words)
        .or_else(|| {
            let (country, at) = atlas().named_at_end(&text.raw, &text.words)?;
            let front = text.raw.get(..at)?;
            super::place::looks_like_place(&Text::of(front)).then_some(country)
        })
        .or_else(|| {
            // "D-97070 Würzburg", "DE 97070 Würzburg"; "MA 02118" is a state's.
            let (prefix, rest) = text.raw.split_once(['-', ' '])?;
            let numbered = rest.starts_with(|c: char| c.is_ascii_digit());
            let city = text.raw.contains('-') || rest.contains(' ');
            let upper = prefix.chars().all(|c| c.is_ascii_uppercase());
            (numbered && city && upper && prefix.len() <= 3)
                .then(|| atlas().prefixed(prefix.trim()))?
        })
}

/// The country of a postcode whose form no other country shares.
fn certain_postcode(text: &Text) -> Option<&'static str> {
    let tokens: Vec<&str> = text.raw.split_whitespace().collect();
    let telling = |code: &str| code.bytes().any(|b| b.is_ascii_uppercase() || b == b'-');
    let found = super::place::postcode(text.raw.trim_end_matches('.'));
    let found = found.filter(|found| telling(&found.code));
    let certain = found.and_then(|found| match atlas().postcodes(&found.code).as_slice() {
        [only] => Some(*only),
        _ => None,
    });
    certain.or_else(|| {
        // A US state with its ZIP code, an Australian state with its postcode: behind them stands at
        // most the country, before a German code in Delaware's letters stands no city.
        tokens.windows(2).enumerate().find_map(|(at, pair)| match pair {
            [region, code] => {
                let rest = tokens.get(at + 2..).unwrap_or_default().join(" ");
                if !rest.is_empty() && country_named(&rest).is_none() {
                    return None;
                }
                let upper = region.chars().filter(|c| c.is_alphabetic()).all(char::is_uppercase);
                if !upper || !atlas().is_postcode(code) {
                    return None;
                }
                let codes = atlas().postcodes(code);
                let region = region.trim_end_matches('.');
                atlas()
                    .regions_named(region, &fold::words(region))
                    .find(|country| codes.contains(country) && matches!(*country, "US" | "AU"))
            }
            _ => None,
        })
    })
}

fn top_level_country(address: &EmailAddress) -> Option<String> {
    ending_country(&address.domain())
}

/// The country of a domain's ending.
fn ending_country(host: &str) -> Option<String> {
    let ending = host.rsplit('.').next()?.to_uppercase();
    let ending = if ending == "UK" { "GB".to_owned() } else { ending };
    // Endings that are sold to everybody.
    let anybody = matches!(
        ending.as_str(),
        "CO" | "IO" | "ME" | "TV" | "AI" | "CC" | "WS" | "FM" | "LY" | "TO" | "GG" | "SH"
    );
    let second =
        host.rsplit('.').nth(1).is_some_and(|label| matches!(label, "com" | "edu" | "gov" | "org"));
    (ending.len() == 2 && (!anybody || second) && atlas().country(&ending).is_some())
        .then_some(ending)
}
