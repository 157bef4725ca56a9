//! How names are written: titles before them, post-nominals behind, given and family names.

use super::context::Context;
use super::fold::{fold, is_ideograph, words};
use super::language::{Sense, lexicon};
use crate::contact::PersonName;
use crate::mail::Author;

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
}

/// Particles that begin a family name.
const PARTICLES: &[&str] = &[
    "von", "vom", "van", "zu", "zum", "zur", "de", "del", "della", "delle", "dello", "dei",
    "degli", "di", "da", "dal", "do", "dos", "das", "du", "des", "der", "den", "ter", "ten", "te",
    "t", "la", "le", "lo", "el", "al", "bin", "ben", "ibn", "ní", "ni", "nic", "ó", "o", "mac",
    "mc", "ap", "ab", "af", "av", "st", "san", "santa", "y", "i", "e", "abu", "d", "los", "las",
    "in", "op", "thoe", "ver",
];

/// Words before a name that are no part of it: courtesy, and how one signs for a company.
const COURTESY: &[&str] = &[
    "mr",
    "mrs",
    "ms",
    "miss",
    "mx",
    "herr",
    "frau",
    "m",
    "mme",
    "mlle",
    "monsieur",
    "madame",
    "sr",
    "sra",
    "srta",
    "don",
    "dona",
    "sig",
    "signor",
    "signora",
    "dhr",
    "mevr",
    "mw",
    "mevrouw",
    "pan",
    "pani",
    "hr",
    "fru",
    "ia",
    "iv",
    "ppa",
    "pp",
    "ppa.",
    "gez",
    "i",
    "im",
    "auftrag",
    "vertretung",
    "per",
];

