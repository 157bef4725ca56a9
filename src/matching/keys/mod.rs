//! Blocking keys: who shares one with a person is worth comparing with them.
//!
//! Two sets: those that are kept for every record of a tenant and looked up for a suggestion, and
//! those by which the records of a whole table meet that share none of the first.

mod kept;
mod met;

use super::person::Person;
use super::sound;

use kept::kept;
pub(super) use kept::{kept_in_tables, name_key, phone_key};
pub(super) use met::{ALONE, TOGETHER, met};

/// Which rules [`keys`] follows: to be counted up when they change, so that everything gets its new keys
/// from the job that rekeys. With it comes a migration that makes the indexes `…_keyed_by` anew for the
/// new number, as 0330 made them.
pub const RULES: i64 = 7;

/// The keys of a contact that are kept in the database, each once, in order.
pub fn keys(contact: &crate::contact::Contact) -> Vec<String> {
    let mut keys = Vec::new();
    kept(&Person::from(contact), &mut |key| keys.push(key));
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// How much sharing this kept key says, to look first at those that share most: what only one person
/// has, then names, then what colleagues share.
pub fn strength(key: &str) -> u32 {
    match key.split_once(':').map(|(kind, _)| kind) {
        _ if is_of_one(key) => 1000,
        Some("n") => 100,
        Some("l" | "p") => 50,
        _ => 10,
    }
}

/// Whether this kept key is an address or a profile, which only one person has.
pub fn is_of_one(key: &str) -> bool {
    key.starts_with("e:") || key.starts_with("u:")
}

/// The first letters of a text.
fn head(text: &str, letters: usize) -> &str {
    text.char_indices().nth(letters).map_or(text, |(end, _)| text.split_at(end).0)
}

fn first_word(text: &str) -> &str {
    text.split(' ').next().unwrap_or(text)
}

fn last_word(text: &str) -> &str {
    text.rsplit(' ').next().unwrap_or(text)
}

/// A name by its sound, or itself where it has none.
fn heard(name: &str) -> String {
    let code = sound::german(last_word(name));
    if code.is_empty() { name.to_owned() } else { code }
}

/// The last bytes of a folded text.
fn tail(text: &str, letters: usize) -> &str {
    text.get(text.len().saturating_sub(letters)..).unwrap_or(text)
}

/// The letters of a text in order, so that swapped ones make no difference.
fn sorted(text: &str) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    letters.sort_unstable();
    letters.into_iter().collect()
}
