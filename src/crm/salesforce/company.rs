//! Which account a contact belongs to, how one is made, and what a change of the company's name means for it.

use super::answer::Row;
use super::refusal::Trouble;
use super::{MERGES, Salesforce, is_of_another, soql};
use crate::contact::{Contact, EmailAddress, Link};
use crate::crm::employer::{self, Making, NewAccount, Sought};
use crate::crm::mapping::{Change, Edit, Fields};
use crate::crm::{Account, CrmError, Update, Way};
use crate::matching::fold::telling_word;
use std::collections::BTreeMap;
use unicode_normalization::UnicodeNormalization as _;

/// Accounts that are compared with each other.
const SOME: usize = 100;
/// Domains and names that are looked for.
const MOST: usize = 3;
/// What an account is called and where it is, in the order of [`NewAccount::fields`]; in many orgs regions
/// and countries are taken from lists of their own.
const FIELDS: [&str; 7] =
    ["Name", "Website", "BillingStreet", "BillingPostalCode", "BillingCity", "", ""];
/// The field that tells a contact's company.
pub(super) const ACCOUNT_NAME: &str = "Account.Name";
const NO_ACCOUNT: &str = "Salesforce has no account of the company, or several of its name";
/// The field of the account's id.
const ACCOUNT: &str = "AccountId";

impl Salesforce {
    /// The account with the domain of one of the contact's addresses as its web site, of several the one
    /// with the name of its employer, else with the most contacts; without any, the one of that name.
    pub async fn account(&self, contact: &Contact) -> Result<Sought, CrmError> {
        for domain in self.employers.domains(contact).iter().take(MOST) {
            let near = format!("Website LIKE {}", soql::containing(domain));
            let accounts = self.accounts(&near).await?;
            let accounts = accounts.into_iter().filter(|row| is_at(row.field("Website"), domain));
            if let Some(account) = self.best(accounts.collect(), contact).await? {
                return Ok(Sought::One(account));
            }
        }
        let named = |name: String| async move { self.named(&name, contact).await };
        employer::of_employer(contact, named).await
    }

    /// The account of this [name](employer::of_name). Names are looked up from their beginning: all of them are
    /// never gone through.
    async fn named(&self, name: &str, contact: &Contact) -> Result<Sought, CrmError> {
        let near = beginnings(name).into_iter();
        let near = near.map(|begins| format!("Name LIKE {}", soql::starting(&begins)));
        let near: Vec<String> = near.collect();
        if near.is_empty() {
            return Ok(Sought::None);
        }
        let accounts = self.accounts(&near.join(" OR ")).await?;
        let named = employer::of_name(&accounts, name, contact, |row| {
            (row.field("Name"), row.field("BillingCity"))
        });
        Ok(named.map(account))
    }

    async fn accounts(&self, condition: &str) -> Result<Vec<Row>, CrmError> {
        let query = format!(
            "SELECT Id, Name, Website, BillingCity FROM Account WHERE {condition} \
             ORDER BY CreatedDate LIMIT {SOME}"
        );
        Ok(self.api.first(&query).await?.records)
    }

    /// Of several accounts the one that the contact works for by its name, else the one with the most
    /// contacts; the oldest of those.
    async fn best(
        &self,
        accounts: Vec<Row>,
        contact: &Contact,
    ) -> Result<Option<Account>, CrmError> {
        let mut contacts = BTreeMap::new();
        if accounts.len() > 1 {
            let ids = soql::list(accounts.iter().map(Row::id));
            let query = format!(
                "SELECT AccountId, COUNT(Id) contacts FROM Contact \
                 WHERE AccountId IN {ids} GROUP BY AccountId"
            );
            contacts.extend(self.api.first(&query).await?.records.iter().map(|row| {
                (row.field("AccountId").to_owned(), row.field("contacts").parse().unwrap_or(0_u64))
            }));
        }
        let count = |row: &Row| contacts.get(row.id()).copied().unwrap_or(0);
        let rank = |row: &Row| (employer::is_of(contact, row.field("Name")), count(row));
        Ok(accounts.iter().rev().max_by_key(|row| rank(row)).map(account))
    }

    /// An account as it is now, or the one that it was merged into.
    pub(in crate::crm) async fn account_now(&self, id: &str) -> Result<Option<Account>, CrmError> {
        let mut id = id.to_owned();
        for _ in 0..MERGES {
            if !soql::is_id(&id) {
                break;
            }
            let query = format!(
                "SELECT Id, Name, IsDeleted, MasterRecordId FROM Account WHERE Id = {}",
                soql::quoted(&id)
            );
            let Some(row) = self.api.first_of_all(&query).await?.records.into_iter().next() else {
                break;
            };
            match row.has_become() {
                Some((_, other)) => id = other,
                None => return Ok((!row.is_deleted()).then(|| account(&row))),
            }
        }
        Ok(None)
    }

    /// Makes an account. Whichever the org's duplicate rules find is the one.
    pub(in crate::crm) async fn make_account(
        &self,
        wanted: &NewAccount<'_>,
    ) -> Result<Making, CrmError> {
        let account = |id| Account { id, name: wanted.name.to_owned() };
        Ok(match self.api.create("Account", &wanted.fields(FIELDS)).await {
            Ok(id) => Making::Made(account(id)),
            Err(Trouble::Duplicates(like)) => {
                let there = like.into_iter().find(|it| it.kind == "Account" && soql::is_id(&it.id));
                there.map_or_else(
                    || {
                        Making::Refused(
                            "Salesforce's duplicate rules find it there already, and do not show it"
                                .into(),
                        )
                    },
                    |it| Making::There(account(it.id)),
                )
            }
            Err(Trouble::Invalid(why) | Trouble::Denied(why)) => Making::Refused(why),
            Err(trouble) => return Err(trouble.into()),
        })
    }

