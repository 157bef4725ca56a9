//! Takes the lines of a block apart into the smallest bits that can hold one value.

use super::east;
use super::entity::{Entity, entities};
use super::joint::joint;
use super::language::{Sense, lexicon};
use super::place;
use super::separate::chunks;
use super::text::{LABELS, Text};
use crate::contact::{EmailAddress, Link};
use crate::mail::Line;
use std::ops::Range;
use unicode_normalization::char::is_combining_mark;

/// The smallest bit: a text between separators, or a shape.
#[derive(Debug)]
pub(super) struct Atom {
    /// The line of the block it stands on.
    pub(super) line: usize,
    /// The cell of the line.
    pub(super) cell: usize,
    /// Its place in the cell's text, in bytes.
    pub(super) span: Range<usize>,
    /// Whether a sign that separates values (`|`, `•`, a new cell) stands before it, and not only
    /// a comma, dash or bracket.
    pub(super) apart: bool,
    /// Whether it stands in brackets.
    pub(super) bracketed: bool,
    /// What it is.
    pub(super) kind: Kind,
}

/// What an atom is.
#[derive(Debug)]
pub(super) enum Kind {
    /// Words.
    Text(Text),
    /// A label without its value yet (`Tel.:`).
    Label(Text),
    /// Digits to dial.
    Number {
        /// The digits as written.
        digits: String,
        /// An extension written after it.
        extension: Option<String>,
    },
    /// An e-mail address; `shown` unless it is only the target of a link.
    Email(EmailAddress),
    /// A web address.
    Link {
        /// The address.
        link: Link,
        /// Whether it stands in the text and not only behind it.
        shown: bool,
    },
}

/// The atoms of the lines, in reading order.
pub(super) fn atoms(lines: &[Line], own_domain: &str) -> Vec<Atom> {
    let mut atoms = Vec::new();
    for (line, content) in lines.iter().enumerate() {
        for (cell, content) in content.cells.iter().enumerate() {
            let spot = Spot { line, cell, text: &content.text };
            spot.take_apart(own_domain, &mut atoms);
            spot.add_targets(&content.links, &mut atoms);
        }
    }
    atoms
}

struct Spot<'a> {
    line: usize,
    cell: usize,
    text: &'a str,
}

