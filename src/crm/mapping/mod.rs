//! Which field of a CRM holds which value of a contact.
//!
//! Each kind of CRM has usual fields, as data; a tenant's admin may replace them. A CRM's record is
//! a set of fields with one text each: [`Mapping::read`] makes a contact of it, [`Mapping::change`]
//! says which fields a change of the contact touches, and nothing else is ever written.

mod change;
mod check;
mod further;
mod read;
mod room;
mod slot;
#[cfg(test)]
mod tests;

pub use change::{Change, Edit};
pub use check::{MAX_FIELDS, MappingError, Part, Wrong};
pub(super) use room::Room;
pub use slot::Slot;

use crate::store::crm_connections::Kind;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A record's fields by name; an empty one may be absent.
pub type Fields = BTreeMap<String, String>;

/// One field of the CRM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CrmField)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// The CRM's internal name of it.
    #[schema(example = "jobtitle")]
    pub property: String,
    /// What it holds: `name`, `prefix`, `given`, `family`, `suffix`, `title`, `department`,
    /// `organization`, `email`, `more-emails`, `phone`, `mobile`, `fax`, `website`, `profile`,
    /// `street`, `postcode`, `city`, `region` or `country`; absent: the default, in new records.
    #[schema(value_type = Option<String>, example = "title")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holds: Option<Slot>,
    /// It is neither read nor written; of a part of the address it is seen whether the CRM has it.
    #[serde(default)]
    pub hidden: bool,
    /// No record is made without it.
    #[serde(default)]
    pub required: bool,
    /// What the CRM has in it is kept; only an empty one is written.
    #[serde(default)]
    pub locked: bool,
    /// Why the CRM lets nobody write it, which is looked up when the mapping is sent: it is locked then,
    /// and not even written where it is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locked_because: Option<String>,
    /// The most characters that it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<usize>,
    /// What a new record has in it if the contact has nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
}

impl Field {
    /// Whether it is never written, whatever the CRM lets us.
    pub(super) fn is_only_read(&self) -> bool {
        self.holds.is_some_and(Slot::is_only_read)
    }
}

/// The fields of a CRM that are read and written, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// The fields: several that hold the same take the first, second, … value.
    #[serde(rename = "field")]
    pub fields: Vec<Field>,
    /// Further parts of the address, which are only read, and not for what they say.
    #[serde(skip)]
    further: Vec<Field>,
}

impl From<Vec<Field>> for Mapping {
    fn from(fields: Vec<Field>) -> Self {
        Self { fields, further: Vec::new() }
    }
}

impl Mapping {
    /// The mapping where these fields cannot be written, for a reason: they are locked. What was locked
    /// so before, and can be written now, is so no more.
    #[must_use]
    pub fn locking(mut self, read_only: &[String], because: &str) -> Self {
        for field in &mut self.fields {
            let was_so = field.locked_because.take().is_some();
            let is_so = !field.is_only_read() && read_only.contains(&field.property);
            field.locked = is_so || (field.locked && !was_so);
            field.locked_because = is_so.then(|| because.to_owned());
        }
        self
    }

    /// The mapping for who takes back what we have written: only what the CRM lets nobody write is locked.
    #[must_use]
    pub(super) fn unlocked(mut self) -> Self {
        for field in &mut self.fields {
            field.locked &= field.locked_because.is_some();
        }
        self
    }

    /// The usual fields of a kind of CRM; none if it keeps whole cards.
    pub fn usual(kind: Kind) -> Option<Self> {
        let text = match kind {
            Kind::CardDav => return None,
            Kind::HubSpot => include_str!("../data/hubspot.toml"),
            Kind::Pipedrive => include_str!("../data/pipedrive.toml"),
            Kind::Salesforce => include_str!("../data/salesforce.toml"),
            Kind::Dynamics => include_str!("../data/dynamics.toml"),
            Kind::Tryton => include_str!("../data/tryton.toml"),
        };
        Some(Self::of_file(text))
    }

    /// Does without fields, by their names.
    pub(super) fn hide(&mut self, is_lacking: impl Fn(&str) -> bool) {
        for field in &mut self.fields {
            field.hidden |= is_lacking(&field.property);
        }
        self.further.retain(|field| !is_lacking(&field.property));
    }

    /// The fields that are in use.
    fn shown(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| !field.hidden)
    }

    /// The names of the fields to ask the CRM for.
    pub fn properties(&self) -> impl Iterator<Item = &str> {
        self.mapped().chain(self.further.iter().map(|field| field.property.as_str()))
    }

    /// The names of the fields that are in use.
    pub(super) fn mapped(&self) -> impl Iterator<Item = &str> {
        self.shown().map(|field| field.property.as_str())
    }

    /// The fields that can hold a value, in their order.
    fn places(&self, slot: Slot) -> impl Iterator<Item = &Field> {
        self.shown().filter(move |field| field.holds == Some(slot))
    }

    /// Those of the fields that are filled in a record.
    pub(super) fn filled(&self, fields: &Fields) -> Vec<String> {
        let is_filled = |name: &&str| fields.get(*name).is_some_and(|text| !text.trim().is_empty());
        self.mapped().filter(is_filled).map(str::to_owned).collect()
    }

    /// Tells one state of a record from another by what is mapped of it, for CRMs that have no
    /// version of their own, or one that changes with every view.
    pub fn version(&self, fields: &Fields) -> String {
        let mut hash = Sha256::new();
        for property in self.mapped() {
            let value = fields.get(property).map_or("", String::as_str);
            for part in [property, value] {
                hash.update(part.len().to_be_bytes());
                hash.update(part.as_bytes());
            }
        }
        URL_SAFE_NO_PAD.encode(hash.finalize())
    }
}
