//! What each degree of agreement says: Fellegi and Sunter's weights ("A Theory for Record Linkage",
//! JASA 64, 1969).

use super::similarity::{Agreement, Degree, Field};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

const FIELDS: usize = Field::ALL.len();
const DEGREES: usize = Degree::ALL.len();

/// The chances of every degree of every field.
pub(super) type Chances = [[f64; DEGREES]; FIELDS];

/// How often each degree is met among records of one person and among those of two.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Weights {
    /// Among two records of one person.
    pub(super) same: Chances,
    /// Among two records of two people.
    pub(super) other: Chances,
    /// How often two people of one employer agree all the same, where that is known.
    pub(super) colleagues: Chances,
    /// The chance that two records taken at random are of one person.
    pub(super) prior: f64,
}

/// Fewest pairs of one person that teach what such records have in common.
const MANY: f64 = 100.0;

/// The smallest chance that is learned.
const RAREST: f64 = 1e-6;

/// The file of the chances before anything is learned.
#[derive(Debug, Deserialize, Serialize)]
struct File {
    prior: f64,
    same: BTreeMap<Field, [f64; DEGREES - 1]>,
    other: BTreeMap<Field, [f64; DEGREES - 1]>,
    colleagues: BTreeMap<Field, [f64; DEGREES - 1]>,
}

static DEFAULT: LazyLock<Weights> = LazyLock::new(|| {
    let file: Option<File> = toml::from_str(include_str!("data/weights.toml")).ok();
    file.map_or_else(Weights::even, Weights::from)
});

impl From<File> for Weights {
    fn from(file: File) -> Self {
        let chances = |of: &BTreeMap<Field, [f64; DEGREES - 1]>, instead: &Chances| {
            let mut chances = *instead;
            for (field, known) in of {
                let total: f64 = known.iter().sum();
                for (chance, share) in chances[*field as usize].iter_mut().skip(1).zip(known) {
                    *chance = share / total;
                }
            }
            chances
        };
        let even = Self::even();
        let other = chances(&file.other, &even.other);
        Self {
            same: chances(&file.same, &even.same),
            colleagues: chances(&file.colleagues, &other),
            other,
            prior: file.prior,
        }
    }
}

impl Weights {
    /// Weights that say nothing.
    fn even() -> Self {
        let even = [[0.2; DEGREES]; FIELDS];
        Self { same: even, other: even, colleagues: even, prior: 0.001 }
    }

    /// The weights before anything is learned.
    pub(super) fn before_learning() -> &'static Self {
        &DEFAULT
    }

    /// Whether every chance is one.
    pub(super) fn are_sound(&self) -> bool {
        let known = |chances: &Chances| {
            chances.iter().flat_map(|field| field.iter().skip(1)).all(|c| *c > 0.0 && *c <= 1.0)
        };
        known(&self.same) && known(&self.other) && known(&self.colleagues) && self.prior > 0.0
    }

    /// What was learned of a tenant's records, as far as it holds for somebody who writes: how often
    /// two people agree by chance. Rarer than once among all pairs that were looked at is not seen,
    /// and what two records of one person have in common is believed only of many of them.
    pub(super) fn for_others(mut self, pairs: f64) -> Self {
        let before = Self::before_learning();
        let few = self.prior * pairs < MANY;
        for field in Field::ALL {
            let at = field as usize;
            for chance in self.other[at].iter_mut().skip(1) {
                *chance = chance.max(RAREST);
            }
            let same = Degree::Same as usize;
            if few || self.same[at][same] < before.same[at][same] / 2.0 {
                self.same[at] = before.same[at];
            }
        }
        self.prior = before.prior;
        self
    }

    /// How many bits a degree of a field adds to the odds that two records are of one person.
    pub(super) fn bits(&self, field: Field, degree: Degree, colleagues: bool) -> f64 {
        if degree == Degree::Missing {
            return 0.0;
        }
        let at = |chances: &Chances| chances[field as usize][degree as usize];
        let other = if colleagues { at(&self.colleagues) } else { at(&self.other) };
        let bits = (at(&self.same) / other).log2();
        if !is_page(field, degree) {
            return bits;
        }
        // It tells no more than that they have one employer, and nothing where that is known.
        bits.min(if colleagues { 0.0 } else { self.bits(Field::Domain, Degree::Same, false) })
    }

    /// The same for a value that both have, and this share of all records.
    pub(super) fn bits_of_shared(&self, field: Field, share: f64) -> f64 {
        (self.same[field as usize][Degree::Same as usize] / share).log2()
    }

    /// The bits of the prior odds.
    pub(super) fn prior_bits(&self) -> f64 {
        bits_of(self.prior)
    }
}

/// The bits of the odds that a probability means.
pub(super) fn bits_of(probability: f64) -> f64 {
    (probability / (1.0 - probability)).log2()
}

/// Whether two records name one employer, so that the same city is no news.
pub(super) fn are_colleagues(agreement: Agreement) -> bool {
    agreement.of(Field::Company) >= Degree::Short || agreement.of(Field::Domain) == Degree::Same
}

/// Whether what two have in common is a page that may be a firm's.
pub(super) const fn is_page(field: Field, degree: Degree) -> bool {
    matches!((field, degree), (Field::Profile, Degree::Loose))
}

/// Whether a field says no more of two people than that they have one employer, which is known.
pub(super) fn is_of_employer(field: Field, agreement: Agreement) -> bool {
    match field {
        // Where no company is named, it is the domain that tells the employer.
        Field::Domain => agreement.of(Field::Company) >= Degree::Short,
        Field::Profile => is_page(field, agreement.of(field)) && are_colleagues(agreement),
        _ => (field.of_place() || field == Field::Phone) && are_colleagues(agreement),
    }
}

/// The probability that odds of so many bits mean.
pub(super) fn probability(bits: f64) -> f64 {
    1.0 / (1.0 + (-bits).exp2())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_before_learning_are_all_given_and_sane() {
        let file: File = toml::from_str(include_str!("data/weights.toml")).expect("the file");
        for field in Field::ALL {
            assert!(file.same.contains_key(&field) && file.other.contains_key(&field), "{field:?}");
            let weights = Weights::before_learning();
            assert!(weights.bits(field, Degree::Same, false) > 0.0, "{field:?}");
            assert!(weights.bits(field, Degree::Different, false) < 0.0, "{field:?}");
        }
    }

    #[test]
    fn even_odds_are_one_half() {
        assert!((probability(0.0) - 0.5).abs() < f64::EPSILON);
        assert!(probability(10.0) > 0.99);
    }
}
