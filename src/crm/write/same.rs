//! Who is, by what we know ourselves, the person that a write makes a record of: a rep of another list may
//! have accepted them at the same moment, and what was just made no search of the CRM need know.

use crate::crm::{Crm, CrmError, Record};
use crate::matching::{self, Level};
use crate::store::crm_writes::{self, CrmWrite, State};
use crate::store::match_keys::{self, OwnerKind};
use crate::store::records::{self, CrmRecord};
use crate::store::{Conn, ContactId, Db, StoreError, TenantId, contacts, crm_connections};
use crate::suggestion::{Beliefs, Judge};
use std::collections::BTreeSet;

/// Notes that a try to make a write begins, by a mapping, and how old what its record says is before the first. False:
/// it is another's turn, or it waits no more. Of those who make a record one begins after the other, so that no two
/// begin to make the same person.
pub(super) async fn begin(
    db: &Db,
    tenant: &TenantId,
    write: &CrmWrite,
) -> Result<bool, StoreError> {
    let mut tx = db.begin_write().await?;
    if write.external_id.is_empty() {
        crm_connections::hold(&mut tx, tenant).await?;
        if is_preceded(&mut tx, tenant, write).await? {
            return Ok(false);
        }
    }
    let record = records::by_external_id(&mut tx, tenant, &write.external_id).await?;
    let dates = record.map(|record| record.dates).unwrap_or_default();
    let waits = crm_writes::begin(&mut tx, tenant, &write.id, (&write.mapping, &dates)).await?;
    tx.commit().await?;
    Ok(waits)
}

/// Whether an earlier write is to be waited for: of the same contact or record, or, where a record is
/// to be made, of anybody who may be the same person, whom another list may have.
pub(super) async fn is_preceded(
    conn: &mut Conn,
    tenant: &TenantId,
    write: &CrmWrite,
) -> Result<bool, StoreError> {
    let others = if write.external_id.is_empty() {
        contacts(conn, tenant, write).await?
    } else {
        Vec::new()
    };
    let others: Vec<&str> = others.iter().map(ContactId::as_str).collect();
    crm_writes::is_preceded(conn, tenant, write, &others).await
}

/// The other contacts, of any list, that have an address of a write's contact or certainly are the same
/// person.
pub(super) async fn contacts(
    conn: &mut Conn,
    tenant: &TenantId,
    write: &CrmWrite,
) -> Result<Vec<ContactId>, StoreError> {
    let owners = match_keys::owners(conn, tenant, &matching::keys(&write.after)).await?;
    let addressed = of(OwnerKind::Contact, &owners, |key| key.starts_with("e:"));
    let beliefs = Beliefs::of(conn, tenant).await?;
    let judge = Judge::of(&beliefs, &write.after, &owners);
    let mut found = Vec::new();
    for id in of(OwnerKind::Contact, &owners, tells).into_iter().filter_map(ContactId::parse) {
        if id == write.contact {
            continue;
        }
        let is_same = addressed.contains(id.as_str())
            || contacts::get(conn, tenant, &id)
                .await?
                .is_some_and(|there| judge.judge(&there.contact).level == Level::Exact);
        if is_same {
            found.push(id);
        }
    }
    Ok(found)
}

/// Who is there already as far as we know ourselves: a record of the connected CRM that certainly is the
/// person of a write, and that no try of the same write can have made. While it is being taken back, it is
/// waited for.
pub(super) async fn there(
    db: &Db,
    crm: &Crm,
    tenant: &TenantId,
    write: &CrmWrite,
    apart: &[String],
) -> Result<Option<Record>, CrmError> {
    let mut conn = db.read().await?;
    let owners = match_keys::owners(&mut conn, tenant, &matching::keys(&write.after)).await?;
    let ids: Vec<&str> = of(OwnerKind::Record, &owners, tells).into_iter().collect();
    let beliefs = Beliefs::of(&mut conn, tenant).await?;
    let judge = Judge::of(&beliefs, &write.after, &owners);
    let mut same = records::some(&mut conn, tenant, &ids).await?;
    same.retain(|record| {
        !record.is_imported()
            && !apart.contains(&record.external_id)
            && judge.judge(&record.contact).level == Level::Exact
    });
    let mut others = Vec::new();
    for known in same {
        match crm_writes::claimed(&mut conn, tenant, &known.external_id, &write.id).await? {
            Some(State::Undoing) => return Err(CrmError::Earlier),
            None if write.is_tried() => {}
            _ => others.push(known),
        }
    }
    drop(conn);
    for known in others {
        if let Some(there) = crm.get(&known.external_id).await? {
            return Ok(Some(there));
        }
        if crm.hides() {
            let CrmRecord { external_id: id, version, contact, filled, .. } = known;
            return Ok(Some(Record { id, version, contact, filled, changed_at: None }));
        }
    }
    Ok(None)
}

/// How much a key must say of a person to be asked whom it leads to: a mailbox, a profile, a name.
const TELLING: u32 = 100;

fn tells(key: &str) -> bool {
    matching::strength(key) >= TELLING
}

/// The owners of a kind to whom such a key leads, each once.
fn of(
    wanted: OwnerKind,
    owners: &[(OwnerKind, String, String)],
    leads: fn(&str) -> bool,
) -> BTreeSet<&str> {
    let led = owners.iter().filter(|(kind, _, key)| *kind == wanted && leads(key));
    led.map(|(_, id, _)| id.as_str()).collect()
}
