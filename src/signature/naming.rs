//! How names are written: titles before them, post-nominals behind, given and family names.

mod affix;
mod east;
mod parts;

pub(super) use affix::{is_courtesy_only, is_credential};
pub(super) use parts::finish;

use super::context::Context;
use super::east::name::looks_like_name;
use super::fold::fold;
use super::language::{Sense, lexicon};
use crate::contact::PersonName;
use crate::mail::Author;
use affix::{prefix_of, suffix_of};

/// A name taken apart as far as its spelling tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Signed {
    /// Academic and professional titles before it.
    pub(super) prefix: String,
    /// The words of the name, as written.
    pub(super) words: Vec<String>,
    /// Where the family name begins, if the spelling tells ("Müller, Anna", "Anna MÜLLER").
    pub(super) family: Option<usize>,
    /// Post-nominals.
    pub(super) suffix: String,
    /// Whether it stood in capitals, which hide accents and dots.
    pub(super) shouted: bool,
}

/// Particles that begin a family name.
const PARTICLES: &[&str] = &[
    "von", "vom", "van", "zu", "zum", "zur", "de", "del", "della", "delle", "dello", "dei",
    "degli", "di", "da", "dal", "do", "dos", "das", "du", "des", "der", "den", "ter", "ten", "te",
    "t", "la", "le", "lo", "el", "al", "bin", "binti", "bint", "ben", "ibn", "ní", "ni", "nic",
    "ó", "o", "mac", "mc", "ap", "ab", "af", "av", "st", "san", "santa", "y", "i", "e", "abu", "d",
    "los", "las", "in", "op", "thoe", "ver", "freiherr", "freifrau",
];

/// Whether the address names one of these words that tells of no team or company: a family may be
/// called as a town is in another language, and is written to as `anna@…`.
fn addresses_a_person(display: &str, author: &Author) -> bool {
    let Some(address) = &author.address else { return false };
    let local = fold(address.local());
    let tokens: Vec<&str> =
        local.split(|c: char| !c.is_alphabetic()).filter(|token| token.len() >= 3).collect();
    let unit = [Sense::Team, Sense::Organization, Sense::Department, Sense::LegalForm];
    let is_unit = |word: &&str| unit.into_iter().any(|sense| lexicon().senses(word).has(sense));
    // "Services techniques": no name goes on in small letters.
    let named =
        |word: &&str| word.starts_with(char::is_uppercase) || display == display.to_lowercase();
    let repeated = || {
        let words = display.split_whitespace().filter(named);
        words.filter(|word| tokens.contains(&fold(word).as_str()))
    };
    // `bao.truong@`: both may mean something in some language.
    let turned = tokens.len() == 2
        && repeated().map(fold).eq(tokens.iter().rev().map(|token| (*token).to_owned()))
        && !address.is_role_mailbox();
    turned || repeated().any(|word| !is_unit(&word))
}

/// The name of a display name; none for an address or a company.
pub(super) fn header(author: &Author) -> Option<Signed> {
    let display = author.name.as_deref()?.trim();
    if display.is_empty() || display.contains('@') {
        return None;
    }
    if let Some(name) = east::own_script(display).filter(|name| looks_like_name(name)) {
        return Some(take_apart(&name));
    }
    let bare = display.split(['(', '[', '|']).next().unwrap_or(display).trim();
    let bare = [" - ", " – ", " / ", " @ ", " via ", " bei ", " from ", " at "]
        .iter()
        .find_map(|separator| {
            let (first, second) = bare.split_once(separator)?;
            // "Anneke de Wit - van Dam": two families.
            if second.split(' ').next().is_some_and(is_particle) {
                return None;
            }
            let company = |text: &str| {
                let s = lexicon().senses(text);
                s.has(Sense::Organization) || s.has(Sense::LegalForm)
            };
            Some(if company(first) && !company(second) { second } else { first })
        })
        .unwrap_or(bare);
    let senses = lexicon().senses(bare);
    let unit = senses.has(Sense::Team)
        || (senses.has(Sense::Organization) || senses.has(Sense::Department))
            && !bare.contains(',');
    let company = senses.has(Sense::LegalForm) || unit && !addresses_a_person(bare, author);
    if company || bare.chars().any(|c| c.is_ascii_digit()) || is_described(bare, author) {
        return None;
    }
    let (bare, turned) = turn(bare);
    let mut signed = take_apart(&bare);
    if let Some(given) = turned {
        let prefix_words = take_apart_prefix(&bare).0;
        signed.family = given.checked_sub(prefix_words).filter(|at| *at < signed.words.len());
    }
    (!signed.words.is_empty()).then_some(signed)
}

