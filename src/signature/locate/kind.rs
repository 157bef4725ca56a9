//! What a line is for the search.

use super::super::language::Sense;
use super::super::sender::Sender;
use super::super::text::Text;
use super::Seen;
use super::shape;
use crate::mail::Line;

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing on it.
    Blank,
    /// Only strokes: `-----`.
    Rule,
    /// Stands for a file or a picture: `<<offer.doc>>`.
    Attachment,
    /// `-- ` alone: what follows is the signature.
    Delimiter,
    /// Closes the letter; the signature may follow.
    Valediction,
    /// Legal text, a banner, a client's or a machine's footer: ends every run.
    Legal,
    /// Opens a letter: ends every run.
    Salutation,
    /// Running text.
    Prose,
    /// Anything else: what signatures are made of; with what it says of the author's name.
    Content(Name),
}

/// What a line says of the author's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    /// It is the author's.
    Own,
    /// Formed like a name: a nickname, a name that `From` lacks.
    Formed,
    /// Nothing.
    No,
}

impl Kind {
    /// Whether a run ends before such a line.
    pub(super) fn ends_run(self) -> bool {
        matches!(self, Self::Delimiter | Self::Valediction | Self::Legal | Self::Salutation)
    }

    /// Whether nothing is said on it.
    pub(super) fn is_empty(self) -> bool {
        matches!(self, Self::Blank | Self::Rule | Self::Attachment)
    }
}

/// What a line is as far as its form tells, its words not yet read.
pub(super) fn by_form(line: &Line, trimmed: &str) -> Option<Kind> {
    if trimmed.is_empty() {
        return line.is_blank().then_some(Kind::Blank);
    }
    if matches!(trimmed, "--" | "–" | "—") {
        return Some(Kind::Delimiter);
    }
    if !trimmed.chars().any(char::is_alphanumeric) || shape::is_underline(trimmed) {
        return Some(Kind::Rule);
    }
    shape::is_attachment(trimmed).then_some(Kind::Attachment)
}

/// What a line is by its words, if it is not content.
pub(super) fn by_words(text: &Text, sender: &Sender) -> Option<Kind> {
    let address = ["@", "www.", "://"].iter().any(|sign| text.raw.contains(sign));
    if !address && closes(text, sender) {
        return Some(Kind::Valediction);
    }
    if is_legal(text, address) {
        return Some(Kind::Legal);
    }
    if address {
        return None;
    }
    let salutes = text.begins(Sense::Salutation)
        && text.raw.trim_end().ends_with([',', '!'])
        && text.words.len() <= 6;
    salutes.then_some(Kind::Salutation)
}

/// Whether a line is a valediction: it begins with one and little follows.
fn closes(text: &Text, sender: &Sender) -> bool {
    let longest = text
        .hits
        .iter()
        .filter(|hit| hit.first == 0 && hit.means.sense == Sense::Valediction)
        .map(|hit| hit.last + 1)
        .max();
    let digits = text.raw.chars().any(|c| c.is_ascii_digit());
    // "Sonnige Grüße", "With warm regards": known by how it ends.
    let ended = text.words.len() <= 4
        && text
            .hits
            .iter()
            .any(|hit| hit.means.sense == Sense::Valediction && hit.last + 1 == text.words.len())
        && sender.recognises(&text.words) < 0.4;
    let Some(length) = longest else { return ended && !digits };
    let rest = text.words.get(length..).unwrap_or_default();
    !digits
        && (rest.is_empty()
            || rest.len() <= 2
            || (rest.len() <= 4 && sender.recognises(rest) > 0.3)
            || text.covered(&[Sense::Valediction]) + 1 >= text.words.len())
}

/// Whether a line is legal text, a banner or a footer. With an address on it, it must be long or
/// say so in every language.
fn is_legal(text: &Text, address: bool) -> bool {
    const LONG: usize = 17;
    let count = text.words.len();
    let everywhere =
        |sense| text.hits.iter().any(|hit| hit.means.sense == sense && hit.means.language == 0);
    if everywhere(Sense::Disclaimer) && count >= 5 {
        return true;
    }
    if address && count < LONG {
        return false;
    }
    let registers = text.hits.iter().filter(|hit| hit.means.sense == Sense::Register).count();
    let footer =
        registers > 0 && count >= 10 && !text.senses.is_label() && !lists_with_register(text);
    let whole = count >= 3 && text.covered(&[Sense::Disclaimer]) == count;
    text.begins(Sense::Disclaimer) && (count >= 5 || whole)
        || footer
        || text.begins(Sense::Client) && count >= 3
        || text.senses.has(Sense::Automatic) && count >= 4
}

/// Whether a line sets the employer and its address side by side, and its register's number behind:
/// "Himmerlands Tryk A/S | Industriparken 14 | 9600 Aars | CVR 29 81 44 07".
fn lists_with_register(text: &Text) -> bool {
    let registered = |part: &&str| Text::of(part).senses.has(Sense::Register);
    let parts: Vec<&str> = text.raw.split(['|', '•', '·']).collect();
    let Some((last, values)) = parts.split_last() else { return false };
    values.len() >= 2 && registered(last) && !values.iter().any(registered)
}

/// A line of more worth holds a value and is not part of a legal text.
const VALUE: f64 = 1.0;

/// Legal text goes on to the end of its paragraph.
pub(super) fn legal_paragraphs(seen: &mut [Seen]) {
    let mut legal = false;
    for line in seen {
        match line.kind {
            Kind::Legal => legal = true,
            Kind::Blank => legal = false,
            Kind::Prose | Kind::Content(_) if legal && line.weight < VALUE => {
                line.kind = Kind::Legal;
            }
            _ => {}
        }
    }
}
