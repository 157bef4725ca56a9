//! The postal address: the first of the block, in parts.

use super::{Block, clean};
use crate::contact::{Found, Origin, PostalAddress};
use crate::signature::atom::{Kind, Text};
use crate::signature::context::Context;
use crate::signature::country::atlas;
use crate::signature::label::Role;
use crate::signature::language::{Sense, lexicon};

/// Whether a text holds a postcode with a city, or a city with a region or country.
pub(in crate::signature) fn looks_like_place(text: &Text) -> bool {
    let raw = text.raw.trim();
    if raw.len() > 80
        || text.words.len() > 9
        || text.senses.has(Sense::LegalForm) && !raw.starts_with(|c: char| c.is_ascii_digit())
    {
        return false;
    }
    raw.split(['|', '•', '·', ',', ';', '~', '\t'])
        .flat_map(|part| part.split(" - "))
        .flat_map(|part| part.split(" – "))
        .any(|part| postcode(part.trim()).is_some())
}

/// Whether a text is a postcode and nothing else.
pub(in crate::signature) fn is_postcode(text: &str) -> bool {
    !atlas().postcodes(&unprefixed(text.trim()).1).is_empty()
}

/// How well a text fits a street.
pub(in crate::signature) fn looks_like_street(text: &Text) -> f64 {
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
        + (if text.senses.has(Sense::LegalForm) { -4.0 } else { 0.0 })
        + (if text.senses.has(Sense::Organization) && digits == 0 { -2.0 } else { 0.0 })
        + (if text.senses.has(Sense::Department) && digits == 0 { -1.5 } else { 0.0 })
        + (if text.senses.has(Sense::Hours) { -2.0 } else { 0.0 })
        + (if many { -3.0 } else { 0.0 })
}

/// A postcode in a text and what stands around it.
struct Postcode {
    code: String,
    /// The country its prefix names (`D-`).
    prefixed: Option<&'static str>,
    before: String,
    after: String,
}

