//! A company's name without its legal form.

use super::fold::{entries, fold};
use super::latin::latin;
use std::collections::HashSet;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization as _;

/// Legal forms folded, also without the spaces that dots leave (`s p a` and `spa`).
static LEGAL_FORMS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let forms = entries(include_str!("../signature/data/legal_forms.txt")).map(fold);
    let also = ["co", "company", "tbk"].map(str::to_owned);
    forms.flat_map(|form| [form.replace(' ', ""), form]).chain(also).collect()
});

/// Those of one word that may stand first.
static LEADING: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let lines = entries(include_str!("data/leading_legal_forms.txt"));
    let forms = lines.flat_map(str::split_whitespace).map(fold);
    forms.flat_map(|form| [form.replace(' ', ""), form]).collect()
});

/// Those of scripts that put no space between words.
static JOINED: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let is_joined =
        |form: &&str| form.chars().nth(1).is_some() && form.chars().all(|c| c > '\u{1100}');
    LEGAL_FORMS.iter().map(String::as_str).filter(is_joined).collect()
});

/// Words that a company's name may begin with, which say nothing.
const ARTICLES: [&str; 13] =
    ["die", "der", "das", "the", "le", "la", "les", "el", "il", "de", "het", "firma", "fa"];

/// Most words of a legal form.
const MOST_WORDS: usize = 5;

/// A company's name folded, without its legal form: `Müller & Söhne GmbH & Co. KG` and
/// `MUELLER SOEHNE` are the same, and so are `ООО Ромашка` and `Ромашка`.
pub fn fold_company(name: &str) -> String {
    without_forms(&fold(name))
}

/// The same in Latin letters.
pub(super) fn latin_company(name: &str) -> String {
    let own = fold_company(name);
    if own.is_ascii() { own } else { without_forms(&latin(&own)) }
}

/// The first word of a company's name that tells it from others, as it is written: no article, and
/// nothing of a legal form. Whatever is called so has that word.
pub fn telling_word(name: &str) -> Option<String> {
    let name: String = name.nfc().collect();
    let folded = fold_company(&name);
    let is_apart = |c: char| !(c.is_alphanumeric() || matches!(c, '\'' | '’'));
    let mut words = name.split(is_apart).filter(|word| !word.is_empty());
    let tells = |word: &&str| {
        let word = fold(word);
        !ARTICLES.contains(&word.as_str()) && folded.split(' ').any(|it| it == word)
    };
    let first = words.clone().next();
    let word = words.find(tells).or(first)?;
    // Searches take words apart at an apostrophe.
    let parts = word.split(|c: char| !c.is_alphanumeric());
    parts.max_by_key(|part| part.chars().count()).map(str::to_owned)
}

fn without_forms(folded: &str) -> String {
    let words: Vec<&str> = folded
        .split(' ')
        .filter(|word| !matches!(*word, "und" | "and" | "et" | "y" | "u"))
        .collect();
    let mut rest = words.as_slice();
    while let Some(shorter) = without_form(rest) {
        rest = shorter;
    }
    let name = rest.join(" ");
    if name.is_ascii() { name } else { without_joined(&name).to_owned() }
}

fn without_form<'a, 'w>(words: &'a [&'w str]) -> Option<&'a [&'w str]> {
    let most = MOST_WORDS.min(words.len().saturating_sub(1));
    for count in (1..=most).rev() {
        let (head, tail) = words.split_at(words.len() - count);
        if LEGAL_FORMS.contains(tail.join(" ").as_str()) {
            return Some(head);
        }
        let (head, tail) = words.split_at(count);
        let may_lead = if count > 1 { &LEGAL_FORMS } else { &LEADING };
        if may_lead.contains(head.join(" ").as_str()) {
            return Some(tail);
        }
    }
    None
}

fn without_joined(name: &str) -> &str {
    let mut shorter = JOINED.iter().filter_map(|form| {
        name.strip_prefix(form).or_else(|| name.strip_suffix(form)).map(str::trim)
    });
    shorter.find(|rest| !rest.is_empty()).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_company_is_one_with_and_without_its_legal_form() {
        for spelling in
            ["Müller & Partner GmbH & Co. KG", "Mueller Partner", "MÜLLER UND PARTNER AG"]
        {
            assert_eq!(fold_company(spelling), "muller partner", "{spelling}");
        }
        assert_eq!(fold_company("Exempla Sp. z o.o."), "exempla");
        assert_eq!(fold_company("AG"), "ag", "a name is never stripped to nothing");
        assert_eq!(fold_company("株式会社"), fold("株式会社"));
    }

    #[test]
    fn a_company_is_looked_for_by_the_word_that_tells_it_from_others() {
        for (name, word) in [
            ("Müller & Partner GmbH & Co. KG", "Müller"),
            ("Die Exempla-Werke AG", "Exempla"),
            ("O'Neill Ltd.", "Neill"),
            ("Mu\u{308}ller AG", "Müller"),
            ("AG", "AG"),
        ] {
            assert_eq!(telling_word(name).as_deref(), Some(word), "{name}");
        }
        assert_eq!(telling_word(" - "), None);
    }

    #[test]
    fn a_legal_form_may_stand_first() {
        for (full, bare) in [
            ("UAB Baltija", "Baltija"),
            ("Baltija, UAB", "Baltija"),
            ("SIA Rīgas Piens", "Rīgas Piens"),
            ("OÜ Põhi", "Põhi OÜ"),
            ("ООО «Ромашка»", "Ромашка"),
            ("ЗАО Север", "Север"),
            ("SARL Dupont", "Dupont SARL"),
            ("PT Astra Internasional Tbk", "Astra Internasional"),
            ("S.C. Dacia S.R.L.", "Dacia"),
            ("株式会社テスト", "テスト"),
            ("テスト株式会社", "テスト"),
            ("㈱テスト", "テスト"),
            ("주식회사 한국", "한국"),
            ("Firma Müller GmbH", "Müller"),
        ] {
            assert_eq!(fold_company(full), fold_company(bare), "{full}");
            assert_eq!(latin_company(full), latin_company(bare), "{full}");
        }
        for name in ["AS Schneider", "SAS Institute", "Pt", "UAB"] {
            assert_eq!(fold_company(name), fold(name), "{name}");
        }
        assert_eq!(latin_company("ООО Ромашка"), latin_company("Romashka"));
    }
}
