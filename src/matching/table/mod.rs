//! Whole tables: every pair of records that may be of one person.

mod column;
mod hopes;
mod meetings;
mod memo;
mod random;
mod values;

use super::decide::{Level, Match, Thresholds};
use super::em::{self, Counter};
use super::firms;
use super::model::{Compared, Model};
use super::odds::{Odds, odds};
use super::person::Person;
use super::shared_domains::SharedDomains;
use super::similarity::Agreement;
use hopes::Hopes;
use meetings::{Meetings, Tally};
use rayon::prelude::*;
use values::{Scratch, Values};

/// Two records that are, or may be, of one person.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// The place of the first.
    pub a: u32,
    /// The place of the second.
    pub b: u32,
    /// How sure it is.
    pub level: Level,
    agreement: Agreement,
}

/// Fewest records that weights are learned from.
const FEWEST: u32 = 200;
/// Records that weights are learned from, or somewhat more.
const LEARNED_FROM: u32 = 50_000;
/// Records compared with those they meet between two signs of progress.
const CHUNK: usize = 256;

/// The records of a table, and what was learned of them.
#[derive(Debug)]
pub struct Table {
    values: Values,
    meetings: Meetings,
    records: u32,
    /// Where the records of the second table begin, if there are two.
    second: Option<u32>,
    model: Model,
}

/// Two records that were compared.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    a: u32,
    b: u32,
    agreement: Agreement,
}

impl Table {
    /// Takes the records of one table, or of two of which the second begins at a place. More than a
    /// thousand million records are left out.
    pub fn new(mut people: Vec<Person>, second: Option<u32>, thresholds: Thresholds) -> Self {
        people.truncate(meetings::MOST as usize);
        let shared = SharedDomains::of(&people);
        if !shared.are_none() {
            people.par_iter_mut().for_each(|person| person.leave(&shared));
        }
        let (values, meetings) = rayon::join(|| Values::of(&people), || Meetings::of(&people));
        let records = u32::try_from(people.len()).unwrap_or(meetings::MOST);
        let model = Model { thresholds, shared, ..Model::default() };
        Self { values, meetings, records, second, model }
    }

    /// Learns the weights of these records, and gives every pair that is at least possible, in order.
    /// `progress` hears how many more records were compared with those they meet.
    pub fn pairs(&mut self, progress: &(dyn Fn(usize) + Sync)) -> Vec<Pair> {
        let step = self.step();
        let (some, rest): (Vec<u32>, Vec<u32>) =
            (0..self.records).partition(|record| record % step == 0);
        let first = self.candidates(&some, &Hopes::all(), progress);
        self.learn(counted(&first));
        let hopes = Hopes::of(&self.model, self.records);
        let others = self.candidates(&rest, &hopes, progress);
        let mut pairs = self.decided(&first, &hopes);
        pairs.extend(self.decided(&others, &hopes));
        pairs.par_sort_unstable_by_key(|pair| (pair.a, pair.b));
        pairs
    }

    /// What the records teach for judging others by: a text of numbers, and of the domains that name no
    /// employer, for [`Model::learned`](super::Model::learned). None if they are too few.
    pub fn learned(mut self) -> Option<String> {
        let step = self.step();
        let some: Vec<u32> = (0..self.records).step_by(step as usize).collect();
        let pairs = self.learn(self.met(&some))?;
        self.model.text(pairs)
    }

    /// Every so many records one is learned from: more than some teach nothing new.
    fn step(&self) -> u32 {
        (self.records / LEARNED_FROM).max(1)
    }

    /// Compares records with those they meet, and keeps what there is hope for.
    fn candidates(
        &self,
        records: &[u32],
        hopes: &Hopes,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Vec<Vec<Candidate>> {
        let found = self.compare(records, hopes, progress, Vec::push).map(|mut found| {
            found.shrink_to_fit();
            found
        });
        found.collect()
    }

    /// Counts how far records agree with those they meet; there are too many to keep them.
    fn met(&self, records: &[u32]) -> Counter {
        let hopes = Hopes::all();
        let add = |counter: &mut Counter, found: Candidate| counter.add(found.agreement);
        self.compare(records, &hopes, &|_| {}, add).reduce(Counter::default, Counter::and)
    }

    /// Compares records with those they meet, a chunk of them at a time, of which `take` makes something
    /// of what there is hope for.
    fn compare<F: Default + Send>(
        &self,
        records: &[u32],
        hopes: &Hopes,
        progress: &(dyn Fn(usize) + Sync),
        take: impl Fn(&mut F, Candidate) + Sync + Send,
    ) -> impl IndexedParallelIterator<Item = F> {
        let room = || (Tally::of(self.records), Scratch::default());
        records.par_chunks(CHUNK).map_init(room, move |(tally, scratch), some| {
            let mut found = F::default();
            for a in some {
                let others = self.meetings.of_record(*a, tally);
                if let Some(second) = self.second {
                    others.retain(|b| (*a < second) != (*b < second));
                }
                self.values.compare(*a, others, hopes, scratch, |b, agreement| {
                    take(&mut found, Candidate { a: *a, b, agreement });
                });
            }
            progress(some.len());
            found
        })
    }

    fn decided(&self, candidates: &[Vec<Candidate>], hopes: &Hopes) -> Vec<Pair> {
        let found = candidates.par_iter().flat_map_iter(|some| {
            let hopeful = some.iter().filter(|candidate| hopes.has(candidate.agreement));
            hopeful.filter_map(|candidate| self.decide(*candidate))
        });
        found.collect()
    }

    fn decide(&self, Candidate { a, b, agreement }: Candidate) -> Option<Pair> {
        let compared = self.values.compared(a, b, agreement);
        let level = self.model.level(&compared, &self.odds(&compared));
        (level > Level::None).then_some(Pair { a, b, level, agreement })
    }

    /// Learns the weights from what was met; answers how many pairs the table has. A small one says too
    /// little, and is judged by what is believed before.
    fn learn(&mut self, met: Counter) -> Option<f64> {
        if self.records < FEWEST {
            return None;
        }
        let (random, all) = random::pairs(self.records, self.second);
        let hopes = Hopes::all();
        let others = random.par_chunks(CHUNK).map_init(Scratch::default, |scratch, some| {
            let mut counter = Counter::default();
            for (a, b) in some {
                self.values
                    .compare(*a, &[*b], &hopes, scratch, |_, agreement| counter.add(agreement));
            }
            counter
        });
        let others = others.reduce(Counter::default, Counter::and).patterns();
        let looked_at = all / f64::from(self.step());
        self.model.weights = em::learn(&met.patterns(), &others, looked_at);
        Some(all)
    }

    /// Why two records are held to be of one person.
    pub fn judge(&self, pair: &Pair) -> Match {
        let compared = self.values.compared(pair.a, pair.b, pair.agreement);
        self.model.matched(&compared, &self.odds(&compared))
    }

    fn odds(&self, compared: &Compared) -> Odds {
        if compared.firms {
            firms::odds(compared)
        } else {
            odds(&self.model.weights, None, compared)
        }
    }
}

/// Counts how far records agree.
fn counted(candidates: &[Vec<Candidate>]) -> Counter {
    let of_some = candidates.par_iter().map(|some| {
        let mut counter = Counter::default();
        for candidate in some {
            counter.add(candidate.agreement);
        }
        counter
    });
    of_some.reduce(Counter::default, Counter::and)
}
