//! Which organization of the account a contact belongs to, and how one is made.

use super::Pipedrive;
use super::answer::{Hit, Organization};
use super::request::{Api, PAGE, Taken};
use crate::contact::Contact;
use crate::crm::employer::{self, NewAccount};
use crate::crm::{Account, CrmError};
use crate::matching::fold::fold_company;
use serde_json::json;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Organizations of one name that are compared with each other.
const SOME: usize = 20;
/// Domains and names that are looked for.
const MOST: usize = 3;

/// The organization of those who have addresses at the same domain: the one with the name of the
/// contact's employer, else the one with the most of them; without any, the one of that name.
/// Free-mail domains name no organization.
pub(super) async fn find(api: &Api, contact: &Contact) -> Result<Option<Account>, CrmError> {
    for domain in employer::domains(contact).iter().take(MOST) {
        let ending = format!("@{domain}");
        let colleagues = api.persons("email", &ending, false, PAGE).await?;
        if let Some(organization) = of_most(colleagues, &ending, contact) {
            return Ok(Some(organization));
        }
    }
    for name in contact.organizations.iter().take(MOST) {
        if let Some(organization) = named(api, &name.value).await? {
            return Ok(Some(organization));
        }
    }
    Ok(None)
}

/// The organization of exactly this name; of several the oldest.
pub(super) async fn named(api: &Api, name: &str) -> Result<Option<Account>, CrmError> {
    let wanted = name.trim();
    if wanted.is_empty() {
        return Ok(None);
    }
    let found = api.organizations_named(wanted, SOME).await?;
    let same = found.into_iter().filter(|it| fold_company(&it.name) == fold_company(wanted));
    Ok(same.min_by_key(|it| it.id).map(account))
}

fn of_most(colleagues: Vec<Hit>, ending: &str, contact: &Contact) -> Option<Account> {
    let ending = ending.to_ascii_lowercase();
    let is_at = |email: &String| email.trim().to_ascii_lowercase().ends_with(&ending);
    let there = colleagues.into_iter().filter(|hit| hit.emails.iter().any(is_at));
    let mut counted: BTreeMap<u64, (usize, Organization)> = BTreeMap::new();
    for organization in there.filter_map(|hit| hit.organization) {
        counted.entry(organization.id).or_insert_with(|| (0, organization)).0 += 1;
    }
    let employers: Vec<String> =
        contact.organizations.iter().map(|name| fold_company(&name.value)).collect();
    let best = counted.into_values().max_by_key(|(count, organization)| {
        (employers.contains(&fold_company(&organization.name)), *count, Reverse(organization.id))
    });
    best.map(|(_, organization)| account(organization))
}

fn account(organization: Organization) -> Account {
    Account { id: organization.id.to_string(), name: organization.name }
}

impl Pipedrive {
    /// Makes an organization; or says why Pipedrive does not take it.
    pub(in crate::crm) async fn make_account(
        &self,
        wanted: &NewAccount<'_>,
    ) -> Result<Result<Account, String>, CrmError> {
        let mut body = json!({"name": wanted.name, "website": wanted.domain});
        if !wanted.address.is_empty() {
            body["address"] = json!({"value": wanted.address.display()});
        }
        Ok(match self.api.create_organization(body).await? {
            Taken::Done(made) => Ok(account(made)),
            Taken::Invalid(why) => Err(why),
            Taken::Gone => Err("nothing is at its address".into()),
        })
    }
}
