//! The odds that two records are of one person.

use super::frequency::Frequencies;
use super::model::Compared;
use super::similarity::{Degree, Field};
use super::weights::{Weights, are_colleagues};

/// How many bits speak for two records being of one person, field by field and as a whole.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Odds {
    /// What each field adds.
    pub(super) fields: [f64; Field::ALL.len()],
    /// The sum with the prior odds.
    pub(super) bits: f64,
}

/// Weighs an agreement: a rare value in common says more than a common one, and what all people of
/// an employer share says little of two who share their employer.
pub(super) fn odds(weights: &Weights, frequencies: &Frequencies, compared: &Compared<'_>) -> Odds {
    let agreement = &compared.agreement;
    let together = are_colleagues(agreement);
    let mut fields = [0.0; Field::ALL.len()];
    for (bits, (field, degree)) in fields.iter_mut().zip(agreement.fields()) {
        let own_phone = compared.own_phone && frequencies.records() > 0;
        let colleagues = together && (field.of_place() || field == Field::Phone && !own_phone);
        let rarity = (degree == Degree::Same && !colleagues)
            .then(|| frequencies.shared(field, compared.left, compared.right))
            .flatten();
        *bits = match rarity {
            Some(share) => (weights.same[field as usize][degree as usize] / share).log2(),
            None => weights.bits(field, degree, colleagues),
        };
    }
    // What was learned knows already how often all three differ.
    if frequencies.records() == 0 {
        one_change_of_employer(&mut fields);
    }
    let bits = weights.prior_bits() + fields.iter().sum::<f64>();
    Odds { fields, bits }
}

/// Another company, another domain and another address are one fact: somebody works elsewhere.
fn one_change_of_employer(fields: &mut [f64; Field::ALL.len()]) {
    let [company, domain, email] =
        [Field::Company, Field::Domain, Field::Email].map(|field| field as usize);
    if fields[domain] < 0.0 {
        fields[email] = fields[email].max(0.0);
        if fields[company] < 0.0 {
            let more = fields[company].min(fields[domain]);
            (fields[company], fields[domain]) = (more, 0.0);
        }
    }
}
