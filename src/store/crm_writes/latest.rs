//! How the last writes of several suggestions fare, for a page of them.

use super::State;
use crate::store::{Conn, StoreError, TenantId, several};
use std::collections::BTreeMap;

/// How the last write of a suggestion fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its state.
    pub state: State,
    /// It was to be taken back.
    pub withdrawn: bool,
    /// What went wrong, as one sentence.
    pub detail: String,
}

/// The last write of each of these suggestions that has one, by the suggestion's id.
pub async fn latest(
    conn: &mut Conn,
    tenant: &TenantId,
    suggestions: &[&str],
) -> Result<BTreeMap<String, Standing>, StoreError> {
    let sql = format!(
        "SELECT id, suggestion_id, state, withdrawn, detail FROM crm_writes
         WHERE tenant_id = $1 AND suggestion_id IN ({})",
        several::places(2)
    );
    let mut rows: Vec<(String, String, String, i64, String)> =
        several::rows(conn, sql, &[tenant.as_str()], suggestions).await?;
    rows.sort_unstable();
    let standing = |(id, suggestion, state, withdrawn, detail): (String, String, String, _, _)| {
        let unknown = StoreError::Row { table: "crm_writes", column: "state", row: id };
        let state = State::parse(&state).ok_or(unknown)?;
        Ok((suggestion, Standing { state, withdrawn: withdrawn != 0, detail }))
    };
    rows.into_iter().map(standing).collect()
}
