//! Which company of the account a contact belongs to, and how one is made.

use super::HubSpot;
use super::answer::Object;
use super::request::{Api, Search, Taken};
use crate::contact::Contact;
use crate::crm::employer::{self, NewAccount};
use crate::crm::{Account, CrmError};

/// What a company is called and where it is, in the order of [`NewAccount::fields`].
const FIELDS: [&str; 7] = ["name", "domain", "address", "zip", "city", "state", "country"];
/// Companies that are compared with each other.
const SOME: usize = 20;
/// Domains and names that are looked for.
const MOST: usize = 3;

/// The company with the domain of one of the contact's addresses, or with the name of its employer;
/// of several the one with the most contacts. Free-mail domains name no company.
pub(super) async fn find(api: &Api, contact: &Contact) -> Result<Option<Account>, CrmError> {
    let domains = employer::domains(contact);
    let names = contact.organizations.iter().map(|name| ("name", name.value.as_str()));
    let domains = domains.iter().map(|domain| ("domain", domain.as_str()));
    for (property, value) in domains.take(MOST).chain(names.take(MOST)) {
        let filters = [(property, "EQ", value)];
        let search = Search {
            kind: "companies",
            filters: &filters,
            sort: "createdate",
            after: None,
            limit: SOME,
        };
        let wanted = ["name", "num_associated_contacts"];
        let found = api.search(&search, wanted.into_iter()).await?.results;
        let contacts = |company: &Object| -> u64 {
            let count = company.property("num_associated_contacts");
            count.and_then(|count| count.parse().ok()).unwrap_or(0)
        };
        // The oldest of those that have the most.
        if let Some(company) = found.into_iter().rev().max_by_key(contacts) {
            let name = company.property("name").unwrap_or_default().to_owned();
            return Ok(Some(Account { id: company.id, name }));
        }
    }
    Ok(None)
}

impl HubSpot {
    /// Makes a company; or says why HubSpot does not take it.
    pub(in crate::crm) async fn make_account(
        &self,
        wanted: &NewAccount<'_>,
    ) -> Result<Result<Account, String>, CrmError> {
        Ok(match self.api.create("companies", &wanted.fields(FIELDS), None).await? {
            Taken::Done(made) => Ok(Account { id: made.id, name: wanted.name.to_owned() }),
            Taken::Invalid(why) => Err(why),
            Taken::Exists(_) | Taken::Gone => Err("HubSpot has it, and does not show it".into()),
        })
    }
}
