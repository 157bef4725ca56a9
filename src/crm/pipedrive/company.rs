//! Which organization of the account a contact belongs to, and how one is made.

use super::Pipedrive;
use super::answer::{Hit, Organization};
use super::request::{Api, PAGE, Taken};
use crate::contact::Contact;
use crate::crm::employer::{self, Employers, Making, NewAccount, Sought};
use crate::crm::{Account, CrmError};
use crate::matching::fold::telling_word;
use serde_json::json;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Organizations of one word that are compared with each other.
const SOME: usize = 100;
/// A search for a part of a name wants so many letters.
const LEAST: usize = 2;

/// The organization [of a domain or a name](employer::find) of the contact: at a domain, of those who have
/// addresses there. Free-mail domains name no organization.
pub(super) async fn find(
    api: &Api,
    employers: &Employers,
    contact: &Contact,
) -> Result<Sought, CrmError> {
    let at = |domain: String| async move {
        let ending = format!("@{domain}");
        let colleagues = api.persons("email", &ending, false, PAGE).await?;
        Ok(of_most(colleagues, &ending, contact))
    };
    let called = |name: String| async move { named(api, &name, contact).await };
    employer::find(employers, contact, at, called).await
}

/// The organization of this [name](employer::of_name), of those with its telling word.
pub(super) async fn named(api: &Api, name: &str, contact: &Contact) -> Result<Sought, CrmError> {
    let word = telling_word(name).filter(|word| word.chars().count() >= LEAST);
    let (words, is_whole) = match word {
        Some(word) => (employer::spellings(&word), false),
        None if name.trim().is_empty() => return Ok(Sought::None),
        None => (vec![name.trim().to_owned()], true),
    };
    let mut found: Vec<Organization> = Vec::new();
    for word in words {
        for organization in api.organizations_named(&word, is_whole, SOME).await? {
            if found.iter().all(|other| other.id != organization.id) {
                found.push(organization);
            }
        }
    }
    let named = employer::of_name(&found, name, contact, |it| {
        (it.name.as_str(), it.address.as_str().unwrap_or_default())
    });
    Ok(named.map(account))
}

/// The organization with the name of the contact's employer, else the one with the most colleagues.
fn of_most(colleagues: Vec<Hit>, ending: &str, contact: &Contact) -> Option<Account> {
    let ending = ending.to_ascii_lowercase();
    let is_at = |email: &String| email.trim().to_ascii_lowercase().ends_with(&ending);
    let there = colleagues.into_iter().filter(|hit| hit.emails.iter().any(is_at));
    let mut counted: BTreeMap<u64, (usize, Organization)> = BTreeMap::new();
    for organization in there.filter_map(|hit| hit.organization) {
        counted.entry(organization.id).or_insert_with(|| (0, organization)).0 += 1;
    }
    let best = counted.into_values().max_by_key(|(count, organization)| {
        (employer::is_of(contact, &organization.name), *count, Reverse(organization.id))
    });
    best.map(|(_, organization)| account(&organization))
}

fn account(organization: &Organization) -> Account {
    Account { id: organization.id.to_string(), name: organization.name.clone() }
}

impl Pipedrive {
    /// An organization as it is now. Which one it was merged into, Pipedrive does not tell.
    pub(in crate::crm) async fn account_now(&self, id: &str) -> Result<Option<Account>, CrmError> {
        let Ok(id) = id.parse::<u64>() else { return Ok(None) };
        let mut there = self.api.organizations(&[id]).await?;
        there.retain(|organization| organization.id == id && !organization.is_deleted);
        Ok(there.first().map(account))
    }

    /// Makes an organization.
    pub(in crate::crm) async fn make_account(
        &self,
        wanted: &NewAccount<'_>,
    ) -> Result<Making, CrmError> {
        let mut body = json!({"name": wanted.name, "website": wanted.domain});
        if !wanted.address.is_empty() {
            body["address"] = json!({"value": wanted.address.display()});
        }
        Ok(match self.api.create_organization(body).await? {
            Taken::Done(made) => Making::Made(account(&made)),
            Taken::Invalid(why) => Making::Refused(why),
            Taken::Gone => Making::Refused("nothing is at its address".into()),
        })
    }
}
