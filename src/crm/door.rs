//! The door to a connected CRM: the same questions to every kind.

use super::carddav::CardDav;
use super::dynamics::Dynamics;
use super::employer::{Making, NewAccount, Sought};
use super::hubspot::HubSpot;
use super::mapping::{Change, Edit, Mapping};
use super::noting::{Noting, WAITS};
use super::pipedrive::Pipedrive;
use super::salesforce::Salesforce;
use super::tryton::Tryton;
use super::{Changes, CrmError, Record, Update, Updated, Written};
use crate::clock::Millis;
use crate::contact::Contact;
use crate::store::crm_connections::Kind;
use std::future::Future;

/// A connected CRM. Every kind answers the same questions; what one cannot do, it says
/// ([`Crm::cannot`]).
#[derive(Debug)]
pub enum Crm {
    /// An address book on a CardDAV server.
    CardDav(CardDav),
    /// An account at HubSpot.
    HubSpot(HubSpot),
    /// A company's account at Pipedrive.
    Pipedrive(Pipedrive),
    /// An org at Salesforce.
    Salesforce(Salesforce),
    /// An environment of Microsoft Dynamics 365.
    Dynamics(Dynamics),
    /// A database of Tryton.
    Tryton(Tryton),
}

/// A company in the CRM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The CRM's id of it.
    pub id: String,
    /// What it is called.
    pub name: String,
}

/// A record that was made so many seconds before we planned to can be of ours.
const SKEW: i64 = 2 * 60;

/// A record that is to be made.
#[derive(Debug, Clone)]
pub struct New<'a> {
    /// A UUID: with the same one it is made once.
    pub key: &'a str,
    /// When that was given.
    pub planned_at: Millis,
    /// Its values.
    pub contact: &'a Contact,
    /// The field of its owner, as it shall be; `None`: as the CRM says.
    pub owner: Option<Edit>,
    /// Where it is noted that it is asked for; `None`: it is only looked for.
    pub(super) noting: Option<Noting<'a>>,
    /// The company that it is with; `None`: as the CRM has it.
    pub account: Option<Account>,
    /// It was asked for before, and nobody saw what came of that: what is there may be of it.
    pub tried: bool,
    /// So lately that what that made may not be seen yet.
    pub lately: bool,
    /// The CRM's ids of those whom a rep keeps apart: they are somebody else.
    pub apart: &'a [String],
}

impl<'a> New<'a> {
    /// Whoever is only looked for, now: `apart` are the CRM's ids of those who are somebody else.
    pub(super) const fn looked_for(contact: &'a Contact, apart: &'a [String], now: Millis) -> Self {
        Self {
            key: "",
            planned_at: now,
            contact,
            owner: None,
            noting: None,
            account: None,
            tried: false,
            lately: false,
            apart,
        }
    }

    /// Since when a record can be of a try of ours; clocks differ.
    pub(super) fn since(&self) -> Millis {
        self.planned_at.plus_secs(-SKEW)
    }

    /// Whether a record that was made then can be of a try whose end we did not see. Before we ask for one
    /// whoever is there was made by somebody else, however lately and however alike.
    pub(super) fn may_be_made(&self, at: Option<Millis>) -> bool {
        self.tried && at.is_some_and(|at| at >= self.since())
    }

    /// Whether a record can be the one, whatever it says.
    pub(super) fn may_be(&self, id: &str) -> bool {
        self.apart.iter().all(|other| other != id)
    }

    /// The company that it is with: the one that is given, or else what `find` finds.
    pub(super) async fn account_or(
        &self,
        find: impl Future<Output = Result<Sought, CrmError>>,
    ) -> Result<Sought, CrmError> {
        match &self.account {
            Some(account) => Ok(Sought::One(account.clone())),
            None => find.await,
        }
    }
}

/// Somebody who can own records of the CRM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The CRM's id of them.
    pub id: String,
    /// What they are called.
    pub name: String,
    /// Their address.
    pub email: String,
}

