//! Which lines sign: the best-scoring run of lines, or none.
//!
//! Every line is weighed by what stands on it ([`weigh`]); a run may begin anywhere, better behind a
//! valediction, a `-- ` line or with the author's name. The heaviest run wins if it is heavy enough.

use super::entity::{Entity, entities};
use super::language::Sense;
use super::sender::Sender;
use super::text::Text;
use crate::mail::Line;
use std::ops::Range;

/// A run lighter than this is no signature.
const ENOUGH: f64 = 3.0;
/// What a run loses that begins with neither the author's name nor behind a valediction or mark.
const ADRIFT: f64 = 3.0;
/// Lines of content from which on a run loses weight: signatures are not longer.
const USUAL_LINES: usize = 12;
/// Lines beyond this many are not looked at: no author writes so many below each other.
const MAX_LINES: usize = 4_000;
/// A line longer than this is running text.
const LONG_LINE: usize = 400;

/// What a line is for the search.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Weight {
    /// Nothing on it.
    Blank,
    /// Only strokes: `-----`.
    Rule,
    /// `-- ` alone: what follows is the signature.
    Delimiter,
    /// Closes the letter; the signature may follow.
    Valediction,
    /// Ends every run: legal text, a banner, a salutation.
    Stop,
    /// Speaks for a signature, or with a negative number against one; and whether it is the
    /// author's name.
    Content(f64, bool),
}

/// The lines in which the author signs.
pub(super) fn locate(lines: &[Line], sender: &Sender, own_domain: &str) -> Option<Range<usize>> {
    let lines = lines.get(..lines.len().min(MAX_LINES)).unwrap_or(lines);
    let weights: Vec<Weight> = lines.iter().map(|line| weigh(line, sender, own_domain)).collect();
    let marked: Vec<bool> = lines.iter().map(|line| line.marked).collect();
    let best = heaviest(&weights, &marked)?;
    Some(trim(&weights, best))
}

#[derive(Debug, Clone, Copy)]
struct Run {
    start: usize,
    end: usize,
    weight: f64,
    anchored: bool,
    lines: usize,
}

/// The heaviest run, in one pass: at every line a run either goes on or a new one begins.
fn heaviest(weights: &[Weight], marked: &[bool]) -> Option<Range<usize>> {
    let mut best: Option<Run> = None;
    let mut current: Option<Run> = None;
    let mut opening = 0.0;
    let text_below = text_below(weights);
    for (at, weight) in weights.iter().enumerate() {
        let marked = marked.get(at).copied().unwrap_or(false);
        match weight {
            Weight::Stop => {
                current = None;
                opening = 0.0;
            }
            Weight::Delimiter | Weight::Valediction => {
                current = None;
                opening = if *weight == Weight::Delimiter { 2.0 } else { 1.5 };
            }
            Weight::Blank | Weight::Rule => {
                if let Some(run) = &mut current {
                    run.weight -= 0.2;
                }
            }
            Weight::Content(content, name) => {
                let content = content + if marked { 1.5 } else { 0.0 };
                let anchored = opening > 0.0 || *name || marked;
                let drift = if anchored { 0.0 } else { ADRIFT };
                let fresh = Run {
                    start: at,
                    end: at + 1,
                    weight: content + opening - drift,
                    anchored,
                    lines: 1,
                };
                current = match current {
                    Some(run) if run.weight > opening && (run.anchored || !anchored) => {
                        let excess = if run.lines >= USUAL_LINES { 1.5 } else { 0.0 };
                        Some(Run {
                            end: at + 1,
                            weight: run.weight + content - excess,
                            lines: run.lines + 1,
                            ..run
                        })
                    }
                    _ => Some(fresh),
                };
                opening = 0.0;
                if current.is_some_and(|run| run.weight < -ADRIFT) {
                    current = None;
                }
            }
        }
        if let Some(run) = current {
            let penalty = (0.4 * text_below.get(at).copied().unwrap_or(0.0)).min(3.0);
            let weighed = Run { weight: run.weight - penalty, ..run };
            if best.is_none_or(|best| weighed.weight >= best.weight) {
                best = Some(weighed);
            }
        }
    }
    best.filter(|run| run.weight >= ENOUGH).map(|run| run.start..run.end)
}

/// How many lines of running text follow each line.
fn text_below(weights: &[Weight]) -> Vec<f64> {
    let mut below = vec![0.0; weights.len()];
    let mut count = 0.0;
    for (at, weight) in weights.iter().enumerate().rev() {
        if let Some(slot) = below.get_mut(at) {
            *slot = count;
        }
        if matches!(weight, Weight::Content(w, _) if *w < -0.5) {
            count += 1.0;
        }
    }
    below
}

/// Leaves out what does not belong to the run at its end.
fn trim(weights: &[Weight], mut run: Range<usize>) -> Range<usize> {
    while run.end > run.start + 1
        && weights
            .get(run.end - 1)
            .is_some_and(|weight| !matches!(weight, Weight::Content(w, _) if *w > 0.0))
    {
        run.end -= 1;
    }
    run
}

