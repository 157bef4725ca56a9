//! What a line is worth by what stands on it.

use super::super::entity::{Entity, entities};
use super::super::fold::{Word, words};
use super::super::language::{Sense, Senses};
use super::super::naming::is_particle;
use super::super::place;
use super::super::sender::Sender;
use super::super::taken::Taken;
use super::super::text::Text;
use super::kind::{Kind, Name, by_form, by_words};
use super::{Holds, Seen, shape};
use crate::contact::Link;
use crate::mail::Line;

/// A line longer than this is running text.
const LONG_LINE: usize = 400;
/// A line of more words is not the author's name.
const NAME_WORDS: usize = 8;
/// What the values of a line are worth at most.
const MOST_VALUES: f64 = 5.0;
/// What a picture's link is worth.
const PICTURE: f64 = 0.3;
/// What a line is worth more that the author's mail client marked as signature.
const MARKED: f64 = 1.5;
/// What a line loses that fills in a form: `Request Date: 12/11/00`.
const FORM_FIELD: f64 = 1.0;
/// What it loses if it holds no value of a contact either.
const EMPTY_FIELD: f64 = 2.0;
/// A line of more words that holds an address advertises it.
const SLOGAN_WORDS: usize = 6;
/// What such a line loses.
const SLOGAN: f64 = 0.8;
/// What a number without a label is worth.
const UNLABELLED: f64 = 1.6;
/// What it is worth if nothing groups its digits either.
const UNGROUPED: f64 = 0.8;
/// What a number is worth more with nothing beside it.
const ALONE: f64 = 0.6;
/// What the author's name is worth.
const NAME: f64 = 2.5;

/// Reads one line.
pub(super) fn see(taken: &Taken<'_>, sender: &Sender, own_domain: &str) -> Seen {
    let line = taken.line;
    let marked = line.marked;
    let seen =
        |kind, weight: f64| Seen::plain(kind, weight + if marked { MARKED } else { 0.0 }, marked);
    let raw = line.text();
    let trimmed = raw.trim();
    if let Some(kind) = by_form(line, trimmed) {
        return seen(kind, 0.0);
    }
    if trimmed.is_empty() {
        return seen(Kind::Content(Name::No), PICTURE);
    }
    let ends = trimmed.ends_with(['.', '!', '?']);
    if trimmed.len() > LONG_LINE {
        return Seen { ends, ..seen(Kind::Prose, -4.0) };
    }
    let text = taken.text();
    if let Some(kind) = by_words(text, sender) {
        return seen(kind, 0.0);
    }
    let values = Values::of(line, sender, own_domain, text);
    let name = name(text, sender, &values);
    let owned = sender.owns(&text.words) > 0.6;
    let company = text.is_company() || owned;
    let holds = Holds {
        organizations: usize::from(company || text.senses.has(Sense::Organization)),
        companies: usize::from(company && values.holds.addresses == 0),
        ..values.holds
    };
    if name != Name::Own
        && let Some(against) = prose(text, values.worth)
    {
        return Seen { ends, holds, ..seen(Kind::Prose, against) };
    }
    let lead = if name == Name::Own && text.words.len() > NAME_WORDS { NAME } else { 0.0 };
    let weight = lead + content(text, &values, name, sender, owned);
    Seen { ends, sole: text.words.len() == 1, holds, ..seen(Kind::Content(name), weight) }
}

/// The values on a line that have a shape of their own.
struct Values {
    worth: f64,
    holds: Holds,
}

