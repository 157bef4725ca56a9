//! Learns the weights from records of which nobody has said who is who: expectation and
//! maximisation (Winkler, "Using the EM Algorithm for Weight Computation in the Fellegi-Sunter
//! Model of Record Linkage", 1988).

use super::decide::{is_own, names_conflict};
use super::similarity::{Agreement, Degree, Field};
use super::weights::{Chances, Weights, are_colleagues, is_of_employer, is_page, probability};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

/// Most rounds; what is left to learn after them makes no difference.
const ROUNDS: usize = 25;
/// Change of the prior, as a share of it, below which nothing more is learned.
const SETTLED: f64 = 1e-4;
/// Weight of the chances before learning, as a number of pairs that show them.
const FAITH: f64 = 20.0;
/// Patterns that are summed at once.
const CHUNK: usize = 4096;

/// Fewest pairs of records, those of some three hundred, that teach anything.
const FEWEST: f64 = 50_000.0;

/// Every agreement that was met, and how often.
pub(super) type Patterns = Vec<(Agreement, f64)>;

/// Counts agreements as they are met, so that none of the pairs need be kept.
#[derive(Debug, Default)]
pub(super) struct Counter(FxHashMap<Agreement, u32>);

impl Counter {
    /// Counts one more.
    pub(super) fn add(&mut self, agreement: Agreement) {
        let count = self.0.entry(agreement).or_default();
        *count = count.saturating_add(1);
    }

    /// What both have counted.
    pub(super) fn and(self, other: Self) -> Self {
        let (mut most, least) =
            if self.0.len() < other.0.len() { (other, self) } else { (self, other) };
        for (agreement, count) in least.0 {
            let all = most.0.entry(agreement).or_default();
            *all = all.saturating_add(count);
        }
        most
    }

    /// What was counted, in one order.
    pub(super) fn patterns(self) -> Patterns {
        let mut counted: Vec<(Agreement, u32)> = self.0.into_iter().collect();
        counted.sort_unstable();
        counted.into_iter().map(|(agreement, count)| (agreement, f64::from(count))).collect()
    }
}

/// Learns from agreements of pairs that share a key and of pairs taken at random.
///
/// `all` is the number of all pairs of records, of which the first are those that may match.
pub(super) fn learn(candidates: &Patterns, random: &Patterns, all: f64) -> Weights {
    let before = Weights::before_learning();
    let mut weights = before.clone();
    if all < FEWEST {
        return weights;
    }
    weights.other = chances(&sums(random, |_| 1.0), &before.other);
    let seen_apart = sums(candidates, |agreement| if are_apart(agreement) { 1.0 } else { 0.0 });
    weights.colleagues = chances(&seen_apart, &before.colleagues);
    let met: f64 = candidates.iter().map(|(_, count)| count).sum();
    if met < 1.0 || all < 1.0 {
        return weights;
    }
    weights.prior = (met / all * 0.2).clamp(1e-12, 0.1);
    for _ in 0..ROUNDS {
        let bits = Kind::all().map(|kind| bits_of(&weights, kind));
        let prior = weights.prior_bits();
        let matched = sums(candidates, |agreement| {
            let bits = &bits[Kind::of(agreement).place()];
            let fields = agreement.fields();
            probability(prior + fields.map(|(f, d)| bits[f as usize][d as usize]).sum::<f64>())
        });
        weights.same = chances(&matched, &before.same);
        // Every pair has some degree in each field.
        let pairs: f64 = matched[0].iter().sum();
        let prior = (pairs / all).clamp(1e-12, 0.5);
        let moved = (prior / weights.prior - 1.0).abs();
        weights.prior = prior;
        if moved < SETTLED {
            break;
        }
    }
    weights
}

/// What of an agreement decides how its fields are weighed.
#[derive(Debug, Clone, Copy)]
struct Kind {
    /// What tells that they have one employer, if anything does.
    told_by: Option<Field>,
    conflict: bool,
    employed: bool,
}

impl Kind {
    /// All kinds, each at its place.
    fn all() -> [Self; 12] {
        std::array::from_fn(|place| Self {
            told_by: [None, Some(Field::Domain), Some(Field::Company)][place % 3],
            conflict: place / 3 % 2 > 0,
            employed: place / 6 > 0,
        })
    }

    fn place(self) -> usize {
        let told_by = match self.told_by {
            None => 0,
            Some(Field::Domain) => 1,
            Some(_) => 2,
        };
        told_by + 3 * usize::from(self.conflict) + 6 * usize::from(self.employed)
    }

    fn of(agreement: Agreement) -> Self {
        let told_by = if is_of_employer(Field::Domain, agreement) {
            Some(Field::Company)
        } else {
            are_colleagues(agreement).then_some(Field::Domain)
        };
        Self {
            told_by,
            conflict: names_conflict(agreement),
            employed: agreement.of(Field::Company) > Degree::Missing
                || agreement.of(Field::Domain) > Degree::Missing,
        }
    }

    /// [`is_of_employer`] of every agreement of this kind and this degree of the field.
    fn is_of_employer(self, field: Field, degree: Degree) -> bool {
        match field {
            Field::Domain => self.told_by == Some(Field::Company),
            Field::Profile => self.told_by.is_some() && is_page(field, degree),
            _ => self.told_by.is_some() && (field.of_place() || field == Field::Phone),
        }
    }
}

/// The bits of every degree of every field without regard to how rare a value is. Where the names
/// speak against it, what people of one place share does not speak for it: else colleagues would be
/// learned from.
fn bits_of(weights: &Weights, kind: Kind) -> Chances {
    let mut bits = Chances::default();
    for field in Field::ALL {
        for degree in Degree::ALL {
            let together = kind.is_of_employer(field, degree);
            let of_degree = weights.bits(field, degree, together);
            let speaks_for = !kind.conflict || is_own(field, degree, kind.employed);
            bits[field as usize][degree as usize] =
                if speaks_for { of_degree } else { of_degree.min(0.0) };
        }
    }
    bits
}

/// How often every degree of every field was met, each agreement weighed.
fn sums(patterns: &Patterns, weight: impl Fn(Agreement) -> f64 + Sync) -> Chances {
    let of_some = patterns.par_chunks(CHUNK).map(|patterns| {
        let mut sums = Chances::default();
        for (agreement, count) in patterns {
            let weight = weight(*agreement) * count;
            for (field, degree) in agreement.fields() {
                sums[field as usize][degree as usize] += weight;
            }
        }
        sums
    });
    // One after the other, so that the same table always teaches the same.
    let mut all = Chances::default();
    for some in of_some.collect::<Vec<_>>() {
        for (all, some) in all.iter_mut().flatten().zip(some.iter().flatten()) {
            *all += some;
        }
    }
    all
}

/// The shares of degrees where they are known, on top of what was believed before.
fn chances(sums: &Chances, before: &Chances) -> Chances {
    let mut chances = *before;
    for (field, sums) in chances.iter_mut().zip(sums) {
        for (chance, sum) in field.iter_mut().zip(sums) {
            *chance = *chance * FAITH + sum;
        }
        let known: f64 = field.iter().skip(1).sum();
        for chance in field {
            *chance /= known;
        }
    }
    chances
}

/// Whether two people of one employer are two: their names differ.
fn are_apart(agreement: Agreement) -> bool {
    are_colleagues(agreement)
        && agreement.of(Field::Given) == Degree::Different
        && agreement.of(Field::Family) == Degree::Different
        && agreement.of(Field::Email) < Degree::Short
}
