//! Who is at Pipedrive already. Its API makes any number of persons of one name and address; its own
//! rule, which its users see, calls two of them duplicates: the same name, and the same phone number, e-mail
//! address or organization
//! (<https://support.pipedrive.com/en/article/how-does-the-merge-duplicates-feature-identify-duplicates-in-pipedrive>).

use super::Pipedrive;
use super::answer::{Hit, Person};
use super::request::PAGE;
use crate::contact::{Contact, Phone, PhoneKind};
use crate::crm::{CrmError, New};
use crate::matching::fold::{fold, fold_company};

/// Addresses by which a person is looked for.
const MOST: usize = 5;
/// People that a search finds and that are looked at.
const SOME: usize = 20;
/// Pages of the latest changes that are looked through.
const MAX_PAGES: usize = 4;

impl Pipedrive {
    /// Who is there already. First among those who changed since a time, the last ones first, whom the search
    /// may not know yet, and of whom one may be of a try of ours; then by each address; then by name.
    /// Whom a rep keeps apart is nobody's twin.
    pub(super) async fn twin(&self, new: &New<'_>) -> Result<Option<Person>, CrmError> {
        let (contact, since) = (new.contact, new.since());
        let mut cursor = None::<String>;
        for _ in 0..MAX_PAGES {
            let page = self.api.latest(since, cursor.as_deref(), PAGE).await?;
            cursor = page.next();
            let mut persons = page.data.unwrap_or_default();
            persons.retain(|person| !person.is_deleted && may_be(new, person.id));
            let records = self.records(&persons).await?;
            for (person, record) in persons.into_iter().zip(records) {
                if self.is_twin(new, &person, &record.contact).await?
                    || self.is_ours(&person, new).await?
                {
                    return Ok(Some(person));
                }
            }
            if cursor.is_none() {
                break;
            }
        }
        for email in contact.own_emails().take(MOST) {
            let hits = self.api.persons("email", email.as_str(), true, SOME).await?;
            if let Some(person) = self.among(hits, new).await? {
                return Ok(Some(person));
            }
        }
        let Some(name) = contact.name.as_ref().map(|name| name.value.full.as_str()) else {
            return Ok(None);
        };
        let hits = self.api.persons("name", name, true, SOME).await?;
        self.among(hits, new).await
    }

    /// The first of those whom a search found that is a twin as it is now: the search may be behind.
    async fn among(&self, hits: Vec<Hit>, new: &New<'_>) -> Result<Option<Person>, CrmError> {
        for hit in hits.into_iter().filter(|hit| may_be(new, hit.id)).take(SOME) {
            let Some(person) = self.fetch(&hit.id.to_string()).await? else { continue };
            let record = self.record(&person).await?;
            if self.is_twin(new, &person, &record.contact).await? {
                return Ok(Some(person));
            }
        }
        Ok(None)
    }

    /// Whether a person is a twin of who is to be made: as they are, or once that one is at their organization,
    /// whatever the contact calls it.
    async fn is_twin(
        &self,
        new: &New<'_>,
        person: &Person,
        there: &Contact,
    ) -> Result<bool, CrmError> {
        if are_twins(new.contact, there) {
            return Ok(true);
        }
        let Some(theirs) = person.org_id.filter(|_| same_name(new.contact, there)) else {
            return Ok(false);
        };
        let account = new.account_or(self.account(new.contact)).await?.one();
        Ok(account.is_some_and(|account| account.id == theirs.to_string()))
    }
}

fn may_be(new: &New<'_>, id: u64) -> bool {
    new.may_be(&id.to_string())
}

/// Whether Pipedrive would call them duplicates, or they have an address of their own in common. An address
/// that several people read makes one of two only who have one name.
fn are_twins(one: &Contact, other: &Contact) -> bool {
    let own = |of: &Contact| -> Vec<String> {
        of.own_emails().map(|it| it.as_str().to_lowercase()).collect()
    };
    let emails = |of: &Contact| -> Vec<String> {
        of.emails.iter().map(|it| it.value.as_str().to_lowercase()).collect()
    };
    let phones = |of: &Contact| -> Vec<String> {
        let voices = of.phones.iter().map(|it| &it.value).filter(|it| it.kind != PhoneKind::Fax);
        voices.map(Phone::uri_number).collect()
    };
    let companies = |of: &Contact| -> Vec<String> {
        of.organizations.iter().map(|it| fold_company(&it.value)).collect()
    };
    let of_one_name = || {
        share(emails(one), &emails(other))
            || share(phones(one), &phones(other))
            || share(companies(one), &companies(other))
    };
    share(own(one), &own(other)) || (same_name(one, other) && of_one_name())
}

fn same_name(one: &Contact, other: &Contact) -> bool {
    let name = |of: &Contact| of.name.as_ref().map(|it| fold(&it.value.full)).unwrap_or_default();
    !name(one).is_empty() && name(one) == name(other)
}

fn share(some: Vec<String>, others: &[String]) -> bool {
    some.into_iter().any(|it| !it.is_empty() && others.contains(&it))
}
