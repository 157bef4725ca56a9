//! An address book on a CardDAV server (RFC 6352), as the CRM.
//!
//! A record is a resource: its id is the path, its version the `ETag`. Every write carries the version
//! that it was made for (`If-Match`, or `If-None-Match: *` for a new one), so that no change of
//! somebody else is overwritten.

mod find;
mod multistatus;
mod parts;
mod preview;
mod request;
mod slices;
mod vcard;

pub use find::Book;

use super::http::Http;
use super::mapping::Change;
use super::{Changes, CrmError, New, Record, Update, Updated, Written};
use crate::clock::Millis;
use crate::contact::{Contact, PersonName};
use crate::matching;
use multistatus::Resource;
use request::{Dav, Put};
use slices::{First, Listing, Member, Slices};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use url::Url;
use zeroize::Zeroizing;

/// How many records are fetched with one request.
const BATCH: usize = 100;
/// How many changed records one call of [`CardDav::changes`] answers at most.
const MOST: usize = 1_000;

/// One address book.
pub struct CardDav {
    dav: Dav,
    book: Url,
    country: String,
    /// What the server has told of the book, and is to be read.
    listing: Mutex<Option<Listing>>,
}

/// The addresses of a contact that nobody shares, to be compared.
fn personal(contact: &Contact) -> impl Iterator<Item = String> {
    contact.own_emails().map(|email| email.as_str().to_lowercase())
}

impl fmt::Debug for CardDav {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CardDav").finish_non_exhaustive()
    }
}

impl CardDav {
    /// The address book at `book`. `country` (ISO 3166) is that of numbers without a prefix.
    pub fn new(
        http: Http,
        book: Url,
        username: &str,
        password: Zeroizing<String>,
        country: &str,
    ) -> Self {
        let dav = Dav::new(http, username.to_owned(), password);
        Self { dav, book, country: country.to_owned(), listing: Mutex::default() }
    }

    /// The address books of the user, found from any address of the server (RFC 6764 §6).
    pub async fn books(&self) -> Result<Vec<Book>, CrmError> {
        find::books(&self.dav, &self.book).await
    }

    /// What changed since `position`, in slices; from the beginning if it is empty or the server has forgotten
    /// it.
    pub async fn changes(&self, position: &str, now: Millis) -> Result<Changes, CrmError> {
        let in_mind = self.in_mind().take_if(|listing| listing.is_at(position));
        let listing = match in_mind {
            Some(listing) => listing,
            None => self.listed(position, now).await?,
        };
        let (slice, rest) = listing.next(MOST);
        let (gone, there): (Vec<_>, Vec<_>) = slice.members.iter().partition(|member| member.gone);
        let hrefs: Vec<&str> = there.into_iter().map(|member| member.href.as_str()).collect();
        let records = self.records(&hrefs).await?;
        *self.in_mind() = rest;
        Ok(Changes {
            records,
            gone: gone.into_iter().map(|member| self.id(&member.href)).collect(),
            more: slice.is_more,
            position: slice.position,
            all_since: slice.all_since,
            ..Changes::default()
        })
    }

    fn in_mind(&self) -> MutexGuard<'_, Option<Listing>> {
        self.listing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the server tells since `position`.
    async fn listed(&self, position: &str, now: Millis) -> Result<Listing, CrmError> {
        let amid = Slices::read(position);
        let (began, base) = match (&amid, begun(position)) {
            (Some(amid), _) => (amid.began.map(Millis), amid.base.as_str()),
            (None, Some((began, token))) => (Some(began), token),
            (None, None) => (position.is_empty().then_some(now), position),
        };
        let after = amid.as_ref().map_or("", |amid| amid.after.as_str());
        let mut first = First::after(after);
        let take = &mut |resource: Resource| {
            if self.is_member(&resource.href) {
                first.take(Member { href: resource.href, gone: resource.gone });
            }
        };
        let told = self.dav.sync(&self.book, base, MOST, take).await?;
        let (then, goes_on, began) = match told {
            Some(told) => {
                let token = told.sync_token.unwrap_or_default();
                match began.filter(|_| told.truncated) {
                    // What a server says at the beginning is everything, once it has said it all.
                    Some(began) => (amid_all(began, &token), true, None),
                    None => (token, told.truncated, began),
                }
            }
            None if !base.is_empty() => return Box::pin(self.listed("", now)).await,
            None => {
                // It does not tell changes.
                let take = &mut |resource: Resource| {
                    if self.is_member(&resource.href) && resource.etag.is_some() {
                        first.take(Member { href: resource.href, gone: false });
                    }
                };
                let told = self.dav.list(&self.book, take).await?;
                (String::new(), false, began.filter(|_| !told.truncated))
            }
        };
        let began = began.map(|began| began.0);
        let (base, after) = (base.to_owned(), after.to_owned());
        Ok(first.listing(match amid {
            // What changes meanwhile, the first answer's token leads to.
            Some(amid) => amid,
            None => Slices { began, base, then, goes_on, after },
        }))
    }