/// The name of a display name; none for an address or a company.
pub(super) fn header(author: &Author) -> Option<Signed> {
    let display = author.name.as_deref()?.trim();
    if display.is_empty() || display.contains('@') {
        return None;
    }
    let bare = display.split(['(', '[', '|']).next().unwrap_or(display).trim();
    let bare = [" - ", " – ", " / ", " @ ", " via ", " bei ", " from ", " at ", " von "]
        .iter()
        .find_map(|separator| {
            let (first, second) = bare.split_once(separator)?;
            let company = |text: &str| {
                let s = lexicon().senses(text);
                s.has(Sense::Organization) || s.has(Sense::LegalForm)
            };
            Some(if company(first) && !company(second) { second } else { first })
        })
        .unwrap_or(bare);
    let senses = lexicon().senses(bare);
    let company = senses.has(Sense::LegalForm)
        || senses.has(Sense::Team)
        || (senses.has(Sense::Organization) || senses.has(Sense::Department))
            && !bare.contains(',');
    if company || bare.chars().any(|c| c.is_ascii_digit()) {
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

/// "Müller, Anna" → "Anna Müller" and the number of given names.
fn turn(display: &str) -> (String, Option<usize>) {
    let Some((family, given)) = display.split_once(',') else { return (display.to_owned(), None) };
    let given = given.trim();
    let credential = given
        .split(|c: char| c == ',' || c.is_whitespace())
        .filter(|w| !w.is_empty())
        .all(|word| is_credential(word));
    if given.is_empty() || credential || given.contains(',') {
        return (display.to_owned(), None);
    }
    (format!("{given} {}", family.trim()), Some(given.split_whitespace().count()))
}

/// A signed name: titles, words, post-nominals.
pub(super) fn signed(text: &str, _context: &Context<'_>) -> Signed {
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

fn take_apart(text: &str) -> Signed {
    let text = text
        .split(['(', '['])
        .enumerate()
        .filter(|(at, part)| *at == 0 || is_title_in_brackets(part))
        .map(|(at, part)| if at == 0 { part.to_owned() } else { format!("({part}") })
        .collect::<String>();
    let (prefixed, prefix, rest) = prefix_of(&text);
    let _ = prefixed;
    let (mut names, suffix) = suffix_of(&rest);
    names.retain(|name| name.chars().any(char::is_alphabetic));
    let caps = |name: &str| {
        name.chars().filter(|c| c.is_alphabetic()).count() > 1
            && !name.chars().any(char::is_lowercase)
    };
    let some_caps = names.iter().any(|name| caps(name))
        && names.iter().any(|name| !caps(name) && name.chars().count() > 2 && !is_particle(name));
    let family = if some_caps { names.iter().position(|name| caps(name)) } else { None };
    let mut signed = Signed { prefix, words: names, family, suffix };
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
        if caps(name) && (everywhere || signed.family.is_some_and(|family| at >= family))
            || lower && !is_particle(name)
        {
            *name = capitalise(name);
        } else if name.chars().next().is_some_and(char::is_lowercase)
            && !is_particle(name)
            && name.contains('-')
        {
            *name = capitalise(name);
        }
    }
    signed
}

fn is_title_in_brackets(part: &str) -> bool {
    let inner = part.split([')', ']']).next().unwrap_or_default();
    matches!(fold(inner).as_str(), "fh" | "ba" | "uni" | "th" | "tu")
}

fn take_apart_prefix(text: &str) -> (usize, String) {
    let (count, prefix, _) = prefix_of(text);
    (count, prefix)
}

/// Whether a text is only how one signs for somebody: "i. A.", "ppa.", "Im Auftrag".
pub(super) fn is_courtesy_only(text: &str) -> bool {
    let mut words = words(text).into_iter().peekable();
    words.peek().is_some() && words.all(|word| COURTESY.contains(&word.folded.as_str()))
}

/// The titles before a name: how many words, as written, and the rest.
fn prefix_of(text: &str) -> (usize, String, String) {
    let tokens: Vec<&str> = text.split_whitespace().collect();
    let mut taken = 0;
    let mut prefix: Vec<&str> = Vec::new();
    while let Some(token) = tokens.get(taken) {
        let more = tokens.len() - taken > 1;
        // "mr." is a Dutch title, "Mr" is courtesy.
        let courtesy = is_courtesy(token)
            && token.chars().next().is_some_and(char::is_uppercase)
            && matches!(fold(token).trim_end_matches('.'), "mr" | "ms" | "mw");
        if more && !courtesy && is_academic(token, taken > 0 && !prefix.is_empty()) {
            prefix.push(token.trim_end_matches(','));
        } else if !(more
            && (is_courtesy(token) || taken > 0 && matches!(*token, "A." | "V." | "a." | "v.")))
        {
            break;
        }
        taken += 1;
    }
    (taken, prefix.join(" "), tokens.get(taken..).unwrap_or_default().join(" "))
}

/// Whether a word is an academic title: all its parts are ("Dr.-Ing.").
fn is_academic(token: &str, after_title: bool) -> bool {
    let parts = words(token);
    let known = !parts.is_empty() && {
        let hits = lexicon().find(token, &parts);
        let mut covered = vec![false; parts.len()];
        for hit in hits.iter().filter(|hit| hit.means.sense == Sense::Academic) {
            if let Some(words) = covered.get_mut(hit.first..=hit.last) {
                words.fill(true);
            }
        }
        covered.into_iter().all(|c| c)
    };
    let dotted = token.ends_with('.') || token.starts_with('(');
    let short = token.chars().count() <= 4;
    let abbreviated = after_title
        && dotted
        && token.chars().filter(|c| c.is_alphabetic()).count() > 1
        && token.chars().next().is_some_and(char::is_lowercase);
    known
        && (dotted
            || short
            || after_title
            || token.contains('-')
            || token.contains('.')
            || token.chars().count() > 6)
        || abbreviated
}

fn is_courtesy(token: &str) -> bool {
    let folded = fold(token);
    let bare = folded.replace('.', "");
    COURTESY.contains(&bare.as_str())
        && (token.ends_with('.') || bare.len() > 2 || matches!(bare.as_str(), "mr" | "ms" | "hr"))
}

fn is_particle(name: &str) -> bool {
    let folded = name.to_lowercase();
    let bare = folded.trim_matches(['\'', '’']);
    let initial = bare.len() == 1 && name.chars().all(|c| c.is_uppercase());
    PARTICLES.contains(&bare) && !initial
}

/// The names and the post-nominals behind them.
fn suffix_of(text: &str) -> (Vec<String>, String) {
    let (front, back) = match text.split_once(',') {
        Some((front, back)) => (front, back.trim().to_owned()),
        None => (text, String::new()),
    };
    let mut names: Vec<String> = front.split_whitespace().map(str::to_owned).collect();
    let mut suffix: Vec<String> = Vec::new();
    while names.len() > 2 && names.last().is_some_and(|name| is_credential(name)) {
        suffix.extend(names.pop());
    }
    suffix.reverse();
    let mut suffix = suffix.join(" ");
    let credentials = !back.is_empty()
        && back
            .split([',', ' ', '/'])
            .filter(|word| !word.is_empty())
            .all(|word| is_credential(word) || is_letters(word));
    if credentials {
        if !suffix.is_empty() {
            suffix.push_str(", ");
        }
        suffix.push_str(&back);
    }
    (names, suffix)
}

/// Post-nominals are capitals and dots: "LL.M.", "MRICS", "B.C.L.", "M.", "Pr.Eng".
fn is_letters(word: &str) -> bool {
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    let capitals = word.chars().filter(|c| c.is_uppercase()).count();
    let known = lexicon().senses(word).has(Sense::Credential);
    (1..=7).contains(&letters) && (capitals * 2 >= letters || word.ends_with('.') || known)
}

/// Whether a word is a post-nominal.
fn is_credential(word: &str) -> bool {
    let bare = word.trim_matches([',', '(', ')']);
    let parts = words(bare);
    let known = lexicon().find(bare, &parts).iter().any(|hit| {
        hit.means.sense == Sense::Credential && hit.first == 0 && hit.last + 1 == parts.len()
    });
    let shaped = bare.contains('.')
        || bare.chars().filter(|c| c.is_uppercase()).count() >= 2
        || bare.eq_ignore_ascii_case("jr")
        || bare.ends_with('.');
    known && shaped
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

/// Splits given from family names by the culture and by what the address tells.
pub(super) fn finish(signed: Signed, context: &Context<'_>) -> PersonName {
    let Signed { prefix, words, family, suffix } = signed;
    let optional = |text: String| (!text.is_empty()).then_some(text);
    let mut name = PersonName {
        full: words.join(" "),
        given: None,
        family: None,
        prefix: optional(prefix),
        suffix: optional(suffix),
    };
    if name.full.chars().any(is_ideograph) {
        ideographs(&mut name, &words);
        return name;
    }
    if words.len() < 2 {
        name.given = words.first().cloned();
        return name;
    }
    let family_first = context.family_first() && family.is_none();
    if family_first {
        name.family = words.first().cloned();
        name.given = words.get(1..).map(|rest| rest.join(" "));
        return name;
    }
    if let Some(turned) = family.is_none().then(|| led_by_family(&words, context)).flatten() {
        name.full = turned.join(" ");
        name.given = turned.get(..turned.len() - 1).map(|rest| rest.join(" "));
        name.family = turned.last().cloned();
        return name;
    }
    let told = family.filter(|at| (1..words.len()).contains(at)).map(|at| {
        // "Hoogeveen, Marleen van der"
        let before = words.get(1..at).unwrap_or_default();
        at - before.iter().rev().take_while(|word| is_particle(word)).count()
    });
    let at = told.unwrap_or_else(|| split_at(&words, context));
    name.given = words.get(..at).map(|given| given.join(" "));
    name.family = words.get(at..).map(|family| family.join(" "));
    name
}

/// "Lambrechts Frédéric" of toitures-lambrechts.be: the company bears the family name.
fn led_by_family(words: &[String], context: &Context<'_>) -> Option<Vec<String>> {
    let [first, second] = words else { return None };
    let (family, given) = (fold(first), fold(second));
    let domain = &context.sender.domain;
    let local = context.sender.local.concat();
    let named = family.len() > 4
        && domain.contains(&family)
        && !domain.contains(&given)
        && !local.contains(&family)
        && !local.contains(&given);
    let written = context.sender.names.first().is_none_or(|name| *name == family);
    (named && written).then(|| vec![second.clone(), first.clone()])
}

/// Where the family name begins.
fn split_at(words: &[String], context: &Context<'_>) -> usize {
    let last = words.len() - 1;
    let iberian = matches!(context.language_code(), "es" | "pt")
        || context.countries.first().is_some_and(|c| {
            matches!(
                c.as_str(),
                "ES" | "PT" | "BR" | "MX" | "CO" | "AR" | "CL" | "PE" | "UY" | "EC" | "CR" | "VE"
            )
        });
    // A particle begins the family name, unless it joins two of them.
    let particle = words
        .iter()
        .enumerate()
        .skip(1)
        .take(last.saturating_sub(1))
        .find(|(_, word)| is_particle(word))
        .map(|(at, _)| at);
    if iberian && words.len() > 2 {
        return iberian_split(words, context);
    }
    // The address may spell the family name: "j.vandermeer", "igarciaochoa".
    if let Some(at) = told_by_address(words, context) {
        return at;
    }
    if let Some(at) = particle {
        return at;
    }
    last
}

fn told_by_address(words: &[String], context: &Context<'_>) -> Option<usize> {
    let local = context.sender.local.concat();
    (1..words.len())
        .find(|at| {
            let family: String = words
                .get(*at..)
                .unwrap_or_default()
                .iter()
                .map(|word| fold(word).replace(['-', '.', '\'', ' '], ""))
                .collect();
            let first = words.get(*at).map(|word| fold(word)).unwrap_or_default();
            let named = family.len() >= 4 && local.ends_with(&family)
                || first.len() >= 5
                    && local.len() > first.len()
                    && local.ends_with(&first)
                    && !words.get(*at).is_some_and(|word| is_given(word));
            named && words.len() > 2
        })
        .map(|at| {
            let particles = words
                .get(1..at)
                .unwrap_or_default()
                .iter()
                .rev()
                .take_while(|word| is_particle(word))
                .count();
            at - particles
        })
}

/// Spanish and Portuguese families are two names; a second given name is a known one.
fn iberian_split(words: &[String], context: &Context<'_>) -> usize {
    let last = words.len() - 1;
    let local = context.sender.local.concat();
    for at in 1..=last.min(2) {
        let Some(first) = words.get(at).map(|word| fold(word).replace('-', "")) else { break };
        if first.len() >= 4
            && local.len() > first.len()
            && (local.ends_with(&first) || local.contains(&first))
            && !is_particle(words.get(at).map_or("", |w| w))
        {
            let given = words.get(at).is_some_and(|word| is_given(word));
            if !given {
                let before = words.get(at - 1).is_some_and(|word| is_particle(word)) && at > 1;
                return if before { at - 1 } else { at };
            }
        }
    }
    let second_given = words.get(1).is_some_and(|word| is_given(word)) && words.len() > 2;
    if second_given { 2.min(last) } else { 1 }
}

fn is_given(word: &str) -> bool {
    lexicon().senses(word).has(Sense::Given)
}

/// Names in Chinese, Japanese and Korean letters: the family name leads.
fn ideographs(name: &mut PersonName, words: &[String]) {
    if let [family, given @ ..] = words
        && !given.is_empty()
    {
        name.family = Some(family.clone());
        name.given = Some(given.join(" "));
        return;
    }
    let letters: Vec<char> = name.full.chars().collect();
    let family = match letters.len() {
        2 | 3 => 1,
        4.. => 2,
        _ => return,
    };
    name.family = letters.get(..family).map(|letters| letters.iter().collect());
    name.given = letters.get(family..).map(|letters| letters.iter().collect());
}

/// "QUAGLIA-WEISS" → "Quaglia-Weiss", "D'ESTAING" → "d'Estaing" is left to the header.
fn capitalise(name: &str) -> String {
    let mut start = true;
    name.chars()
        .flat_map(|c| {
            let mapped: Vec<char> =
                if start { c.to_uppercase().collect() } else { c.to_lowercase().collect() };
            start = !c.is_alphabetic();
            mapped
        })
        .collect()
}