/// Weighs one line.
fn weigh(line: &Line, sender: &Sender, own_domain: &str) -> Weight {
    let raw = line.text();
    let trimmed = raw.trim();
    if trimmed.is_empty() {
        return if line.is_blank() { Weight::Blank } else { Weight::Content(0.3, false) };
    }
    if matches!(trimmed, "--" | "–" | "—") {
        return Weight::Delimiter;
    }
    if !trimmed.chars().any(char::is_alphanumeric) {
        return Weight::Rule;
    }
    if trimmed.len() > LONG_LINE {
        return Weight::Content(-4.0, false);
    }
    let text = Text::of(trimmed);
    let address = trimmed.contains('@') || trimmed.contains("www.") || trimmed.contains("://");
    if !address && closes(&text, sender) {
        return Weight::Valediction;
    }
    if (!address || text.words.len() > 16) && stops(&text) {
        return Weight::Stop;
    }
    let name = text.words.len() <= 8 && sender.recognises(&text.words) >= 0.8
        || leads_with_name(trimmed, sender) && text.senses.is_label();
    let lead = if name && text.words.len() > 8 { 2.5 } else { 0.0 };
    Weight::Content(content(&text, line, sender, own_domain) + lead, name)
}

/// Whether a line is a valediction: it begins with one and little follows.
pub(super) fn closes(text: &Text, sender: &Sender) -> bool {
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

/// Whether a line cannot belong to a signature.
fn stops(text: &Text) -> bool {
    let longish = text.words.len() >= 5;
    let legal_text =
        text.hits.iter().any(|hit| hit.means.sense == Sense::Disclaimer && hit.means.language == 0);
    let registers = text.hits.iter().filter(|hit| hit.means.sense == Sense::Register).count();
    let footer = registers > 0 && text.words.len() >= 10 && !text.senses.is_label();
    (text.begins(Sense::Disclaimer) || legal_text) && longish
        || footer
        || text.begins(Sense::Client) && text.words.len() >= 3
        || text.senses.has(Sense::Automatic) && text.words.len() >= 4
        || (text.begins(Sense::Salutation)
            && text.raw.trim_end().ends_with([',', '!'])
            && text.words.len() <= 6)
}

/// The weight of a line's content.
fn content(text: &Text, line: &Line, sender: &Sender, own_domain: &str) -> f64 {
    let words = text.words.len();
    let common = text.covered(&[Sense::Common]);
    let mut weight = 0.0;
    let shapes = line.cells.iter().flat_map(|cell| entities(&cell.text, own_domain));
    let mut values = 0.0_f64;
    for (_, entity) in shapes {
        values += match &entity {
            Entity::Number(_)
                if text.senses.has(Sense::Phone)
                    || text.senses.has(Sense::Mobile)
                    || text.senses.has(Sense::Fax) =>
            {
                2.5
            }
            Entity::Number(_) => 1.6,
            Entity::Email(email)
                if sender.address.as_ref().is_some_and(|own| own.key() == email.key()) =>
            {
                2.0
            }
            Entity::Email(_) => 0.8,
            Entity::Link(site) if !own_domain.is_empty() && site.host().ends_with(own_domain) => {
                2.0
            }
            Entity::Link(_) => 0.6,
        };
    }
    weight += values.min(5.0);
    // The bits of "www.krka.si" are no words.
    let address =
        |token: &&str| token.contains('@') || token.contains("www.") || token.contains("://");
    let outside = text.raw.split_whitespace().filter(|token| !address(token)).count();
    let sentence = common >= 3 && common * 5 >= words * 2 && words >= 6
        || words >= 14 && common * 4 >= words
        || words >= 5 && outside >= 4 && common >= 2 && values > 0.0 && common * 3 >= words
        || words >= 7
            && values <= 0.0
            && text.raw.trim_end().ends_with(['.', '?', '!'])
            && common >= 2;
    if sentence {
        return -2.0 - f64::from(u32::try_from(words).unwrap_or(0).min(20)) * 0.05
            + values.min(1.0);
    }
    if text.begins(Sense::Salutation) && words <= 4 {
        return -2.0;
    }
    if words <= 8 {
        let name = sender.recognises(&text.words);
        weight += if name >= 0.8 { 2.5 } else { name };
    }
    for (sense, worth) in [
        (Sense::LegalForm, 1.5),
        (Sense::Title, 1.0),
        (Sense::Organization, 0.7),
        (Sense::Department, 0.5),
        (Sense::Street, 0.4),
        (Sense::Academic, 0.4),
    ] {
        if text.senses.has(sense) && words <= 14 {
            weight += worth;
        }
    }
    weight += f64::from(super::place::looks_like_place(text)) * 2.0;
    if words <= 8 && sender.owns(&text.words) > 0.6 {
        weight += 1.0;
    }
    let capitals =
        text.words.iter().filter(|word| starts_upper(&text.raw, word.span.start)).count();
    if text.begins(Sense::Register) {
        weight -= 1.0;
    }
    let ends = text.raw.trim_end().ends_with(['.', '?', '!', ',', ':']);
    if words <= 7 && capitals * 3 >= words * 2 && !ends {
        weight += 0.3;
    } else if values <= 0.0 {
        weight -= 0.4 + 0.15 * f64::from(u32::try_from(common).unwrap_or(0).min(20));
    }
    weight
}

fn starts_upper(text: &str, at: usize) -> bool {
    text.get(at..).and_then(|rest| rest.chars().next()).is_some_and(char::is_uppercase)
}

/// Whether a line of several values begins with the author's name.
fn leads_with_name(line: &str, sender: &Sender) -> bool {
    let lead = line.split([',', '|', '·', '•', '–', '\t']).next().unwrap_or_default();
    let words = super::fold::words(lead);
    words.len() <= 6 && sender.recognises(&words) >= 0.8
}
