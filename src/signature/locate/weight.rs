//! What a line is worth by what stands on it.

use super::super::entity::{Entity, entities};
use super::super::fold::{Word, words};
use super::super::language::Sense;
use super::super::place;
use super::super::sender::Sender;
use super::super::text::Text;
use super::kind::{Kind, Name, by_form, by_words};
use super::{Seen, shape};
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
/// A line of more words that holds an address advertises it.
const SLOGAN_WORDS: usize = 6;
/// What such a line loses.
const SLOGAN: f64 = 0.8;
/// What the author's name is worth.
const NAME: f64 = 2.5;

/// Reads one line.
pub(super) fn see(line: &Line, sender: &Sender, own_domain: &str) -> Seen {
    let marked = line.marked;
    let seen = |kind, weight: f64| Seen {
        kind,
        weight: weight + if marked { MARKED } else { 0.0 },
        marked,
    };
    let raw = line.text();
    let trimmed = raw.trim();
    if let Some(kind) = by_form(line, trimmed) {
        return seen(kind, 0.0);
    }
    if trimmed.is_empty() {
        return seen(Kind::Content { name: Name::No, numbers: 0 }, PICTURE);
    }
    if trimmed.len() > LONG_LINE {
        return seen(Kind::Prose, -4.0);
    }
    let text = Text::of(trimmed);
    if let Some(kind) = by_words(&text, sender) {
        return seen(kind, 0.0);
    }
    let values = Values::of(line, sender, own_domain, &text);
    let name = name(&text, sender, &values);
    let count = text.words.len();
    if name != Name::Own
        && let Some(against) = prose(&text, values.worth)
    {
        return seen(Kind::Prose, against);
    }
    let lead = if name == Name::Own && count > NAME_WORDS { NAME } else { 0.0 };
    let weight = lead + content(&text, &values, name, sender);
    seen(Kind::Content { name, numbers: values.numbers }, weight)
}

/// The values on a line that have a shape of their own.
struct Values {
    worth: f64,
    numbers: usize,
    addressed: bool,
}

impl Values {
    fn of(line: &Line, sender: &Sender, own_domain: &str, text: &Text) -> Self {
        let labelled = text.senses.is_label();
        let mut values = Self { worth: 0.0, numbers: 0, addressed: false };
        for (_, entity) in line.cells.iter().flat_map(|cell| entities(&cell.text, own_domain)) {
            values.worth += match &entity {
                Entity::Number(digits) => {
                    values.numbers += 1;
                    let grouped = !digits.bytes().all(|b| b.is_ascii_digit());
                    match (labelled, grouped) {
                        (true, _) => 2.5,
                        (false, true) => 1.6,
                        (false, false) => 0.8,
                    }
                }
                Entity::Email(email) => {
                    values.addressed = true;
                    let own = sender.address.as_ref().is_some_and(|own| own.key() == email.key());
                    if own { 2.0 } else { 0.8 }
                }
                Entity::Link(site) => {
                    values.addressed = true;
                    let own = !own_domain.is_empty() && site.host().ends_with(own_domain);
                    if own { 2.0 } else { 0.6 }
                }
            };
        }
        if values.numbers == 0 && shape::holds_extension(text) {
            values.numbers = 1;
            values.worth += 1.6;
        }
        values.worth = values.worth.min(MOST_VALUES);
        values
    }
}

/// What a line says of the author's name.
fn name(text: &Text, sender: &Sender, values: &Values) -> Name {
    let whole = text.words.len() <= NAME_WORDS
        && (sender.recognises(&text.words) >= 0.8 || signs(text, sender, values));
    if whole || leads_with_name(&text.raw, sender) && text.senses.is_label() {
        Name::Own
    } else if shape::is_formed_name(text) && !values.addressed {
        Name::Formed
    } else {
        Name::No
    }
}

/// Whether a line is the author's initials or the short form of a name, alone or before a number.
fn signs(text: &Text, sender: &Sender, values: &Values) -> bool {
    let alone = match text.words.as_slice() {
        [only] => Some(only),
        [first, _] if values.numbers > 0 => Some(first),
        _ => None,
    };
    alone.is_some_and(|word| sender.shortens(word))
}

/// What running text weighs, if the line is some.
fn prose(text: &Text, values: f64) -> Option<f64> {
    let count = text.words.len();
    let common = text.covered(&[Sense::Common]);
    let ended = text.raw.trim_end().ends_with(['.', '?', '!']);
    let sentence = common >= 3 && common * 5 >= count * 2 && count >= 6
        || count >= 14 && common * 4 >= count
        || count >= 5 && common >= 2 && values > 0.0 && common * 3 >= count
        || count >= 7 && values <= 0.0 && ended && common >= 2;
    if sentence {
        let length = f64::from(u32::try_from(count).unwrap_or(0).min(20)) * 0.05;
        return Some(-2.0 - length + values.min(1.0));
    }
    (text.begins(Sense::Salutation) && count <= 4).then_some(-2.0)
}

/// What content is worth.
fn content(text: &Text, values: &Values, name: Name, sender: &Sender) -> f64 {
    let count = text.words.len();
    let mut weight = values.worth;
    if count <= NAME_WORDS {
        weight += if name == Name::Own { NAME } else { sender.recognises(&text.words) };
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
    weight += f64::from(place::looks_like_place(text)) * 2.0;
    if count <= NAME_WORDS && sender.owns(&text.words) > 0.6 {
        weight += 1.0;
    }
    if text.begins(Sense::Register) {
        weight -= 1.0;
    }
    if values.addressed && count > SLOGAN_WORDS && !text.senses.is_label() && name == Name::No {
        weight -= SLOGAN;
    }
    if shape::is_form_field(text) {
        weight -= FORM_FIELD;
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
    if values.worth > 0.0 {
        return 0.0;
    }
    let common = text.covered(&[Sense::Common]);
    -0.4 - 0.15 * f64::from(u32::try_from(common).unwrap_or(0).min(20))
}

fn is_capital(text: &str, word: &Word) -> bool {
    let rest = text.get(word.span.start..).unwrap_or_default();
    rest.chars().next().is_some_and(char::is_uppercase)
}

/// Whether a line of several values begins with the author's name.
fn leads_with_name(line: &str, sender: &Sender) -> bool {
    let lead = line.split([',', '|', '·', '•', '–', '\t']).next().unwrap_or_default();
    let words = words(lead);
    words.len() <= 6 && sender.recognises(&words) >= 0.8
}
