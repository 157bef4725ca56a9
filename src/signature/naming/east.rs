//! The name in a text that also holds it in another script, a title or a courtesy:
//! "田中 美咲 (Misaki Tanaka)", "김민수 과장", "陳美玲 Mei-Ling Chen".

use crate::signature::east::{name::looks_like_name, parts};
use crate::signature::fold::is_ideograph;
use crate::signature::language::{Sense, lexicon};

/// The name in ideographs or syllables that a text holds, if it holds one.
pub(super) fn own_script(text: &str) -> Option<String> {
    if !text.chars().any(is_ideograph) {
        return None;
    }
    let pieces: Vec<&str> = text
        .split(['(', ')', '（', '）', '/', '|', ',', '<', '[', '「', '-'])
        .flat_map(|piece| parts(piece).into_iter().filter_map(|span| piece.get(span)))
        .map(str::trim)
        .filter(|piece| piece.chars().any(is_ideograph))
        .collect();
    let named = pieces.iter().find(|piece| looks_like_name(piece)).or_else(|| pieces.first())?;
    let words: Vec<&str> = named
        .split_whitespace()
        .filter(|word| word.chars().any(is_ideograph))
        .map(|word| word.trim_end_matches(['様', '氏', '님']))
        .filter(|word| {
            let senses = lexicon().senses(word);
            !senses.has(Sense::Valediction) && !senses.has(Sense::Title)
        })
        .collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// The name in the script it begins with, where a text of ideographs holds it in two:
/// "Kelvin Wong 黃家輝" goes by the Latin one.
pub(super) fn leading_script(text: &str) -> Option<String> {
    let first = text.chars().find(|c| c.is_alphabetic())?;
    if is_ideograph(first) {
        return own_script(text);
    }
    let latin: Vec<&str> =
        text.split_whitespace().filter(|word| !word.chars().any(is_ideograph)).collect();
    let named = latin.len() >= 2 && text.chars().any(is_ideograph);
    named.then(|| latin.join(" ")).or_else(|| own_script(text))
}
