//! Groups of a directory whose members' mailboxes are connected, and which those are.

mod health;

pub use health::{
    GroupState, groups_ill_or_told, groups_told_at, note_group_told, note_look, tally_groups,
};

use crate::clock::Millis;
use crate::store::{Conn, GroupId, Id, ListId, MailboxId, StoreError, TenantId, Told};

/// A group whose members' mailboxes are connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its id here.
    pub id: GroupId,
    /// Whose it is.
    pub tenant: TenantId,
    /// Its id in the directory.
    pub group: String,
    /// The contact list that suggestions land in.
    pub list: ListId,
    /// How many days back a member's mailbox is read at first.
    pub backfill_days: u32,
    /// One sentence about what failed when it was looked at last, or nothing.
    pub detail: String,
    /// When it was looked at last.
    pub looked_at: Option<Millis>,
    /// Since when it cannot be looked at; none when it can.
    pub ill_since: Option<Millis>,
}

impl Group {
    /// How it fares.
    pub const fn state(&self) -> GroupState {
        GroupState::of(self.ill_since)
    }
}

/// A mailbox that was connected because of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// The name it signs in with, in small letters.
    pub username: String,
    /// The address people write to.
    pub address: String,
    /// It is not in the group any more.
    pub departed: bool,
    /// It was paused because of that.
    pub paused: bool,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    tenant_id: String,
    group_id: String,
    list_id: String,
    backfill_days: i64,
    detail: String,
    looked_at: Option<i64>,
    ill_since: Option<i64>,
    told_times: i64,
    told_at: Option<i64>,
}

impl TryFrom<Row> for Group {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let backfill_days = u32::try_from(row.backfill_days).map_err(|_| StoreError::Row {
            table: "graph_groups",
            column: "backfill_days",
            row: row.id.clone(),
        })?;
        Ok(Self {
            id: Id::stored(row.id),
            tenant: Id::stored(row.tenant_id),
            group: row.group_id,
            list: Id::stored(row.list_id),
            backfill_days,
            detail: row.detail,
            looked_at: row.looked_at.map(Millis),
            ill_since: row.ill_since.map(Millis),
        })
    }
}

impl TryFrom<Row> for Told<Group> {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let (times, at) = (row.told_times, row.told_at);
        Ok(Self::stored(Group::try_from(row)?, times, at))
    }
}

/// Adds a group. One that is there is a [unique violation](StoreError::is_unique_violation).
pub async fn add_group(
    conn: &mut Conn,
    tenant: &TenantId,
    group: &str,
    list: &ListId,
    backfill_days: u32,
    now: Millis,
) -> Result<Group, StoreError> {
    let group = Group {
        id: GroupId::new(),
        tenant: tenant.clone(),
        group: group.to_owned(),
        list: list.clone(),
        backfill_days,
        detail: String::new(),
        looked_at: None,
        ill_since: None,
    };
    sqlx::query(
        "INSERT INTO graph_groups (id, tenant_id, group_id, list_id, backfill_days, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(group.id.as_str())
    .bind(tenant.as_str())
    .bind(&group.group)
    .bind(list.as_str())
    .bind(i64::from(backfill_days))
    .bind(now.0)
    .execute(conn)
    .await?;
    Ok(group)
}

/// The tenant's groups, oldest first.
pub async fn groups(conn: &mut Conn, tenant: &TenantId) -> Result<Vec<Group>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, tenant_id, group_id, list_id, backfill_days, detail, looked_at,
                ill_since, told_times, told_at
         FROM graph_groups WHERE tenant_id = $1 ORDER BY id",
    )
    .bind(tenant.as_str())
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Group::try_from).collect()
}

/// One group.
pub async fn group(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &GroupId,
) -> Result<Option<Group>, StoreError> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT id, tenant_id, group_id, list_id, backfill_days, detail, looked_at,
                ill_since, told_times, told_at
         FROM graph_groups WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .fetch_optional(conn)
    .await?;
    row.map(Group::try_from).transpose()
}

/// Forgets a group; the mailboxes of its members stay as they are. False: there is none.
pub async fn remove_group(
    conn: &mut Conn,
    tenant: &TenantId,
    id: &GroupId,
) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM graph_groups WHERE tenant_id = $1 AND id = $2")
        .bind(tenant.as_str())
        .bind(id.as_str())
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// The mailboxes that were connected because of a group, departed ones too.
pub async fn members(conn: &mut Conn, group: &Group) -> Result<Vec<Member>, StoreError> {
    let rows: Vec<(String, String, String, i64, i64)> = sqlx::query_as(
        "SELECT g.mailbox_id, LOWER(m.username), m.address, g.departed, g.paused
         FROM graph_members g JOIN mailboxes m ON m.id = g.mailbox_id
         WHERE g.group_row = $1 AND m.tenant_id = $2
         ORDER BY g.mailbox_id",
    )
    .bind(group.id.as_str())
    .bind(group.tenant.as_str())
    .fetch_all(conn)
    .await?;
    let member = |(mailbox, username, address, departed, paused)| Member {
        mailbox: Id::stored(mailbox),
        username,
        address,
        departed: departed != 0_i64,
        paused: paused != 0_i64,
    };
    Ok(rows.into_iter().map(member).collect())
}

/// Notes that a mailbox is connected because of a group, or how it left it.
pub async fn set_member(
    conn: &mut Conn,
    group: &Group,
    mailbox: &MailboxId,
    departed: bool,
    paused: bool,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO graph_members (group_row, mailbox_id, departed, paused)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (group_row, mailbox_id) DO UPDATE
         SET departed = excluded.departed, paused = excluded.paused",
    )
    .bind(group.id.as_str())
    .bind(mailbox.as_str())
    .bind(i64::from(departed))
    .bind(i64::from(paused))
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether a mailbox is connected because of a group that it is in, other than `but`.
pub async fn is_member(
    conn: &mut Conn,
    mailbox: &MailboxId,
    but: Option<&GroupId>,
) -> Result<bool, StoreError> {
    let found: Option<i64> = sqlx::query_scalar(
        "SELECT departed FROM graph_members
         WHERE mailbox_id = $1 AND group_row <> $2 AND departed = 0 LIMIT 1",
    )
    .bind(mailbox.as_str())
    .bind(but.map_or("", Id::as_str))
    .fetch_optional(conn)
    .await?;
    Ok(found.is_some())
}
