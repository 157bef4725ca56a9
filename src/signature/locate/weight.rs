//! What a line is worth by what stands on it.

use super::super::entity::{Entity, entities};
use super::super::fold::{Word, words};
use super::super::language::{Sense, Senses};
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
/// A line of more words that holds an address advertises it.
const SLOGAN_WORDS: usize = 6;
/// What such a line loses.
const SLOGAN: f64 = 0.8;
/// What a number without a label is worth.
const UNLABELLED: f64 = 1.6;
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
    if trimmed.len() > LONG_LINE {
        return seen(Kind::Prose, -4.0);
    }
    let text = taken.text();
    if let Some(kind) = by_words(text, sender) {
        return seen(kind, 0.0);
    }
    let values = Values::of(line, sender, own_domain, text);
    let name = name(text, sender, &values);
    let holds = Holds { companies: usize::from(text.is_company()), ..values.holds };
    if name != Name::Own
        && let Some(against) = prose(text, values.worth)
    {
        return Seen { holds, ..seen(Kind::Prose, against) };
    }
    let lead = if name == Name::Own && text.words.len() > NAME_WORDS { NAME } else { 0.0 };
    let weight = lead + content(text, &values, name, sender);
    Seen { holds, ..seen(Kind::Content(name), weight) }
}

/// The values on a line that have a shape of their own.
struct Values {
    worth: f64,
    holds: Holds,
}

impl Values {
    fn of(line: &Line, sender: &Sender, own_domain: &str, text: &Text) -> Self {
        let labelled = text.senses.is_label();
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
                    link(site, own_domain)
                }
            };
        }
        if values.holds.numbers == 0 && shape::holds_extension(text) {
            values.holds.numbers = 1;
            values.worth += UNLABELLED;
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
        0.8
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
    let whole = text.words.len() <= NAME_WORDS
        && !is_remark(text, sender)
        && (sender.recognises(&text.words) >= 0.8 || signs(text, sender, values));
    if whole || leads_with_name(&text.raw, sender) && text.senses.is_label() {
        Name::Own
    } else if shape::is_formed_name(text) && !addressed {
        Name::Formed
    } else {
        Name::No
    }
}

/// Whether a line says something in which the author's name is only mentioned.
fn is_remark(text: &Text, sender: &Sender) -> bool {
    let small = text
        .words
        .first()
        .is_some_and(|word| !is_capital(&text.raw, word) && !sender.names.contains(&word.folded));
    let exclaims = text.raw.trim_end().ends_with(['!', '?']);
    text.words.len() > 1 && (small || exclaims || text.covered(&[Sense::Common]) > 1)
}

/// Whether a line is the author's initials or the short form of a name, alone or before a number.
fn signs(text: &Text, sender: &Sender, values: &Values) -> bool {
    let alone = match text.words.as_slice() {
        [only] => Some(only),
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
    let worded = text.raw.chars().any(char::is_alphabetic);
    weight += f64::from(worded && place::looks_like_place(text)) * 2.0;
    if count <= NAME_WORDS && sender.owns(&text.words) > 0.6 {
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

/// Whether a line of several values begins with the author's name.
fn leads_with_name(line: &str, sender: &Sender) -> bool {
    let lead = line.split([',', '|', '·', '•', '–', '\t']).next().unwrap_or_default();
    let words = words(lead);
    words.len() <= 6 && sender.recognises(&words) >= 0.8
}

/// Whether a line is one short word, as one signs without capitals.
fn is_sole_word(text: &Text) -> bool {
    const LETTERS: usize = 8;
    let [only] = text.words.as_slice() else { return false };
    only.folded.chars().all(char::is_alphabetic)
        && only.folded.chars().count() <= LETTERS
        && text.senses == Senses::default()
}