impl Crm {
    /// What changed since `position`; from the beginning if it is empty.
    pub async fn changes(&self, position: &str, now: Millis) -> Result<Changes, CrmError> {
        match self {
            Self::CardDav(book) => book.changes(position, now).await,
            Self::HubSpot(hubspot) => hubspot.changes(position, now).await,
            Self::Pipedrive(pipedrive) => pipedrive.changes(position, now).await,
            Self::Salesforce(org) => org.changes(position, now).await,
            Self::Dynamics(dynamics) => dynamics.changes(position, now).await,
            Self::Tryton(tryton) => tryton.changes(position, now).await,
        }
    }

    /// The record with this id, if it is there; of one that was merged into another, that one, where the CRM
    /// tells.
    pub async fn get(&self, id: &str) -> Result<Option<Record>, CrmError> {
        match self {
            Self::CardDav(book) => book.get(id).await,
            Self::HubSpot(hubspot) => hubspot.get(id).await,
            Self::Pipedrive(pipedrive) => pipedrive.get(id).await,
            Self::Salesforce(org) => org.get(id).await,
            Self::Dynamics(dynamics) => dynamics.get(id).await,
            Self::Tryton(tryton) => tryton.get(id).await,
        }
    }

    /// Makes a record.
    pub async fn create(&self, new: &New<'_>) -> Result<Written, CrmError> {
        match self {
            Self::CardDav(book) => book.create(new).await,
            Self::HubSpot(hubspot) => hubspot.create(new).await,
            Self::Pipedrive(pipedrive) => pipedrive.create(new).await,
            Self::Salesforce(org) => org.create(new).await,
            Self::Dynamics(dynamics) => dynamics.create(new).await,
            Self::Tryton(tryton) => tryton.create(new).await,
        }
    }

    /// The record that a try of [`Crm::create`] has made whose end nobody saw; `None`: it has made none;
    /// [`Written::Refused`]: that cannot be told; [`Written::Conflict`]: what may be of it is otherwise, or part
    /// of another one, by now.
    pub async fn made(&self, new: &New<'_>) -> Result<Option<Written>, CrmError> {
        let made = match self {
            Self::CardDav(book) => book.made(new.key).await?,
            Self::HubSpot(hubspot) => return hubspot.made(new).await,
            Self::Pipedrive(pipedrive) => return pipedrive.made(new).await,
            Self::Salesforce(org) => return org.made(new).await,
            Self::Dynamics(dynamics) => return dynamics.made(new.key).await,
            Self::Tryton(tryton) => return tryton.made(new).await,
        };
        Ok(made.map(Written::Done))
    }

    /// Whether a record that belongs to somebody else may be one that is not shown.
    pub(super) const fn hides(&self) -> bool {
        matches!(self, Self::Salesforce(_))
    }

    /// Changes a record, if it still has the version.
    pub async fn update(&self, update: &Update<'_>) -> Result<Updated, CrmError> {
        match self {
            Self::CardDav(book) => book.update(update).await,
            Self::HubSpot(hubspot) => hubspot.update(update).await,
            Self::Pipedrive(pipedrive) => pipedrive.update(update).await,
            Self::Salesforce(org) => org.update(update).await,
            Self::Dynamics(dynamics) => dynamics.update(update).await,
            Self::Tryton(tryton) => tryton.update(update).await,
        }
    }

    /// Removes a record, if it still has the version; `None` when it is gone.
    pub async fn delete(&self, id: &str, version: &str) -> Result<Option<Written>, CrmError> {
        match self {
            Self::CardDav(book) => book.delete(id, version).await,
            Self::HubSpot(hubspot) => hubspot.delete(id, version).await,
            Self::Pipedrive(pipedrive) => pipedrive.delete(id, version).await,
            Self::Salesforce(org) => org.delete(id, version).await,
            Self::Dynamics(dynamics) => dynamics.delete(id, version).await,
            Self::Tryton(tryton) => tryton.delete(id, version).await,
        }
    }

    /// The company that a new record of a contact belongs to, by the domain of its address, then by
    /// name.
    pub async fn account(&self, contact: &Contact) -> Result<Sought, CrmError> {
        match self {
            Self::CardDav(_) => Ok(Sought::None),
            Self::HubSpot(hubspot) => hubspot.account(contact).await,
            Self::Pipedrive(pipedrive) => pipedrive.account(contact).await,
            Self::Salesforce(org) if !org.has_accounts() => Ok(Sought::None),
            Self::Salesforce(org) => org.account(contact).await,
            Self::Dynamics(dynamics) => dynamics.account(contact).await,
            Self::Tryton(tryton) => tryton.account(contact).await,
        }
    }

