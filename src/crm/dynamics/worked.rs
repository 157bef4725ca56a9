//! Whether anybody has worked with a contact. What is with it changes nothing of its own row, and mostly goes with
//! it, for good
//! (<https://learn.microsoft.com/power-apps/developer/data-platform/configure-entity-relationship-cascading-behavior>):
//! each table is asked.

use super::Dynamics;
use super::answer::Row;
use super::query::any;
use super::request::Found;
use super::write::row_of;
use crate::crm::{CrmError, Written};

/// The column that names who changed a row last.
const CHANGED_BY: &str = "_modifiedby_value";

/// A table whose rows can be with a contact.
struct Work {
    table: &'static str,
    /// The column of its rows' ids.
    id: &'static str,
    /// The columns of which one leads to the contact then.
    lead: &'static [&'static str],
}

const fn work(table: &'static str, id: &'static str, lead: &'static [&'static str]) -> Work {
    Work { table, id, lead }
}

/// All of them. Those of Sales and Customer Service are not in every environment.
const WORK: [Work; 11] = [
    work("activitypointers", "activityid", &["_regardingobjectid_value"]),
    work("activityparties", "activitypartyid", &["_partyid_value"]),
    work("annotations", "annotationid", &["_objectid_value"]),
    work("opportunities", "opportunityid", &["_customerid_value", "_parentcontactid_value"]),
    work("quotes", "quoteid", &["_customerid_value"]),
    work("salesorders", "salesorderid", &["_customerid_value"]),
    work("invoices", "invoiceid", &["_customerid_value"]),
    work("incidents", "incidentid", &["_customerid_value", "_primarycontactid_value"]),
    work("connections", "connectionid", &["_record1id_value", "_record2id_value"]),
    work("accounts", "accountid", &["_primarycontactid_value"]),
    work("contacts", "contactid", &["_parentcustomerid_value"]),
];

impl Dynamics {
    /// Why a contact is to stay: somebody else has changed it last, something is with it, or nobody can tell.
    pub(super) async fn stays(&self, id: &str) -> Result<Option<Written>, CrmError> {
        if self.others_changed(id).await? {
            return Ok(Some(Written::worked_with()));
        }
        let mut lacking = Vec::new();
        for Work { table, id: key, lead } in WORK {
            let filter = any(lead.iter().map(|column| format!("{column} eq {id}")));
            match self.api.find(table, key, &filter).await? {
                Found::Nothing => {}
                Found::Something => return Ok(Some(Written::worked_with())),
                Found::Hidden(right) if lacking.contains(&right) => {}
                Found::Hidden(right) => lacking.push(right),
            }
        }
        Ok((!lacking.is_empty()).then(|| {
            Written::Refused(format!(
                "whether somebody has worked with the record cannot be seen, so it was left as it is: the \
                 application user lacks the right `{}`; give it a security role that has it for the whole \
                 organization, and undo once more",
                lacking.join("`, `")
            ))
        }))
    }

    /// Whether somebody else changed a row last.
    async fn others_changed(&self, id: &str) -> Result<bool, CrmError> {
        let row: Option<Row> = self.api.get(&row_of(id), &[("$select", CHANGED_BY)]).await?;
        let Some(by) = row.and_then(|row| row.id(CHANGED_BY)) else { return Ok(false) };
        let me: Option<Row> = self.api.get("WhoAmI", &[]).await?;
        Ok(me.and_then(|me| me.id("UserId")) != Some(by))
    }
}
