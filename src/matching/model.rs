//! What is believed of a tenant's records: the weights, and how common each value is.

use super::decide::{Level, Match, Thresholds, ceiling, is_own};
use super::frequency::Frequencies;
use super::odds::{Odds, odds};
use super::person::Person;
use super::population::Population;
use super::reasons::reasons;
use super::similarity::{Agreement, Degree, Field, Letters, compare};
use super::weights::{Weights, probability};

/// Judges pairs of people.
#[derive(Debug, Clone)]
pub struct Model {
    pub(super) weights: Weights,
    pub(super) frequencies: Frequencies,
    pub(super) thresholds: Thresholds,
}

impl Default for Model {
    fn default() -> Self {
        Self {
            weights: Weights::before_learning().clone(),
            frequencies: Frequencies::default(),
            thresholds: Thresholds::default(),
        }
    }
}

/// Two people, how far they agree, and what that says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Compared<'a> {
    pub(super) left: &'a Person,
    pub(super) right: &'a Person,
    pub(super) agreement: Agreement,
    /// Whether the phone number they share is nobody else's. Before any record is counted, it may be
    /// a switchboard's, and is theirs only together with the family name.
    pub(super) own_phone: bool,
}

/// Most records under one number that is still one person's: duplicates of one record share it.
const MOST_OF_ONE: u32 = 8;

impl Model {
    /// A model with weights that [`Table::learned`](super::Table::learned) learned; none if the text
    /// is not sound.
    pub fn learned(text: &str) -> Option<Self> {
        let weights: Weights = serde_json::from_str(text).ok()?;
        weights.are_sound().then(|| Self { weights, ..Self::default() })
    }

    /// The same with other thresholds.
    #[must_use]
    pub fn with(self, thresholds: Thresholds) -> Self {
        Self { thresholds, ..self }
    }

    /// Decides whether two people are one.
    pub fn judge(&self, left: &Person, right: &Person) -> Match {
        let compared = self.compared(left, right, compare(left, right, &mut Letters::default()));
        self.matched(&compared, &odds(&self.weights, &self.frequencies, None, &compared))
    }

    /// Decides whether a person is the one of a record, knowing how many records there are and how
    /// many of them share a key with the person.
    pub fn judge_among(&self, population: &Population, person: &Person, record: &Person) -> Match {
        let agreement = compare(person, record, &mut Letters::default());
        let mut compared = self.compared(person, record, agreement);
        compared.own_phone &= population.bearers(&compared) <= f64::from(MOST_OF_ONE);
        let odds = odds(&self.weights, &self.frequencies, Some(population), &compared);
        self.matched(&compared, &odds)
    }

    fn matched(&self, compared: &Compared<'_>, odds: &Odds) -> Match {
        let level = self.level(compared, odds);
        let reasons = if level == Level::None { Vec::new() } else { reasons(compared, odds) };
        Match { level, probability: probability(odds.bits), reasons }
    }

    /// The level of an agreement and the odds behind it.
    pub(super) fn decide(&self, compared: &Compared<'_>) -> (Level, Odds) {
        let odds = odds(&self.weights, &self.frequencies, None, compared);
        (self.level(compared, &odds), odds)
    }

    fn level(&self, compared: &Compared<'_>, odds: &Odds) -> Level {
        let own = self.thresholds.level(probability(own_bits(compared, odds)));
        self.thresholds.level(probability(odds.bits)).min(ceiling(compared, own))
    }

    pub(super) fn compared<'a>(
        &self,
        left: &'a Person,
        right: &'a Person,
        agreement: Agreement,
    ) -> Compared<'a> {
        let counted = self.frequencies.records() > 0;
        let own_phone = agreement.of(Field::Phone) == Degree::Same
            && (counted || agreement.of(Field::Family) == Degree::Same)
            && left.phones.iter().any(|phone| {
                right.phones.contains(phone)
                    && self.frequencies.count(Field::Phone, phone.digits()) <= MOST_OF_ONE
            });
        Compared { left, right, agreement, own_phone }
    }
}

/// The bits without what people of one place share.
fn own_bits(compared: &Compared<'_>, odds: &Odds) -> f64 {
    let employed = compared.left.is_employed() || compared.right.is_employed();
    let fields = Field::ALL.into_iter().zip(odds.fields);
    let own = fields.filter(|(field, bits)| *bits < 0.0 || is_own(*field, employed));
    odds.prior + own.map(|(_, bits)| bits).sum::<f64>()
}
