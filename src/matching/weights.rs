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
#[derive(Debug, Clone, PartialEq)]
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

    /// How many bits a degree of a field adds to the odds that two records are of one person.
    pub(super) fn bits(&self, field: Field, degree: Degree, colleagues: bool) -> f64 {
        if degree == Degree::Missing {
            return 0.0;
        }
        let at = |chances: &Chances| chances[field as usize][degree as usize];
        let other = if colleagues { at(&self.colleagues) } else { at(&self.other) };
        (at(&self.same) / other).log2()
    }

    /// The bits of the prior odds.
    pub(super) fn prior_bits(&self) -> f64 {
        (self.prior / (1.0 - self.prior)).log2()
    }
}

/// Whether two records name one employer, so that the same city is no news.
pub(super) fn are_colleagues(agreement: &Agreement) -> bool {
    agreement.of(Field::Company) >= Degree::Short || agreement.of(Field::Domain) == Degree::Same
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