impl Values {
    fn of(line: &Line, sender: &Sender, own_domain: &str, text: &Text) -> Self {
        let labelled = text.senses.is_label();
        // The site of a mailbox's provider is nobody's employer.
        let employer = if sender.domain.is_empty() { "" } else { own_domain };
        let mut values = Self { worth: 0.0, holds: Holds::default() };
        for (_, entity) in line.cells.iter().flat_map(|cell| entities(&cell.text, own_domain)) {
            values.worth += match &entity {
                Entity::Number(digits) => {
                    values.holds.numbers += 1;
                    number(digits, labelled)
                }
                Entity::Email(email) => {
                    values.holds.addresses += 1;
                    let own = sender.address.as_ref().is_some_and(|own| own.key() == email.key());
                    if own { 2.0 } else { 0.8 }
                }
                Entity::Link(site) => {
                    values.holds.addresses += 1;
                    link(site, employer)
                }
            };
        }
        let extension = match values.holds.numbers {
            0 if shape::holds_extension(text) => UNLABELLED,
            0 if shape::is_extension(text) => UNGROUPED,
            _ => 0.0,
        };
        if extension > 0.0 {
            values.holds.numbers = 1;
            values.worth += extension;
        }
        let alone = !text.raw.chars().any(char::is_alphabetic);
        if values.holds.numbers == 1 && alone && values.worth >= UNLABELLED {
            values.worth += ALONE;
        }
        values.worth = values.worth.min(MOST_VALUES);
        values
    }
}

/// What a number is worth: more with a label, less if nothing groups its digits.
fn number(digits: &str, labelled: bool) -> f64 {
    if labelled {
        2.5
    } else if digits.bytes().all(|b| b.is_ascii_digit()) {
        UNGROUPED
    } else {
        UNLABELLED
    }
}

/// What a link is worth: most if it is the employer's home page.
fn link(site: &Link, own_domain: &str) -> f64 {
    let host = site.host();
    if own_domain.is_empty() || !host.ends_with(own_domain) {
        0.6
    } else if host.strip_prefix("www.").unwrap_or(host) == own_domain
        && site.path().trim_matches('/').is_empty()
    {
        2.0
    } else {
        1.2
    }
}

/// What a line says of the author's name.
fn name(text: &Text, sender: &Sender, values: &Values) -> Name {
    let addressed = values.holds.addresses > 0;
    let words = if addressed { before_address(text) } else { &text.words };
    let whole = (1..=NAME_WORDS).contains(&words.len())
        && !is_remark(text, sender)
        && (sender.recognises(words) >= 0.8 || signs(text, sender, values));
    let completed = !addressed
        && sender.completes(&text.words)
        && text.words.iter().all(|word| is_capital(&text.raw, word));
    // "Petra Lang, Lang Bau GmbH, 97070 Würzburg, 0931/123456": the whole card on one line.
    let least = if text.senses.is_label() { 1 } else { 2 };
    let card = (least == 1 || text.is_company()) && leads_with_name(&text.raw, sender, least);
    if whole || completed || card {
        Name::Own
    } else if shape::is_formed_name(text) && !addressed {
        Name::Formed
    } else {
        Name::No
    }
}

/// The words before the first e-mail or web address of a line, which repeat the author's name.
fn before_address(text: &Text) -> &[Word] {
    let begins = text
        .raw
        .split_inclusive(char::is_whitespace)
        .scan(0, |at, token| {
            let start = *at;
            *at += token.len();
            Some((start, token))
        })
        .find(|(_, token)| token.contains('@') || token.contains("://") || token.contains("www."))
        .map_or(0, |(start, _)| start);
    let count = text.words.iter().take_while(|word| word.span.end <= begins).count();
    text.words.get(..count).unwrap_or_default()
}

/// Whether a line says something in which the author's name is only mentioned.
fn is_remark(text: &Text, sender: &Sender) -> bool {
    let small = text
        .words
        .first()
        .is_some_and(|word| !is_capital(&text.raw, word) && !sender.names.contains(&word.folded));
    let exclaims = text.raw.trim_end().ends_with(['!', '?']);
    // "Maria do Carmo Vasconcelos e Sá": particles are frequent words.
    let named = || {
        let mut parts = text.raw.split_whitespace();
        parts.all(|part| part.starts_with(char::is_uppercase) || is_particle(part))
    };
    let common = text.covered(&[Sense::Common]) > 1;
    text.words.len() > 1 && (small || exclaims || common && !named())
}

/// Whether a line is the author's initials or the short form of a name, alone or before a number.
fn signs(text: &Text, sender: &Sender, values: &Values) -> bool {
    let alone = match text.words.as_slice() {
        [only] if only.folded.len() > 1 || is_capital(&text.raw, only) => Some(only),
        [first, ..] if values.holds.numbers > 0 && text.words.len() <= 3 => Some(first),
        _ => None,
    };
    alone.is_some_and(|word| sender.shortens(word))
}