/// Whether a display name goes on in small letters, as no name does: "Zamówienia publiczne".
fn is_described(display: &str, author: &Author) -> bool {
    let local = author.address.as_ref().map(|address| fold(address.local())).unwrap_or_default();
    let mut words = display.split_whitespace();
    words.next().is_some_and(|word| word.starts_with(char::is_uppercase))
        && words.any(|word| {
            word.chars().count() > 3
                && word.chars().all(char::is_lowercase)
                && !is_particle(word)
                && !local.contains(&fold(word))
        })
}

/// "Müller, Anna" → "Anna Müller" and the number of given names.
fn turn(display: &str) -> (String, Option<usize>) {
    let Some((family, given)) = display.split_once(',') else { return (display.to_owned(), None) };
    let given = given.trim();
    let credential = given
        .split(|c: char| c == ',' || c.is_whitespace())
        .filter(|w| !w.is_empty())
        .all(is_credential);
    if given.is_empty() || credential || given.contains(',') {
        return (display.to_owned(), None);
    }
    (format!("{given} {}", family.trim()), Some(given.split_whitespace().count()))
}

/// A signed name: titles, words, post-nominals.
pub(super) fn signed(text: &str, _context: &Context<'_>) -> Signed {
    if let Some(name) = east::leading_script(text) {
        return take_apart(&name);
    }
    let (text, turned) = match text.split_once(',') {
        // "Müller, Anna" is rare below a letter; "Anna Müller, PhD" is not.
        Some((first, _)) if first.split_whitespace().count() == 1 => turn(text),
        _ => (text.to_owned(), None),
    };
    let mut signed = take_apart(&text);
    if turned.is_some() {
        signed.family = turned;
    }
    signed
}

/// A name without titles, courtesy and post-nominals.
pub(super) fn bare(text: &str) -> String {
    take_apart(text).words.join(" ")
}

fn take_apart(text: &str) -> Signed {
    let text = text
        .split(['(', '['])
        .enumerate()
        .filter(|(at, part)| *at == 0 || is_title_in_brackets(part) || goes_on(part))
        .map(|(at, part)| match part.split_once(')') {
            _ if at == 0 => part.to_owned(),
            // "W. (Wouter) Jansen": what stands in brackets is how he is called.
            Some((_, rest)) if goes_on(part) && !is_title_in_brackets(part) => rest.to_owned(),
            _ => format!("({part}"),
        })
        .collect::<String>();
    let (prefixed, prefix, rest) = prefix_of(&text);
    let _ = prefixed;
    let (mut names, suffix) = suffix_of(&rest);
    names.retain(|name| name.chars().any(char::is_alphabetic));
    // Initials ("J.P.M.") are always capitals.
    let caps = |name: &str| {
        name.chars().filter(|c| c.is_alphabetic()).count() > 1
            && !name.chars().any(|c| c.is_lowercase() || c == '.')
    };
    let some_caps = names.iter().any(|name| caps(name))
        && names.iter().any(|name| !caps(name) && name.chars().count() > 2 && !is_particle(name));
    let family = if some_caps { names.iter().position(|name| caps(name)) } else { None };
    let mut signed = Signed { prefix, words: names, family, suffix, shouted: false };
    if some_caps && signed.family == Some(0) {
        // "LAMBRECHTS Frédéric": the family name leads.
        let end = signed.words.iter().take_while(|name| caps(name) || is_particle(name)).count();
        signed.words.rotate_left(end);
        signed.family = Some(signed.words.len() - end);
    }
    let everywhere = signed.words.iter().all(|name| caps(name) || name.chars().count() <= 2);
    let lower = signed.words.iter().all(|name| !name.chars().any(char::is_uppercase))
        && signed.words.len() > 1;
    for (at, name) in signed.words.iter_mut().enumerate() {
        let shouted =
            caps(name) && (everywhere || signed.family.is_some_and(|family| at >= family));
        let small = name.chars().next().is_some_and(char::is_lowercase) && !is_particle(name);
        signed.shouted |= shouted;
        if shouted || small && (lower || name.contains('-')) {
            *name = capitalise(name);
        }
    }
    signed
}