    /// Whether companies can be made.
    pub(super) fn makes_accounts(&self) -> bool {
        match self {
            Self::CardDav(_) => false,
            Self::Salesforce(org) => org.has_accounts(),
            Self::Tryton(tryton) => tryton.knows_employers(),
            _ => true,
        }
    }

    /// Whether a company is made once, however often that is tried for one new record.
    pub(super) async fn makes_accounts_once(&self) -> Result<bool, CrmError> {
        match self {
            Self::HubSpot(hubspot) => hubspot.makes_accounts_once().await,
            _ => Ok(matches!(self, Self::Dynamics(_))),
        }
    }

    /// Whether companies are told from people.
    pub(super) const fn tells_companies(&self) -> bool {
        !matches!(self, Self::Tryton(_))
    }

    /// Makes a company that is not there.
    pub(super) async fn make_account(&self, wanted: &NewAccount<'_>) -> Result<Making, CrmError> {
        match self {
            Self::CardDav(_) => Ok(Making::Refused("this CRM has none".into())),
            Self::HubSpot(hubspot) => hubspot.make_account(wanted).await,
            Self::Pipedrive(pipedrive) => pipedrive.make_account(wanted).await,
            Self::Salesforce(org) => org.make_account(wanted).await,
            Self::Dynamics(dynamics) => dynamics.make_account(wanted).await,
            Self::Tryton(tryton) => tryton.make_account(wanted).await,
        }
    }

    /// Whether whoever is to be made is there already.
    pub(super) async fn is_there(&self, new: &New<'_>) -> Result<bool, CrmError> {
        match self {
            Self::CardDav(book) => book.is_there(new).await,
            Self::HubSpot(hubspot) => hubspot.is_there(new).await,
            Self::Pipedrive(pipedrive) => pipedrive.is_there(new).await,
            Self::Salesforce(org) => org.is_there(new).await,
            Self::Dynamics(dynamics) => dynamics.is_there(new).await,
            Self::Tryton(tryton) => tryton.is_there(new).await,
        }
    }

    /// Who can own records.
    pub async fn owners(&self) -> Result<Vec<Owner>, CrmError> {
        match self {
            Self::CardDav(_) | Self::Tryton(_) => Ok(Vec::new()),
            Self::HubSpot(hubspot) => hubspot.owners().await,
            Self::Pipedrive(pipedrive) => pipedrive.owners().await,
            Self::Salesforce(org) => org.owners().await,
            Self::Dynamics(dynamics) => dynamics.owners().await,
        }
    }

