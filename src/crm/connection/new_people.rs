//! What new people are made as in the tenant's CRM.

use super::open;
use crate::crm::http::Http;
use crate::crm::{Crm, CrmError};
use crate::store::crm_connections::NewPeople;
use crate::store::{Db, TenantId};
use crate::vault::Vault;

/// Looks whether new people can be made so in the connected CRM: `Ok(Err)` says why not.
pub async fn check_new_people(
    http: &Http,
    db: &Db,
    vault: &Vault,
    tenant: &TenantId,
    new_people: NewPeople,
) -> Result<Result<(), &'static str>, CrmError> {
    let (crm, _) = open(http, db, vault, tenant).await?;
    Ok(match (new_people, crm) {
        (NewPeople::Contact, _) => Ok(()),
        (NewPeople::Lead, Crm::Salesforce(org)) => {
            if org.can_make_leads().await? {
                Ok(())
            } else {
                Err("the user that the app runs as may not create and edit leads; give it a \
                     permission set that lets it read, create, edit and delete leads")
            }
        }
        (NewPeople::Lead, _) => Err("only Salesforce has leads here"),
    })
}
