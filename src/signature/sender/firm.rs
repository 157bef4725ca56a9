//! Whether the name in `From` is a firm's or a counter's, and somebody else signs.

use super::Sender;
use crate::contact::EmailAddress;
use crate::mail::Line;
use crate::signature::bounds::beginning;
use crate::signature::fold::{Folded, fold, words};
use crate::signature::language::{Sense, lexicon};
use crate::signature::naming::{Signed, bare};
use crate::signature::people::signs;
use crate::signature::text::Text;

/// How many of the last lines are looked at.
const LINES: usize = 80;

/// Whether a line of the message gives the name a legal form: it is the firm's.
pub(super) fn is_named(name: &Signed, lines: &[Line]) -> bool {
    let name: Vec<Folded> = name.words.iter().map(|word| fold(word).into()).collect();
    let Some(first) = name.first() else { return false };
    lines.iter().rev().take(LINES).flat_map(|line| &line.cells).any(|cell| {
        let text = beginning(&cell.text);
        fold(front(text, first.chars().count() + 1)).starts_with(first.as_str()) && {
            let words = words(text);
            let behind = words.get(name.len());
            words.iter().zip(&name).all(|(word, name)| word.folded == *name)
                && words.len() <= name.len() + 4
                && behind.is_some_and(|word| {
                    let form = text.get(word.span.start..).unwrap_or_default();
                    lexicon().is_legal_form(form.split([',', '|']).next().unwrap_or(form))
                })
        }
    })
}

/// The first letters of a text.
fn front(text: &str, letters: usize) -> &str {
    let end = text.char_indices().nth(letters).map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or_default()
}

/// The words of the name of somebody who signs, with a job title behind or below, where `From` names
/// the firm that the mail domain repeats, or a counter; none if the author of `From` may sign.
pub(super) fn signer(name: &Signed, sender: &Sender, lines: &[Line]) -> Option<Vec<Folded>> {
    let header: Vec<Folded> = name.words.iter().map(|word| fold(word).into()).collect();
    let owned = header.len() >= 2 && sender.owns(&words(&name.words.join(" "))) >= 0.9;
    let shared = sender.address.as_ref().is_some_and(EmailAddress::is_role_mailbox);
    let confirmed = sender.local.iter().any(|word| header.contains(word));
    if !(owned && !confirmed || shared || header.len() == 1) {
        return None;
    }
    let signed = titled(lines);
    let whole = |signed: &Vec<Folded>| header.iter().all(|word| signed.contains(word));
    // "Art" in `From` may be Arthur.
    let called = |word: &Folded, by: &Folded| by.starts_with(word.as_str());
    let partly = |signed: &Vec<Folded>| {
        header.iter().any(|word| signed.iter().any(|name| called(word, name)))
    };
    let another = !signed.iter().any(whole) && (owned && !confirmed || !signed.iter().any(partly));
    another.then(|| signed.into_iter().next()).flatten()
}

/// The words of the name of the only one who signs with a title, or of the one whom `havard@…` is
/// called by, where a firm stands in `From`.
pub(super) fn called(sender: &Sender, lines: &[Line]) -> Option<Vec<Folded>> {
    if sender.local.is_empty() {
        return None;
    }
    let mut signed = titled(lines);
    signed.dedup();
    let called = signed.iter().position(|name| sender.local.iter().all(|word| name.contains(word)));
    match (called, signed.len()) {
        (Some(at), _) => signed.into_iter().nth(at),
        (None, 1) => signed.pop(),
        _ => None,
    }
}

/// The names with a job title behind or below them, the last first.
fn titled(lines: &[Line]) -> Vec<Vec<Folded>> {
    let last = lines.iter().rev().filter(|line| !line.is_blank()).take(LINES);
    let mut below = "";
    let mut names = Vec::new();
    for text in last.filter_map(|line| line.cells.first()).map(|cell| beginning(&cell.text)) {
        let text = text.strip_prefix("v/").unwrap_or(text).trim();
        let parts = [", ", " - ", " – ", " | "];
        let parts = parts.into_iter().find_map(|between| text.split_once(between));
        let (front, rest) = parts.unwrap_or((text, below));
        if signs(front) && (begins_with_title(rest) || begins_with_title(below)) {
            let name = bare(front);
            names.push(words(&name).into_iter().map(|word| word.folded).collect());
        }
        below = text;
    }
    names
}

fn begins_with_title(text: &str) -> bool {
    let text = Text::of(text.trim());
    let other = [Sense::Organization, Sense::LegalForm, Sense::Street, Sense::Disclaimer];
    text.words.len() <= 10 && text.begins(Sense::Title)
        || text.words.len() <= 6
            && text.senses.has(Sense::Title)
            && !other.into_iter().any(|sense| text.senses.has(sense))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_firms_name_is_known_by_its_legal_form_whatever_its_letters() {
        let name = |words: &str| Signed {
            words: words.split(' ').map(str::to_owned).collect(),
            ..Signed::default()
        };
        for (from, line) in [
            ("Ölmühle Brandt", "Ölmühle Brandt GmbH"),
            ("Weiß Metallbau", "WEISS Metallbau KG, 97070 Würzburg"),
        ] {
            assert!(is_named(&name(from), &[Line::of(line)]), "{from}");
        }
        assert!(!is_named(&name("Anna Weiß"), &[Line::of("Anna Weiß Vertrieb")]));
    }
}
