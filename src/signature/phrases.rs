//! Many phrases looked up in a text at once.

use super::fold::{Folded, Word, has_ideograph, is_ideograph, words};
use rustc_hash::FxHashMap;

/// Phrases with what each of them means.
///
/// A phrase is compared word by word; `*leiter` matches every word that ends so, `leit*` every
/// word that begins so. Phrases in Chinese, Japanese and Korean letters match anywhere; `*部長`
/// only as a word or at its end.
///
/// Every word is looked up some twenty times, in maps whose keys are ours: a fast hash serves, as
/// no stranger can fill them.
#[derive(Debug)]
pub(super) struct Phrases<T> {
    exact: FxHashMap<Folded, Vec<(Vec<Folded>, T)>>,
    endings: Pieces<T>,
    beginnings: Pieces<T>,
    anywhere: Vec<(String, T)>,
}

/// Beginnings or endings of words with what each of them means.
#[derive(Debug)]
struct Pieces<T> {
    means: FxHashMap<Folded, Vec<T>>,
    /// A bit for every length in bytes that there is: most pieces of a word need no look-up.
    lengths: u64,
}

impl<T> Pieces<T> {
    fn add(&mut self, piece: Folded, means: T) {
        self.lengths |= length_bit(&piece);
        self.means.entry(piece).or_default().push(means);
    }

    fn of(&self, piece: &str) -> Option<&Vec<T>> {
        if self.lengths & length_bit(piece) == 0 { None } else { self.means.get(piece) }
    }
}

impl<T> Default for Pieces<T> {
    fn default() -> Self {
        Self { means: FxHashMap::default(), lengths: 0 }
    }
}

/// The bit of a length; all that are longer than any phrase share the last.
fn length_bit(piece: &str) -> u64 {
    1 << piece.len().min(63)
}

/// A phrase found in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit<T> {
    /// Its first word.
    pub(super) first: usize,
    /// Its last word.
    pub(super) last: usize,
    /// What it means.
    pub(super) means: T,
}

/// How many phrases a usual word is found in.
const USUAL_HITS: usize = 4;

/// Words longer than this are not compared by ending or beginning.
const MAX_WORD: usize = 48;

impl<T: Copy> Phrases<T> {
    /// No phrases yet.
    pub(super) fn new() -> Self {
        Self {
            exact: FxHashMap::default(),
            endings: Pieces::default(),
            beginnings: Pieces::default(),
            anywhere: Vec::new(),
        }
    }

    /// Adds a phrase.
    pub(super) fn add(&mut self, phrase: &str, means: T) {
        let phrase = phrase.trim();
        let anchored = phrase.starts_with('*') || phrase.ends_with('*');
        if phrase.chars().any(is_ideograph) && !anchored {
            self.anywhere.push((phrase.to_owned(), means));
        }
        let mut parts = words(phrase).into_iter().map(|word| word.folded);
        let Some(first) = parts.next() else { return };
        if phrase.starts_with('*') {
            if phrase.chars().any(is_ideograph) {
                self.exact.entry(first.clone()).or_default().push((Vec::new(), means));
            }
            self.endings.add(first, means);
        } else if phrase.ends_with('*') {
            self.beginnings.add(first, means);
        } else {
            self.exact.entry(first).or_default().push((parts.collect(), means));
        }
    }

    /// Every phrase in `words`, which are the words of `text`, in the order of their first word.
    pub(super) fn find(&self, text: &str, words: &[Word]) -> Vec<Hit<T>> {
        let mut hits = Vec::with_capacity(words.len() * USUAL_HITS);
        for (at, word) in words.iter().enumerate() {
            self.find_at(words, at, &word.folded, &mut hits);
        }
        self.find_anywhere(text, words, &mut hits);
        hits
    }

    /// What the phrases mean that are all of `words`, which are the words of `text`.
    pub(super) fn whole(&self, text: &str, words: &[Word]) -> impl Iterator<Item = T> {
        let mut hits = Vec::new();
        if let Some(first) = words.first() {
            self.find_at(words, 0, &first.folded, &mut hits);
            self.find_anywhere(text, words, &mut hits);
        }
        let last = words.len().saturating_sub(1);
        hits.into_iter().filter(move |hit| hit.first == 0 && hit.last == last).map(|hit| hit.means)
    }

    fn find_at(&self, words: &[Word], at: usize, word: &str, hits: &mut Vec<Hit<T>>) {
        for (rest, means) in self.exact.get(word).into_iter().flatten() {
            let fits = words
                .get(at + 1..=at + rest.len())
                .is_some_and(|next| next.iter().zip(rest).all(|(a, b)| a.folded == *b));
            if fits {
                hits.push(Hit { first: at, last: at + rest.len(), means: *means });
            }
        }
        let pieces = self.endings.lengths | self.beginnings.lengths != 0;
        if !pieces || word.len() > MAX_WORD || word.len() < 4 {
            return;
        }
        let least = if word.starts_with(is_ideograph) { 1 } else { 2 };
        for (cut, _) in word.char_indices().skip(least) {
            let (beginning, ending) = word.split_at(cut);
            for means in [self.endings.of(ending), self.beginnings.of(beginning)] {
                for means in means.into_iter().flatten() {
                    hits.push(Hit { first: at, last: at, means: *means });
                }
            }
        }
    }

    fn find_anywhere(&self, text: &str, words: &[Word], hits: &mut Vec<Hit<T>>) {
        if self.anywhere.is_empty() || !has_ideograph(text) {
            return;
        }
        for (phrase, means) in &self.anywhere {
            if let Some(at) = text.find(phrase.as_str()) {
                let first = words.iter().position(|word| word.span.end > at).unwrap_or(0);
                let end = at + phrase.len();
                let last = words.iter().rposition(|word| word.span.start < end).unwrap_or(first);
                hits.push(Hit { first, last: last.max(first), means: *means });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_endings_and_ideographs_are_found() {
        let mut phrases = Phrases::new();
        phrases.add("*leiter", 1);
        phrases.add("Managing Director", 2);
        phrases.add("部長", 3);
        let means = |text: &str| -> Vec<i32> {
            phrases.find(text, &words(text)).into_iter().map(|hit| hit.means).collect()
        };
        assert_eq!(means("Vertriebsleiter"), [1]);
        assert_eq!(means("our managing director,"), [2]);
        assert_eq!(means("営業部長"), [3]);
        assert!(means("leiter Managing").is_empty());
    }
}
