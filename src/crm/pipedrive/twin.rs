//! Who is at Pipedrive already. Its API makes any number of persons of one name and address; its own
//! rule, which its users see, calls two of them duplicates: the same name, and the same phone number,
//! address or organization (<https://support.pipedrive.com/en/article/merge-duplicates>).

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
    /// Who is there already. First among those who changed since a time, whom the search may not know
    /// yet; then by each address; then by name.
    /// Whom a rep keeps apart is nobody's twin.
    pub(super) async fn twin(&self, new: &New<'_>) -> Result<Option<Person>, CrmError> {
        let (contact, since) = (new.contact, new.since());
        let mut cursor = None::<String>;
        for _ in 0..MAX_PAGES {
            let page = self.api.list(Some(since), cursor.as_deref(), PAGE).await?;
            cursor = page.next();
            let mut persons = page.data.unwrap_or_default();
            persons.retain(|person| !person.is_deleted && may_be(new, person.id));
            let records = self.records(&persons).await?;
            let mut both = persons.into_iter().zip(records);
            if let Some((person, _)) = both.find(|(_, record)| are_twins(contact, &record.contact))
            {
                return Ok(Some(person));
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
            if let Some(person) = self.fetch(&hit.id.to_string()).await?
                && are_twins(new.contact, &self.record(&person).await?.contact)
            {
                return Ok(Some(person));
            }
        }
        Ok(None)
    }
}

fn may_be(new: &New<'_>, id: u64) -> bool {
    new.may_be(&id.to_string())
}

/// Whether Pipedrive would call them duplicates, or they have an address of their own in common.
fn are_twins(one: &Contact, other: &Contact) -> bool {
    let emails = |of: &Contact| -> Vec<String> {
        of.own_emails().map(|it| it.as_str().to_lowercase()).collect()
    };
    let phones = |of: &Contact| -> Vec<String> {
        let voices = of.phones.iter().map(|it| &it.value).filter(|it| it.kind != PhoneKind::Fax);
        voices.map(Phone::uri_number).collect()
    };
    let companies = |of: &Contact| -> Vec<String> {
        of.organizations.iter().map(|it| fold_company(&it.value)).collect()
    };
    let name = |of: &Contact| of.name.as_ref().map(|it| fold(&it.value.full)).unwrap_or_default();
    share(emails(one), &emails(other))
        || (name(one) == name(other)
            && !name(one).is_empty()
            && (share(phones(one), &phones(other)) || share(companies(one), &companies(other))))
}

fn share(some: Vec<String>, others: &[String]) -> bool {
    some.into_iter().any(|it| !it.is_empty() && others.contains(&it))
}