/// Finds a postcode at the beginning or end of a text.
fn postcode(text: &str) -> Option<Postcode> {
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
                || !code.chars().all(|c| c.is_ascii_digit());
            let city = rest.first().is_some_and(|word| {
                word.chars().next().is_some_and(|c| c.is_alphabetic() || c == '\'' || c == '’')
            });
            let house = code.len() <= 4 && looks_like_a_street_name(&join(rest));
            if !codes.is_empty()
                && first
                && (city || (rest.is_empty() && code.len() >= 4))
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
            let numbered = front.iter().any(|word| word.starts_with(|c: char| c.is_ascii_digit()));
            if !codes.is_empty()
                && (long || region)
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

/// The first address of the block.
pub(super) fn read(block: &Block<'_>) -> Option<Found<PostalAddress>> {
    let mut draft = Draft::default();
    for (at, atom) in block.own() {
        let Kind::Text(text) = &atom.kind else { continue };
        match block.roles.get(at) {
            Some(Role::Street) if draft.is_full() && !draft.streets.is_empty() => break,
            Some(Role::Street) => draft.street(at, &text.raw, block),
            Some(Role::Place) if draft.is_closed_for(text) => break,
            Some(Role::Place) => draft.place(&text.raw, atom.bracketed, block.context),
            _ => {
                if draft.is_full() {
                    break;
                }
            }
        }
    }
    draft.finish(block)
}

#[derive(Default)]
struct Draft {
    streets: Vec<usize>,
    postcode: Option<String>,
    cities: Vec<String>,
    region: Option<String>,
    country: Option<String>,
    codes: Vec<&'static str>,
}

impl Draft {
    fn is_full(&self) -> bool {
        self.postcode.is_some() || (!self.streets.is_empty() && !self.cities.is_empty())
    }

    /// Whether a place begins another address.
    fn is_closed_for(&self, text: &Text) -> bool {
        self.postcode.is_some() && postcode(&text.raw).is_some()
    }

    fn street(&mut self, at: usize, _raw: &str, block: &Block<'_>) {
        let near = self
            .streets
            .last()
            .is_none_or(|last| block.same_cell(*last, at) || self.cities.is_empty());
        if near {
            self.streets.push(at);
        }
    }

    fn place(&mut self, raw: &str, bracketed: bool, context: &Context<'_>) {
        let raw = raw.trim_matches(|c: char| {
            c.is_whitespace() || matches!(c, '.' | ',' | '(' | ')' | '-' | '–')
        });
        if let Some(country) = atlas().named(raw)
            && !(self.cities.is_empty() && self.postcode.is_none() && raw.len() <= 2)
        {
            self.country.get_or_insert_with(|| country.to_owned());
            return;
        }
        if self.postcode.is_none()
            && let Some(found) = postcode(raw)
        {
            self.codes = atlas().postcodes(&found.code);
            if let Some(country) = found.prefixed {
                self.country.get_or_insert_with(|| country.to_owned());
            }
            self.postcode = Some(found.code);
            self.around(&found.before, context);
            self.around(&found.after, context);
            return;
        }
        if bracketed && self.region.is_none() && !self.cities.is_empty() {
            self.region = Some(clean(raw));
            return;
        }
        self.around(raw, context);
    }

    /// City, region and country beside a postcode.
    fn around(&mut self, text: &str, context: &Context<'_>) {
        let text = clean(text);
        if text.is_empty() || text.eq_ignore_ascii_case("cep") {
            return;
        }
        let text = text
            .strip_prefix("CEP ")
            .or_else(|| text.strip_prefix("C.P. "))
            .unwrap_or(&text)
            .to_owned();
        if let Some((country, at)) = atlas().named_at_end(&text) {
            let likely = text.len() - at > 2 || self.country.is_none();
            if likely {
                let front = text.get(..at).unwrap_or_default().to_owned();
                let short = text.len() - at <= 2;
                if !short {
                    self.country.get_or_insert_with(|| country.to_owned());
                    if !front.trim().is_empty() {
                        self.around(&front, context);
                    }
                    return;
                }
            }
        }
        if is_region(&text, context)
            && self.region.is_none()
            && (!self.cities.is_empty() || self.postcode.is_some())
        {
            self.region = Some(text);
            return;
        }
        // "Albuquerque NM", "Ribeirão Preto/SP", "Catania CT"
        if let Some((city, region)) = text.rsplit_once([' ', '/']) {
            let code = region.len() <= 3 && region.chars().all(|c| c.is_ascii_uppercase());
            let italian =
                code && region.len() == 2 && context.countries.first().is_some_and(|c| c == "IT");
            if code && (is_region(region, context) || italian) && self.region.is_none() {
                self.region = Some(region.to_owned());
                self.cities.push(clean(city));
                return;
            }
        }
        if self.cities.is_empty() || self.postcode.is_none() {
            self.cities.push(text);
        }
    }

    fn finish(mut self, block: &Block<'_>) -> Option<Found<PostalAddress>> {
        if self.postcode.is_none()
            && self.country.is_none()
            && self.region.is_none()
            && self.streets.is_empty()
        {
            return None;
        }
        let street = self.street_text(block);
        let mut city =
            if self.postcode.is_some() { self.cities.pop() } else { self.cities.first().cloned() };
        if city.is_none() && self.postcode.is_none() {
            city = self.region.take();
        }
        let country = self.country.clone().or_else(|| self.likely_country(block.context));
        let address =
            PostalAddress { street, postcode: self.postcode, city, region: self.region, country };
        let parts = [address.street.is_some(), address.postcode.is_some(), address.city.is_some()];
        let known = parts.into_iter().filter(|part| *part).count();
        let enough = known >= 2 || (address.city.is_some() && address.country.is_some());
        let confidence = match known {
            3 => 0.93,
            2 => 0.8,
            _ => 0.65,
        };
        enough.then(|| Found::new(address, confidence, Origin::Layout))
    }

    fn street_text(&self, block: &Block<'_>) -> Option<String> {
        let mut parts: Vec<String> = Vec::new();
        let mut from = 0;
        for (place, at) in self.streets.iter().enumerate() {
            let next = self.streets.get(place + 1);
            let joined = next.is_some_and(|next| *next == at + 1 && block.same_cell(*at, *next));
            if !joined {
                let start = self.streets.get(from)?;
                parts.push(clean(&block.text(*start..at + 1)));
                from = place + 1;
            }
        }
        // Building and room stand above the street, the PO box below it.
        let boxed = |part: &str| {
            Text::of(part)
                .hits
                .iter()
                .any(|hit| hit.means.sense == Sense::Street && hit.last > hit.first)
        };
        let numbered = |part: &&String| part.chars().any(|c| c.is_ascii_digit());
        let street = parts
            .iter()
            .rev()
            .filter(numbered)
            .find(|part| !boxed(part) && Text::of(part).senses.has(Sense::Street));
        street.or_else(|| parts.iter().find(numbered)).or_else(|| parts.first()).cloned()
    }

    /// The country of the postcode's form that is also likely from what stands around it.
    fn likely_country(&self, context: &Context<'_>) -> Option<String> {
        let certain = context.countries.get(..context.certain).unwrap_or_default();
        if self.codes.is_empty() {
            return (self.region.is_some()).then(|| certain.first().cloned())?;
        }
        if let Some(country) =
            certain.iter().find(|country| self.codes.iter().any(|code| code == country))
        {
            return Some(country.clone());
        }
        let mailed = context.countries.get(context.certain)?;
        self.codes.iter().any(|code| code == mailed).then(|| mailed.clone())
    }
}

fn is_region(text: &str, context: &Context<'_>) -> bool {
    atlas()
        .regions_named(text)
        .iter()
        .any(|code| context.countries.iter().any(|country| country == code))
}