    /// The field in which a record has its owner; `None`: the kind has no owners.
    pub(super) const fn owner_field(&self) -> Option<&'static str> {
        match self {
            Self::CardDav(_) | Self::Tryton(_) => None,
            Self::HubSpot(_) => Some("hubspot_owner_id"),
            Self::Pipedrive(_) => Some("owner_id"),
            Self::Salesforce(_) => Some("OwnerId"),
            Self::Dynamics(_) => Some("ownerid"),
        }
    }

    /// The field of the owner with the CRM's id of one in it.
    pub(super) fn owned_by(&self, owner: Option<&str>) -> Option<Edit> {
        let (property, to) = (self.owner_field()?.to_owned(), owner?.to_owned());
        Some(Edit { property, from: String::new(), to })
    }

    /// The fields of the mapping that the CRM has not, or does not let us write.
    pub async fn unknown_fields(&self, mapping: &Mapping) -> Result<Vec<String>, CrmError> {
        match self {
            Self::CardDav(_) => Ok(Vec::new()),
            Self::HubSpot(hubspot) => hubspot.unknown_fields(mapping).await,
            Self::Pipedrive(pipedrive) => pipedrive.unknown_fields(mapping).await,
            Self::Salesforce(org) => org.unknown_fields(mapping).await,
            Self::Dynamics(dynamics) => dynamics.unknown_fields(mapping).await,
            Self::Tryton(tryton) => tryton.unknown_fields(mapping).await,
        }
    }

    /// The fields of the mapping that the CRM shows and lets nobody write; kinds that have no such, or
    /// refuse to have them mapped, name none.
    pub async fn read_only_fields(&self, mapping: &Mapping) -> Result<Vec<String>, CrmError> {
        match self {
            Self::HubSpot(hubspot) => hubspot.read_only_fields(mapping).await,
            _ => Ok(Vec::new()),
        }
    }

    /// What a write would do: the fields of a new record, or those that a change of the record with
    /// this id touches.
    pub async fn preview(
        &self,
        id: Option<&str>,
        before: &Contact,
        after: &Contact,
    ) -> Result<Change, CrmError> {
        match self {
            Self::CardDav(book) => book.preview(id, before, after).await,
            Self::HubSpot(hubspot) => hubspot.preview(id, before, after).await,
            Self::Pipedrive(pipedrive) => pipedrive.preview(id, before, after).await,
            Self::Salesforce(org) => org.preview(id, before, after).await,
            Self::Dynamics(dynamics) => dynamics.preview(id, before, after).await,
            Self::Tryton(tryton) => tryton.preview(id, before, after).await,
        }
    }

    /// What a kind cannot do, as sentences.
    pub const fn cannot(kind: Kind) -> &'static [&'static str] {
        match kind {
            Kind::CardDav => &[
                "An address book has no companies and no owners.",
                "An address book keeps whole vCards; there are no fields to map.",
            ],
            Kind::HubSpot => &[
                "HubSpot does not check versions: a record is compared right before it is written, \
                 and what somebody changes in that moment is not noticed.",
                "What is removed in HubSpot is noticed within a day, or when it is to be written; \
                 what is deleted for good, after 30 days.",
                "Where the token may not make a property (crm.schemas.contacts.write), a contact \
                 without an e-mail address of its own waits two minutes after a broken connection, \
                 until the search must know whether it was made.",
                "Who changes the employer comes to the company of that name, if HubSpot has one; \
                 only the companies of new contacts are made.",
                "A property holds one value: further numbers and addresses need properties of \
                 their own in the mapping.",
            ],
            Kind::Pipedrive => &[
                "Pipedrive does not check versions: a record is compared right before it is \
                 written, and what somebody changes in that moment is not noticed.",
                "What is removed in Pipedrive is noticed within a day, or when it is to be written; \
                 whom a person was merged into is known by their addresses and numbers only.",
                "Pipedrive does not say who changed a person, or merged one with the same values into it: undoing a \
                 new contact removes it all the same, unless activities, notes, files, mails or deals are with it.",
                WAITS,
                "A job title and a postal address need Pipedrive's contact sync, or fields of their \
                 own in the mapping; a fax number has no place of its own.",
            ],
            Kind::Salesforce => &[
                "A lead has no department, and takes what the mapping says of the fields of \
                 contacts; fields of your own are mapped for contacts only.",
                WAITS,
                "A contact is not moved from one account to another.",
                "Salesforce tells one second from the next: of two changes to a record in one second \
                 the second is not noticed.",
                "Whoever Salesforce's duplicate rules take for somebody who is there is not made; the \
                 rep decides about that record, or makes the new one in Salesforce.",
                "A field holds one value: further numbers and addresses need fields of their own in \
                 the mapping.",
            ],
            Kind::Dynamics => &[
                "Companies (accounts) are found, linked, and made if the policy says so, but not changed.",
                "What is deactivated in Dynamics counts as gone.",
                "Undoing a new contact removes it unless somebody else changed it last, or has activities, notes, \
                 deals or cases with it; tables of your own are not looked at.",
                "A column holds one value: further numbers need columns of their own in the mapping; \
                 columns that look other tables up cannot be mapped, but the owner and the company.",
            ],
            Kind::Tryton => &[
                WAITS,
                "A party of Tryton has no job title, no department and no owner, unless a module \
                 adds fields for them.",
                "Tryton does not tell people from companies: a company is read as a record of its \
                 own, unless a relation to the employer is mapped and leads to it.",
                "What is removed in Tryton is noticed within a day, or when it is to be written; \
                 what is deactivated, within minutes.",
            ],
        }
    }
}
