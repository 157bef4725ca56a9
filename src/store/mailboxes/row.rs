//! A row of `mailboxes`, before it is known to make sense.

use super::{Held, Kind, Mailbox, State};
use crate::clock::Millis;
use crate::store::{Id, Security, StoreError, Told};

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: String,
    tenant_id: String,
    list_id: String,
    kind: String,
    address: String,
    host: String,
    port: i64,
    security: String,
    username: String,
    oauth_service: String,
    folder: String,
    backfill_days: i64,
    paused: i64,
    state: String,
    state_detail: String,
    state_since: i64,
    ill_since: Option<i64>,
    retry_at: Option<i64>,
    told_at: Option<i64>,
    told_times: i64,
    message_at: Option<i64>,
    created_at: i64,
    fence: i64,
}

impl TryFrom<Row> for Mailbox {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let bad = |column| StoreError::Row { table: "mailboxes", column, row: row.id.clone() };
        Ok(Self {
            kind: Kind::parse(&row.kind).ok_or_else(|| bad("kind"))?,
            port: u16::try_from(row.port).map_err(|_| bad("port"))?,
            security: Security::parse(&row.security).ok_or_else(|| bad("security"))?,
            backfill_days: u32::try_from(row.backfill_days).map_err(|_| bad("backfill_days"))?,
            state: State::parse(&row.state).ok_or_else(|| bad("state"))?,
            id: Id::stored(row.id),
            tenant: Id::stored(row.tenant_id),
            list: Id::stored(row.list_id),
            address: row.address,
            host: row.host,
            username: row.username,
            oauth_service: row.oauth_service,
            folder: row.folder,
            paused: row.paused != 0,
            state_detail: row.state_detail,
            state_since: Millis(row.state_since),
            ill_since: row.ill_since.map(Millis),
            retry_at: row.retry_at.map(Millis),
            message_at: row.message_at.map(Millis),
            created_at: Millis(row.created_at),
        })
    }
}

impl TryFrom<Row> for Held {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self { fence: row.fence, mailbox: Mailbox::try_from(row)? })
    }
}

impl TryFrom<Row> for Told<Mailbox> {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let (times, at) = (row.told_times, row.told_at);
        Ok(Self::stored(Mailbox::try_from(row)?, times, at))
    }
}