/// Whether the name goes on behind a bracket.
fn goes_on(part: &str) -> bool {
    part.split_once([')', ']']).is_some_and(|(_, rest)| {
        rest.chars().any(char::is_alphabetic) && !rest.trim_start().starts_with([',', '-', '|'])
    })
}

fn is_title_in_brackets(part: &str) -> bool {
    let inner = part.split([')', ']']).next().unwrap_or_default();
    matches!(fold(inner).as_str(), "fh" | "ba" | "uni" | "th" | "tu" | "hons" | "oxon")
}

fn take_apart_prefix(text: &str) -> (usize, String) {
    let (count, prefix, _) = prefix_of(text);
    (count, prefix)
}

/// Whether a word joins or begins families: "van", "do", "e".
pub(super) fn is_particle(name: &str) -> bool {
    let folded = name.to_lowercase();
    let bare = folded.trim_matches(['\'', '’']);
    let initial = bare.len() == 1 && name.chars().all(char::is_uppercase);
    PARTICLES.contains(&bare) && !initial
}

/// How much of a name is written out: words of more than an initial, then titles.
pub(super) fn fullness(name: &Signed) -> (usize, bool, bool) {
    let whole = name
        .words
        .iter()
        .filter(|word| word.chars().filter(|c| c.is_alphabetic()).count() > 1)
        .count();
    (whole, !name.prefix.is_empty(), !name.suffix.is_empty())
}

/// How many of the header's names are signed.
pub(super) fn shared(signed: &Signed, header: Option<&Signed>) -> usize {
    let names: Vec<String> = signed.words.iter().map(|word| fold(word)).collect();
    header
        .map_or(0, |header| header.words.iter().filter(|word| names.contains(&fold(word))).count())
}

/// Whether two spellings are of one person.
pub(super) fn agree(signed: &Signed, header: &Signed) -> bool {
    let names: Vec<String> = header.words.iter().map(|word| fold(word)).collect();
    signed.words.iter().any(|word| names.contains(&fold(word)))
}

