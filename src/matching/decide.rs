//! Whether two contacts are one person.

use super::model::{Compared, Line};
use super::reasons::Reason;
use super::similarity::{Agreement, Degree, Field};
use super::weights::is_page;
use serde::{Deserialize, Serialize};

/// How sure it is that two contacts are one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// They are not.
    None,
    /// They may be: a human must look.
    Possible,
    /// They are.
    Exact,
}

impl Level {
    /// The level as it stands in the database and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Possible => "possible",
            Self::Exact => "exact",
        }
    }

    /// Reads [`Level::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        [Self::None, Self::Possible, Self::Exact].into_iter().find(|level| level.as_str() == text)
    }
}

/// The probabilities from which a pair is `possible` and `exact`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// From here a human should look.
    pub possible: f64,
    /// From here no human need look.
    pub exact: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { possible: 0.5, exact: 0.995 }
    }
}

impl Thresholds {
    /// Two probabilities, of which `exact` is not the smaller one; none if they are anything else.
    pub fn new(possible: f64, exact: f64) -> Option<Self> {
        let fit = (0.0..=1.0).contains(&possible) && (possible..=1.0).contains(&exact);
        fit.then_some(Self { possible, exact })
    }

    /// The level of a probability.
    pub(super) fn level(self, probability: f64) -> Level {
        if probability >= self.exact {
            Level::Exact
        } else if probability >= self.possible {
            Level::Possible
        } else {
            Level::None
        }
    }
}

/// A level and what led to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    /// How sure it is.
    pub level: Level,
    /// The probability that they are one person.
    pub probability: f64,
    /// Why; no value of either contact.
    pub reasons: Vec<Reason>,
}

impl Match {
    /// Nobody is known.
    pub fn none() -> Self {
        Self { level: Level::None, probability: 0.0, reasons: Vec::new() }
    }

    /// The reasons for people.
    pub fn sentences(&self) -> Vec<String> {
        self.reasons.iter().map(|reason| reason.sentence.to_owned()).collect()
    }
}

/// How two names go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Names {
    /// Both are the same.
    Same,
    /// Both fit.
    Agree,
    /// One fits, or what is left of a damaged one does; nothing speaks against it.
    Open,
    /// One of the people has no name.
    Unknown,
    /// The given names fit and the family names do not: a marriage, or somebody else.
    OtherFamily,
    /// The family names fit and the given names do not: relatives.
    OtherGiven,
    /// Two people.
    Different,
}

fn names(agreement: Agreement) -> Names {
    use Degree::{Close, Different, Missing, Same, Short};
    match (agreement.of(Field::Given), agreement.of(Field::Family)) {
        (Missing, Missing) => Names::Unknown,
        (Same, Same) => Names::Same,
        (Short | Close | Same, Close | Same) | (Close | Same, Short) => Names::Agree,
        (Different | Missing, Different) | (Different, Missing) => Names::Different,
        (Different, _) => Names::OtherGiven,
        (_, Different) => Names::OtherFamily,
        _ => Names::Open,
    }
}

/// The highest level that the kind of evidence allows, whatever its weight. What several people
/// share (a switchboard, an office) never makes two people one.
pub(super) fn ceiling(compared: &Compared, own: Level) -> Level {
    let of = |field| compared.agreement.of(field);
    let (email, profile) = (of(Field::Email), of(Field::Profile));
    let mailbox = email == Degree::Same || profile == Degree::Same;
    let personal = mailbox || compared.line == Line::OfOne;
    // Two mailboxes at one employer are rarely one person's.
    let one_employer = of(Field::Domain) == Degree::Same
        || of(Field::Domain) == Degree::Missing && of(Field::Company) >= Degree::Short;
    let other_mailbox = one_employer && matches!(email, Degree::Different | Degree::Close);
    let other_job = matches!(of(Field::Title), Degree::Different | Degree::Loose);
    // A father and his son, two of one frequent name: what only one of them has differs.
    let namesakes = compared.apart.generation
        || other_mailbox && profile != Degree::Same
        || !personal && (compared.apart.mobile || other_job);
    let own_profile =
        profile == Degree::Same && (email == Degree::Same || compared.line == Line::OfOne);
    match names(compared.agreement) {
        _ if compared.apart.generation && !mailbox => Level::None,
        Names::Same if namesakes || only_of_employer(compared) => Level::Possible,
        Names::Same => Level::Exact,
        Names::Agree | Names::Open if personal && !other_mailbox => Level::Exact,
        Names::Unknown if mailbox => Level::Exact,
        Names::Unknown if compared.rests_on_number() => Level::Possible,
        // A marriage: mailbox, number and job are still theirs.
        Names::OtherFamily
            if mailbox && compared.line > Line::Anybodys && of(Field::Title) == Degree::Same =>
        {
            Level::Exact
        }
        // Nobody but its owner has a profile together with a mailbox or a number of one's own, whatever
        // they are called by now, or somebody has made of their name.
        _ if own_profile => Level::Exact,
        // An initial and a family name alone are anybody's.
        Names::Agree | Names::Open if !beyond_names(compared.agreement) => Level::None,
        Names::Agree | Names::Open => Level::Possible,
        Names::Unknown | Names::OtherFamily | Names::OtherGiven | Names::Different => {
            if mailbox {
                Level::Possible
            } else {
                own.min(Level::Possible)
            }
        }
    }
}

/// Whether two of one name have nothing in common but their employer, in a table that would tell more:
/// two of its records that are so poor may be of two people.
fn only_of_employer(compared: &Compared) -> bool {
    let tells = |(field, degree): (Field, Degree)| {
        let own = field == Field::Phone || is_own(field, degree, compared.employed);
        own && !matches!(field, Field::Given | Field::Family) && degree >= Degree::Loose
    };
    compared.counted.is_some() && compared.employed && !compared.agreement.fields().any(tells)
}

/// Whether anything but the names agrees.
fn beyond_names(agreement: Agreement) -> bool {
    let mut fields = agreement.fields();
    fields.any(|(field, degree)| {
        !matches!(field, Field::Given | Field::Family | Field::Country) && degree >= Degree::Loose
    })
}

/// Whether the names speak against it, or nothing of them speaks for it.
pub(super) fn names_conflict(agreement: Agreement) -> bool {
    use Names::{Different, OtherFamily, OtherGiven, Unknown};
    matches!(names(agreement), Unknown | OtherFamily | OtherGiven | Different)
}

/// Whether a field tells of the person alone, and not of those who work or live at one place.
/// Where no employer is known, an address is a home; a page may be a firm's all the same.
pub(super) const fn is_own(field: Field, degree: Degree, employed: bool) -> bool {
    match field {
        Field::Phone | Field::Company | Field::Domain => false,
        _ if is_page(field, degree) => false,
        _ if field.of_place() => !employed,
        _ => true,
    }
}
