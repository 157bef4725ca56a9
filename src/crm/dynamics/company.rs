//! Which company (account) of the environment a contact belongs to, and how one is made.

use super::Dynamics;
use super::answer::{MASTER, Row};
use super::query::{any, literal, select};
use super::request::{Api, Look, Only, Taken};
use super::write::MERGES;
use crate::contact::{Contact, EmailAddress, Link};
use crate::crm::employer::{self, Employers, Left, Making, NewAccount, Sought};
use crate::crm::made::Standing;
use crate::crm::mapping::{Change, Edit};
use crate::crm::{Account, CrmError, Way};
use crate::matching::fold::fold_company;
use serde_json::Value;

/// The column of the company.
pub(super) const COMPANY: &str = "parentcustomerid";
/// The column of a company's id.
const ID: &str = "accountid";
/// What a company is called and where it is, in the order of [`NewAccount::fields`].
const FIELDS: [&str; 7] = [
    "name",
    "websiteurl",
    "address1_line1",
    "address1_postalcode",
    "address1_city",
    "address1_stateorprovince",
    "address1_country",
];
/// Companies that are compared with each other.
const SOME: &str = "100";
/// Domains and names that are looked for.
const MOST: usize = 3;

/// What becomes of the company of a contact.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Company {
    Stays,
    Is(Account),
    Goes,
}

