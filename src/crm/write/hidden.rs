//! A write of a record that the CRM does not show: only where it is certain that it was deleted, that is what
//! is told. It may have become another one, or be there all the same.

use super::End;
use crate::crm::{Crm, CrmError, Written};
use crate::store::crm_writes::CrmWrite;

/// What is told of a record that may be there.
const HIDDEN: &str = "the CRM does not show the record to its user any more; unless it was deleted for good, \
                      let the user see it and try again";

impl End {
    /// The record is not shown, and may be there.
    pub(super) fn hidden() -> Self {
        Self::written(Written::Refused(HIDDEN.to_owned()))
    }
}

/// Removes the record that a write has made.
pub(super) async fn remove(crm: &Crm, write: &CrmWrite) -> Result<End, CrmError> {
    let id = &write.external_id;
    if crm.hides_records() && crm.get(id).await?.is_none() {
        return Ok(not_deleted(crm, id).await?.unwrap_or(End::Removed));
    }
    crm.delete(id, &write.version).await.map(End::of_removal)
}

/// What came of a write, where its record is gone only if that is certain.
pub(super) async fn or_gone(crm: &Crm, write: &CrmWrite, end: End) -> Result<End, CrmError> {
    let is_gone =
        matches!(&end, End::Written(written) if matches!(**written, Written::Conflict(None)));
    if !is_gone || write.external_id.is_empty() {
        return Ok(end);
    }
    Ok(not_deleted(crm, &write.external_id).await?.unwrap_or(end))
}

/// How a write ends of a record that is not shown; `None`: somebody has deleted it.
async fn not_deleted(crm: &Crm, id: &str) -> Result<Option<End>, CrmError> {
    let mut left = crm.left(&[id]).await?;
    if let Some((_, other)) = left.became.pop() {
        return Ok(Some(End::written(Written::Conflict(Some(other)))));
    }
    Ok((!left.deleted.contains(id)).then(End::hidden))
}
