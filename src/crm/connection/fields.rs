//! The fields of the tenant's CRM: which holds what, and what a write would change in them.

use super::open;
use crate::clock::Millis;
use crate::contact::Contact;
use crate::crm::http::Http;
use crate::crm::mapping::{Change, Mapping, MappingError};
use crate::crm::{Account, CrmError, New, Owner, made, owner, write};
use crate::store::audit::Actor;
use crate::store::crm_connections::{self, CrmConnection};
use crate::store::jobs;
use crate::store::{Conn, Db, RecordId, StoreError, TenantId, records};
use crate::vault::Vault;

/// How a write notes that it was made by the usual mapping.
const USUAL: &str = "usual";

/// Which field holds what, as the admin has said or as usual; none for a kind that keeps whole cards.
pub fn mapping(connection: &CrmConnection) -> Result<Option<Mapping>, CrmError> {
    read(connection, &connection.mapping)
}

/// A connection's mapping as a write notes it that is made by it.
pub(in crate::crm) fn noted_mapping(connection: &CrmConnection) -> String {
    let noted = &connection.mapping;
    if noted.is_empty() { USUAL.to_owned() } else { noted.clone() }
}

/// The mapping that a write has [noted](noted_mapping); the one that is now if it has not.
pub(super) fn then(connection: &CrmConnection, noted: &str) -> Result<Option<Mapping>, CrmError> {
    match noted {
        "" => mapping(connection),
        USUAL => read(connection, ""),
        text => read(connection, text),
    }
}

fn read(connection: &CrmConnection, text: &str) -> Result<Option<Mapping>, CrmError> {
    let usual = Mapping::usual(connection.kind);
    if text.is_empty() {
        return Ok(usual);
    }
    let mapping: Mapping = serde_json::from_str(text).map_err(|_| {
        CrmError::Refused("the stored mapping cannot be read; enter it again or reset it".into())
    })?;
    Ok(Some(mapping.beside(&usual.unwrap_or_default())))
}

/// Why a field is locked that the CRM shows and lets nobody write.
const READ_ONLY: &str = "the CRM only lets it be read";

/// Looks whether a mapping can be used with the connected CRM, and answers it as it is to be saved: what
/// the CRM lets nobody write is locked. `Ok(Err)` says why it cannot be used.
pub async fn check_mapping(
    http: &Http,
    db: &Db,
    vault: &Vault,
    tenant: &TenantId,
    mapping: &Mapping,
) -> Result<Result<Mapping, MappingError>, CrmError> {
    let mapping = mapping.clone().locking(&[], READ_ONLY);
    if let Err(error) = mapping.check() {
        return Ok(Err(error));
    }
    let (crm, connection) = open(http, db, vault, tenant).await?;
    if Mapping::usual(connection.kind).is_none() {
        let why = "this kind of CRM keeps whole cards: it has no fields";
        return Ok(Err(MappingError::of_all(why)));
    }
    let unknown = crm.unknown_fields(&mapping).await?;
    if !unknown.is_empty() {
        return Ok(Err(MappingError::unknown(&mapping, &unknown)));
    }
    let read_only = crm.read_only_fields(&mapping).await?;
    let mapping = mapping.locking(&read_only, READ_ONLY);
    Ok(mapping.check().map(|()| mapping))
}

/// Saves a mapping that [`check_mapping`] has found good, or goes back to the usual one; the CRM is
/// read anew with it. False if none is connected.
pub async fn save_mapping(
    conn: &mut Conn,
    tenant: &TenantId,
    mapping: Option<&Mapping>,
    now: Millis,
) -> Result<bool, StoreError> {
    let text = mapping.and_then(|mapping| serde_json::to_string(mapping).ok()).unwrap_or_default();
    let saved = crm_connections::set_mapping(conn, tenant, &text, now).await?;
    jobs::hurry(conn, tenant, jobs::Kind::ReadCrm, now).await?;
    Ok(saved)
}

/// Who can own records of the connected CRM.
pub async fn owners(
    http: &Http,
    db: &Db,
    vault: &Vault,
    tenant: &TenantId,
) -> Result<Vec<Owner>, CrmError> {
    open(http, db, vault, tenant).await?.0.owners().await
}

/// What accepting would make of a contact.
#[derive(Debug)]
pub struct Accepting<'a> {
    /// Our id of the record that it is of; `None`: it would be a new one.
    pub record: Option<&'a RecordId>,
    /// The contact as it is known.
    pub known: Option<&'a Contact>,
    /// The contact as it would be.
    pub after: &'a Contact,
    /// The CRM's ids of those who are somebody else.
    pub apart: &'a [String],
    /// Who would accept.
    pub by: &'a Actor,
    /// When.
    pub now: Millis,
}

/// What a write would do.
#[derive(Debug)]
pub struct Preview {
    /// The CRM's id of the record; none: a new one.
    pub record: Option<String>,
    /// The fields that would be written; of a kind that keeps whole cards, the properties.
    pub change: Change,
    /// The company that a new record would be with; without an id it would be made first.
    pub account: Option<Account>,
    /// Whether whoever would be made is in the CRM already: nobody is made, and the suggestion comes back.
    pub is_there: bool,
}

/// What accepting would write, without writing it.
pub async fn preview(
    http: &Http,
    db: &Db,
    vault: &Vault,
    tenant: &TenantId,
    accepting: &Accepting<'_>,
) -> Result<Preview, CrmError> {
    let &Accepting { record, known, after, apart, by, now } = accepting;
    let (crm, connection) = open(http, db, vault, tenant).await?;
    let mut conn = db.read().await?;
    let record = match record {
        Some(id) => records::get(&mut conn, tenant, id).await?,
        None => None,
    };
    let record = record.filter(|record| !record.version.is_empty());
    let id = record.as_ref().map(|record| record.external_id.as_str());
    let before = match (&record, known) {
        (Some(record), Some(known)) => {
            write::in_crm(&mut conn, tenant, (known, after), record).await?
        }
        _ => known.cloned().unwrap_or_default(),
    };
    drop(conn);
    let mut change = crm.preview(id, &before, after).await?;
    let (mut account, mut is_there) = (None, false);
    if id.is_none() {
        is_there = crm.is_there(&New::looked_for(after, apart, now)).await?;
        account = made::would_be(db, tenant, &crm, after).await?;
        let assigned = owner::assign(http, db, tenant, (&crm, &connection), Some(by)).await?;
        change = change.with(crm.owned_by(assigned.id.as_deref()));
        change.left_out.extend(assigned.told);
    }
    Ok(Preview { record: record.map(|record| record.external_id), change, account, is_there })
}
