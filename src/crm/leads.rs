//! Who is a lead in the CRM, and no contact yet.

use super::salesforce::is_lead;
use crate::store::suggestions::Suggestion;
use crate::store::{Conn, StoreError, TenantId, records};
use std::collections::BTreeSet;

/// The ids of those of these suggestions whose known person is a lead.
pub async fn leads_among<'a>(
    conn: &mut Conn,
    tenant: &TenantId,
    suggestions: impl IntoIterator<Item = &'a Suggestion>,
) -> Result<BTreeSet<String>, StoreError> {
    let known: Vec<(&str, &str)> = suggestions
        .into_iter()
        .filter_map(|it| Some((it.id.as_str(), it.known_id.as_deref()?)))
        .collect();
    let ids: Vec<&str> = known.iter().map(|(_, known)| *known).collect();
    let external = records::external_ids(conn, tenant, &ids).await?;
    let leads =
        known.into_iter().filter(|(_, known)| external.get(*known).is_some_and(|id| is_lead(id)));
    Ok(leads.map(|(id, _)| id.to_owned()).collect())
}
