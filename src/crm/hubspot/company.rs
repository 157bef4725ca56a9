//! Which company of the account a contact belongs to, and how one is made.

use super::HubSpot;
use super::answer::Object;
use super::request::{Api, Search, Taken};
use crate::contact::Contact;
use crate::crm::employer::{self, Employers, Making, NewAccount, Sought};
use crate::crm::{Account, CrmError};
use crate::matching::fold::{fold_company, telling_word};

/// HubSpot's name of the kind.
const COMPANIES: &str = "companies";
/// What a company is called and where it is, in the order of [`NewAccount::fields`].
const FIELDS: [&str; 7] = ["name", "domain", "address", "zip", "city", "state", "country"];
/// Companies of one domain, and of one word, that are compared with each other.
const SOME: usize = 20;
const ALIKE: usize = 100;

/// The company [of a domain or a name](employer::find) of the contact. Free-mail domains name no company.
pub(super) async fn find(
    api: &Api,
    employers: &Employers,
    contact: &Contact,
) -> Result<Sought, CrmError> {
    let at = |domain| of_domain(api, domain, contact);
    let called = |name: String| async move { named(api, &name, contact).await };
    employer::find(employers, contact, at, called).await
}

/// The company with this domain; of several the one that the contact works for by its name, else the one
/// with the most contacts, the oldest of those.
async fn of_domain(
    api: &Api,
    domain: String,
    contact: &Contact,
) -> Result<Option<Account>, CrmError> {
    let found = look(api, &[("domain", "EQ", &domain)], SOME).await?;
    let contacts = |company: &Object| -> u64 {
        let count = company.property("num_associated_contacts");
        count.and_then(|count| count.parse().ok()).unwrap_or(0)
    };
    let best = found
        .iter()
        .rev()
        .max_by_key(|company| (employer::is_of(contact, text(company, "name")), contacts(company)));
    Ok(best.map(account))
}

/// The company with this [name](employer::of_name), of those with its telling word.
async fn named(api: &Api, name: &str, contact: &Contact) -> Result<Sought, CrmError> {
    let Some(word) = telling_word(name) else { return Ok(Sought::None) };
    let patterns: Vec<String> =
        employer::spellings(&word).into_iter().map(|word| format!("{word}*")).collect();
    let filters: Vec<(&str, &str, &str)> =
        patterns.iter().map(|word| ("name", "CONTAINS_TOKEN", word.as_str())).collect();
    let found = look(api, &filters, ALIKE).await?;
    let named = employer::of_name(&found, name, contact, |company| {
        (text(company, "name"), text(company, "city"))
    });
    Ok(named.map(account))
}

/// The company that somebody is said to work for; by a domain only if it is called so too, as addresses of
/// former employers stay.
pub(super) async fn of_employer(
    api: &Api,
    employers: &Employers,
    name: &str,
    contact: &Contact,
) -> Result<Option<Account>, CrmError> {
    if let Sought::One(company) = named(api, name, contact).await? {
        return Ok(Some(company));
    }
    for domain in employers.domains(contact).iter().take(employer::MOST) {
        let mut found = look(api, &[("domain", "EQ", domain)], SOME).await?;
        found.retain(|company| fold_company(text(company, "name")) == fold_company(name));
        if let [one] = found.as_slice() {
            return Ok(Some(account(one)));
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
    /// Whether a company is made once of a key of ours.
    pub(in crate::crm) async fn makes_accounts_once(&self) -> Result<bool, CrmError> {
        self.api.has_key(COMPANIES).await
    }

    /// A company as it is now.
    pub(in crate::crm) async fn account_now(&self, id: &str) -> Result<Option<Account>, CrmError> {
        let there = self.api.company(id).await?.filter(|company| !company.archived);
        Ok(there.as_ref().map(account))
    }

    /// Makes a company.
    pub(in crate::crm) async fn make_account(
        &self,
        wanted: &NewAccount<'_>,
    ) -> Result<Making, CrmError> {
        let fields = wanted.fields(FIELDS);
        let taken = if self.makes_accounts_once().await? {
            self.api.upsert(COMPANIES, wanted.key, &fields).await?
        } else {
            self.api.create(COMPANIES, &fields).await?
        };
        Ok(match taken {
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
