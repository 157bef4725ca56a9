//! Why two contacts are held to be one person, for people and for programs.

use super::model::Compared;
use super::odds::Odds;
use super::similarity::{Degree, Field};
use serde::Serialize;

/// One thing that speaks for or against two contacts being one person; no value of either.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reason {
    /// What was compared.
    pub field: Field,
    /// How far it agrees.
    pub degree: Degree,
    /// How many bits it adds to the odds; what speaks against adds less than nothing.
    pub bits: f64,
    /// The same for people.
    pub sentence: &'static str,
}

/// Fewest bits worth a word.
const WORTH_A_WORD: f64 = 0.5;

/// The reasons: first what speaks for it, the strongest first, then what speaks against.
pub(super) fn reasons(compared: &Compared, odds: &Odds) -> Vec<Reason> {
    let fields = compared.agreement.fields().zip(odds.fields);
    let mut reasons: Vec<Reason> = fields
        .filter_map(|((field, degree), bits)| {
            let sentence = sentence(field, degree)?;
            let tells = bits.abs() >= WORTH_A_WORD;
            tells.then(|| Reason { field, degree, bits: (bits * 10.0).round() / 10.0, sentence })
        })
        .collect();
    if changed_employer(compared) {
        for reason in &mut reasons {
            if reason.field == Field::Company && reason.degree == Degree::Different {
                reason.sentence = "but another employer: this person may have changed jobs";
            }
            if reason.field == Field::Domain && reason.degree == Degree::Different {
                reason.sentence = "but an address at another employer";
            }
        }
    }
    reasons.sort_by(|one, other| other.bits.total_cmp(&one.bits));
    reasons
}

/// Whether the same person seems to work elsewhere.
fn changed_employer(compared: &Compared) -> bool {
    let of = |field| compared.agreement.of(field);
    let elsewhere = of(Field::Company) == Degree::Different
        || of(Field::Domain) == Degree::Different && of(Field::Company) < Degree::Loose;
    elsewhere && of(Field::Given) >= Degree::Short && of(Field::Family) >= Degree::Close
}

fn sentence(field: Field, degree: Degree) -> Option<&'static str> {
    use Degree::{Close, Different, Loose, Missing, Same, Short};
    Some(match (field, degree) {
        (_, Missing) => return None,
        (Field::Given, Same) => "the same given name",
        (Field::Given, Close) => "another form of the given name",
        (Field::Given, Short) => "an initial or short form of the given name",
        (Field::Given, Loose) => "a given name that resembles it",
        (Field::Given, Different) => "but another given name",
        (Field::Family, Same) => "the same family name",
        (Field::Family, Close) => "another spelling of the family name",
        (Field::Family, Short) => "the beginning of the family name",
        (Field::Family, Loose) => "a family name that resembles it",
        (Field::Family, Different) => "but another family name",
        (Field::Email, Same) => "the same e-mail address",
        (Field::Email, Close) => "nearly the same e-mail address",
        (Field::Email, Short | Loose) => "what is left of an e-mail address fits",
        (Field::Email, Different) => "but another e-mail address",
        (Field::Phone, Same) => "the same phone number",
        (Field::Phone, Close) => "the same phone number with an extension",
        (Field::Phone, Short) => "a phone number of the same trunk",
        (Field::Phone, Loose) => "nearly the same phone number",
        (Field::Phone, Different) => "but another phone number",
        (Field::Profile, Different) => "but another profile",
        (Field::Profile, Loose) => "the same page, which may be a firm's",
        (Field::Profile, _) => "the same profile",
        (Field::Title, Same) => "the same job title",
        (Field::Title, Different) => "but another job title",
        (Field::Title, _) => "a job title that resembles it",
        (Field::Company, Same) => "the same employer",
        (Field::Company, Close) => "the same employer, written otherwise",
        (Field::Company, Short) => "an employer of a longer or shorter name",
        (Field::Company, Loose) => "an employer whose name resembles it",
        (Field::Company, Different) => "but another employer",
        (Field::Domain, Different) => "but another domain",
        (Field::Domain, _) => "the same domain",
        (Field::Street, Same) => "the same street",
        (Field::Street, Different) => "but another street",
        (Field::Street, _) => "a street that resembles it",
        (Field::Postcode, Same) => "the same postcode",
        (Field::Postcode, Different) => "but another postcode",
        (Field::Postcode, _) => "nearly the same postcode",
        (Field::City, Same) => "the same city",
        (Field::City, Different) => "but another city",
        (Field::City, _) => "a city that resembles it",
        (Field::Region, Different) => "but another region",
        (Field::Region, _) => "the same region",
        (Field::Country, Different) => "but another country",
        (Field::Country, _) => "the same country",
    })
}
