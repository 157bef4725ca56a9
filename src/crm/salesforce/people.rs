//! Who in the org can own records.

use super::Salesforce;
use crate::crm::{CrmError, Owner};

/// Pages of users that are read.
const MAX_PAGES: usize = 10;

impl Salesforce {
    /// Who can own records: active users who sign in to Salesforce itself.
    pub async fn owners(&self) -> Result<Vec<Owner>, CrmError> {
        let query = "SELECT Id, Name, Email FROM User \
                     WHERE IsActive = true AND UserType = 'Standard' ORDER BY Name, Id";
        let (mut owners, mut page) = (Vec::new(), self.api.first(query).await?);
        for _ in 1..MAX_PAGES {
            let next = page.next()?;
            owners.extend(page.records.iter().map(|row| Owner {
                id: row.id().to_owned(),
                name: row.field("Name").to_owned(),
                email: row.field("Email").to_owned(),
            }));
            let Some(next) = next else { break };
            page = self.api.next(&next).await?;
        }
        Ok(owners)
    }
}
