//! A text with what its words mean.

use super::fold::{Word, is_ideograph, words};
use super::language::{Meaning, Sense, Senses, lexicon};
use super::phrases::Hit;

/// Words with what they mean.
#[derive(Debug)]
pub(super) struct Text {
    /// As written.
    pub(super) raw: String,
    /// Its words.
    pub(super) words: Vec<Word>,
    /// What its words mean.
    pub(super) hits: Vec<Hit<Meaning>>,
    /// All senses of it.
    pub(super) senses: Senses,
}

impl Text {
    /// Reads a text.
    pub(super) fn of(raw: &str) -> Self {
        let words = words(raw);
        let hits = lexicon().find(raw, &words);
        let senses = hits.iter().map(|hit| hit.means.sense).collect();
        Self { raw: raw.to_owned(), words, hits, senses }
    }

    /// The same text without what only languages say that nobody speaks here: "do" is Thursday in
    /// German and "of the" in Portuguese. Longer phrases mean the same wherever they stand.
    pub(super) fn spoken(&self, spoken: &[bool]) -> Self {
        let length = |hit: &Hit<Meaning>| -> usize {
            let words = self.words.get(hit.first..=hit.last).unwrap_or_default();
            words.iter().map(|word| word.folded.chars().count()).sum()
        };
        let here = |hit: &Hit<Meaning>| spoken.get(hit.means.language).copied().unwrap_or(true);
        // What a word means here counts before what it means elsewhere.
        let known = |hit: &Hit<Meaning>| {
            let same = |other: &&Hit<Meaning>| other.first == hit.first && other.last == hit.last;
            self.hits.iter().filter(same).any(here)
        };
        let meant = |hit: &&Hit<Meaning>| {
            let foreign = !here(hit);
            if foreign && known(hit) {
                return false;
            }
            let everywhere = !matches!(hit.means.sense, Sense::Hours | Sense::Common);
            !foreign || everywhere && length(hit) > SHORT
        };
        let hits: Vec<_> = self.hits.iter().filter(meant).copied().collect();
        let senses = hits.iter().map(|hit| hit.means.sense).collect();
        Self { raw: self.raw.clone(), words: self.words.clone(), hits, senses }
    }

    /// Whether a legal form stands with a name: `Müller GmbH`, and not `2. OG`.
    pub(super) fn is_company(&self) -> bool {
        let forms = self.covered(&[Sense::LegalForm]);
        let is_name = |word: &&Word| word.folded.chars().filter(|c| c.is_alphabetic()).count() > 1;
        let names = self.words.iter().filter(is_name).count();
        // "as agents only" begins with no legal form, "AS Norma" does.
        let written = self.raw.starts_with(|c: char| !c.is_lowercase())
            || self.hits.iter().any(|hit| hit.means.sense == Sense::LegalForm && hit.first > 0);
        written
            && forms > 0
            && (self.words.len() > forms && names > 1 || self.raw.chars().any(is_ideograph))
    }

    /// Whether it begins with a phrase of this sense.
    pub(super) fn begins(&self, sense: Sense) -> bool {
        self.senses.has(sense)
            && self.hits.iter().any(|hit| hit.first == 0 && hit.means.sense == sense)
    }

    /// How many of its words a phrase of one of the senses covers.
    pub(super) fn covered(&self, senses: &[Sense]) -> usize {
        if !senses.iter().any(|sense| self.senses.has(*sense)) {
            return 0;
        }
        let mut covered = vec![false; self.words.len()];
        for hit in self.hits.iter().filter(|hit| senses.contains(&hit.means.sense)) {
            if let Some(words) = covered.get_mut(hit.first..=hit.last) {
                words.fill(true);
            }
        }
        covered.into_iter().filter(|c| *c).count()
    }
}

/// Letters of a phrase that means something only to who speaks its language.
const SHORT: usize = 3;

/// The senses that label a value.
pub(super) const LABELS: &[Sense] = &[
    Sense::Phone,
    Sense::Mobile,
    Sense::Fax,
    Sense::Email,
    Sense::Web,
    Sense::Address,
    Sense::Extension,
];