/// What a write makes of a contact.
#[derive(Debug, Clone, Copy)]
pub(super) enum Write<'a> {
    /// A new record, with this company if one is given.
    New(Option<&'a Account>),
    /// An update of the row that is there, if it is, which says this before.
    Update(Option<&'a Row>, &'a Contact, Way<'a>),
}

const NO_ACCOUNT: &str = "Dynamics has no account of this company, or several of its name";
const NO_WAY_BACK: &str = "by the former employer's name Dynamics has several accounts, or none: the contact stays \
                           with its own; move it there";

impl Dynamics {
    /// The columns that bring a row from `before` to `after`.
    pub(super) fn change(&self, row: &Row, before: &Contact, after: &Contact) -> Change {
        let now = row.fields(&self.mapping);
        let is_company = |column: &str| column == COMPANY;
        let (mapping, country) = (&self.mapping, &self.country);
        let mut change = employer::change(mapping, &now, (before, after), country, is_company);
        let of_somebody = row.parent().is_some() && !now.contains_key(COMPANY);
        if of_somebody && change.edits.iter().any(|edit| edit.property == COMPANY) {
            change.edits.retain(|edit| edit.property != COMPANY);
            change.left_out.push("in Dynamics the contact belongs to another contact".into());
        }
        change
    }

    /// A change with the company that it leads to, in place of its name. The company
    /// of a new contact is the one that is given, or else looked for; another one is left only if its name leads
    /// back to it.
    pub(super) async fn with_company(
        &self,
        mut change: Change,
        contact: &Contact,
        write: Write<'_>,
    ) -> Result<(Change, Company), CrmError> {
        if !self.mapping.properties().any(|column| column == COMPANY) {
            return Ok((change, Company::Stays));
        }
        let at = change.edits.iter().position(|edit| edit.property == COMPANY);
        let edit = at.map(|at| change.edits.remove(at));
        let found = match (&edit, write) {
            (_, Write::New(Some(account))) => Some(account.clone()),
            (_, Write::New(None)) => find(&self.api, &self.employers, contact).await?.one(),
            (None, Write::Update(..)) => return Ok((change, Company::Stays)),
            (Some(edit), Write::Update(..)) if edit.to.is_empty() => None,
            (Some(edit), Write::Update(..)) => {
                self.named_or_of_domain(&edit.to, contact).await?.one()
            }
        };
        let goes = edit.as_ref().is_some_and(|edit| edit.to.is_empty());
        if found.is_none() && !goes {
            change.left_out.extend(edit.map(|_| NO_ACCOUNT.to_owned()));
            return Ok((change, Company::Stays));
        }
        if let (Some(edit), Write::Update(row, before, way)) = (&edit, write)
            && let Some(there) = row.and_then(Row::parent)
        {
            if found.as_ref().is_some_and(|account| account.id == there) {
                return Ok((change, Company::Stays)); // it is called so there already
            }
            let left = Left { id: &there, name: &edit.from };
            let named = |name: String| async move { self.named_or_of_domain(&name, before).await };
            if !left.is_found_back(before, way, named).await? {
                change.left_out.push(NO_WAY_BACK.to_owned());
                return Ok((change, Company::Stays));
            }
        }
        let to = found.as_ref().map(|account| account.name.clone()).unwrap_or_default();
        change.edits.extend(edit.map(|edit| Edit { to, ..edit }));
        Ok((change, found.map_or(Company::Goes, Company::Is)))
    }

    /// How a company fares, or the one that it was merged into; what is out of use is gone.
    pub(in crate::crm) async fn account_now(&self, id: &str) -> Result<Standing, CrmError> {
        let columns = select(["name", "statecode", MASTER].into_iter());
        let mut id = id.to_ascii_lowercase();
        for _ in 0..MERGES {
            let row = match self.api.look(&format!("accounts({id})"), &columns).await? {
                Look::Shown(row) => row,
                Look::Gone => return Ok(Standing::Gone),
                Look::Hidden => return Ok(Standing::Hidden),
            };
            match row.became() {
                Some(other) => id = other,
                None if row.is_active() => {
                    let name = text(&row, "name").to_owned();
                    return Ok(Standing::There(Account { id, name }));
                }
                None => return Ok(Standing::Gone),
            }
        }
        Ok(Standing::Gone)
    }

    /// Makes a company under the id of the wish, so that it is made once.
    pub(in crate::crm) async fn make_account(
        &self,
        wanted: &NewAccount<'_>,
    ) -> Result<Making, CrmError> {
        let id = wanted.key.to_ascii_lowercase();
        let fields = wanted.fields(FIELDS).into_iter();
        let row = fields.map(|(name, text)| (name, Value::String(text))).collect();
        let (place, select) = (format!("accounts({id})"), "accountid,name");
        Ok(match self.api.patch(&place, &Only::New, select, &row, true).await? {
            Taken::Done(_) | Taken::Changed => {
                Making::Made(Account { id, name: wanted.name.to_owned() })
            }
            Taken::Invalid(why) => Making::Refused(why),
            Taken::Gone => Making::Refused("nothing is at its address".into()),
            Taken::Duplicate => Making::Refused(
                "by the duplicate rules of Dynamics it is there already; look there".into(),
            ),
        })
    }

    /// The company that somebody is said to work for; by a domain only if it is called so too, as
    /// addresses of former employers stay.
    async fn named_or_of_domain(&self, name: &str, contact: &Contact) -> Result<Sought, CrmError> {
        let called = named(&self.api, name, contact).await?;
        if matches!(called, Sought::One(_)) {
            return Ok(called);
        }
        let found = of_domain(&self.api, &self.employers, contact).await?;
        let is_called_so = |account: &Account| fold_company(&account.name) == fold_company(name);
        Ok(found.filter(is_called_so).map_or(called, Sought::One))
    }
}

/// The company with the domain of one of the contact's addresses, or with the name of its employer.
/// Free-mail domains name no company.
pub(super) async fn find(
    api: &Api,
    employers: &Employers,
    contact: &Contact,
) -> Result<Sought, CrmError> {
    if let Some(found) = of_domain(api, employers, contact).await? {
        return Ok(Sought::One(found));
    }
    employer::of_employer(contact, |name| async move { named(api, &name, contact).await }).await
}

/// The company whose web site or address has a domain of the contact's addresses; of several the one
/// with the employer's name, else the oldest.
pub(super) async fn of_domain(
    api: &Api,
    employers: &Employers,
    contact: &Contact,
) -> Result<Option<Account>, CrmError> {
    let names: Vec<String> =
        contact.organizations.iter().map(|name| fold_company(&name.value)).collect();
    for domain in employers.domains(contact).iter().take(MOST) {
        let filter = any([
            format!("contains(websiteurl,{})", literal(domain)),
            format!("endswith(emailaddress1,{})", literal(&format!("@{domain}"))),
        ]
        .into_iter());
        let mut found = look(api, &filter).await?;
        found.retain(|row| has_domain(row, domain));
        let has_name =
            |row: &Row| row.text("name").is_some_and(|it| names.contains(&fold_company(it)));
        let best = found.iter().find(|row| has_name(row)).or(found.first());
        if let Some(best) = best {
            return Ok(Some(account(best)));
        }
    }
    Ok(None)
}

/// The company with this [name](employer::named).
pub(super) async fn named(api: &Api, name: &str, contact: &Contact) -> Result<Sought, CrmError> {
    let search = async |words: Vec<String>| {
        let near = words.into_iter().map(|word| format!("contains(name,{})", literal(&word)));
        look(api, &any(near)).await
    };
    employer::named(name, contact, search, name_and_city, account).await
}

fn name_and_city(row: &Row) -> (&str, &str) {
    (text(row, "name"), text(row, "address1_city"))
}

fn text<'a>(row: &'a Row, column: &str) -> &'a str {
    row.text(column).unwrap_or_default()
}

/// Companies in use, the oldest first.
async fn look(api: &Api, filter: &str) -> Result<Vec<Row>, CrmError> {
    let filter = format!("statecode eq 0 and {filter}");
    let options = [
        ("$select", "name,websiteurl,emailaddress1,address1_city"),
        ("$filter", filter.as_str()),
        ("$orderby", "createdon asc"),
        ("$top", SOME),
    ];
    let mut found: Vec<Row> = api.list("accounts", &options, "").await?.value;
    found.retain(|row| row.id(ID).is_some());
    Ok(found)
}

fn has_domain(row: &Row, domain: &str) -> bool {
    let site = row.text("websiteurl").and_then(Link::parse);
    let is_of = |host: &str| host == domain || host.ends_with(&format!(".{domain}"));
    let address = row.text("emailaddress1").and_then(EmailAddress::parse);
    site.is_some_and(|link| is_of(link.host()))
        || address.is_some_and(|address| is_of(&address.domain()))
}

fn account(row: &Row) -> Account {
    Account { id: row.id(ID).unwrap_or_default(), name: text(row, "name").to_owned() }
}
