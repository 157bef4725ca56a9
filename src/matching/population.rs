//! Among whom a person is looked for: how many records the CRM has, and how many of them share a key
//! with the person.

use super::keys::{name_key, phone_key};
use super::model::{Compared, Line};
use super::person::Person;
use super::similarity::{Agreement, Degree, Field};
use super::weights::Weights;
use std::collections::HashMap;

/// The CRM's records, as far as they matter for one person. In a comparison that person is the first
/// of the two.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Population {
    records: u64,
    sharing: HashMap<String, u32>,
}

/// The chance that somebody who writes is among the records.
const KNOWN: f64 = 0.3;

/// How many more bearers a name has than were seen: little, for most names are rare, and each one that
/// was seen makes it likelier that there are others.
const UNSEEN: f64 = 0.02;

impl Population {
    /// So many records.
    pub fn new(records: u64) -> Self {
        Self { records, sharing: HashMap::new() }
    }

    /// So many of the records share this kept key with the person.
    pub fn share(&mut self, key: &str, records: u32) {
        self.sharing.insert(key.to_owned(), records);
    }

    /// How many records have a kept key of the person.
    fn sharing(&self, key: &str) -> f64 {
        f64::from(self.sharing.get(key).copied().unwrap_or(0)).max(1.0)
    }

    /// What the records tell of a person and one of them.
    pub(super) fn among(&self, person: &Person, record: &Person, agreement: Agreement) -> Among {
        let is_same = |field| agreement.of(field) == Degree::Same;
        let named = is_same(Field::Given) && is_same(Field::Family);
        let name = named.then(|| name_key(person)).flatten();
        let shared = person.phones.iter().filter(|number| record.phones.contains(number));
        Among {
            records: self.all(),
            prior: self.prior(),
            namesakes: name.map(|key| self.sharing(&key)),
            bearers: shared.map(|n| self.sharing(&phone_key(n))).fold(f64::INFINITY, f64::min),
        }
    }

    /// The chance that one of the records is the person's, before anything of it is compared. What
    /// is believed before anything is known holds for small tables: it is never above that.
    fn prior(&self) -> f64 {
        let before = Weights::before_learning().prior;
        if self.records == 0 { before } else { before.min(KNOWN / self.all()) }
    }

    #[expect(clippy::cast_precision_loss, reason = "a number of records need not be exact")]
    fn all(&self) -> f64 {
        self.records as f64
    }
}

/// What the records tell of a person and one of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Among {
    /// How many there are.
    records: f64,
    /// The chance that one of them is the person's, before anything is compared.
    pub(super) prior: f64,
    /// How many bear the name, where both names are the same.
    namesakes: Option<f64>,
    /// How many have a phone number that both have; of several the rarest.
    pub(super) bearers: f64,
}

impl Among {
    /// Weighs what two people have in common by how many others have it too: a name that several
    /// bear tells none of them, a number that one of many has is theirs.
    pub(super) fn weigh(
        &self,
        weights: &Weights,
        compared: &Compared,
        fields: &mut [f64; Field::ALL.len()],
    ) {
        let same = Degree::Same as usize;
        let [given, family, phone] =
            [Field::Given, Field::Family, Field::Phone].map(|field| field as usize);
        if let Some(namesakes) = self.namesakes {
            let before = Weights::before_learning();
            let before = before.other[given][same] * before.other[family][same];
            // Of a name of which nobody was counted yet, what was believed before is believed still.
            let share = (namesakes - 1.0 + UNSEEN) / (self.records + UNSEEN / before);
            let both = weights.same[given][same] * weights.same[family][same];
            let bits = (both / share).log2().max(0.0);
            (fields[given], fields[family]) = (bits / 2.0, bits / 2.0);
        }
        if compared.line > Line::Anybodys && self.records > 0.0 {
            let share = weights.other[phone][same].min(self.bearers / self.records);
            fields[phone] = fields[phone].max((weights.same[phone][same] / share).log2());
        }
    }
}
