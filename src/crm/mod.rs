//! The tenant's CRM: where its records come from, and where accepted contacts are written.
//!
//! - [`table`]: tables that CRMs export, for CRMs without a connection.
//! - [`Crm`]: the door to a connected CRM, a closed set of kinds behind the same questions:
//!   [`carddav`], address books (RFC 6352), [`hubspot`], [`pipedrive`], [`salesforce`], Microsoft's
//!   [`dynamics`] and [`tryton`].
//! - [`connection`]: connects the tenant's CRM, by a password, a token, or a person's [`consent`];
//!   [`sync`] reads what changed, which the contacts of lists [`follow`]; [`write`](mod@write) writes what a rep accepted, and takes it back.
//! - [`mapping`]: which field of a CRM holds what.
//!
//! Of the CRM is kept what matching needs: each record's id, version and compared values. A write is
//! never blind: it names the version that the rep's comparison was made with, and where the record
//! has changed since, the rep gets a fresh comparison.

mod adopt;
mod card;
pub mod carddav;
pub mod connection;
pub mod consent;
mod country;
mod door;
pub mod dynamics;
mod employer;
mod error;
pub mod follow;
pub mod former;
pub mod http;
pub mod hubspot;
mod keep;
mod keys;
mod leads;
mod leave;
mod left;
mod made;
pub mod mapping;
mod moves;
mod noting;
mod owner;
mod pace;
mod pass;
pub mod pipedrive;
mod position;
mod room;
pub mod salesforce;
mod sessions;
pub mod sync;
pub mod table;
pub mod tryton;
mod update;
pub mod webhook;
pub mod write;

pub use door::{Account, Crm, New, Owner};
pub use employer::Sought;
pub use error::CrmError;
pub use leads::leads_among;
pub use pass::Pass;
pub use room::{NoRoom, no_room};
pub use update::{Update, Updated, Way};

use crate::clock::Millis;
use crate::contact::Contact;

/// A record of the CRM.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The CRM's id of it.
    pub id: String,
    /// Tells one state of it from another.
    pub version: String,
    /// Its values.
    pub contact: Contact,
    /// The fields of the mapping that are filled, by the CRM's names; none of a kind that keeps whole cards.
    pub filled: Vec<String>,
    /// When somebody changed it last, whatever of it; none if the CRM does not tell.
    pub changed_at: Option<Millis>,
}

/// What changed in the CRM.
#[derive(Debug, Default)]
pub struct Changes {
    /// Records that are new or were changed.
    pub records: Vec<Record>,
    /// Ids of records that are gone.
    pub gone: Vec<String>,
    /// Ids of records that are gone, or only not shown any more.
    pub left: Vec<String>,
    /// Ids of records that are gone since they have become other records, and the ids of these.
    pub moved: Vec<(String, String)>,
    /// From where to ask on.
    pub position: String,
    /// Since then all that there is was named, with the changes before these: what was not has left.
    pub all_since: Option<Millis>,
    /// What the ids begin with of a kind of records that may not be seen now: who of these was not named
    /// may be there all the same.
    pub unseen: Option<&'static str>,
    /// There is more to be asked for at once.
    pub more: bool,
}

/// What came of a write.
#[derive(Debug, Clone, PartialEq)]
pub enum Written {
    /// The record is as it should be.
    Done(Record),
    /// The record is as it should be but for what the CRM has no room for, as one sentence.
    Partly(Record, String),
    /// The record has changed since it was read; this is how it is now, or `None` if it is gone.
    Conflict(Option<Record>),
    /// The CRM's own rules do not allow it, whatever we do; one sentence without a value.
    Refused(String),
}

impl Written {
    /// The record, if it is as it should be.
    fn record(self) -> Option<Record> {
        match self {
            Self::Done(record) | Self::Partly(record, _) => Some(record),
            Self::Conflict(_) | Self::Refused(_) => None,
        }
    }

    /// That a record that we have made stays, since others have done something with it.
    fn worked_with() -> Self {
        Self::Refused(
            "somebody has worked with the record in the CRM since it was made: it was left as it is; \
             remove it there if it is to go"
                .into(),
        )
    }

    /// A change that was made, with what it left out.
    fn made(record: Record, change: &mapping::Change) -> Self {
        match change.remark() {
            Some(left_out) => Self::Partly(record, left_out),
            None => Self::Done(record),
        }
    }

    /// As [`Written::made`], of a record that is read after the write; without one somebody has removed it
    /// meanwhile.
    fn found(record: Option<Record>, change: &mapping::Change) -> Self {
        record.map_or(Self::Conflict(None), |record| Self::made(record, change))
    }

    /// What an earlier try may have made: a record that is of it, or one of that time that says otherwise by now.
    fn of_try(record: Record, is_ours: bool, may_be_ours: bool) -> Option<Self> {
        if is_ours {
            Some(Self::Done(record))
        } else {
            may_be_ours.then_some(Self::Conflict(Some(record)))
        }
    }

    /// That a record is not made, where it would lack a required field.
    fn lacking(change: &mapping::Change) -> Option<Self> {
        let missing = change.missing.join("`, `");
        (!missing.is_empty()).then(|| {
            Self::Refused(format!(
                "the required field `{missing}` would be empty; add the value or change the mapping"
            ))
        })
    }

    /// The same, with one thing more that is to be told of a record that is as it should be.
    fn telling(self, told: Option<String>) -> Self {
        match (self, told) {
            (Self::Done(record), Some(told)) => Self::Partly(record, told),
            (Self::Partly(record, left_out), Some(told)) => {
                Self::Partly(record, format!("{left_out}; {told}"))
            }
            (written, _) => written,
        }
    }
}