impl Spot<'_> {
    fn take_apart(&self, own_domain: &str, atoms: &mut Vec<Atom>) {
        let mut from = 0;
        let mut after_value = false;
        let mut address = east::address::find(self.text).map(|(span, _)| span);
        for (span, entity) in entities(self.text, own_domain) {
            if let Some(within) = &address
                && within.start < span.end
            {
                let within = within.clone();
                self.gap(from..within.start, after_value, true, atoms);
                let text = Text::of(self.text.get(within.clone()).unwrap_or_default());
                atoms.push(self.atom(within.clone(), Kind::Text(text)));
                from = within.end;
                address = None;
            }
            let (span, entity) = if span.start < from {
                let Some(rest) = self.behind_extension(from..span.end) else { continue };
                rest
            } else {
                (span, entity)
            };
            let gap = from..span.start;
            self.gap(gap, after_value, true, atoms);
            let mut end = span.end;
            let kind = match entity {
                Entity::Email(email) => Kind::Email(email),
                Entity::Link(link) => Kind::Link { link, shown: true },
                Entity::Number(digits) => {
                    let after = self.text.get(end..).unwrap_or_default();
                    if let Some((number, inner, length)) = named_behind(&digits, after) {
                        end += length;
                        Kind::Number { digits: number, extension: Some(inner) }
                    } else {
                        let extension = extension(after);
                        end += extension.as_ref().map_or(0, |(_, length)| *length);
                        Kind::Number { digits, extension: extension.map(|(digits, _)| digits) }
                    }
                }
            };
            let apart =
                atoms.last().is_none_or(|last| last.line != self.line || last.cell != self.cell);
            atoms.push(Atom { apart, ..self.atom(span, kind) });
            from = end;
            after_value = true;
        }
        if let Some(within) = address {
            self.gap(from..within.start, after_value, true, atoms);
            let text = Text::of(self.text.get(within.clone()).unwrap_or_default());
            atoms.push(self.atom(within.clone(), Kind::Text(text)));
            from = within.end;
        }
        self.gap(from..self.text.len(), after_value, false, atoms);
    }

    /// The number that goes on behind an extension that was taken: "045 800 11 22 int. 5 - 340 550 1187".
    fn behind_extension(&self, span: Range<usize>) -> Option<(Range<usize>, Entity)> {
        let rest = self.text.get(span.clone())?;
        let digits = rest.strip_prefix(" - ").or_else(|| rest.strip_prefix(" – "))?;
        let whole = digits.chars().filter(char::is_ascii_digit).count() >= 6;
        whole.then(|| (span.end - digits.len()..span.end, Entity::Number(digits.to_owned())))
    }

    /// An atom set apart from what stands before it.
    fn atom(&self, span: Range<usize>, kind: Kind) -> Atom {
        Atom { line: self.line, cell: self.cell, span, apart: true, bracketed: false, kind }
    }

    /// The texts between two shapes; the last may be the label of the next shape, the first that
    /// of the shape before.
    fn gap(&self, gap: Range<usize>, after: bool, before: bool, atoms: &mut Vec<Atom>) {
        let Some(text) = self.text.get(gap.clone()) else { return };
        let chunks = parted(text);
        let last = chunks.len().saturating_sub(1);
        for (at, (span, apart)) in chunks.into_iter().enumerate() {
            let span = gap.start + span.start..gap.start + span.end;
            let Some(raw) = self.text.get(span.clone()) else { continue };
            let apart = apart || (at == 0 && !after);
            let text = Text::of(raw);
            if text.words.is_empty() {
                continue;
            }
            let followed = before && at == last;
            let beside = followed || (after && at == 0) || raw.trim_end().ends_with(':');
            self.text_or_label(text, span, apart, beside, followed, atoms);
        }
    }

    fn text_or_label(
        &self,
        text: Text,
        span: Range<usize>,
        apart: bool,
        beside: bool,
        followed: bool,
        atoms: &mut Vec<Atom>,
    ) {
        let bracketed = self
            .text
            .get(..span.start)
            .is_some_and(|before| before.trim_end().ends_with(['(', '（']));
        let atom = |span, apart, kind| Atom {
            line: self.line,
            cell: self.cell,
            span,
            apart,
            bracketed,
            kind,
        };
        let covered = text.covered(LABELS);
        let colon = text.raw.trim_end().ends_with(':');
        let all = covered == text.words.len();
        let mostly = beside
            && covered > 0
            && (text.words.len() <= 4)
            && (colon || covered * 2 >= text.words.len());
        let unknown = colon && followed && text.words.len() <= 3;
        let credential = !colon
            && text.covered(&[Sense::Credential]) == text.words.len()
            && text.raw.contains('.');
        let register = text.begins(Sense::Register) || credential;
        let whole = all
            && (beside
                || colon
                || !bracketed && text.words.len() <= 3 && !text.senses.has(Sense::Title));
        if !register && (whole || mostly || unknown) {
            atoms.push(atom(span, apart, Kind::Label(text)));
            return;
        }
        // "Bauleiter Tel. 09421 …": the words that label the next shape stand at the end.
        if followed && let Some(cut) = label_at_end(&text) {
            let (front, back) = text.raw.split_at(cut);
            atoms.push(atom(span.start..span.start + cut, apart, Kind::Text(Text::of(front))));
            atoms.push(atom(span.start + cut..span.end, false, Kind::Label(Text::of(back))));
            return;
        }
        // "E-Mail: …" without a shape, "Adresse: Marktplatz 1": the label stands at the beginning.
        if let Some(cut) = label_at_start(&text) {
            let (front, back) = text.raw.split_at(cut);
            atoms.push(atom(span.start..span.start + cut, apart, Kind::Label(Text::of(front))));
            atoms.push(atom(span.start + cut..span.end, false, Kind::Text(Text::of(back))));
            return;
        }
        if let Some(cut) = joint(&text) {
            let (front, back) = text.raw.split_at(cut);
            atoms.push(atom(span.start..span.start + cut, apart, Kind::Text(Text::of(front))));
            atoms.push(atom(span.start + cut..span.end, false, Kind::Text(Text::of(back))));
            return;
        }
        atoms.push(atom(span, apart, Kind::Text(text)));
    }

    /// The targets of links that the text does not show.
    fn add_targets(&self, targets: &[String], atoms: &mut Vec<Atom>) {
        for target in targets.iter().take(MAX_TARGETS) {
            let kind = if let Some(address) = target.strip_prefix("mailto:") {
                let address = address.split('?').next().unwrap_or_default();
                let Some(email) = EmailAddress::parse(address) else { continue };
                Kind::Email(email)
            } else if target.starts_with("tel:") {
                continue;
            } else {
                let Some(link) = Link::parse(target) else { continue };
                Kind::Link { link, shown: false }
            };
            let span = self.text.len()..self.text.len();
            atoms.push(Atom {
                line: self.line,
                cell: self.cell,
                span,
                apart: true,
                bracketed: false,
                kind,
            });
        }
    }
}

/// The texts between separators, and between words where spaces part values.
fn parted(text: &str) -> Vec<(Range<usize>, bool)> {
    let mut parted = Vec::new();
    for (span, apart) in chunks(text) {
        let chunk = text.get(span.clone()).unwrap_or_default();
        let parts = match place::behind_street(chunk) {
            Some(cut) => {
                vec![0..chunk.get(..cut).unwrap_or_default().trim_end().len(), cut..chunk.len()]
            }
            None => east::parts(chunk),
        };
        parted.extend(
            parts.into_iter().enumerate().map(|(at, part)| {
                (span.start + part.start..span.start + part.end, apart || at > 0)
            }),
        );
    }
    parted
}