/// A signed name completed from the header.
pub(super) fn merge(mut signed: Signed, header: &Signed, context: &Context<'_>) -> PersonName {
    if signed.prefix.is_empty() {
        signed.prefix.clone_from(&header.prefix);
    }
    if signed.suffix.is_empty() {
        signed.suffix.clone_from(&header.suffix);
    }
    let partial = signed.words.len() < header.words.len()
        && agree(&signed, header)
        && (signed.words.len() == 1
            || signed.words.iter().any(|word| word.trim_end_matches('.').chars().count() == 1));
    if partial {
        return finish(
            Signed { words: header.words.clone(), family: header.family, ..signed },
            context,
        );
    }
    // "Tan Hui Ling" below, "Hui Ling Tan" above: the family name leads where it stood last.
    if signed.family.is_none()
        && header.family.is_none()
        && signed.words.len() == header.words.len()
    {
        let mut turned: Vec<String> = header.words.iter().map(|word| fold(word)).collect();
        turned.rotate_right(1);
        let leads = signed.words.iter().map(|word| fold(word)).eq(turned.iter().cloned());
        let same = turned.windows(2).all(|pair| pair.first() == pair.last());
        if leads && !same && signed.words.len() > 2 && context.family_may_lead() {
            return parts::family_leads(signed);
        }
    }
    if signed.words.len() < header.words.len() && signed.words.concat() == header.words.concat() {
        signed.words.clone_from(&header.words);
    }
    // Capitals hide accents and dots: "ΜΑΡΙΑ", "YILMAZ".
    for word in signed.words.iter_mut().filter(|_| signed.shouted) {
        let accents = |name: &str| name.chars().filter(|c| !c.is_ascii()).count();
        let same = |other: &&String| {
            fold(other) == fold(word)
                && other.chars().any(char::is_lowercase)
                && accents(other) >= accents(word)
        };
        if let Some(better) = header.words.iter().find(same) {
            word.clone_from(better);
        }
    }
    // The header may tell where the family name begins: "Müller, Anna".
    if let Some(at) = header.family
        && let Some(first) = header.words.get(at).map(|word| fold(word))
    {
        if let Some(found) =
            signed.words.iter().position(|word| fold(word) == first).filter(|found| *found > 0)
        {
            signed.family = Some(found);
        } else if signed.words.first().map(|word| fold(word)) == Some(first)
            && signed.words.len() == header.words.len()
            && !context.family_first()
        {
            signed.words.clone_from(&header.words);
            signed.family = Some(at);
        }
    }
    // "Degli Esposti Maria Vittoria" above, "Maria Vittoria Degli Esposti" below: what leads there
    // is the family.
    if signed.family.is_none() && header.family.is_none() && !context.family_first() {
        let header: Vec<String> = header.words.iter().map(|word| fold(word)).collect();
        let below: Vec<String> = signed.words.iter().map(|word| fold(word)).collect();
        let turned = |led: &usize| {
            let (family, given) = header.split_at(*led);
            below.iter().eq(given.iter().chain(family))
        };
        let led = (1..header.len()).find(turned).filter(|_| header.len() == below.len());
        let foreign = context.countries.first().is_some_and(|country| country == "HU");
        if let Some(led) = led.filter(|_| !foreign && !context.family_may_lead()) {
            signed.family = Some(below.len() - led);
        }
    }
    // "Ann-Charlotte Wrangel" above, "Ann-Charlotte Wrangel af Sauss" below: the family goes on.
    if let ([first, family], None, None) = (header.words.as_slice(), header.family, signed.family)
        && let Some(at) = signed.words.iter().position(|word| fold(word) == fold(family))
        && (1..signed.words.len() - 1).contains(&at)
        && signed.words.first().is_some_and(|word| fold(word) == fold(first))
        && !parts::is_given(family)
    {
        signed.family = Some(at);
    }
    // Spelled without capitals in the header, the header's case is better: "AMRANI" → "Amrani".
    for word in &mut signed.words {
        if let Some(better) = header
            .words
            .iter()
            .find(|other| fold(other) == fold(word) && other.as_str() != word.as_str())
            && word.chars().any(char::is_uppercase)
            && !word.chars().all(|c| c.is_uppercase() || !c.is_alphabetic())
            && fold(better) == better.to_lowercase()
            && word.to_lowercase() == better.to_lowercase()
        {
            word.clone_from(better);
        }
    }
    finish(signed, context)
}

/// "QUAGLIA-WEISS" → "Quaglia-Weiss", "D'ESTAING" → "d'Estaing" is left to the header.
fn capitalise(name: &str) -> String {
    // As a whole: a sigma that ends a word has a form of its own.
    let lower = name.to_lowercase();
    let mut start = true;
    lower
        .chars()
        .flat_map(|c| {
            let mapped: Vec<char> = if start { c.to_uppercase().collect() } else { vec![c] };
            start = !c.is_alphabetic();
            mapped
        })
        .collect()
}
