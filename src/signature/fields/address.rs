//! The postal address: the first of the block, in parts.

use super::{Block, clean};
use crate::contact::{Found, Origin, PostalAddress};
use crate::signature::atom::Kind;
use crate::signature::city::countries_of;
use crate::signature::context::Context;
use crate::signature::country::{atlas, country_named};
use crate::signature::east;
use crate::signature::fold::words;
use crate::signature::label::Role;
use crate::signature::language::Sense;
use crate::signature::place::{Postcode, is_postcode, is_region, postcode, town};
use crate::signature::text::Text;

/// The first address of the block.
pub(super) fn read(block: &Block<'_>) -> Option<Found<PostalAddress>> {
    let mut draft = Draft::default();
    for (at, atom) in block.own() {
        if let Kind::Number { digits, .. } = &atom.kind {
            draft.labelled_postcode(at, digits, block);
        }
        let Kind::Text(text) = &atom.kind else { continue };
        match block.roles.get(at) {
            Some(Role::Street) if draft.is_full() && !draft.goes_on(at, block) => break,
            Some(Role::Street) => draft.street(at, block),
            Some(Role::Place) if draft.is_closed_for(text) => break,
            Some(Role::Place) => draft.place(&text.raw, atom.bracketed, block.context),
            _ if draft.is_full() => break,
            _ => {}
        }
    }
    draft.finish(block)
}

/// An address while its parts are collected.
#[derive(Default)]
struct Draft {
    /// The atoms of streets.
    streets: Vec<usize>,
    /// The street of an address that names it behind the city.
    street: Option<String>,
    postcode: Option<String>,
    /// The city on the postcode's own side.
    city: Option<String>,
    /// Other names of places, in reading order.
    places: Vec<String>,
    /// How many of them stand before the postcode.
    before_code: usize,
    /// Whether the city may stand behind a postcode that stands alone.
    city_behind: bool,
    region: Option<String>,
    country: Option<String>,
    /// The countries in which the postcode is one.
    codes: Vec<&'static str>,
}

impl Draft {
    fn has_city(&self) -> bool {
        self.city.is_some() || !self.places.is_empty()
    }

    fn is_full(&self) -> bool {
        self.street.is_some()
            || self.postcode.is_some()
            || (!self.streets.is_empty() && self.has_city())
    }

    /// Whether a street may stand here: the first, or the next bit of the one before.
    fn goes_on(&self, at: usize, block: &Block<'_>) -> bool {
        self.streets.last().is_none_or(|last| last + 1 == at && block.same_cell(*last, at))
    }

    /// Whether a place begins another address.
    fn is_closed_for(&self, text: &Text) -> bool {
        self.postcode.is_some() && postcode(&text.raw).is_some()
    }

    fn street(&mut self, at: usize, block: &Block<'_>) {
        let beside = self.streets.last().is_none_or(|last| block.same_cell(*last, at));
        if beside || !self.has_city() {
            self.streets.push(at);
        }
    }

    /// "邮编: 310013" on a line of its own.
    fn labelled_postcode(&mut self, at: usize, digits: &str, block: &Block<'_>) {
        let label = at.checked_sub(1).filter(|before| block.same_cell(*before, at));
        let label = label.and_then(|before| block.atoms.get(before)).map(|atom| &atom.kind);
        let named = matches!(label, Some(Kind::Label(text)) if text.senses.has(Sense::Address));
        if named && self.postcode.is_none() && self.has_city() && is_postcode(digits) {
            self.codes = atlas().postcodes(digits);
            self.postcode = Some(digits.to_owned());
        }
    }

