//! How a group fares: whether it can be looked at, and what its tenant's admins were told about that.

use super::{Group, Row};
use crate::clock::Millis;
use crate::store::webhooks::{self, Event};
use crate::store::{Conn, GroupId, Id, StoreError, TenantId, Told};

/// How a group fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GroupState {
    /// It can be looked at: who joins is connected, who leaves is paused.
    Followed,
    /// It could not be looked at the last time; nobody is connected or paused because of it.
    Unseen,
}

impl GroupState {
    /// Every state, for reports.
    pub const ALL: [Self; 2] = [Self::Followed, Self::Unseen];

    /// By since when it cannot be looked at.
    pub(super) const fn of(ill_since: Option<Millis>) -> Self {
        match ill_since {
            None => Self::Followed,
            Some(_) => Self::Unseen,
        }
    }

    /// As it stands in the API, events and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Followed => "followed",
            Self::Unseen => "unseen",
        }
    }

    /// Reads what [`GroupState::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// Notes that a group was looked at, and what failed, if anything did; has the tenant's webhook told if
/// that is new. Of a group's first look whoever adds it hears.
pub async fn note_look(
    conn: &mut Conn,
    group: &Group,
    detail: &str,
    now: Millis,
) -> Result<(), StoreError> {
    let Group { tenant, id, .. } = group;
    let before = super::group(conn, tenant, id).await?;
    let state = GroupState::of(Some(now).filter(|_| !detail.is_empty()));
    if before.is_some_and(|before| before.looked_at.is_some() && before.state() != state) {
        let event = Event::GraphGroupStateChanged { group: id.clone(), state, at: now };
        webhooks::tell(conn, tenant, &event, now).await?;
    }
    sqlx::query(
        "UPDATE graph_groups
         SET detail = $1, looked_at = $2,
             ill_since = CASE WHEN $5 = 1 THEN COALESCE(ill_since, $2) ELSE NULL END
         WHERE tenant_id = $3 AND id = $4",
    )
    .bind(detail)
    .bind(now.0)
    .bind(tenant.as_str())
    .bind(id.as_str())
    .bind(i64::from(state == GroupState::Unseen))
    .execute(conn)
    .await?;
    Ok(())
}

/// The tenant's groups that cannot be looked at, or could not and whose admins do not know yet that they can.
pub async fn groups_ill_or_told(
    conn: &mut Conn,
    tenant: &TenantId,
) -> Result<Vec<Told<Group>>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, tenant_id, group_id, list_id, backfill_days, detail, looked_at,
                ill_since, told_times, told_at
         FROM graph_groups
         WHERE tenant_id = $1 AND (ill_since IS NOT NULL OR told_times > 0)
         ORDER BY id",
    )
    .bind(tenant.as_str())
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Told::try_from).collect()
}

/// Those of which admins were told at that moment, and so often by then.
pub async fn groups_told_at(
    conn: &mut Conn,
    tenant: &TenantId,
    (at, times): (Millis, u32),
) -> Result<Vec<Group>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, tenant_id, group_id, list_id, backfill_days, detail, looked_at,
                ill_since, told_times, told_at
         FROM graph_groups WHERE tenant_id = $1 AND told_at = $2 AND told_times = $3
         ORDER BY id",
    )
    .bind(tenant.as_str())
    .bind(at.0)
    .bind(i64::from(times))
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Group::try_from).collect()
}

/// Notes that they were told so often and not `before` times any more; 0: that it can be looked at again.
/// False: somebody else was faster.
pub async fn note_group_told(
    conn: &mut Conn,
    tenant: &TenantId,
    group: &GroupId,
    (before, times): (u32, u32),
    now: Millis,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE graph_groups SET told_times = $1, told_at = $2
         WHERE tenant_id = $3 AND id = $4 AND told_times = $5",
    )
    .bind(i64::from(times))
    .bind(now.0)
    .bind(tenant.as_str())
    .bind(group.as_str())
    .bind(i64::from(before))
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// How many groups of each tenant there are, and how many of these cannot be looked at: for metrics.
pub async fn tally_groups(conn: &mut Conn) -> Result<Vec<(TenantId, [u32; 2])>, StoreError> {
    let rows: Vec<(String, i64, i64)> = sqlx::query_as(
        "SELECT tenant_id, COUNT(*), COUNT(ill_since) FROM graph_groups GROUP BY tenant_id",
    )
    .fetch_all(conn)
    .await?;
    let number = |count| u32::try_from(count).unwrap_or(u32::MAX);
    let tally = |(tenant, all, unseen)| (Id::stored(tenant), [number(all), number(unseen)]);
    Ok(rows.into_iter().map(tally).collect())
}