/// More links than this stand in no signature's cell.
const MAX_TARGETS: usize = 24;

/// Where the label begins that ends a text, if words stand before it.
fn label_at_end(text: &Text) -> Option<usize> {
    let end = text.words.len().checked_sub(1)?;
    let hit = text
        .hits
        .iter()
        .filter(|hit| hit.last == end && hit.first > 0 && LABELS.contains(&hit.means.sense))
        .min_by_key(|hit| hit.first)?;
    Some(text.words.get(hit.first)?.span.start)
}

/// Where the value begins behind a label and its colon.
fn label_at_start(text: &Text) -> Option<usize> {
    // "v/ Håvard Ytrebø": by whom a Nordic firm is run.
    if text.raw.starts_with("v/") && text.words.len() > 2 {
        return Some(2);
    }
    // "a 1180 Gellibrand River Road"
    if text.raw.starts_with(['a', 'A'])
        && text.raw.get(1..).is_some_and(|rest| {
            rest.trim_start().len() + 1 == rest.len()
                && rest.trim_start().starts_with(|c: char| c.is_ascii_digit())
        })
        && text.senses.has(Sense::Street)
    {
        return Some(1);
    }
    let colon = text.raw.find(':')?;
    let word = text.words.iter().rposition(|word| word.span.end <= colon)?;
    let labelled = text
        .hits
        .iter()
        .any(|hit| hit.last == word && hit.first <= 1 && (LABELS.contains(&hit.means.sense)));
    let back = text.raw.get(colon + 1..).unwrap_or_default();
    // "LONDON: 4th Floor, …", "Milan Branch: Via …"
    let place = word < 3
        && !back.starts_with('/')
        && place::looks_like_street(&Text::of(back)) >= 2.0
        && back.chars().any(|c| c.is_ascii_digit());
    ((labelled || place) && word < 4 && word + 1 < text.words.len()).then_some(colon + 1)
}

/// An extension at the beginning of the text that follows a number, and how much of it is taken.
fn extension(after: &str) -> Option<(String, usize)> {
    // "051 / 48.21.770 r.a. int. 23": Italian lines search for a free one.
    let searching = ["r.a.", "(r.a.)"].iter().find_map(|ra| after.trim_start().strip_prefix(ra));
    let behind = searching.unwrap_or(after);
    let lead = after.len()
        - behind
            .trim_start_matches(|c: char| {
                c.is_whitespace() || matches!(c, ',' | '(' | '|' | '.' | '-' | '–' | '·')
            })
            .len();
    let rest = after.get(lead..)?;
    let letter = |c: &char| c.is_alphabetic() || c.is_whitespace() || is_combining_mark(*c);
    let name: String = rest.chars().take_while(letter).take(14).collect();
    let behind = rest.get(name.len()..)?;
    let gap = behind.len()
        - behind
            .trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '.' | ':' | '#'))
            .len();
    let marked = name.is_empty() && behind.starts_with('#');
    let digits: String = behind.get(gap..)?.chars().take_while(char::is_ascii_digit).collect();
    let end = name.len() + gap + digits.len();
    let behind = rest.get(end..)?;
    let apart = [" - ", " – "].iter().any(|dash| behind.starts_with(dash));
    let further = !apart
        && behind
            .trim_start_matches([' ', '/', '-', '.', '–'])
            .starts_with(|c: char| c.is_ascii_digit());
    let spoken = Text::of(name.trim());
    let covered = spoken.covered(&[Sense::Extension]);
    let named = marked || covered > 0 && covered == spoken.words.len();
    (named && (1..=6).contains(&digits.len()) && !further).then(|| (digits, lead + end))
}

/// "(56) 555-174/118 mellék": an extension whose name stands behind it; the number, the extension
/// and the length of the name.
fn named_behind(digits: &str, after: &str) -> Option<(String, String, usize)> {
    let (number, inner) = digits.rsplit_once('/')?;
    let inner = inner.trim();
    let lead = after.len() - after.trim_start_matches([' ', '-', '.']).len();
    let name: String =
        after.get(lead..)?.chars().take_while(|c| c.is_alphabetic()).take(12).collect();
    let short = (1..=5).contains(&inner.len()) && inner.chars().all(|c| c.is_ascii_digit());
    let enough = number.chars().filter(char::is_ascii_digit).count() >= 6;
    (short && enough && lexicon().senses(&name).has(Sense::Extension))
        .then(|| (number.to_owned(), inner.to_owned(), lead + name.len()))
}