    /// A record's change, where a company's name means an account: a contact without one gets it, and
    /// loses it when that is taken back, but none where somebody else has put it; it is never moved to another.
    pub(super) async fn at_account(
        &self,
        change: Change,
        now: &Fields,
        (before, after): (&Contact, &Contact),
        way: Way<'_>,
    ) -> Result<Change, CrmError> {
        let (mut change, others) = own(change);
        let at = now.get(ACCOUNT).map_or("", String::as_str);
        let has_none = at.is_empty();
        let leaves = match way {
            Way::Back { linked: Some(linked) } => linked == at,
            _ => !before.organizations.is_empty() && after.organizations.is_empty(),
        };
        if leaves && !has_none && self.mapping.properties().any(|name| name == ACCOUNT_NAME) {
            set_account(&mut change, now, String::new());
        }
        for edit in others {
            if edit.property != ACCOUNT_NAME {
                let property = edit.property;
                change.left_out.push(format!("`{property}` is the account's: change it there"));
            } else if has_none && !edit.to.is_empty() {
                match self.account(after).await?.one() {
                    Some(account) => set_account(&mut change, now, account.id),
                    None => change.left_out.push(NO_ACCOUNT.into()),
                }
            } else if !leaves {
                change.left_out.push(
                    "a contact stays at its account: whoever has another employer is moved in \
                     Salesforce"
                        .into(),
                );
            }
        }
        Ok(change)
    }
}

/// A new record's change with the account that the contact belongs to, if there is one.
pub(super) fn new_at_account(change: Change, account: Option<Account>) -> Change {
    let mut change = own(change).0;
    if let Some(account) = account {
        set_account(&mut change, &Fields::new(), account.id);
    } else if !change.edits.iter().any(|edit| edit.property == ACCOUNT) {
        change
            .left_out
            .push(format!("{NO_ACCOUNT}: only the owner and admins see a contact without one"));
    }
    change
}

/// What is the contact's own of a change, and the rest.
pub(super) fn own(mut change: Change) -> (Change, Vec<Edit>) {
    let edits = change.edits.into_iter();
    let (others, own) = edits.partition(|edit| is_of_another(&edit.property));
    change.edits = own;
    (change, others)
}

/// The account to which a change of a record with these fields brings it, or to which an earlier try may have
/// brought it; empty: none.
pub(super) fn brought_to(change: &Change, now: &Fields, update: &Update<'_>) -> String {
    let edit = change.edits.iter().find(|edit| edit.property == ACCOUNT);
    let had_none = |tried: Option<&Contact>| {
        tried.is_some_and(|said| said.organizations.is_empty())
            && !update.after.organizations.is_empty()
    };
    match (edit, update.way) {
        (Some(edit), _) => edit.to.clone(),
        (None, Way::Forth { tried }) if had_none(tried) => {
            now.get(ACCOUNT).cloned().unwrap_or_default()
        }
        _ => String::new(),
    }
}

fn set_account(change: &mut Change, now: &Fields, to: String) {
    let from = now.get(ACCOUNT).cloned().unwrap_or_default();
    change.edits.retain(|edit| edit.property != ACCOUNT);
    change.edits.push(Edit { property: ACCOUNT.into(), from, to });
}

fn account(row: &Row) -> Account {
    Account { id: row.id().to_owned(), name: row.field("Name").to_owned() }
}

/// How the name of an account may begin that is a company's: with the word that tells it from others, or as the
/// name does up to that.
fn beginnings(name: &str) -> Vec<String> {
    let name: String = name.trim().nfc().collect();
    let Some(word) = telling_word(&name) else { return Vec::new() };
    let mut beginnings = employer::spellings(&word);
    let whole = name.split_once(&word).map(|(before, _)| format!("{before}{word}"));
    for spelling in whole.iter().flat_map(|whole| employer::spellings(whole)) {
        if !beginnings.contains(&spelling) {
            beginnings.push(spelling);
        }
    }
    beginnings
}

/// Whether a web site is at a domain, or at a host of it.
fn is_at(website: &str, domain: &str) -> bool {
    let Some(link) = Link::parse(website) else { return false };
    let registrable = EmailAddress::parse(&format!("x@{}", link.host()));
    link.host() == domain || registrable.is_some_and(|it| it.registrable_domain() == domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_looked_for_by_the_word_that_tells_it_and_as_it_is_written() {
        assert_eq!(beginnings("Exempla GmbH"), ["Exempla"]);
        assert_eq!(beginnings("Firma Exempla GmbH"), ["Exempla", "Firma Exempla"]);
        assert_eq!(beginnings(" O'Neill Ltd."), ["Neill", "O'Neill"]);
        assert_eq!(
            beginnings("Die Mu\u{308}ller AG")[3..],
            ["Die Müller", "Die Mueller", "Die Muller"]
        );
        assert!(beginnings(" - ").is_empty());
    }
}
