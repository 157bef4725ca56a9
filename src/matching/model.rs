//! What is believed of a tenant's records: the weights, and how common each value is.

use super::counted::Counted;
use super::decide::{Level, Match, Thresholds, ceiling, is_own};
use super::firms;
use super::odds::{Odds, odds};
use super::person::{Generation, Number, Person};
use super::population::Population;
use super::reasons::reasons;
use super::shared_domains::SharedDomains;
use super::similarity::{Agreement, Degree, Field, Letters, compare};
use super::weights::{Weights, is_page, probability};
use crate::contact::Contact;
use serde::{Deserialize, Serialize};

/// Judges pairs of people.
#[derive(Debug, Clone)]
pub struct Model {
    pub(super) weights: Weights,
    pub(super) thresholds: Thresholds,
    pub(super) shared: SharedDomains,
}

/// What a tenant's records teach, as it is kept.
#[derive(Debug, Serialize, Deserialize)]
struct Learned {
    weights: Weights,
    shared_domains: SharedDomains,
}

impl Default for Model {
    fn default() -> Self {
        let (weights, shared) = (Weights::before_learning().clone(), SharedDomains::default());
        Self { weights, thresholds: Thresholds::default(), shared }
    }
}

/// How far two people agree, and what of it only the two tell.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about the two")]
pub(super) struct Compared {
    pub(super) agreement: Agreement,
    /// Whose the phone number that they share is.
    pub(super) line: Line,
    /// What each has alone, and the other has another.
    pub(super) apart: Apart,
    /// Whether neither names a person, so that they are companies.
    pub(super) firms: bool,
    /// Whether an employer of one of them is known.
    pub(super) employed: bool,
    /// Whether their addresses resemble each other only because their names do; it is looked at where
    /// no records were counted.
    pub(super) named_alike: bool,
    /// Whether both have a name, and nothing is known of whether they agree: one stands in a script that
    /// does not tell how it sounds.
    pub(super) unread: bool,
    /// How many of the records have what both have. Nothing where no records were counted.
    pub(super) counted: Option<Counted>,
}

/// Whose a phone number is that two have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Line {
    /// They have none in common, or many have it.
    Anybodys,
    /// Nobody else's. Before any record is counted, it may be a switchboard's, and is theirs only
    /// together with the family name.
    Own,
    /// Nobody else's, and one person answers it. What rings in a hall or a home several do, however few
    /// of them are known.
    OfOne,
}

impl Compared {
    /// Whether a number that one person answers stands in for names that could not be read.
    pub(super) fn rests_on_number(&self) -> bool {
        self.unread && self.line == Line::OfOne
    }
}

/// What tells two people apart who may have everything else in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Apart {
    /// Each has a mobile number, and none in common.
    pub(super) mobile: bool,
    /// Each has a mailbox of their own at one employer.
    pub(super) mailbox: bool,
    /// They are two of one name, father and son, and say so.
    pub(super) generation: bool,
}

/// Most records under one number that is still one person's: duplicates of one record share it.
pub(super) const MOST_OF_ONE: u32 = 8;

impl Model {
    /// A model with weights that [`Table::learned`](super::Table::learned) learned; none if the text
    /// is not sound.
    pub fn learned(text: &str) -> Option<Self> {
        let Learned { weights, shared_domains: shared } = serde_json::from_str(text).ok()?;
        weights.are_sound().then(|| Self { weights, shared, ..Self::default() })
    }

    /// The text of what was learned of tables of so many pairs, as it holds for somebody who writes.
    pub(super) fn text(self, pairs: f64) -> Option<String> {
        let weights = self.weights.for_others(pairs);
        serde_json::to_string(&Learned { weights, shared_domains: self.shared }).ok()
    }

    /// The domains that name no employer, as the records have shown.
    pub fn into_shared_domains(self) -> SharedDomains {
        self.shared
    }

    /// A contact as it is compared.
    pub fn person(&self, contact: &Contact) -> Person {
        let mut person = Person::from(contact);
        person.leave(&self.shared);
        person
    }

    /// The same with other thresholds.
    #[must_use]
    pub fn with(self, thresholds: Thresholds) -> Self {
        Self { thresholds, ..self }
    }

    /// Decides whether a person is the one of a record, knowing how many records there are and how
    /// many of them share a key with the person.
    pub fn judge_among(&self, population: &Population, person: &Person, record: &Person) -> Match {
        let agreement = compare(person, record, &mut Letters::default());
        let mut compared = compared(person, record, agreement);
        let among = population.among(person, record, agreement);
        if among.bearers > f64::from(MOST_OF_ONE) {
            compared.line = Line::Anybodys;
        }
        self.matched(&compared, &odds(&self.weights, Some(&among), &compared))
    }

