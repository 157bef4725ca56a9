//! What is believed of a tenant's people when one of them writes.

use crate::contact::Contact;
use crate::matching::{Match, Model, Person, Population};
use crate::store::match_keys::OwnerKind;
use crate::store::match_models::{self, Believed};
use crate::store::{Conn, StoreError, TenantId};
use std::collections::HashMap;

/// Judges whether a contact is one of those who are known.
#[derive(Debug)]
pub(crate) struct Judge<'a> {
    model: &'a Model,
    population: Population,
    person: Person,
}

/// What is believed of a tenant's records, whoever writes; by default of one who has none.
#[derive(Debug, Default)]
pub(crate) struct Beliefs {
    model: Model,
    records: u64,
}

impl Beliefs {
    /// What is believed of a tenant's records now.
    pub(crate) async fn of(conn: &mut Conn, tenant: &TenantId) -> Result<Self, StoreError> {
        let Believed { thresholds, records, weights } =
            match_models::believed(conn, tenant).await?;
        let model = weights.and_then(|weights| Model::learned(&weights));
        Ok(Self {
            model: model.unwrap_or_default().with(thresholds),
            records: u64::try_from(records).unwrap_or(0),
        })
    }
}

impl<'a> Judge<'a> {
    /// A judge of a contact, whose keys these owners share.
    pub(crate) fn of(
        beliefs: &'a Beliefs,
        contact: &Contact,
        owners: &[(OwnerKind, String, String)],
    ) -> Self {
        let mut population = Population::new(beliefs.records);
        // Somebody may be a record and a contact of several lists.
        let mut sharing: HashMap<&str, u32> = HashMap::new();
        for (_, _, key) in owners.iter().filter(|(kind, ..)| *kind == OwnerKind::Record) {
            *sharing.entry(key).or_default() += 1;
        }
        for (key, records) in sharing {
            population.share(key, records);
        }
        Self { model: &beliefs.model, population, person: beliefs.model.person(contact) }
    }

    /// Decides whether the contact is somebody who is known.
    pub(crate) fn judge(&self, known: &Contact) -> Match {
        self.model.judge_among(&self.population, &self.person, &self.model.person(known))
    }
}
