//! The tenant's CRM: where its records come from, and where accepted contacts are written.
//!
//! - [`csv`]: tables that CRMs export, for CRMs without a connection.
//! - [`connection`]: the tenant's connected CRM, a closed set of kinds ([`Crm`]): reads what
//!   changed ([`sync`]), writes what a rep accepted, and takes it back ([`write`](mod@write)).
//! - [`carddav`]: address books (RFC 6352).
//!
//! Of the CRM is kept what matching needs: each record's id, version and compared values. A write is
//! never blind: it names the version that the rep's comparison was made with, and where the record
//! has changed since, the rep gets a fresh comparison.

mod card;
pub mod carddav;
pub mod connection;
mod country;
pub mod csv;
mod error;
pub mod http;
mod keep;
pub mod sync;
pub mod webhook;
pub mod write;

pub use connection::Crm;
pub use error::CrmError;

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
}

/// What changed in the CRM.
#[derive(Debug, Default)]
pub struct Changes {
    /// Records that are new or were changed.
    pub records: Vec<Record>,
    /// Ids of records that are gone.
    pub gone: Vec<String>,
    /// From where to ask on.
    pub position: String,
    /// `records` is all that there is: what it lacks is gone too.
    pub all: bool,
    /// There is more to be asked for at once.
    pub more: bool,
}

/// What came of a write.
#[derive(Debug, PartialEq)]
pub enum Written {
    /// The record is as it should be.
    Done(Record),
    /// The record has changed since it was read; this is how it is now, or `None` if it is gone.
    Conflict(Option<Record>),
}
