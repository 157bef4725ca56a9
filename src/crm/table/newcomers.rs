//! Rows that nobody's record is yet, written many at once: most rows of a first import are, and each
//! statement of its own is a way to the database and back.

use super::intake::Entry;
use crate::clock::Millis;
use crate::matching;
use crate::store::match_keys::{self, Owner};
use crate::store::records::{self, NewRecord};
use crate::store::{Conn, RecordId, StoreError, TenantId, Writes, kept_apart, outdated};

/// How many rows are written together.
const TOGETHER: usize = 16;

/// Keeps the rows that are new, and lets the open suggestions that they may be of hear of them. Answers the
/// others, of which there are records.
pub(super) async fn keep<'e>(
    conn: &mut Conn,
    tenant: &TenantId,
    rows: &'e [Entry],
    now: Millis,
) -> Result<Vec<&'e Entry>, StoreError> {
    let (mut known, mut keys) = (Vec::new(), Vec::new());
    for some in rows.chunks(TOGETHER) {
        let some: Vec<(RecordId, &Entry)> = some.iter().map(|row| (RecordId::new(), row)).collect();
        let mut writes = Writes::default();
        for (id, row) in &some {
            let (external_id, contact) = (row.external_id.as_str(), &row.contact);
            let keyed_by = matching::RULES;
            let record = NewRecord { external_id, version: None, contact, filled: &[], keyed_by };
            writes.add(records::adding(tenant, id, record, now));
        }
        let written = writes.run(&mut *conn).await?;
        let mut writes = Writes::default();
        for ((id, row), written) in some.iter().zip(written) {
            if written == 0 {
                known.push(*row);
                continue;
            }
            let own = matching::keys(&row.contact);
            for statement in match_keys::adding(tenant, Owner::record(id), &own) {
                writes.add(statement);
            }
            writes.add(kept_apart::knowing_again(tenant, &row.external_id, id));
            keys.extend(own);
        }
        writes.run(&mut *conn).await?;
    }
    outdated::mark_sharing(conn, tenant, keys).await?;
    Ok(known)
}
