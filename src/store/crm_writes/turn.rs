//! Whose turn it is: writes of one person are made, and taken back, in the order in which that was
//! decided, so that each finds the record as the one before has left it.
//!
//! What is pending has its turn in `changed_at`, which is set when a rep decides and not touched until
//! it is settled.

use super::{CrmWrite, Row, State};
use crate::clock::Millis;
use crate::contact::Contact;
use crate::matching::Dates;
use crate::store::{Conn, ContactId, StoreError, SuggestionId, TenantId, WriteId, several};

/// The last turn among what is pending of a contact or a suggestion: whoever decides now comes later.
pub async fn last_turn(
    conn: &mut Conn,
    tenant: &TenantId,
    contact: &ContactId,
    suggestion: &SuggestionId,
) -> Result<Option<Millis>, StoreError> {
    let last: Option<i64> = sqlx::query_scalar(
        "SELECT MAX(changed_at) FROM crm_writes
         WHERE tenant_id = $1 AND (contact_id = $2 OR suggestion_id = $3)
           AND state IN ('waiting', 'undoing')",
    )
    .bind(tenant.as_str())
    .bind(contact.as_str())
    .bind(suggestion.as_str())
    .fetch_one(conn)
    .await?;
    Ok(last.map(Millis))
}

/// Whether something pending of the same suggestion, contact or record comes before a write, or something of
/// these other contacts, who may be the same person: of them whoever has begun comes first, for the CRM may
/// have that already.
pub async fn is_preceded(
    conn: &mut Conn,
    tenant: &TenantId,
    write: &CrmWrite,
    others: &[&str],
) -> Result<bool, StoreError> {
    let earlier: Vec<(String, i64)> = sqlx::query_as(
        "SELECT id, changed_at FROM crm_writes
         WHERE tenant_id = $1 AND state IN ('waiting', 'undoing')
           AND (contact_id = $4 OR suggestion_id = $2 OR (external_id = $3 AND external_id <> ''))",
    )
    .bind(tenant.as_str())
    .bind(write.suggestion.as_str())
    .bind(&write.external_id)
    .bind(write.contact.as_str())
    .fetch_all(&mut *conn)
    .await?;
    let own = (write.changed_at.0, write.id.as_str());
    if earlier.iter().any(|(id, at)| id != own.1 && (*at, id.as_str()) < own) {
        return Ok(true);
    }
    let sql = format!(
        "SELECT id, changed_at, begun FROM crm_writes
         WHERE tenant_id = $1 AND state IN ('waiting', 'undoing') AND contact_id IN ({})",
        several::places(2)
    );
    let theirs: Vec<(String, i64, i64)> =
        several::rows(conn, sql, &[tenant.as_str()], others).await?;
    let own = rank(write.begun, own);
    let mut theirs = theirs.iter().filter(|(id, ..)| id != write.id.as_str());
    Ok(theirs.any(|(id, at, begun)| rank(*begun != 0, (*at, id.as_str())) < own))
}

/// Where a write stands among those of others that may make the same person.
fn rank(begun: bool, turn: (i64, &str)) -> (bool, (i64, &str)) {
    (!begun, turn)
}

/// The pending write of the same contact, suggestion or record whose turn is next.
pub async fn next_of(
    conn: &mut Conn,
    tenant: &TenantId,
    write: &CrmWrite,
) -> Result<Option<WriteId>, StoreError> {
    let id: Option<String> = sqlx::query_scalar(
        "SELECT id FROM crm_writes
         WHERE tenant_id = $1 AND state IN ('waiting', 'undoing')
           AND (contact_id = $2 OR suggestion_id = $3 OR (external_id = $4 AND external_id <> ''))
         ORDER BY changed_at, id LIMIT 1",
    )
    .bind(tenant.as_str())
    .bind(write.contact.as_str())
    .bind(write.suggestion.as_str())
    .bind(&write.external_id)
    .fetch_optional(conn)
    .await?;
    Ok(id.map(WriteId::stored))
}

