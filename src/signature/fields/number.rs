//! Runs of digits as numbers to dial: cut apart, completed, in the country they are dialled in.

use crate::signature::context::Context;
use rlibphonenumber::{
    NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, Region,
};

/// A number and how it was written.
#[derive(Debug, Clone)]
pub(super) struct Dialled {
    /// The number.
    pub(super) number: PhoneNumber,
    /// Whether it was written with its country.
    pub(super) international: bool,
    /// How many of its last digits are the direct dial: those behind its last hyphen.
    direct: usize,
}

/// The numbers in a run of digits; `last` is the number before, which an ending (`-29`) completes.
pub(super) fn split(
    run: &str,
    last: Option<&Dialled>,
    labelled: bool,
    context: &Context<'_>,
) -> Vec<Dialled> {
    if run.starts_with(['-', '–']) {
        return last.and_then(|last| completed(last, run)).into_iter().collect();
    }
    let run = run.replace("(0)", " ").replace(['–', '−', '‐', '‑'], "-");
    let whole = parse(&run, labelled, context);
    // What is one number is two only if the sign between them says so.
    let separators: &[&str] =
        if whole.is_some() { &[" / "] } else { &[" / ", "/", " - ", "  ", " "] };
    for separator in separators {
        // Two numbers side by side: the second begins as a whole number does.
        let parts: Vec<&str> = run.split(separator).collect();
        for cut in 1..parts.len() {
            let (left, right) = (
                parts.get(..cut).unwrap_or_default().join(separator),
                parts.get(cut..).unwrap_or_default().join(separator),
            );
            let begins =
                right.trim_start().starts_with(['+', '0', '(']) || !begins_with_prefix(&left);
            if !begins || digits_count(&right) < 6 || digits_count(&left) < 6 {
                continue;
            }
            if let (Some(first), Some(second)) =
                (parse(&left, labelled, context), parse(&right, labelled, context))
            {
                return vec![first, second];
            }
        }
    }
    if let Some(number) = whole {
        return vec![number];
    }
    // "2555 0146 / 2555 0147", "… 12-34 / -29": the second replaces the last digits of the first.
    if let Some((left, right)) = run.split_once('/')
        && let Some(first) = parse(left, labelled, context)
    {
        let second = completed(&first, right);
        return std::iter::once(first).chain(second).collect();
    }
    last.and_then(|last| completed(last, &run)).into_iter().collect()
}

fn begins_with_prefix(number: &str) -> bool {
    number.trim_start().starts_with(['+', '0', '('])
}

fn digits_count(text: &str) -> usize {
    text.chars().filter(char::is_ascii_digit).count()
}

fn digits_of(number: &PhoneNumber) -> String {
    format!("+{}{}", number.country_code, number.get_national_significant_number())
}

/// A number whose direct dial, or as many last digits, are replaced.
fn completed(last: &Dialled, ending: &str) -> Option<Dialled> {
    let hyphen = ending.trim_start().starts_with(['-', '–']);
    let ending: String = ending.chars().filter(char::is_ascii_digit).collect();
    let number = digits_of(&last.number);
    let replaced = if hyphen && last.direct > 0 { last.direct } else { ending.len() };
    let keep = number.len().checked_sub(replaced).filter(|keep| *keep >= 4)?;
    if ending.is_empty() || ending.starts_with('0') && ending.len() > 4 {
        return None;
    }
    let number = PHONE_NUMBER_UTIL.parse(format!("{}{ending}", number.get(..keep)?), None).ok()?;
    number.is_valid().then_some(Dialled { number, international: true, direct: ending.len() })
}

/// Digits behind the last hyphen that are a direct dial and no group of the number.
const DIRECT: usize = 4;

/// How many digits are the direct dial.
fn direct(text: &str, number: &PhoneNumber) -> usize {
    const NORTH_AMERICA: i32 = 1;
    let last = text.rsplit_once('-').map_or(0, |(_, last)| digits_count(last));
    if last <= DIRECT && number.country_code != NORTH_AMERICA { last } else { 0 }
}

/// What people write between the digits of a number.
const SIGNS: [char; 6] = ['(', ')', ' ', '-', '.', '/'];

/// In how many of the likely countries a national number is tried.
const GUESSES: usize = 8;
/// Fewest digits of a national number that no plan knows.
const UNKNOWN_DIGITS: usize = 8;

/// Whether digits are grouped as in North America: three in brackets or before a hyphen or dot,
/// three, four.
fn is_north_american(text: &str) -> bool {
    let groups: Vec<usize> = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|group| !group.is_empty())
        .map(str::len)
        .collect();
    groups == [3, 3, 4] && !text.trim_start_matches(['(', ' ']).starts_with('0')
}

/// Whether its country dials numbers of this length.
fn is_possible(number: &PhoneNumber) -> bool {
    number.is_possible_with_reason() == Ok(NumberLengthType::IsPossible)
}

/// One number, valid in the first of the likely countries where it is; else, if its label or its
/// prefix says that it is one, of a length that its country dials.
fn parse(text: &str, labelled: bool, context: &Context<'_>) -> Option<Dialled> {
    let text = text.trim().trim_start_matches(['-', '/', '.', ' ']);
    let dialled = |number: PhoneNumber, international| Dialled {
        direct: direct(text, &number),
        number,
        international,
    };
    let plus = text.starts_with("(+") || text.starts_with('+');
    if plus || text.starts_with("00") {
        // Signs between digits only make the reading dearer.
        let digits = text.trim_start_matches(['(', '+', '0']).replace(SIGNS, "");
        let number = PHONE_NUMBER_UTIL.parse(format!("+{digits}"), None).ok()?;
        // The length is quickly told, validity is not.
        let dials = plus && is_possible(&number) || number.is_valid();
        return dials.then(|| dialled(number, true));
    }
    let national = |region: Region| PHONE_NUMBER_UTIL.parse(text, Some(region)).ok();
    // "(303) 555-0171" is written so in one plan only.
    let american = (!context.is_told() && is_north_american(text)).then_some(Region::US);
    let regions = || american.into_iter().chain(context.regions());
    let valid = regions().take(GUESSES).find_map(|region| {
        let number = national(region)?;
        let complete = labelled || has_trunk(text, &number);
        (number.is_valid() && number.is_valid_for_region(region) && complete).then_some(number)
    });
    let possible = || {
        let number = national(regions().next()?)?;
        let long = digits_count(text) >= UNKNOWN_DIGITS;
        let prefixed = text.starts_with(['0', '(']) || number.country_code == 1;
        (labelled && long && prefixed && is_possible(&number)).then_some(number)
    };
    valid.or_else(possible).map(|number| dialled(number, false))
}

/// Whether a national number is written with the trunk prefix with which its country writes it.
fn has_trunk(text: &str, number: &PhoneNumber) -> bool {
    let usual = number.format_as(PhoneNumberFormat::National);
    let zero = |text: &str| text.trim_start_matches(['(', ' ']).starts_with('0');
    zero(text) || !zero(&usual)
}
