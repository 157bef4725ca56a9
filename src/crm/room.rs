//! What of a suggestion the CRM has no room for, told before anybody accepts it.
//!
//! Which fields of a record are filled is known since it was read last; whether a text is too long, or a field
//! is locked, the write tells.

use super::mapping::{Mapping, Room, Slot};
use super::{connection, pipedrive, salesforce};
use crate::contact::{Contact, PhoneKind};
use crate::matching::{self, Field, Row};
use crate::store::crm_connections::{self, CrmConnection, Kind};
use crate::store::suggestions::Suggestion;
use crate::store::{Conn, StoreError, TenantId, records};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Why the CRM would not have values beside what it has, by the keys of their rows.
pub type NoRoom = BTreeMap<String, String>;

/// What of these suggestions the CRM has no room for, by their ids.
pub async fn no_room<'a>(
    conn: &mut Conn,
    tenant: &TenantId,
    suggestions: impl IntoIterator<Item = &'a Suggestion>,
) -> Result<BTreeMap<String, NoRoom>, StoreError> {
    let Some(connection) = crm_connections::get(conn, tenant).await? else {
        return Ok(BTreeMap::new());
    };
    let Ok(Some(mapping)) = connection::mapping(&connection) else { return Ok(BTreeMap::new()) };
    let suggestions: Vec<&Suggestion> = suggestions.into_iter().collect();
    let known: Vec<&str> = suggestions.iter().filter_map(|it| it.known_id.as_deref()).collect();
    let filled = records::filled(conn, tenant, &known).await?;
    let ids = records::external_ids(conn, tenant, &known).await?;
    let of = |suggestion: &&Suggestion| {
        let known = suggestion.known_id.as_deref().filter(|_| suggestion.known.is_some());
        let record = known.and_then(|known| ids.get(known)).map(String::as_str);
        let filled = known.and_then(|known| filled.get(known)).cloned().unwrap_or_default();
        let mapping = mapping_of(&connection, &mapping, record);
        (suggestion.id.to_string(), without_room(suggestion, &mapping, filled, connection.kind))
    };
    Ok(suggestions.iter().map(of).collect())
}

/// Which field of a record holds what; of none: of the one that would be made.
fn mapping_of<'a>(
    connection: &CrmConnection,
    mapping: &'a Mapping,
    record: Option<&str>,
) -> Cow<'a, Mapping> {
    let is_lead = match record {
        Some(record) => salesforce::is_lead(record),
        None => connection.new_people == crm_connections::NewPeople::Lead,
    };
    if is_lead { Cow::Owned(salesforce::lead_mapping(mapping)) } else { Cow::Borrowed(mapping) }
}

fn without_room(
    suggestion: &Suggestion,
    mapping: &Mapping,
    filled: Vec<String>,
    kind: Kind,
) -> NoRoom {
    let mut room = Room::beside(mapping, filled);
    let is_list = |property: &str| kind == Kind::Pipedrive && pipedrive::is_list(property);
    let rows = matching::compare(&suggestion.contact, suggestion.known.as_ref());
    let added = rows.into_iter().filter(|row| row.differs && row.known.is_none());
    let lacking = added.filter_map(|row| {
        let why = room.take(slot_of(&row, &suggestion.contact)?, is_list).err()?;
        Some((row.key, why))
    });
    lacking.collect()
}

/// What holds the value of a row, of values that a record has one field each for. A company is linked, which
/// the write tells of.
fn slot_of(row: &Row, contact: &Contact) -> Option<Slot> {
    match row.field {
        Field::Phones => {
            let place: usize = row.key.rsplit('/').next()?.parse().ok()?;
            let kind = contact.phones.get(place.checked_sub(1)?)?.value.kind;
            Some(match kind {
                PhoneKind::Work => Slot::Phone,
                PhoneKind::Mobile => Slot::Mobile,
                PhoneKind::Fax => Slot::Fax,
            })
        }
        Field::Titles => Some(Slot::Title),
        Field::Departments => Some(Slot::Department),
        Field::Emails => Some(Slot::Email),
        Field::Links => Some(Slot::Website),
        Field::OnlineServices => Some(Slot::Profile),
        Field::Name | Field::Organizations | Field::Addresses => None,
    }
}
