//! Which party a contact works for. Tryton does not tell companies from people: only a party that is
//! an employer already, or has the employer's name, is taken for one, and none that we have made.

use super::answer::Party;
use super::request::Api;
use crate::contact::{Contact, Link};
use crate::crm::mapping::Mapping;
use crate::crm::{Account, CrmError, employer};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Parties that are compared with each other.
const SOME: usize = 50;
/// Domains and names that are looked for.
const MOST: usize = 3;

/// The party whose web site is of the domain of one of the contact's addresses, then the one that has
/// the name of its employer; of several the oldest. `types`: the relations that lead to an employer.
pub(super) async fn find(
    api: &Api,
    types: &BTreeSet<i64>,
    contact: &Contact,
) -> Result<Option<Account>, CrmError> {
    for domain in employer::domains(contact).iter().take(MOST) {
        let site = json!([["type", "=", "website"], ["value", "ilike", format!("%{domain}%")]]);
        let mut found = others(api, json!([["contact_mechanisms", "where", site]])).await?;
        found.retain(|party| is_at(party, domain));
        let ids: Vec<i64> = found.iter().map(|party| party.id).collect();
        let leads =
            if ids.is_empty() { Vec::new() } else { api.relations("to", &ids, types).await? };
        let employer = found.iter().find(|party| {
            leads.iter().any(|relation| relation.to == party.id)
                || contact.organizations.iter().any(|name| name.value == party.name())
        });
        if let Some(employer) = employer {
            return Ok(Some(account(employer)));
        }
    }
    for name in contact.organizations.iter().take(MOST) {
        if let Some(account) = named(api, &name.value).await? {
            return Ok(Some(account));
        }
    }
    Ok(None)
}

/// The oldest party of a name.
pub(super) async fn named(api: &Api, name: &str) -> Result<Option<Account>, CrmError> {
    let found = others(api, json!([["name", "=", name]])).await?;
    Ok(found.first().map(account))
}

/// The parties of a domain that we have not made.
async fn others(api: &Api, domain: Value) -> Result<Vec<Party>, CrmError> {
    let us = api.user().await?;
    let mut found = api.parties(&Mapping::default(), domain, SOME).await?;
    found.retain(|party| party.active && party.create_uid != Some(us));
    Ok(found)
}

/// Whether one of the party's web sites is at a domain, or below it.
fn is_at(party: &Party, domain: &str) -> bool {
    let sites = party.mechanisms.iter().filter_map(|it| Link::parse(it.value.as_deref()?));
    sites.into_iter().any(|site| {
        let rest = site.host().strip_suffix(domain);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    })
}

fn account(party: &Party) -> Account {
    Account { id: party.id.to_string(), name: party.name().to_owned() }
}
