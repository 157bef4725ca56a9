//! What stands before and behind a name: titles, courtesy, post-nominals.

use crate::signature::fold::{Word, fold, words};
use crate::signature::language::{Sense, lexicon};

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

/// Whether words are only how one signs for somebody: "i. A.", "ppa.", "Im Auftrag".
pub(in crate::signature) fn is_courtesy_only(words: &[Word]) -> bool {
    !words.is_empty() && words.iter().all(|word| COURTESY.contains(&word.folded.as_str()))
}

/// The titles before a name: how many words, as written, and the rest.
pub(super) fn prefix_of(text: &str) -> (usize, String, String) {
    let tokens: Vec<&str> = text.split_whitespace().collect();
    let mut taken = 0;
    let mut prefix: Vec<&str> = Vec::new();
    while let Some(token) = tokens.get(taken) {
        let more = tokens.len() - taken > 1;
        // "mr." is a Dutch title, "Mr" is courtesy.
        let courtesy = is_courtesy(token)
            && token.chars().next().is_some_and(char::is_uppercase)
            && matches!(fold(token).trim_end_matches('.'), "mr" | "ms" | "mw");
        // "Mgr. et Mgr. Jana Nová", "dr hab. n. med. Jagoda Nowak"
        let joins = matches!(*token, "et" | "n.")
            && !prefix.is_empty()
            && tokens.get(taken + 1).is_some_and(|next| is_academic(next, true));
        if more && joins {
            prefix.push(token);
        } else if more && !courtesy && is_academic(token, taken > 0 && !prefix.is_empty()) {
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
    // "Dipl.-Übers.": whatever the diploma is in.
    let diploma = fold(token).starts_with("dipl.-");
    diploma
        || known
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

/// The names and the post-nominals behind them.
pub(super) fn suffix_of(text: &str) -> (Vec<String>, String) {
    let (front, back) = match text.split_once(',') {
        Some((front, back)) => (front, back.trim().to_owned()),
        None => (text, String::new()),
    };
    let mut names: Vec<String> = front.split_whitespace().map(str::to_owned).collect();
    let mut suffix: Vec<String> = Vec::new();
    while names.len() > 2
        && names.last().is_some_and(|name| is_credential(name) || is_mixed_letters(name))
    {
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

/// Whether a word has the capitals of a post-nominal that nobody listed, and small letters as no
/// family name has them: `BVSc`, `MBChB`, `PgDip`.
fn is_mixed_letters(word: &str) -> bool {
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    let capitals = word.chars().filter(|c| c.is_uppercase()).count();
    (3..=8).contains(&letters) && capitals >= 2 && capitals < letters && capitals * 2 >= letters
}

/// Whether a word is a post-nominal.
pub(in crate::signature) fn is_credential(word: &str) -> bool {
    let bare = word.trim_matches([',', '(', ')']);
    let parts = words(bare);
    let known = lexicon().find(bare, &parts).iter().any(|hit| {
        hit.means.sense == Sense::Credential && hit.first == 0 && hit.last + 1 == parts.len()
    });
    let shaped = bare.contains('.')
        || bare.chars().filter(|c| c.is_uppercase()).count() >= 2
        || bare.eq_ignore_ascii_case("jr")
        || bare.ends_with('.')
        || word.starts_with('(');
    known && shaped
}
