//! Whole tables: every pair of records that may be of one person.

mod blocks;
mod random;

use super::decide::{Level, Match, Thresholds};
use super::em::{self, Patterns};
use super::frequency::Frequencies;
use super::model::Model;
use super::person::Person;
use super::similarity::{Agreement, Letters, compare};
use super::weights::probability;
use rayon::prelude::*;

/// Two records that are, or may be, of one person.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// The place of the first.
    pub a: usize,
    /// The place of the second.
    pub b: usize,
    /// How sure it is.
    pub level: Level,
    /// The probability that they are of one person.
    pub probability: f64,
}

/// Fewest records that weights are learned from.
const FEWEST: usize = 200;
/// Pairs compared between two signs of progress.
const CHUNK: usize = 1000;

/// The records of a table, and what was learned of them.
#[derive(Debug)]
pub struct Table {
    people: Vec<Person>,
    /// Where the records of the second table begin, if there are two.
    second: Option<u32>,
    model: Model,
}

impl Table {
    /// Takes the records of one table, or of two of which the second begins at a place.
    pub fn new(people: Vec<Person>, second: Option<u32>, thresholds: Thresholds) -> Self {
        let frequencies = Frequencies::of(people.iter());
        Self { people, second, model: Model { frequencies, thresholds, ..Model::default() } }
    }

    /// Learns the weights of these records, and gives every pair that is at least possible.
    /// `progress` hears of every thousand pairs that were compared, and how many there are.
    pub fn pairs(&mut self, progress: &(dyn Fn(usize, usize) + Sync)) -> Vec<Pair> {
        let candidates = blocks::candidates(&self.people, self.second);
        let agreements = self.agreements(&candidates, progress);
        self.learn(&agreements);
        candidates
            .par_iter()
            .zip(&agreements)
            .filter_map(|((a, b), agreement)| {
                let (a, b) = (*a as usize, *b as usize);
                let (left, right) = (self.people.get(a)?, self.people.get(b)?);
                let compared = self.model.compared(left, right, *agreement);
                let (level, odds) = self.model.decide(&compared);
                let probability = probability(odds.bits);
                (level > Level::None).then_some(Pair { a, b, level, probability })
            })
            .collect()
    }

    /// What the records teach for judging others by: a text of numbers, for
    /// [`Model::learned`](super::Model::learned). None if they are too few.
    pub fn learned(mut self) -> Option<String> {
        if self.people.len() < FEWEST {
            return None;
        }
        let candidates = blocks::candidates(&self.people, self.second);
        let agreements = self.agreements(&candidates, &|_, _| {});
        let pairs = self.learn(&agreements);
        serde_json::to_string(&self.model.weights.for_others(pairs)).ok()
    }

    fn agreements(
        &self,
        candidates: &[(u32, u32)],
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Vec<Agreement> {
        let compared = candidates.par_chunks(CHUNK).flat_map_iter(|pairs| {
            progress(pairs.len(), candidates.len());
            let mut letters = Letters::default();
            pairs.iter().map(move |pair| self.compare(*pair, &mut letters))
        });
        compared.collect()
    }

    /// Learns the weights from the table; answers how many pairs of records it has. A small one says too little, and is judged by what is
    /// believed before.
    fn learn(&mut self, agreements: &[Agreement]) -> f64 {
        if self.people.len() < FEWEST {
            return 0.0;
        }
        let mut met = Patterns::new();
        for agreement in agreements {
            *met.entry(*agreement).or_default() += 1.0;
        }
        let (random, all) = random::pairs(self.people.len(), self.second);
        let mut letters = Letters::default();
        let mut others = Patterns::new();
        for pair in random {
            *others.entry(self.compare(pair, &mut letters)).or_default() += 1.0;
        }
        self.model.weights = em::learn(&met, &others, all);
        all
    }

    fn compare(&self, (a, b): (u32, u32), letters: &mut Letters) -> Agreement {
        match (self.people.get(a as usize), self.people.get(b as usize)) {
            (Some(left), Some(right)) => compare(left, right, letters),
            _ => Agreement::default(),
        }
    }

    /// What the table believes after [`Table::pairs`].
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Why two records are, or are not, of one person.
    pub fn judge(&self, a: usize, b: usize) -> Match {
        match (self.people.get(a), self.people.get(b)) {
            (Some(left), Some(right)) => self.model.judge(left, right),
            _ => Match::none(),
        }
    }
}