/// What running text weighs, if the line is some.
fn prose(text: &Text, values: f64) -> Option<f64> {
    let count = text.words.len();
    let common = text.covered(&[Sense::Common]);
    let ended = text.raw.trim_end().ends_with(['.', '?', '!']);
    // The bits of "www.krka.si" are no words.
    let address =
        |token: &&str| token.contains('@') || token.contains("www.") || token.contains("://");
    let outside = text.raw.split_whitespace().filter(|token| !address(token)).count();
    let sentence = common >= 3 && common * 5 >= count * 2 && count >= 6
        || count >= 14 && common * 4 >= count
        || count >= 5 && outside >= 4 && common >= 2 && values > 0.0 && common * 3 >= count
        || count >= 7 && values <= 0.0 && ended && common >= 2;
    if sentence {
        let length = f64::from(u32::try_from(count).unwrap_or(0).min(20)) * 0.05;
        return Some(-2.0 - length + values.min(1.0));
    }
    (text.begins(Sense::Salutation) && count <= 4).then_some(-2.0)
}

/// What content is worth; `owned` if the mail domain repeats its words.
fn content(text: &Text, values: &Values, name: Name, sender: &Sender, owned: bool) -> f64 {
    let count = text.words.len();
    let mut weight = values.worth;
    if count <= NAME_WORDS {
        let partly = if values.holds.addresses > 0 { 0.0 } else { sender.recognises(&text.words) };
        weight += if name == Name::Own { NAME } else { partly };
    }
    for (sense, worth) in [
        (Sense::LegalForm, 1.5),
        (Sense::Title, 1.0),
        (Sense::Organization, 0.7),
        (Sense::Department, 0.5),
        (Sense::Street, 0.4),
        (Sense::Academic, 0.4),
    ] {
        if text.senses.has(sense) && count <= 14 {
            weight += worth;
        }
    }
    let worded = text.raw.chars().any(char::is_alphabetic);
    weight += f64::from(worded && place::looks_like_place(text)) * 2.0;
    if count <= NAME_WORDS && values.holds.addresses == 0 && owned {
        weight += 1.0;
    }
    if text.begins(Sense::Register) {
        weight -= 1.0;
    }
    if values.holds.addresses > 0
        && count > SLOGAN_WORDS
        && !text.senses.is_label()
        && name == Name::No
    {
        weight -= SLOGAN;
    }
    if name != Name::Own && shape::is_form_field(text) {
        weight -= if values.worth > 0.0 { FORM_FIELD } else { EMPTY_FIELD };
    }
    weight + manner(text, values, name)
}

/// What the manner of writing tells: capitals and no full stop as on cards, or words of a sentence.
fn manner(text: &Text, values: &Values, name: Name) -> f64 {
    let count = text.words.len();
    let capitals = text.words.iter().filter(|word| is_capital(&text.raw, word)).count();
    let ends = text.raw.trim_end().ends_with(['.', '?', '!', ',', ':']) && name == Name::No;
    if count <= 7 && capitals * 3 >= count * 2 && !ends {
        return 0.3;
    }
    if values.worth > 0.0 || is_sole_word(text) {
        return 0.0;
    }
    let common = text.covered(&[Sense::Common]);
    -0.4 - 0.15 * f64::from(u32::try_from(common).unwrap_or(0).min(20))
}

fn is_capital(text: &str, word: &Word) -> bool {
    let rest = text.get(word.span.start..).unwrap_or_default();
    rest.chars().next().is_some_and(char::is_uppercase)
}

/// Whether a line of several values begins with the author's name, in so many words at least.
fn leads_with_name(line: &str, sender: &Sender, least: usize) -> bool {
    let lead = line.split([',', '|', '·', '•', '–', '\t']).next().unwrap_or_default();
    let words = words(lead);
    (least..=6).contains(&words.len()) && sender.recognises(&words) >= 0.8
}

/// Whether a line is one short word, as one signs without capitals.
fn is_sole_word(text: &Text) -> bool {
    const LETTERS: usize = 8;
    let [only] = text.words.as_slice() else { return false };
    only.folded.chars().all(char::is_alphabetic)
        && only.folded.chars().count() <= LETTERS
        && text.senses == Senses::default()
}