    async fn records(&self, hrefs: &[&str]) -> Result<Vec<Record>, CrmError> {
        let mut records = Vec::with_capacity(hrefs.len());
        for some in hrefs.chunks(BATCH) {
            let each = &mut |resource| records.extend(self.read(resource));
            self.dav.multiget(&self.book, some, each).await?;
        }
        Ok(records)
    }

    /// The record that the server tells; what is no person is none of ours.
    fn read(&self, resource: Resource) -> Option<Record> {
        let contact = vcard::read(&resource.card?, &self.country)?;
        let (id, version) = (self.id(&resource.href), resource.etag?);
        Some(Record { id, version, contact, filled: Vec::new(), changed_at: None })
    }

    /// The record with this id, if it is there.
    pub async fn get(&self, id: &str) -> Result<Option<Record>, CrmError> {
        Ok(self.fetch(id).await?.map(|(record, _)| record))
    }

    async fn fetch(&self, id: &str) -> Result<Option<(Record, String)>, CrmError> {
        let Some((version, text)) = self.dav.get(&self.url(id)?).await? else { return Ok(None) };
        let Some(contact) = vcard::read(&text, &self.country) else {
            return Err(CrmError::Refused("a record of it is no vCard".into()));
        };
        let (id, filled) = (id.to_owned(), Vec::new());
        Ok(Some((Record { id, version, contact, filled, changed_at: None }, text)))
    }

    /// Makes a record. `new.key` (a UUID) is its UID and name: made twice, it is there once. Not every
    /// server heeds `If-None-Match` (SOGo does not), so a try before this one is looked for first; and
    /// then who is there with one of the contact's addresses or, without one of its own, with its name.
    pub async fn create(&self, new: &New<'_>) -> Result<Written, CrmError> {
        let New { key, contact, .. } = *new;
        let unwritable = || CrmError::Refused("the contact cannot be written as a vCard".into());
        let url = self.resource(key)?;
        let id = url.path().to_owned();
        if let Some(there) = self.get(&id).await? {
            return Ok(Written::Done(there));
        }
        if let Some(there) = self.known(new).await? {
            return Ok(Written::Conflict(Some(there)));
        }
        let text = vcard::new(key, contact).ok_or_else(unwritable)?;
        new.is_asked_for().await?;
        self.dav.put(&url, Put::New, text).await?;
        // Made now, or by a try before this one whose end we did not see.
        let there = self.get(&id).await?.ok_or_else(|| {
            CrmError::Refused("it did not keep a new record; may the user write there?".into())
        })?;
        Ok(Written::Done(there))
    }

    /// Whether whoever is to be made is there already.
    pub async fn is_there(&self, new: &New<'_>) -> Result<bool, CrmError> {
        Ok(self.known(new).await?.is_some())
    }

    /// The record that was made under a key.
    pub async fn made(&self, key: &str) -> Result<Option<Record>, CrmError> {
        let url = self.resource(key)?;
        self.get(url.path()).await
    }

    /// Where the record with a key is.
    fn resource(&self, key: &str) -> Result<Url, CrmError> {
        let none = |_| CrmError::Refused("its address is none; enter it again".into());
        self.book.join(&format!("{key}.vcf")).map_err(none)
    }

    /// Who is there already with one of the contact's own addresses; without any, with its name and all else that is
    /// wanted.
    async fn known(&self, new: &New<'_>) -> Result<Option<Record>, CrmError> {
        let contact = new.contact;
        let own: Vec<String> = personal(contact).collect();
        // By a whole name SOGo finds nobody.
        let names: Vec<String> =
            contact.name.iter().filter_map(|it| telling(&it.value)).map(str::to_owned).collect();
        let asked = if own.is_empty() { ("FN", names.as_slice()) } else { ("EMAIL", &*own) };
        let is_it = |there: &Contact| {
            if own.is_empty() {
                matching::news(contact, there).is_empty()
            } else {
                personal(there).any(|email| own.contains(&email))
            }
        };
        let mut there = Vec::new();
        let each = &mut |resource| {
            // A server may take the question for a wider one.
            there.extend(
                self.read(resource)
                    .filter(|record| new.may_be(&record.id) && is_it(&record.contact)),
            );
        };
        if !self.dav.with(&self.book, asked, each).await? {
            return Ok(None);
        }
        there.sort_unstable_by(|one, other| one.id.cmp(&other.id));
        Ok(there.into_iter().next())
    }

