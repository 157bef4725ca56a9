//! Whoever has become another record, and that one another again, becomes the last of them, whatever of this a
//! page of changes tells and what an earlier or later one.

use super::{Changes, Crm, CrmError};
use crate::store::{Db, StoreError, TenantId, records};
use std::collections::{BTreeMap, BTreeSet};

/// Lets the records that changes tell to have become others become the last ones, which are told with them if
/// nobody here knows these. Those that nobody here knows are left out.
pub(super) async fn to_the_end(
    db: &Db,
    tenant: &TenantId,
    crm: &Crm,
    changes: &mut Changes,
) -> Result<(), CrmError> {
    let became: BTreeMap<String, String> = std::mem::take(&mut changes.moved).into_iter().collect();
    let mut told: BTreeSet<String> =
        changes.records.iter().map(|record| record.id.clone()).collect();
    for from in became.keys() {
        if !is_known(db, tenant, from).await? {
            continue;
        }
        let mut to = end(&became, from).to_owned();
        if !told.contains(&to) && !is_known(db, tenant, &to).await? {
            // It may have become another one itself, which was told before.
            let Some(record) = crm.get(&to).await? else {
                changes.moved.push((from.clone(), to));
                continue;
            };
            to.clone_from(&record.id);
            if told.insert(to.clone()) {
                changes.records.push(record);
            }
        }
        if to != *from {
            changes.moved.push((from.clone(), to));
        }
    }
    Ok(())
}

async fn is_known(db: &Db, tenant: &TenantId, external_id: &str) -> Result<bool, StoreError> {
    let mut conn = db.read().await?;
    Ok(records::by_external_id(&mut conn, tenant, external_id).await?.is_some())
}

/// What somebody has become in the end.
pub(super) fn end<'a>(became: &'a BTreeMap<String, String>, from: &'a str) -> &'a str {
    let mut at = from;
    // However they lead, no more steps than there are lead to the end.
    for _ in became {
        let Some(next) = became.get(at) else { break };
        at = next;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_become_another_becomes_the_last_one() {
        let became = |steps: &[(&str, &str)]| -> BTreeMap<String, String> {
            steps.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect()
        };
        let chain = became(&[("c", "d"), ("a", "b"), ("b", "c")]);
        for from in ["a", "b", "c", "d"] {
            assert_eq!(end(&chain, from), "d", "{from}");
        }
        assert_eq!(end(&became(&[("a", "b"), ("b", "a")]), "a"), "a");
    }
}