/// Notes that a try begins, by a mapping; and, if it is the first one, how old it is what the record says. False: it
/// waits no more.
pub async fn begin(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &WriteId,
    (mapping, dates): (&str, &Dates),
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE crm_writes
         SET begun = 1, mapping = $3, dates = CASE WHEN dates = '' THEN $4 ELSE dates END
         WHERE tenant_id = $1 AND id = $2 AND state = 'waiting'",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .bind(mapping)
    .bind(crate::store::to_json(dates))
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes when the CRM was asked for a waiting write, and who is to own a new record; 0: it was not asked. That it was
/// asked earlier than `from`, or never, is noted also once a rep has taken the write back. False: it waits no more,
/// or somebody else has noted something since it stood there that it was asked at `from`.
pub async fn note_asked(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &WriteId,
    from: Millis,
    (at, owner): (Millis, &str),
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE crm_writes SET tried_at = $3, owner = $4
         WHERE tenant_id = $1 AND id = $2 AND tried_at = $5
           AND (state = 'waiting' OR (state = 'undoing' AND $3 < $5))",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .bind(at.0)
    .bind(owner)
    .bind(from.0)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes to which company the CRM is asked to bring the record of a waiting write. False: it waits no more.
pub async fn note_linked(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &WriteId,
    company: &str,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE crm_writes SET linked = $3
         WHERE tenant_id = $1 AND id = $2 AND state = 'waiting'",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .bind(company)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes back a write of which no try was begun. False: one was, or it waits no more.
pub async fn cancel(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &WriteId,
    now: Millis,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE crm_writes SET state = 'cancelled', changed_at = $3
         WHERE tenant_id = $1 AND id = $2 AND state = 'waiting' AND begun = 0",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .bind(now.0)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes that a write in state `from` is to be taken back, at its turn. False: it is in another state, or
/// its values are erased.
pub async fn withdraw(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &WriteId,
    from: State,
    turn: Millis,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE crm_writes SET state = 'undoing', withdrawn = 1, detail = '', changed_at = $4
         WHERE tenant_id = $1 AND id = $2 AND state = $3 AND erased = 0",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .bind(from.as_str())
    .bind(turn.0)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The waiting writes of a contact, in their order.
pub async fn waiting(
    conn: &mut Conn,
    tenant: &TenantId,
    contact: &ContactId,
) -> Result<Vec<CrmWrite>, StoreError> {
    let query = select!(
        "WHERE tenant_id = $1 AND contact_id = $2 AND state = 'waiting' ORDER BY changed_at, id"
    );
    let rows: Vec<Row> =
        sqlx::query_as(query).bind(tenant.as_str()).bind(contact.as_str()).fetch_all(conn).await?;
    rows.into_iter().map(CrmWrite::try_from).collect()
}

/// What is to be taken out of a record, in its order.
pub async fn undoing(
    conn: &mut Conn,
    tenant: &TenantId,
    external_id: &str,
) -> Result<Vec<CrmWrite>, StoreError> {
    let query = select!(
        "WHERE tenant_id = $1 AND external_id = $2 AND external_id <> '' AND state = 'undoing'
         ORDER BY changed_at, id"
    );
    let rows: Vec<Row> =
        sqlx::query_as(query).bind(tenant.as_str()).bind(external_id).fetch_all(conn).await?;
    rows.into_iter().map(CrmWrite::try_from).collect()
}

/// Gives a waiting write, which was to make a record, the one that an earlier write has made.
pub async fn hand_on(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &WriteId,
    (external_id, version): (&str, &str),
    (before, known): (&Contact, &Contact),
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE crm_writes SET external_id = $3, version = $4, before = $5, known = $6
         WHERE tenant_id = $1 AND id = $2 AND state = 'waiting'",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .bind(external_id)
    .bind(version)
    .bind(crate::store::to_json(before))
    .bind(crate::store::to_json(known))
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes that a write of ours has brought a record from one version to another: those that wait for
/// the one are not overtaken by it.
pub async fn raise(
    conn: &mut Conn,
    tenant: &TenantId,
    external_id: &str,
    from: &str,
    to: &str,
) -> Result<(), StoreError> {
    super::set_version(conn, tenant, external_id, (from, to), [State::Waiting; 2]).await
}

/// How another write fares that made or changed a record: the record is not of `but`.
pub async fn claimed(
    conn: &mut Conn,
    tenant: &TenantId,
    external_id: &str,
    but: &WriteId,
) -> Result<Option<State>, StoreError> {
    let state: Option<String> = sqlx::query_scalar(
        "SELECT state FROM crm_writes
         WHERE tenant_id = $1 AND external_id = $2 AND id <> $3
           AND state IN ('written', 'undoing', 'failed') ORDER BY id DESC LIMIT 1",
    )
    .bind(tenant.as_str())
    .bind(external_id)
    .bind(but.as_str())
    .fetch_optional(conn)
    .await?;
    Ok(state.and_then(|state| State::parse(&state)))
}
