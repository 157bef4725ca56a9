//! The odds that two records are of one person.

use super::model::{Compared, Line};
use super::population::Among;
use super::similarity::Field;
use super::weights::{Weights, bits_of, is_of_employer};

/// How many bits speak for two records being of one person, field by field and as a whole.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Odds {
    /// What each field adds.
    pub(super) fields: [f64; Field::ALL.len()],
    /// What is believed before anything is compared.
    pub(super) prior: f64,
    /// The sum with the prior odds.
    pub(super) bits: f64,
}

/// Weighs an agreement: a rare value in common says more than a common one, and what all people of
/// an employer share says little of two who share their employer.
pub(super) fn odds(weights: &Weights, among: Option<&Among>, compared: &Compared) -> Odds {
    let agreement = compared.agreement;
    let own_phone =
        compared.line > Line::Anybodys && compared.counted.is_some() || compared.rests_on_number();
    let mut fields = [0.0; Field::ALL.len()];
    for (bits, (field, degree)) in fields.iter_mut().zip(agreement.fields()) {
        let colleagues = is_of_employer(field, agreement) && !(field == Field::Phone && own_phone);
        let rare = compared.counted.filter(|_| !colleagues);
        let rare = rare.and_then(|counted| counted.bits(weights, field, f64::INFINITY));
        *bits = rare.unwrap_or_else(|| weights.bits(field, degree, colleagues));
    }
    if compared.apart.mailbox {
        let email = &mut fields[Field::Email as usize];
        *email = email.min(OTHER_MAILBOX);
    }
    if compared.apart.mobile {
        fields[Field::Phone as usize] += OTHER_MOBILE;
    }
    let counted = compared.counted.is_some();
    // What was learned knows how often one of them differs, not that they do together: of somebody
    // whose own number is the same it is known that they work elsewhere now.
    if !counted || compared.line > Line::Anybodys {
        one_change_of_employer(&mut fields);
    }
    if !counted {
        if compared.named_alike {
            fields[Field::Email as usize] = 0.0;
        }
        one_place(&mut fields);
    }
    if let Some(among) = among {
        among.weigh(weights, compared, &mut fields);
    }
    let prior = bits_of(among.map_or(weights.prior, |among| among.prior));
    let bits = prior + fields.iter().sum::<f64>();
    Odds { fields, prior, bits }
}

/// How many bits it adds that each has a mailbox at one employer: of one person in a hundred and thirty
/// two are known, of two people always.
const OTHER_MAILBOX: f64 = -7.0;

/// How many bits it adds that each has a mobile number and none in common, whatever else of theirs is
/// the same: one person in eight has had two.
const OTHER_MOBILE: f64 = -3.0;

/// Another company, another domain and another address are one fact: somebody works elsewhere. What
/// belongs to the job is another one then, and says no more.
fn one_change_of_employer(fields: &mut [f64; Field::ALL.len()]) {
    let [company, domain, email] =
        [Field::Company, Field::Domain, Field::Email].map(|field| field as usize);
    if fields[domain] < 0.0 {
        fields[email] = fields[email].max(0.0);
    }
    let elsewhere = fields[company].min(fields[domain]);
    if elsewhere < 0.0 && fields[company].max(fields[domain]) <= 0.0 {
        (fields[company], fields[domain]) =
            if fields[company] < 0.0 { (elsewhere, 0.0) } else { (0.0, elsewhere) };
        for field in OF_THE_JOB {
            fields[field as usize] = fields[field as usize].max(0.0);
        }
    }
}

/// What somebody leaves behind with a job.
const OF_THE_JOB: [Field; 6] =
    [Field::Phone, Field::Title, Field::Street, Field::Postcode, Field::City, Field::Region];

/// The postcode tells the city, and that the country: of those that agree the most telling one counts,
/// and so of those that differ.
pub(super) fn one_place(fields: &mut [f64; Field::ALL.len()]) {
    let places = [Field::Postcode, Field::City, Field::Region, Field::Country];
    let bits = places.map(|place| fields[place as usize]);
    let most = bits.into_iter().fold(0.0, f64::max);
    let least = bits.into_iter().fold(0.0, f64::min);
    let (mut most_left, mut least_left) = (most, least);
    for place in places {
        let bits = &mut fields[place as usize];
        let left = if *bits > 0.0 { &mut most_left } else { &mut least_left };
        *bits = if (*bits - *left).abs() < f64::EPSILON { std::mem::take(left) } else { 0.0 };
    }
}
