//! What mail clients write around older messages, in every language at once: a client writes in
//! its owner's language, not in the mail's.

use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

/// A label of a header block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Label {
    From,
    Sent,
    To,
    Cc,
    Subject,
}

/// The phrases of all languages, in lower case.
#[derive(Debug, Default)]
pub(super) struct Phrases {
    /// How "On … wrote:" begins.
    pub(super) on: Vec<String>,
    /// Verbs of "On … wrote:".
    pub(super) wrote: Vec<String>,
    /// What separates an older message: "original message", "forwarded message".
    pub(super) separators: Vec<String>,
    /// How an absence notice's subject begins.
    pub(super) away: Vec<String>,
    /// Labels of header blocks. A word may stand for two in different languages: a bit each.
    labels: HashMap<String, u8>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Language {
    on: Vec<String>,
    wrote: Vec<String>,
    from: Vec<String>,
    sent: Vec<String>,
    to: Vec<String>,
    cc: Vec<String>,
    subject: Vec<String>,
    original: Vec<String>,
    forwarded: Vec<String>,
    away: Vec<String>,
}

/// The phrases of `languages.toml`.
pub(super) static PHRASES: LazyLock<Phrases> = LazyLock::new(|| {
    // The file is part of the program and a test parses it.
    let languages: BTreeMap<String, Language> =
        toml::from_str(include_str!("languages.toml")).unwrap_or_default();
    let mut phrases = Phrases::default();
    for language in languages.into_values() {
        phrases.add(language);
    }
    phrases.separators.sort_unstable();
    phrases
});

impl Phrases {
    fn add(&mut self, language: Language) {
        self.on.extend(language.on);
        self.wrote.extend(language.wrote);
        self.separators.extend(language.original);
        self.separators.extend(language.forwarded);
        self.away.extend(language.away);
        let labels = [
            (Label::From, language.from),
            (Label::Sent, language.sent),
            (Label::To, language.to),
            (Label::Cc, language.cc),
            (Label::Subject, language.subject),
        ];
        for (label, words) in labels {
            for word in words {
                *self.labels.entry(word).or_default() |= label.bit();
            }
        }
    }

    /// The labels that a word before a colon may be, as bits.
    pub(super) fn labels(&self, word: &str) -> u8 {
        self.labels.get(word).copied().unwrap_or_default()
    }
}

impl Label {
    /// The label's place in a set of labels.
    pub(super) const fn bit(self) -> u8 {
        1 << self as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_parses_and_is_in_lower_case() {
        let languages: BTreeMap<String, Language> =
            toml::from_str(include_str!("languages.toml")).expect("valid TOML");
        assert!(languages.len() >= 25);
        let all = PHRASES.wrote.iter().chain(&PHRASES.separators).chain(&PHRASES.away);
        for phrase in all.chain(PHRASES.labels.keys()) {
            assert_eq!(*phrase, phrase.to_lowercase());
        }
        assert_eq!(PHRASES.labels("von"), Label::From.bit());
    }
}