    /// Changes a record, if it still has the version.
    pub async fn update(&self, update: &Update<'_>) -> Result<Updated, CrmError> {
        let Update { id, version, before, after, .. } = *update;
        let Some((was, text)) = self.fetch(id).await? else {
            return Ok(Written::Conflict(None).into());
        };
        let unwritable = || CrmError::Refused("the record cannot be written as a vCard".into());
        let wanted = vcard::change(&text, before, after, &self.country).ok_or_else(unwritable)?;
        if was.version != version {
            // Either our own write, of which we did not see the end, or somebody else's.
            let is_there = vcard::holds(&was.contact, before, after);
            let written = if is_there { Written::Done(was) } else { Written::Conflict(Some(was)) };
            return Ok(written.into());
        }
        if !vcard::differs(&text, &wanted) {
            return Ok(Written::Done(was).into());
        }
        let url = self.url(id)?;
        update.is_asked_for().await?;
        let asked = self.dav.put(&url, Put::Version(version), wanted).await;
        let taken = update.answered(asked).await?;
        let now = self.get(id).await?;
        Ok(match now {
            // Refused, it can have been taken before the connection broke.
            Some(now) if taken || vcard::holds(&now.contact, before, after) => {
                Updated::edited(Written::Done(now), was.contact)
            }
            now => Written::Conflict(now).into(),
        })
    }

    /// What a write would do, by the names of vCard's properties.
    pub async fn preview(
        &self,
        id: Option<&str>,
        before: &Contact,
        after: &Contact,
    ) -> Result<Change, CrmError> {
        let nobody = Contact::default();
        let (text, before) = match id {
            Some(id) => (self.fetch(id).await?.map(|(_, text)| text), before),
            None => (None, &nobody),
        };
        preview::preview(text.as_deref(), before, after, &self.country)
            .ok_or_else(|| CrmError::Refused("the record cannot be written as a vCard".into()))
    }

    /// Removes a record, if it still has the version. One that is gone is removed. Not every server
    /// heeds `If-Match` here (SOGo does not), so it is compared first.
    pub async fn delete(&self, id: &str, version: &str) -> Result<Option<Written>, CrmError> {
        match self.get(id).await? {
            None => return Ok(None),
            Some(now) if now.version != version => return Ok(Some(Written::Conflict(Some(now)))),
            Some(_) => {}
        }
        if self.dav.delete(&self.url(id)?, version).await? {
            return Ok(None);
        }
        Ok(self.get(id).await?.map(|now| Written::Conflict(Some(now))))
    }

    /// The path of a resource, however the server writes it.
    fn id(&self, href: &str) -> String {
        self.book.join(href).map_or_else(|_| href.to_owned(), |url| url.path().to_owned())
    }

    /// The address of a record; on this server and nowhere else.
    fn url(&self, id: &str) -> Result<Url, CrmError> {
        let url = self.book.join(id).ok().filter(|url| url.origin() == self.book.origin());
        url.ok_or_else(|| CrmError::Refused("a record of it is on another server".into()))
    }

    /// Whether a resource is a record of the book, not the book itself.
    fn is_member(&self, href: &str) -> bool {
        let path = self.id(href);
        path != self.book.path() && !path.ends_with('/')
    }
}
/// The position amid a first reading that the server answers in parts: when it began, and from where
/// it goes on.
fn amid_all(began: Millis, token: &str) -> String {
    format!("began {} {token}", began.0)
}

/// Reads what [`amid_all`] wrote; a sync token of a server is an address (RFC 6578, section 3.2) and has no
/// spaces.
fn begun(position: &str) -> Option<(Millis, &str)> {
    let (began, token) = position.strip_prefix("began ")?.split_once(' ')?;
    Some((Millis(began.parse().ok()?), token))
}

/// The part of a name by which somebody is looked for: of two letters a server would hand over half a book.
fn telling(name: &PersonName) -> Option<&str> {
    const LEAST: usize = 4;
    let is_long = |text: &&str| text.chars().count() >= LEAST;
    let longest = || name.full.split_whitespace().max_by_key(|word| word.chars().count());
    name.family.as_deref().filter(is_long).or_else(|| longest().filter(is_long))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_reading_in_parts_knows_when_it_began() {
        let token = "https://dav.example/sync/7";
        assert_eq!(begun(&amid_all(Millis(5), token)), Some((Millis(5), token)));
        assert_eq!(begun(token), None);
        assert_eq!(begun(""), None);
    }
}
