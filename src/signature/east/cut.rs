//! Takes a text apart where spaces part values: "営業部 部長 佐藤 健一", "김민수 과장".

use super::name::looks_like_name;
use crate::signature::fold::is_ideograph;
use crate::signature::language::Sense;
use crate::signature::text::Text;
use std::ops::Range;

/// What a word between spaces is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Organization,
    /// A legal form alone: part of the name beside it.
    LegalForm,
    Title,
    Department,
    Courtesy,
    /// Words in Latin letters.
    Latin,
    /// A name, or part of one.
    Other,
}

/// The parts of a text, in bytes; one where nothing parts it.
pub(in crate::signature) fn parts(text: &str) -> Vec<Range<usize>> {
    let whole = || std::iter::once(0..text.len()).collect();
    if !text.chars().any(is_ideograph) || !text.trim().contains([' ', '/', '\u{a0}']) {
        return whole();
    }
    let mut parts: Vec<(Range<usize>, Class)> = Vec::new();
    for word in text.split([' ', '/', '\u{a0}']).filter(|word| !word.is_empty()) {
        let Some(start) = offset(text, word) else { return whole() };
        let class = class(word);
        let span = start..start + word.len();
        match parts.last_mut() {
            Some((last, before))
                if joins(text.get(last.clone()).unwrap_or_default(), *before, word, class) =>
            {
                last.end = span.end;
                if *before != class
                    && (*before == Class::LegalForm
                        || matches!(class, Class::LegalForm | Class::Organization))
                {
                    *before = Class::Organization;
                }
            }
            _ => parts.push((span, class)),
        }
    }
    parts.into_iter().map(|(span, _)| span).collect()
}

/// Where a part of a text begins in it.
fn offset(text: &str, part: &str) -> Option<usize> {
    (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize)
}

fn joins(before: &str, left: Class, word: &str, right: Class) -> bool {
    use Class::{Department, Latin, LegalForm, Organization, Other, Title};
    match (left, right) {
        (LegalForm, Other | Latin | Organization)
        | (Other, LegalForm | Latin)
        | (Latin, LegalForm | Organization | Other | Latin)
        | (Title, Title)
        | (Department, Department)
        | (Organization, Organization) => true,
        (Other, Organization) => !looks_like_name(before),
        (Other, Other) => !(looks_like_name(before) && looks_like_name(word)),
        _ => false,
    }
}

fn class(word: &str) -> Class {
    if !word.chars().any(is_ideograph) {
        let text = Text::of(word);
        return if text.senses.has(Sense::Title) { Class::Title } else { Class::Latin };
    }
    let text = Text::of(word);
    let has = |sense| text.senses.has(sense);
    if has(Sense::LegalForm) {
        let only = text.hits.iter().any(|hit| hit.means.sense == Sense::LegalForm)
            && crate::signature::language::lexicon().is_legal_form(word);
        return if only { Class::LegalForm } else { Class::Organization };
    }
    match () {
        () if has(Sense::Valediction) || has(Sense::Salutation) => Class::Courtesy,
        () if has(Sense::Title) => Class::Title,
        () if has(Sense::Department) => Class::Department,
        () if has(Sense::Organization) => Class::Organization,
        () => Class::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_parted_and_names_stay_whole() {
        let cut = |text: &'static str| -> Vec<&str> {
            parts(text).into_iter().map(|span| &text[span]).collect()
        };
        assert_eq!(
            cut("営業本部 海外営業部 部長 佐藤 健一"),
            ["営業本部 海外営業部", "部長", "佐藤 健一"]
        );
        assert_eq!(cut("青葉精機株式会社 営業部"), ["青葉精機株式会社", "営業部"]);
        assert_eq!(cut("株式会社 青葉"), ["株式会社 青葉"]);
        assert_eq!(cut("김민수 과장"), ["김민수", "과장"]);
        assert_eq!(cut("陳美玲 Mei-Ling Chen"), ["陳美玲 Mei-Ling Chen"]);
    }
}
