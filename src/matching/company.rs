//! A company's name without its legal form.

use super::fold::{entries, fold};
use super::latin::latin;
use std::collections::HashSet;
use std::sync::LazyLock;

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
