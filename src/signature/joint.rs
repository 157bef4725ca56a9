//! A street and its place on one line with nothing between: `Lindenweg 7 35390 Gießen`.

use super::country::atlas;
use super::language::Sense;
use super::place::is_postcode;
use super::text::Text;

/// Where the place begins behind a street, in bytes.
pub(super) fn joint(text: &Text) -> Option<usize> {
    let raw = &text.raw;
    let numbered = raw.chars().any(|c| c.is_ascii_digit());
    if !numbered || text.words.len() > 14 {
        return None;
    }
    let mut from = 0;
    let tokens: Vec<(usize, &str)> = raw
        .split(char::is_whitespace)
        .map(|token| {
            let start = from;
            let rest = raw.get(start + token.len()..).unwrap_or_default();
            from = start + token.len() + rest.chars().next().map_or(0, char::len_utf8);
            (start, token)
        })
        .filter(|(_, token)| !token.is_empty())
        .collect();
    code_first(text, &tokens).or_else(|| code_last(text, &tokens))
}

/// "Lindenweg 7 35390 Gießen", "12 rue de la Paix 75002 Paris": the city behind its postcode.
fn code_first(text: &Text, tokens: &[(usize, &str)]) -> Option<usize> {
    let digits = |token: &str| token.chars().filter(char::is_ascii_digit).count();
    (2..tokens.len().saturating_sub(1)).find_map(|at| {
        let (start, code) = *tokens.get(at)?;
        let (_, before) = *tokens.get(at - 1)?;
        let (_, city) = *tokens.get(at + 1)?;
        let bare = code.rsplit_once('-').map_or(code, |(_, bare)| bare);
        let first = atlas().is_leading_postcode(bare);
        let house = (1..=4).contains(&digits(before)) && before.len() <= 6;
        let street = text.raw.get(..start).is_some_and(|front| {
            let front = Text::of(front);
            front.senses.has(Sense::Street) && digits(&front.raw) > 0
        });
        let letters = city.chars().next().is_some_and(char::is_uppercase)
            && city.chars().nth(1).is_some_and(char::is_alphabetic);
        let fits = first
            && digits(code) >= 4
            && letters
            && !Text::of(city).senses.has(Sense::Thoroughfare)
            && (house && street || (house || street) && digits(code) == 5);
        fits.then_some(start)
    })
}

/// "12 High Street Leeds LS1 2DE", "8 Tuas Ave 3 #04-12 Singapore 637285": behind the word that
/// ends the street's name, and its numbers.
fn code_last(text: &Text, tokens: &[(usize, &str)]) -> Option<usize> {
    let coded = [2, 1].into_iter().find_map(|length| {
        let cut = tokens.len().checked_sub(length)?;
        let back: Vec<&str> = tokens.get(cut..)?.iter().map(|(_, token)| *token).collect();
        let back = back.join(" ");
        (is_postcode(&back) && (length == 1 || !back.starts_with(|c: char| c.is_ascii_digit())))
            .then_some(cut)
    })?;
    let hit = text
        .hits
        .iter()
        .filter(|hit| hit.means.sense == Sense::Thoroughfare && hit.first > 0)
        .max_by_key(|hit| hit.last)?;
    let end = text.words.get(hit.last)?.span.end;
    let belongs = |token: &str| {
        let direction = matches!(
            token.trim_end_matches([',', '.']),
            "N" | "S" | "E" | "W" | "NE" | "NW" | "SE" | "SW" | "North" | "South" | "East" | "West"
        );
        direction
            || token.starts_with('#')
            || token.chars().any(|c| c.is_ascii_digit())
            || matches!(token, "Suite" | "Ste" | "Ste." | "Unit" | "Floor" | "Apt" | "Level")
    };
    let place = tokens
        .iter()
        .enumerate()
        .find(|(_, (start, token))| *start >= end && !belongs(token) && token.len() > 1)?;
    (place.0 < coded).then_some(place.1.0)
}
