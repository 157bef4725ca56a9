//! Whether anybody has worked with a record. `LastActivityDate` is of appointments, and of tasks that are done:
//! who still has something to do with somebody is among their tasks only
//! (<https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_contact.htm>).

use super::Salesforce;
use super::answer::{Page, Row};
use super::object::Object;
use super::refusal::Trouble;
use super::soql;
use crate::crm::{CrmError, Written};

/// What contacts and leads call their tasks and appointments.
const ACTIVITIES: [&str; 2] = ["Tasks", "Events"];
/// What contacts call their parts in opportunities.
const DEALS: &str = "OpportunityContactRoles";

impl Salesforce {
    /// Why a record is to stay: somebody else has changed it last, a task, an appointment or an opportunity is
    /// with it, or nobody can tell.
    pub(super) async fn stays(&self, id: &str) -> Result<Option<Written>, CrmError> {
        let deals = (!Object::of(id).is_lead()).then_some(DEALS);
        let mut found = self.work(id, deals).await;
        if deals.is_some() && matches!(found, Err(Trouble::Unseen(_))) {
            // An org without opportunities; or none for the app's user.
            found = self.work(id, None).await;
        }
        if matches!(found, Err(Trouble::Unseen(_))) {
            return Ok(Some(Written::Refused(
                "whether somebody has worked with the record cannot be seen, so it was left as it is: give \
                 the user that the app runs as the permission Access Activities, and undo once more"
                    .into(),
            )));
        }
        let us = self.api.session(None).await?.told.user;
        let is_worked_with = |row: &Row| {
            let has = |what: &str| {
                let count = row.field(&format!("{what}.totalSize"));
                !matches!(count, "" | "0")
            };
            row.field("LastModifiedById") != us
                || !row.field("LastActivityDate").is_empty()
                || ACTIVITIES.into_iter().chain(deals).any(has)
        };
        Ok(found?.records.iter().any(is_worked_with).then(Written::worked_with))
    }

    /// A record with one of each that is with it.
    async fn work(&self, id: &str, deals: Option<&str>) -> Result<Page, Trouble> {
        let each = ACTIVITIES.into_iter().chain(deals);
        let each: Vec<String> =
            each.map(|what| format!(", (SELECT Id FROM {what} LIMIT 1)")).collect();
        let each = each.concat();
        let (kind, id) = (Object::of(id).name, soql::quoted(id));
        let query = format!(
            "SELECT Id, LastModifiedById, LastActivityDate{each} FROM {kind} WHERE Id = {id}"
        );
        self.api.first(&query).await
    }
}