    fn place(&mut self, raw: &str, bracketed: bool, context: &Context<'_>) {
        let raw = raw
            .trim_matches(|c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')' | '-' | '–'));
        let raw = full_stop_off(raw);
        if let Some((_, address)) = east::address::find(raw).filter(|_| self.city.is_none()) {
            self.east(address);
            return;
        }
        let first = !self.has_city() && self.postcode.is_none();
        if let Some(country) = country_named(raw)
            && !(first && raw.len() <= 2)
        {
            self.country.get_or_insert_with(|| country.to_owned());
            return;
        }
        if self.postcode.is_none()
            && let Some(found) = postcode(raw).or_else(|| self.lone_postcode(raw, context))
        {
            self.codes = atlas().postcodes(&found.code);
            // "MA 02118" is Massachusetts where the United States are likely, not Morocco.
            match raw.split_once(' ') {
                Some((state, _))
                    if found.prefixed.is_some()
                        && found.after.is_empty()
                        && is_region(state, context) =>
                {
                    self.region.get_or_insert_with(|| state.to_owned());
                }
                _ => self.country = self.country.take().or(found.prefixed.map(str::to_owned)),
            }
            self.postcode = Some(found.code);
            self.before_code = self.places.len();
            self.city_behind = found.before.is_empty()
                && found.after.is_empty()
                && self.region.is_none()
                && self.codes.iter().all(|code| {
                    atlas().country(code).is_some_and(|country| country.postcode_first)
                });
            self.around(&found.before, context);
            // "500187 Brașov": a county may bear its city's name.
            if self.places.is_empty() && found.before.is_empty() && is_region(&found.after, context)
            {
                self.city = Some(clean(&found.after));
                return;
            }
            self.around(&found.after, context);
            if self.places.len() > self.before_code {
                self.city = self.places.pop();
            }
            return;
        }
        if bracketed && self.region.is_none() && self.has_city() {
            // "Brake (Unterweser)" tells one Brake from another.
            let likely = context.countries.first().map(String::as_str);
            let told_apart = likely.is_some_and(|country| REGIONLESS.contains(&country));
            if !told_apart || is_region(raw, context) {
                self.region = Some(clean(raw));
            }
            return;
        }
        self.around(raw, context);
    }

    fn east(&mut self, address: east::address::Address) {
        self.postcode = self.postcode.take().or(address.postcode);
        self.region = address.region;
        self.city = address.city;
        self.street = address.street;
        self.country.get_or_insert(address.country);
    }

    /// "Stellenbosch, 7600, South Africa": four digits behind a city.
    fn lone_postcode(&self, raw: &str, context: &Context<'_>) -> Option<Postcode> {
        if context.city_with_code(raw) {
            let (city, code) = raw.rsplit_once(' ')?;
            return Some(Postcode { before: clean(city), ..Postcode::alone(code) });
        }
        (self.has_city() && context.lone_postcode(raw)).then(|| Postcode::alone(raw))
    }

    /// City, region and country beside a postcode.
    fn around(&mut self, text: &str, context: &Context<'_>) {
        let text = clean(text);
        if text.is_empty() || text.eq_ignore_ascii_case("cep") {
            return;
        }
        if let Some((country, at)) = atlas().named_at_end(&text, &words(&text))
            && text.len() - at > 2
        {
            // "Ciudad de México" is a city; "H1Y 1G7 Canada" and "Leipzig, Deutschland" are not.
            let front = text.get(..at).unwrap_or_default().trim_end();
            let apart = front.is_empty()
                || is_postcode(&clean(front))
                || front.ends_with([',', '-', '–', '/', '.', '(']);
            if apart {
                self.country.get_or_insert_with(|| country.to_owned());
                if front.is_empty() && CITY_STATES.contains(&country) && !self.has_city() {
                    self.places.push(text);
                    return;
                }
                self.around(front, context);
                return;
            }
        }
        let beside = self.has_city() || self.postcode.is_some();
        if is_region(&text, context) && self.region.is_none() && beside {
            self.region = Some(text);
            return;
        }
        // "Çiğli/İzmir"
        if let Some((city, region)) = text.rsplit_once('/')
            && is_region(region.trim(), context)
            && self.region.is_none()
        {
            self.region = Some(clean(region));
            self.places.push(clean(city));
            return;
        }
        // "Albuquerque NM", "Ribeirão Preto/SP", "Catania CT"
        if let Some((city, region)) = text.rsplit_once([' ', '/']) {
            let code = region.len() <= 3 && region.chars().all(|c| c.is_ascii_uppercase());
            let italian =
                code && region.len() == 2 && context.countries.first().is_some_and(|c| c == "IT");
            if code && (is_region(region, context) || italian) && self.region.is_none() {
                self.region = Some(region.to_owned());
                self.places.push(clean(city));
                return;
            }
        }
        self.places.push(text);
    }

    fn finish(mut self, block: &Block<'_>) -> Option<Found<PostalAddress>> {
        let street = self.street.take().or_else(|| self.street_text(block));
        let behind = self.places.get(self.before_code).filter(|_| self.city_behind).cloned();
        // "Q. Tân Phú, TP. Hồ Chí Minh": what is called a town is one.
        let called = |place: &&String| Text::of(place).begins(Sense::Town);
        let called = self.places.iter().find(called).filter(|_| self.postcode.is_none()).cloned();
        let mut city = self.city.take().or(behind).or(called).or_else(|| {
            let nearest = self.before_code.checked_sub(1).and_then(|at| self.places.get(at));
            nearest.or_else(|| self.places.first()).cloned()
        });
        if city.is_none() {
            city = self.region.take();
        }
        let city = city.map(|city| town(&Text::of(&city)).to_owned());
        let country =
            self.country.clone().or_else(|| self.likely_country(city.as_deref(), block.context));
        let parts = [street.is_some(), self.postcode.is_some(), city.is_some()];
        let known = parts.into_iter().filter(|part| *part).count();
        let enough = known >= 2 || (city.is_some() && (country.is_some() || self.region.is_some()));
        let confidence = match known {
            3 => 0.93,
            2 => 0.8,
            _ => 0.65,
        };
        let address =
            PostalAddress { street, postcode: self.postcode, city, region: self.region, country };
        enough.then(|| Found::new(address, confidence, Origin::Layout))
    }

    /// The street line: building and room stand above it, the PO box below it.
    fn street_text(&self, block: &Block<'_>) -> Option<String> {
        let mut parts: Vec<(usize, String)> = Vec::new();
        let mut from = *self.streets.first()?;
        for (place, at) in self.streets.iter().enumerate() {
            let next = self.streets.get(place + 1);
            let apart = |next: &usize| {
                *next != at + 1
                    || !block.same_cell(*at, *next)
                    || block.atoms.get(*next).is_some_and(|atom| atom.apart)
            };
            if next.is_none_or(apart) {
                let line = block.atoms.get(*at).map_or(0, |atom| atom.line);
                parts.push((line, clean(&block.text(from..at + 1))));
                from = next.copied().unwrap_or(from);
            }
        }
        let numbered = |(_, part): &&(usize, String)| part.chars().any(|c| c.is_ascii_digit());
        let named = |(_, part): &&(usize, String)| {
            let text = Text::of(part);
            let boxed = text
                .hits
                .iter()
                .any(|hit| hit.means.sense == Sense::Street && hit.last > hit.first)
                || text.covered(&[Sense::Street]) + 1 == text.words.len()
                    && text.words.last().is_some_and(|word| word.folded.len() >= 4)
                    && text.words.last().is_some_and(|word| word.folded.parse::<u32>().is_ok());
            text.senses.has(Sense::Street) && !boxed
        };
        let street = parts.iter().rev().filter(numbered).find(named);
        let beside = |part: &&(usize, String)| Some(part.0) == street.map(|(line, _)| *line);
        let street = parts.iter().filter(beside).filter(numbered).find(named);
        let street = street.or_else(|| parts.iter().find(numbered)).or_else(|| parts.first());
        street.map(|(_, street)| street.clone())
    }

    /// The country of the postcode's form that is also likely from what stands around it.
    fn likely_country(&self, city: Option<&str>, context: &Context<'_>) -> Option<String> {
        let certain = context.countries.get(..context.certain).unwrap_or_default();
        if self.codes.is_empty() {
            // Without a postcode the number's country counts where the region or the domain agrees.
            let first = certain.first().or(context.domain.as_ref())?;
            let known = |country: &String| {
                city.is_some_and(|city| {
                    let words = words(city);
                    countries_of(&words).any(|other| other == country)
                        || atlas().cities_named(city, &words).any(|other| other == country)
                })
            };
            let agreed =
                self.region.is_some() || context.domain.as_ref() == Some(first) || known(first);
            return agreed.then(|| first.clone());
        }
        let fits = |country: &&String| self.codes.iter().any(|code| code == country);
        if let Some(country) = certain.iter().find(fits) {
            return Some(country.clone());
        }
        context.countries.get(context.certain).filter(fits).cloned()
    }
}

/// Countries whose addresses name no region; brackets behind their cities tell them apart.
const REGIONLESS: &[&str] = &["DE", "AT", "CH", "NL", "DK", "SE", "NO"];

/// Countries that are one city, or whose capital bears their name.
const CITY_STATES: &[&str] = &["SG", "MC", "HK", "SM", "GI", "LU", "KW"];

/// A full stop ends a sentence ("Ireland."), or an abbreviation ("Bogotá D.C.", "Oax.").
fn full_stop_off(text: &str) -> &str {
    let Some(bare) = text.strip_suffix('.') else { return text };
    let last = bare.rsplit([' ', '.']).next().unwrap_or_default();
    if last.chars().count() > 4 { bare } else { text }
}
