//! What is known by its form alone: file names, bare extensions, the shape of a name.

use super::super::language::Sense;
use super::super::text::LABELS;
use super::super::text::Text;

/// Endings of the files people attach.
const FILES: &[&str] = &[
    "bmp", "csv", "doc", "docx", "eml", "exe", "gif", "htm", "html", "ics", "jpeg", "jpg", "mdb",
    "mp3", "msg", "odp", "ods", "odt", "p7s", "pdf", "png", "pps", "ppt", "pptx", "rtf", "tif",
    "tiff", "txt", "vcf", "wav", "wpd", "xls", "xlsx", "xml", "zip",
];

/// Whether a line stands for something that is no text: `<<offer.doc>>`, `- offer.doc`,
/// `(See attached file: offer.doc)`, `[cid:logo]`, `<Embedded Picture>`.
pub(super) fn is_attachment(line: &str) -> bool {
    let enclosed = |open: char, close: char| line.starts_with(open) && line.ends_with(close);
    let inner = line.trim_matches(|c: char| !c.is_alphanumeric());
    let file = inner
        .rsplit_once('.')
        .is_some_and(|(_, ending)| FILES.contains(&ending.to_ascii_lowercase().as_str()));
    let listed = line.starts_with(['-', '(', '[', '<']) && file;
    let picture = enclosed('<', '>') && !inner.contains(['@', '/', '.']) && inner.contains(' ');
    let object = line.starts_with("<<") && line.ends_with(">>");
    listed || picture || object || enclosed('[', ']') && inner.starts_with("cid:")
}

/// Whether a line of letters draws a rule: `xxxxxxxx`.
pub(super) fn is_underline(line: &str) -> bool {
    let mut chars = line.chars();
    let Some(first) = chars.next() else { return false };
    line.len() >= 5 && first.is_alphabetic() && chars.all(|c| c == first)
}

/// Whether a line holds the extension of a house's switchboard: `x8321`, `3-7060`, `Ext. 35614`.
pub(super) fn holds_extension(text: &Text) -> bool {
    const MOST_WORDS: usize = 6;
    text.words.len() <= MOST_WORDS
        && text.raw.split([' ', '\t', ',', ';', '(', ')', '/']).enumerate().any(|(at, token)| {
            let token = token.trim_end_matches(['.', ':']);
            let marked =
                token.strip_prefix(['x', 'X']).map(|rest| rest.trim_start_matches(['-', '.']));
            let announced = at > 0 && text.senses.has(Sense::Extension);
            match marked {
                Some(rest) => is_inner_number(rest),
                None => is_split_number(token) || announced && is_inner_number(token),
            }
        })
}

/// `8321`, `3-9890`.
fn is_inner_number(token: &str) -> bool {
    is_split_number(token)
        || (3..=6).contains(&token.len()) && token.bytes().all(|b| b.is_ascii_digit())
}

/// The last digits of a number as they are dialled within a house: `3-7060`.
fn is_split_number(token: &str) -> bool {
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    token.split_once('-').is_some_and(|(exchange, line)| {
        exchange.len() == 1 && line.len() == 4 && digits(exchange) && digits(line)
    })
}

/// Whether a line is formed like a name with which one signs: few words, none of them one that
/// tells something else, nothing behind it.
pub(super) fn is_formed_name(text: &Text) -> bool {
    let bare = text.raw.trim().trim_start_matches(['-', '–', '—', '~', '*', '>', ' ']);
    let telling =
        [Sense::Common, Sense::Salutation, Sense::Disclaimer, Sense::Hours, Sense::Client];
    let named = bare.split([' ', '\t', '(', '.']).filter(|word| !word.is_empty());
    let capital = |word: &str| word.chars().next().is_some_and(char::is_uppercase);
    (1..=4).contains(&text.words.len())
        && !text.raw.contains(|c: char| c.is_ascii_digit() || c == ':')
        && !text.raw.trim_end().ends_with(['?', '!', ';'])
        && text.covered(&telling) == 0
        && text.covered(LABELS) < text.words.len()
        && named.clone().next().is_some_and(capital)
        && named.clone().filter(|word| capital(word)).count() * 2 >= named.count()
}

/// Whether a line fills in a form that is about something else: before its colon stand words that
/// label nothing of a contact.
pub(super) fn is_form_field(text: &Text) -> bool {
    let Some((label, value)) = text.raw.split_once(':') else { return false };
    let known = [
        Sense::Register,
        Sense::Title,
        Sense::Department,
        Sense::Organization,
        Sense::OtherPerson,
        Sense::Hours,
        Sense::Academic,
    ];
    let telling = text.hits.iter().any(|hit| {
        let inside = text.words.get(hit.last).is_some_and(|word| word.span.end <= label.len());
        inside && (LABELS.contains(&hit.means.sense) || known.contains(&hit.means.sense))
    });
    !telling && !value.trim().is_empty() && !value.starts_with("//") && label.chars().count() > 3
}
