//! Which party a contact works for. Tryton does not tell companies from people: only a party that is
//! an employer already, or has the employer's name, is taken for one, and none of the people that we have
//! made. A company that we make has nothing but a web site and an address.

use super::Tryton;
use super::answer::{Outcome, Party};
use super::request::Api;
use crate::contact::{Contact, Link, PostalAddress};
use crate::crm::employer::{self, Employers, Making, NewAccount, Sought};
use crate::crm::mapping::Mapping;
use crate::crm::{Account, CrmError};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Parties that are compared with each other.
const SOME: usize = 100;

/// The party [of a domain or a name](employer::find) of the contact. `types`: the relations that lead to an
/// employer.
pub(super) async fn find(
    api: &Api,
    types: &BTreeSet<i64>,
    employers: &Employers,
    contact: &Contact,
) -> Result<Sought, CrmError> {
    let at = |domain| of_domain(api, types, domain, contact);
    let called = |name: String| async move { named(api, &name, contact).await };
    employer::find(employers, contact, at, called).await
}

/// The party whose web site is of this domain; of several the one that the contact works for by its name,
/// else the oldest that is an employer.
async fn of_domain(
    api: &Api,
    types: &BTreeSet<i64>,
    domain: String,
    contact: &Contact,
) -> Result<Option<Account>, CrmError> {
    let site = json!([["type", "=", "website"], ["value", "ilike", format!("%{domain}%")]]);
    let mut found = others(api, json!([["contact_mechanisms", "where", site]])).await?;
    found.retain(|party| is_at(party, &domain));
    if let Some(employer) = found.iter().find(|party| employer::is_of(contact, party.name())) {
        return Ok(Some(account(employer)));
    }
    let ids: Vec<i64> = found.iter().map(|party| party.id).collect();
    let leads = if ids.is_empty() { Vec::new() } else { api.relations("to", &ids, types).await? };
    let leads_to = |party: &&Party| leads.iter().any(|relation| relation.to == party.id);
    Ok(found.iter().find(leads_to).map(account))
}

/// The party of a [name](employer::named).
pub(super) async fn named(api: &Api, name: &str, contact: &Contact) -> Result<Sought, CrmError> {
    let search = async |words: Vec<String>| {
        let near = words.into_iter().map(|word| json!(["name", "ilike", format!("%{word}%")]));
        let either: Vec<Value> = [json!("OR")].into_iter().chain(near).collect();
        others(api, json!([either])).await
    };
    employer::named(name, contact, search, name_and_city, account).await
}

fn name_and_city(party: &Party) -> (&str, &str) {
    (party.name(), party.city())
}

/// The parties of a domain but for the people that we have made.
async fn others(api: &Api, domain: Value) -> Result<Vec<Party>, CrmError> {
    let us = api.user().await?;
    let mut found = api.parties(&Mapping::default(), domain, SOME).await?;
    let is_bare = |party: &Party| party.mechanisms.iter().all(|it| it.kind == "website");
    found.retain(|party| party.active && (party.create_uid != Some(us) || is_bare(party)));
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

impl Tryton {
    /// A party as it is now, or the one that it was replaced by.
    pub(in crate::crm) async fn account_now(&self, id: &str) -> Result<Option<Account>, CrmError> {
        Ok(self.fetch(id).await?.as_ref().map(account))
    }

    /// Makes a company.
    pub(in crate::crm) async fn make_account(
        &self,
        wanted: &NewAccount<'_>,
    ) -> Result<Making, CrmError> {
        let site = json!({"type": "website", "value": format!("https://{}", wanted.domain)});
        let mut values = json!({
            "name": wanted.name, "contact_mechanisms": [["create", [site]]],
        });
        let PostalAddress { street, postcode, city, country, .. } = &wanted.address;
        if !wanted.address.is_empty() {
            let mut address = json!({"street": street, "postal_code": postcode, "city": city});
            if let Some(code) = country {
                address["country"] = json!(self.api.country(code).await?);
            }
            values["addresses"] = json!([["create", [address]]]);
        }
        Ok(match self.api.create(&values).await? {
            Outcome::Against | Outcome::Doubt => {
                Making::Refused("Tryton does not take it, by a rule of the database".into())
            }
            outcome => {
                let id = outcome.result()?.pointer("/0").and_then(Value::as_i64);
                let id = id.ok_or_else(CrmError::not_understood)?.to_string();
                Making::Made(Account { id, name: wanted.name.to_owned() })
            }
        })
    }
}
