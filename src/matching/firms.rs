//! Whether two records that name no person are one company: domain, name without its legal form, place.

use super::decide::{Level, Thresholds};
use super::model::Compared;
use super::odds::{Odds, one_place};
use super::similarity::{Degree, Field};
use super::weights::{Weights, bits_of, probability};

/// What is compared of companies.
const COMPARED: [Field; 8] = [
    Field::Company,
    Field::Domain,
    Field::Phone,
    Field::Street,
    Field::Postcode,
    Field::City,
    Field::Region,
    Field::Country,
];

/// The odds that two companies are one. What is learned of people says nothing of companies: what is
/// believed before is believed of them, and that a rare value in common says more.
pub(super) fn odds(compared: &Compared) -> Odds {
    let weights = Weights::before_learning();
    let mut fields = [0.0; Field::ALL.len()];
    for field in COMPARED {
        let degree = compared.agreement.of(field);
        let counted = compared.counted.and_then(|counted| counted.bits(weights, field, MOST));
        fields[field as usize] = counted.unwrap_or_else(|| weights.bits(field, degree, false));
    }
    one_place(&mut fields);
    let prior = bits_of(PRIOR);
    Odds { fields, prior, bits: prior + fields.iter().sum::<f64>() }
}

/// The chance that two companies of a table are one: companies are fewer than people.
const PRIOR: f64 = 0.001;

/// Most bits that one value in common adds, however rare it is.
const MOST: f64 = 12.0;

/// The level of the odds. Two branches share the name and the domain but not the city, a group shares
/// the domain but not the name, and strangers may share the name: a human must look.
pub(super) fn level(compared: &Compared, odds: &Odds, thresholds: Thresholds) -> Level {
    let of = |field| compared.agreement.of(field);
    let place = of(Field::City).max(of(Field::Postcode));
    let differs = of(Field::Company) < Degree::Close
        || of(Field::Domain) == Degree::Different
        || place == Degree::Different;
    let level = thresholds.level(probability(odds.bits));
    if differs { level.min(Level::Possible) } else { level }
}
