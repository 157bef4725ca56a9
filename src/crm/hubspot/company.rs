//! Which company of the account a contact belongs to, and how one is made.

use super::HubSpot;
use super::answer::Object;
use super::request::{Api, Search, Taken};
use crate::contact::Contact;
use crate::crm::employer::{self, Employers, Making, NewAccount};
use crate::crm::{Account, CrmError};
use crate::matching::fold::telling_word;

/// What a company is called and where it is, in the order of [`NewAccount::fields`].
const FIELDS: [&str; 7] = ["name", "domain", "address", "zip", "city", "state", "country"];
/// Companies of one domain, and of one word, that are compared with each other.
const SOME: usize = 20;
const ALIKE: usize = 100;
/// Domains and names that are looked for.
const MOST: usize = 3;

/// The company with the domain of one of the contact's addresses, of several the one with the most
/// contacts; without any, the one with the [name](employer::of_name) of its employer. Free-mail domains
/// name no company.
pub(super) async fn find(
    api: &Api,
    employers: &Employers,
    contact: &Contact,
) -> Result<Option<Account>, CrmError> {
    for domain in employers.domains(contact).iter().take(MOST) {
        let found = look(api, &[("domain", "EQ", domain)], SOME).await?;
        let contacts = |company: &Object| -> u64 {
            let count = company.property("num_associated_contacts");
            count.and_then(|count| count.parse().ok()).unwrap_or(0)
        };
        // The oldest of those that have the most.
        if let Some(company) = found.into_iter().rev().max_by_key(contacts) {
            return Ok(Some(account(&company)));
        }
    }
    for name in contact.organizations.iter().take(MOST) {
        let Some(word) = telling_word(&name.value) else { continue };
        let patterns: Vec<String> =
            employer::spellings(&word).into_iter().map(|word| format!("{word}*")).collect();
        let filters: Vec<(&str, &str, &str)> =
            patterns.iter().map(|word| ("name", "CONTAINS_TOKEN", word.as_str())).collect();
        let found = look(api, &filters, ALIKE).await?;
        let named = employer::of_name(&found, &name.value, contact, |company| {
            (text(company, "name"), text(company, "city"))
        });
        if let Some(company) = named {
            return Ok(Some(account(company)));
        }
    }
    Ok(None)
}

/// The companies of which one of these conditions holds, the oldest first.
async fn look(
    api: &Api,
    filters: &[(&str, &str, &str)],
    limit: usize,
) -> Result<Vec<Object>, CrmError> {
    let search =
        Search { kind: "companies", filters, either: true, sort: "createdate", after: None, limit };
    let wanted = ["name", "city", "num_associated_contacts"];
    Ok(api.search(&search, wanted.into_iter()).await?.results)
}

fn text<'a>(company: &'a Object, property: &str) -> &'a str {
    company.property(property).unwrap_or_default()
}

fn account(company: &Object) -> Account {
    Account { id: company.id.clone(), name: text(company, "name").to_owned() }
}

impl HubSpot {
    /// Makes a company.
    pub(in crate::crm) async fn make_account(
        &self,
        wanted: &NewAccount<'_>,
    ) -> Result<Making, CrmError> {
        Ok(match self.api.create("companies", &wanted.fields(FIELDS), None).await? {
            Taken::Done(made) => {
                Making::Made(Account { id: made.id, name: wanted.name.to_owned() })
            }
            Taken::Invalid(why) => Making::Refused(why),
            Taken::Exists(_) | Taken::Gone => {
                Making::Refused("HubSpot has it, and does not show it".into())
            }
        })
    }
}
