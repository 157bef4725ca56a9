//! Learns the weights from records of which nobody has said who is who: expectation and
//! maximisation (Winkler, "Using the EM Algorithm for Weight Computation in the Fellegi-Sunter
//! Model of Record Linkage", 1988).

use super::decide::{is_own, names_conflict};
use super::similarity::{Agreement, Degree, Field};
use super::weights::{Chances, Weights, are_colleagues, probability};
use std::collections::HashMap;

/// Most rounds; what is left to learn after them makes no difference.
const ROUNDS: usize = 25;
/// Change of the prior, as a share of it, below which nothing more is learned.
const SETTLED: f64 = 1e-4;
/// Weight of the chances before learning, as a number of pairs that show them.
const FAITH: f64 = 20.0;

/// Fewest pairs of records, those of some three hundred, that teach anything.
const FEWEST: f64 = 50_000.0;

/// How often every agreement was met.
pub(super) type Patterns = HashMap<Agreement, f64>;

/// Learns from agreements of pairs that share a key and of pairs taken at random.
///
/// `all` is the number of all pairs of records, of which the first are those that may match.
pub(super) fn learn(candidates: &Patterns, random: &Patterns, all: f64) -> Weights {
    let before = Weights::before_learning();
    let mut weights = before.clone();
    if all < FEWEST {
        return weights;
    }
    weights.other = chances(random, &before.other, |_, weight| weight);
    weights.colleagues = colleagues(candidates);
    let met: f64 = candidates.values().sum();
    if met < 1.0 || all < 1.0 {
        return weights;
    }
    weights.prior = (met / all * 0.2).clamp(1e-12, 0.1);
    for _ in 0..ROUNDS {
        let posterior = |agreement: &Agreement| probability(bits(&weights, agreement));
        let matched: f64 = candidates.iter().map(|(a, count)| posterior(a) * count).sum();
        let same = chances(candidates, &before.same, |a, count| posterior(a) * count);
        let prior = (matched / all).clamp(1e-12, 0.5);
        let moved = (prior / weights.prior - 1.0).abs();
        weights.same = same;
        weights.prior = prior;
        if moved < SETTLED {
            break;
        }
    }
    weights
}

/// The bits of an agreement without regard to how rare its values are. Where the names speak against
/// it, what people of one place share does not speak for it: else colleagues would be learned from.
fn bits(weights: &Weights, agreement: &Agreement) -> f64 {
    let together = are_colleagues(agreement);
    let conflict = names_conflict(agreement);
    let employed = agreement.of(Field::Company) > Degree::Missing
        || agreement.of(Field::Domain) > Degree::Missing;
    let of_field = |(field, degree): (Field, Degree)| {
        let together = together && (field.of_place() || field == Field::Phone);
        let bits = weights.bits(field, degree, together);
        if conflict && !is_own(field, employed) { bits.min(0.0) } else { bits }
    };
    weights.prior_bits() + agreement.fields().map(of_field).sum::<f64>()
}

/// The shares of degrees where they are known, on top of what was believed before.
fn chances(
    patterns: &Patterns,
    before: &Chances,
    weight: impl Fn(&Agreement, f64) -> f64,
) -> Chances {
    let mut sums = before.map(|field| field.map(|chance| chance * FAITH));
    for (agreement, count) in patterns {
        let weight = weight(agreement, *count);
        for (field, degree) in agreement.fields() {
            sums[field as usize][degree as usize] += weight;
        }
    }
    sums.map(|mut field| {
        let known: f64 = field.iter().skip(1).sum();
        for chance in &mut field {
            *chance /= known;
        }
        field
    })
}

/// What two people of one employer have in common, seen in those whose names differ.
fn colleagues(candidates: &Patterns) -> Chances {
    let apart = |agreement: &Agreement| {
        are_colleagues(agreement)
            && agreement.of(Field::Given) == Degree::Different
            && agreement.of(Field::Family) == Degree::Different
            && agreement.of(Field::Email) < Degree::Short
    };
    let before = Weights::before_learning();
    chances(candidates, &before.colleagues, |a, count| if apart(a) { count } else { 0.0 })
}