    /// What odds mean, and why.
    pub(super) fn matched(&self, compared: &Compared, odds: &Odds) -> Match {
        let level = self.level(compared, odds);
        let reasons = if level == Level::None { Vec::new() } else { reasons(compared, odds) };
        Match { level, probability: probability(odds.bits), reasons }
    }

    /// The level that odds mean.
    pub(super) fn level(&self, compared: &Compared, odds: &Odds) -> Level {
        if compared.firms {
            return firms::level(compared, odds, self.thresholds);
        }
        let level = self.thresholds.level(probability(odds.bits));
        if level == Level::None {
            return level;
        }
        let sure = probability(odds.bits - of_unsure_employer(compared, odds));
        let sure = self.thresholds.level(sure).max(Level::Possible);
        let own = self.thresholds.level(probability(own_bits(compared, odds)));
        level.min(sure).min(ceiling(compared, own))
    }
}

/// The bits of what tells the employer where no company does: a domain may be that of a group, or of a
/// provider which nobody has listed, and so may a page.
fn of_unsure_employer(compared: &Compared, odds: &Odds) -> f64 {
    if compared.agreement.of(Field::Company) >= Degree::Short {
        return 0.0;
    }
    let tells = |(field, degree)| field == Field::Domain || is_page(field, degree);
    let fields = compared.agreement.fields().zip(odds.fields);
    fields.filter(|(agreed, _)| tells(*agreed)).map(|(_, bits)| bits.max(0.0)).sum()
}

/// What of two people matters beside how far they agree, where no records were counted.
fn compared(left: &Person, right: &Person, agreement: Agreement) -> Compared {
    let same = |field| agreement.of(field) == Degree::Same;
    let named_alike = !same(Field::Email)
        && !same(Field::Domain)
        && left.emails.iter().any(|email| {
            email.is_of_name(&left.given, &left.family)
                && right.emails.iter().any(|other| other.local() == email.local())
        });
    let mut shared = left.phones.iter().filter(|phone| right.phones.contains(phone)).peekable();
    let own = same(Field::Phone) && same(Field::Family) && shared.peek().is_some();
    let of_one = shared.any(Number::is_of_one);
    let unread = are_unread(agreement, || left.family.is_unheard_beside(&right.family));
    let undecided = !same(Field::Email);
    let has_mobile = |person: &Person| person.mobiles().next().is_some();
    Compared {
        agreement,
        line: line_of(own || unread && of_one, || undecided && of_one),
        apart: Apart {
            mobile: undecided
                && may_be_namesakes(agreement)
                && has_mobile(left)
                && has_mobile(right)
                && !left.mobiles().any(|number| right.phones.contains(number)),
            mailbox: may_be_two_mailboxes(agreement)
                && left.emails.iter().any(|one| right.emails.iter().any(|two| one.is_beside(two))),
            generation: are_two_generations(left.generation, right.generation),
        },
        firms: false,
        employed: left.is_employed() || right.is_employed(),
        named_alike,
        unread,
        counted: None,
    }
}

/// Whether both names are the same, so that what only one person has tells whether they are two.
pub(super) fn may_be_namesakes(agreement: Agreement) -> bool {
    [Field::Given, Field::Family].iter().all(|field| agreement.of(*field) == Degree::Same)
}

/// Whether nothing is known of how far two names agree; `apart` tells whether one could not be read.
pub(super) fn are_unread(agreement: Agreement, apart: impl FnOnce() -> bool) -> bool {
    let missing = |field| agreement.of(field) == Degree::Missing;
    missing(Field::Given) && missing(Field::Family) && apart()
}

/// Whether the addresses are such that each of two may have a mailbox at one employer.
pub(super) fn may_be_two_mailboxes(agreement: Agreement) -> bool {
    agreement.of(Field::Email) == Degree::Different && agreement.of(Field::Domain) == Degree::Same
}

/// Whose a number in common is, if it is nobody else's or not.
pub(super) fn line_of(own: bool, of_one: impl FnOnce() -> bool) -> Line {
    match own {
        true if of_one() => Line::OfOne,
        true => Line::Own,
        false => Line::Anybodys,
    }
}

/// Whether two of one name say that they are two. Who says nothing may be either.
pub(super) fn are_two_generations(left: Option<Generation>, right: Option<Generation>) -> bool {
    left.zip(right).is_some_and(|(left, right)| left != right)
}

/// The bits without what people of one place share.
fn own_bits(compared: &Compared, odds: &Odds) -> f64 {
    let fields = Field::ALL.into_iter().zip(odds.fields);
    let own = fields.filter(|(field, bits)| {
        *bits < 0.0 || is_own(*field, compared.agreement.of(*field), compared.employed)
    });
    odds.prior + own.map(|(_, bits)| bits).sum::<f64>()
}
