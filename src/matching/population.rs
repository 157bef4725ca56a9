//! Among whom a person is looked for: how many records the CRM has, and how many of them share a key
//! with the person.

use super::keys::{name_key, phone_key};
use super::model::Compared;
use super::similarity::{Degree, Field};
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

    /// The chance that one of the records is the person's, before anything of it is compared. What
    /// is believed before anything is known holds for small tables: it is never above that.
    pub(super) fn prior(&self) -> f64 {
        let before = Weights::before_learning().prior;
        if self.records == 0 { before } else { before.min(KNOWN / self.all()) }
    }

    /// Weighs what two people have in common by how many others have it too: a name that several
    /// bear tells none of them, a number that one of many has is theirs.
    pub(super) fn weigh(
        &self,
        weights: &Weights,
        compared: &Compared<'_>,
        fields: &mut [f64; Field::ALL.len()],
    ) {
        let same = Degree::Same as usize;
        let [given, family, phone] =
            [Field::Given, Field::Family, Field::Phone].map(|field| field as usize);
        let is_same = |field| compared.agreement.of(field) == Degree::Same;
        if is_same(Field::Given)
            && is_same(Field::Family)
            && let Some(key) = name_key(compared.left)
        {
            let before = Weights::before_learning();
            let before = before.other[given][same] * before.other[family][same];
            let others = self.sharing(&key) - 1.0;
            // Of a name of which nobody was counted yet, what was believed before is believed still.
            let share = (others + UNSEEN) / (self.all() + UNSEEN / before);
            let both = weights.same[given][same] * weights.same[family][same];
            let bits = (both / share).log2().max(0.0);
            (fields[given], fields[family]) = (bits / 2.0, bits / 2.0);
        }
        if compared.own_phone && self.records > 0 {
            let share = weights.other[phone][same].min(self.bearers(compared) / self.all());
            fields[phone] = fields[phone].max((weights.same[phone][same] / share).log2());
        }
    }

    /// How many records have a phone number that both have; of several the rarest.
    pub(super) fn bearers(&self, compared: &Compared<'_>) -> f64 {
        let shared = compared.left.phones.iter().filter(|n| compared.right.phones.contains(n));
        shared.map(|number| self.sharing(&phone_key(number))).fold(f64::INFINITY, f64::min)
    }

    #[expect(clippy::cast_precision_loss, reason = "a number of records need not be exact")]
    fn all(&self) -> f64 {
        self.records as f64
    }
}
