//! Which words of a name are given names, and which the family's.

use super::{Signed, is_particle};
use crate::contact::PersonName;
use crate::signature::context::Context;
use crate::signature::east::name::{family_length, leads_romanised};
use crate::signature::fold::{fold, is_ideograph, words};
use crate::signature::language::{Sense, lexicon};
use crate::signature::script::is_foreign;

/// Splits given from family names by the culture and by what the address tells.
pub(in crate::signature) fn finish(signed: Signed, context: &Context<'_>) -> PersonName {
    let Signed { prefix, words, family, suffix, .. } = signed;
    let optional = |text: String| (!text.is_empty()).then_some(text);
    let mut name = PersonName {
        full: words.join(" "),
        given: None,
        family: None,
        prefix: optional(prefix),
        suffix: optional(suffix),
    };
    if name.full.chars().any(is_ideograph) {
        ideographs(&mut name, &words, context);
        return name;
    }
    if words.len() < 2 {
        name.given = words.first().cloned();
        return name;
    }
    if let Some(at) = patronymic(&words) {
        // "Иванов Сергей Петрович", "Сергей Петрович Иванов"
        let (family, given) = if at + 1 == words.len() {
            words.split_at(1)
        } else {
            let (given, family) = words.split_at(at + 1);
            (family, given)
        };
        name.family = Some(family.join(" "));
        name.given = Some(given.join(" "));
        return name;
    }
    if family.is_none() && stands_first(&words, context) {
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

/// A name whose first word is the family's, and stays first.
pub(super) fn family_leads(signed: Signed) -> PersonName {
    let optional = |text: String| (!text.is_empty()).then_some(text);
    PersonName {
        full: signed.words.join(" "),
        given: signed.words.get(1..).map(|given| given.join(" ")),
        family: signed.words.first().cloned(),
        prefix: optional(signed.prefix),
        suffix: optional(signed.suffix),
    }
}

/// "Lambrechts Frédéric" of toitures-lambrechts.be: the company bears the family name.
fn led_by_family(words: &[String], context: &Context<'_>) -> Option<Vec<String>> {
    let [first, second] = words else { return None };
    let (family, given) = (fold(first), fold(second));
    let domain = &context.sender.domain;
    let local = &context.sender.joined;
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
    // "Bodil Krogh Østergaard": in Denmark, Norway and Slovenia a middle name is a family's, unless it
    // is known as a given name.
    if matches!(context.language_code(), "da" | "nb" | "sl")
        && words.len() > 2
        && particle.is_none()
    {
        let given =
            words.iter().skip(1).take(last - 1).take_while(|word| {
                is_given(word) || word.trim_end_matches('.').chars().count() == 1
            });
        return 1 + given.count();
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
    let local = &context.sender.joined;
    (1..words.len())
        .find(|at| {
            let family: String = words
                .get(*at..)
                .unwrap_or_default()
                .iter()
                .map(|word| fold(word).replace(['-', '.', '\'', ' '], ""))
                .collect();
            let first = words.get(*at).map(|word| fold(word)).unwrap_or_default();
            let family = spelled(&family, words, *at, local);
            let first = spelled(&first, words, *at, local);
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

/// A folded family name as the address spells it: `djordjevic` for "Đorđević".
fn spelled(folded: &str, words: &[String], at: usize, local: &str) -> String {
    let crossed = words.get(at).is_some_and(|word| word.contains(['đ', 'Đ']));
    if crossed && local.contains("dj") { folded.replace('d', "dj") } else { folded.to_owned() }
}

/// Spanish and Portuguese families are two names; a second given name is a known one.
fn iberian_split(words: &[String], context: &Context<'_>) -> usize {
    let last = words.len() - 1;
    let local = &context.sender.joined;
    // A Brazilian or Portuguese address often bears the last of two families.
    let told = if context.language_code() == "pt" { 1 } else { 2 };
    for at in 1..=last.min(told) {
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
    // "Maria do Carmo": a devotion is one name with the given one.
    let devotion = words.get(1..3).map(|pair| pair.join(" ")).unwrap_or_default();
    let parts = crate::signature::fold::words(&devotion);
    let whole = lexicon()
        .find(&devotion, &parts)
        .iter()
        .any(|hit| hit.means.sense == Sense::Given && (hit.first, hit.last) == (0, 1));
    if whole && words.len() > 3 && words.get(1).is_some_and(|word| is_particle(word)) {
        return 3;
    }
    let initial = |word: &String| word.trim_end_matches('.').chars().count() == 1;
    let second = |word: &String| is_given(word) || initial(word) && !is_particle(word);
    let second_given = words.get(1).is_some_and(second) && words.len() > 2;
    if second_given { 2.min(last) } else { 1 }
}

/// Whether a word is a known given name, or begins with one: "Jean-Luc", and not "Vörösmarty-Pál".
pub(super) fn is_given(word: &str) -> bool {
    let hits = lexicon().find(word, &words(word));
    hits.iter().any(|hit| hit.first == 0 && hit.means.sense == Sense::Given)
}

/// Where a patronymic stands behind a given name.
fn patronymic(words: &[String]) -> Option<usize> {
    let is = |word: &String| lexicon().senses(word).has(Sense::Patronymic);
    if words.len() < 3 {
        None
    } else {
        (1..words.len()).rev().find(|at| words.get(*at).is_some_and(is))
    }
}

/// Whether the family name leads, by the culture and by known given and family names.
fn stands_first(words: &[String], context: &Context<'_>) -> bool {
    let (Some(first), Some(last)) = (words.first(), words.last()) else { return false };
    let country = context.countries.first().map_or("", String::as_str);
    match (context.language_code(), country) {
        ("ja", _) | (_, "JP") => leads_romanised(first, last, &["ja"]),
        ("vi", _) | (_, "VN") => leads_romanised(first, last, &["vi"]),
        ("zh" | "ko", _) | (_, "CN" | "TW" | "HK" | "KR" | "SG" | "MY") => {
            leads_romanised(first, last, &["zh", "ko"])
        }
        _ => {
            let turned = is_given(first) && !is_given(last);
            let hungarian = country == "HU" && !matches!(context.language_code(), "en" | "de");
            (context.family_first() || hungarian) && !turned
                || words.len() == 2 && is_given(last) && !is_given(first) && is_foreign(first)
        }
    }
}

/// Names in Chinese, Japanese and Korean letters: the family name leads.
fn ideographs(name: &mut PersonName, words: &[String], context: &Context<'_>) {
    if let [family, given @ ..] = words
        && !given.is_empty()
    {
        name.family = Some(family.clone());
        name.given = Some(given.join(" "));
        return;
    }
    let family = family_length(&name.full, context.language_code());
    let at = name.full.char_indices().nth(family).map_or(name.full.len(), |(at, _)| at);
    let (family, given) = name.full.split_at(at);
    let (family, given) = (family.to_owned(), given.to_owned());
    name.family = Some(family);
    name.given = (!given.is_empty()).then_some(given);
}
