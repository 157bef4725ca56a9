//! The contact that accepting a suggestion makes or changes.

use super::{DecideError, after};
use crate::clock::Millis;
use crate::contact::Contact;
use crate::crm;
use crate::followup;
use crate::matching::{self, Level};
use crate::store::contacts::{self, AcceptedContact};
use crate::store::match_keys::{self, Owner, OwnerKind};
use crate::store::suggestions::{self, Kind, Suggestion};
use crate::store::{
    Conn, ContactId, ListId, RecordId, StoreError, TenantId, crm_writes, outdated, records,
};
use crate::suggestion::judge::Beliefs;
use crate::suggestion::people::People;

/// What accepting changes.
pub(super) enum Target {
    /// A contact of the list.
    Contact(Box<AcceptedContact>),
    /// A contact of the list whose record was deleted in the CRM: what is accepted now is all of it.
    Gone(Box<AcceptedContact>),
    /// A CRM record of which the list has no contact yet.
    Record(RecordId, Box<Contact>),
    /// Nothing that is there.
    New,
}

impl Target {
    /// The known contact or record as it is now. If it is gone, whoever certainly is the same person:
    /// taken back, they may have been accepted again. Else a new contact.
    pub(super) async fn of(conn: &mut Conn, suggestion: &Suggestion) -> Result<Self, StoreError> {
        let Some(known) = &suggestion.known_id else { return Ok(Self::New) };
        if let Some(target) = Self::at(conn, suggestion, known).await? {
            return Ok(target);
        }
        let Suggestion { tenant, list, contact, .. } = suggestion;
        let beliefs = Beliefs::of(conn, tenant).await?;
        let people = Box::pin(People::like(conn, (tenant, list), &beliefs, contact)).await?;
        let same = people.known.filter(|known| known.matched.level == Level::Exact);
        let Some(same) = same else { return Ok(Self::New) };
        Ok(Self::at(conn, suggestion, &same.id).await?.unwrap_or(Self::New))
    }

    /// The contact or record with an id, if it is there.
    async fn at(
        conn: &mut Conn,
        suggestion: &Suggestion,
        id: &str,
    ) -> Result<Option<Self>, StoreError> {
        let tenant = &suggestion.tenant;
        if let Some(id) = ContactId::parse(id)
            && let Some(contact) = contacts::get(conn, tenant, &id).await?
        {
            let contact = Box::new(contact);
            let is_gone = contact.is_gone();
            return Ok(Some(if is_gone { Self::Gone(contact) } else { Self::Contact(contact) }));
        }
        let Some(id) = RecordId::parse(id) else { return Ok(None) };
        if let Some(contact) = contacts::by_record(conn, tenant, &suggestion.list, &id).await? {
            return Ok(Some(Self::Contact(Box::new(contact))));
        }
        let Some(record) = records::get(conn, tenant, &id).await? else { return Ok(None) };
        let record = crm::write::as_it_will_be(conn, tenant, record).await?;
        Ok(Some(Self::Record(record.id, Box::new(record.contact))))
    }

    /// The contact of the list.
    pub(super) fn contact(&self) -> Option<&ContactId> {
        match self {
            Self::Contact(contact) | Self::Gone(contact) => Some(&contact.id),
            Self::Record(..) | Self::New => None,
        }
    }

    /// What is known.
    pub(super) fn known(&self) -> Option<&Contact> {
        match self {
            Self::Contact(contact) => Some(&contact.contact),
            Self::Record(_, contact) => Some(contact),
            Self::Gone(_) | Self::New => None,
        }
    }

    /// The CRM record that it is of.
    pub(super) fn record(&self) -> Option<&RecordId> {
        match self {
            Self::Contact(contact) => contact.record.as_ref(),
            Self::Record(id, _) => Some(id),
            Self::Gone(_) | Self::New => None,
        }
    }

    /// The contact as it is before, for undo. A record's contact is not there before.
    pub(super) fn before(&self) -> Option<&Contact> {
        match self {
            Self::Contact(contact) | Self::Gone(contact) => Some(&contact.contact),
            Self::Record(..) | Self::New => None,
        }
    }

    /// When the contact was changed last, if it is there.
    pub(super) fn changed_at(&self) -> Option<Millis> {
        match self {
            Self::Contact(contact) | Self::Gone(contact) => Some(contact.changed_at),
            Self::Record(..) | Self::New => None,
        }
    }

    /// A time that is not before `now`, and after the contact's last change.
    pub(super) fn after(&self, now: Millis) -> Millis {
        match self {
            Self::Contact(contact) | Self::Gone(contact) => after(now, contact.changed_at),
            Self::Record(..) | Self::New => now,
        }
    }

    /// The contact with its new values.
    pub(super) fn become_contact(
        self,
        list: ListId,
        contact: Contact,
        at: Millis,
    ) -> AcceptedContact {
        let (created_at, changed_at) = (at, at);
        let fresh = |record, contact| {
            let id = ContactId::new();
            AcceptedContact { id, list, record, gone: false, contact, created_at, changed_at }
        };
        match self {
            Self::Contact(old) => AcceptedContact { contact, changed_at, ..*old },
            Self::Gone(old) => AcceptedContact { contact, changed_at, gone: false, ..*old },
            Self::Record(id, _) => fresh(Some(id), contact),
            Self::New => fresh(None, contact),
        }
    }
}

/// Writes a contact and the keys by which it is found: a new one, or one that was changed last at `last`.
/// It may have followed its record at the same moment: then whoever decides has to look again. Open
/// suggestions that know it hear of it.
pub(super) async fn write(
    conn: &mut Conn,
    tenant: &TenantId,
    contact: &AcceptedContact,
    last: Option<Millis>,
) -> Result<(), DecideError> {
    match last {
        Some(last) if !contacts::replace(conn, tenant, contact, last).await? => {
            return Err(DecideError::Changed);
        }
        Some(_) => {}
        None => contacts::put(conn, tenant, contact).await?,
    }
    let keys = matching::keys(&contact.contact);
    match_keys::put(conn, tenant, Owner::contact(&contact.id, &contact.list), &keys).await?;
    Ok(tell(conn, tenant, contact).await?)
}

/// Lets the open suggestions that were compared with a contact, or the record that it is of, hear that it
/// is not what it was.
async fn tell(
    conn: &mut Conn,
    tenant: &TenantId,
    contact: &AcceptedContact,
) -> Result<(), StoreError> {
    let mut known = vec![contact.id.as_str()];
    known.extend(contact.record.as_ref().map(RecordId::as_str));
    outdated::mark(conn, tenant, &known, &[]).await
}

/// Makes the contact what it was before the suggestion was accepted, or removes it if there was
/// none. What came into its record since, it is to follow then. A follow-up that waits is for the contact
/// as it is then. True: the contact was removed, and its person had been deleted in the CRM meanwhile.
pub(super) async fn put_back(
    conn: &mut Conn,
    suggestion: &Suggestion,
    now: Millis,
) -> Result<bool, DecideError> {
    let tenant = &suggestion.tenant;
    let Some(id) = &suggestion.contact_id else { return Ok(false) };
    let Some(current) = contacts::get(conn, tenant, id).await? else { return Ok(false) };
    if suggestions::accepted_after(conn, tenant, id, suggestion.changed_at).await? {
        return Err(DecideError::ContactChanged);
    }
    followup::withdraw(conn, tenant, id, now).await?;
    if let Some(before) = &suggestion.before_accept {
        // Who was there before and was new to the CRM had been deleted there.
        let gone = current.gone || suggestion.kind == Kind::New;
        restore(conn, tenant, AcceptedContact { gone, ..current }, before, now).await?;
        let written = crm_writes::of_suggestion(conn, tenant, &suggestion.id).await?;
        let known = written.filter(|write| write.contact == *id).and_then(|write| write.known);
        if let Some(known) = known {
            contacts::set_behind(conn, tenant, id, Some(&known)).await?;
        }
        followup::plan(conn, tenant, id, before, now).await?;
        Ok(false)
    } else {
        tell(conn, tenant, &current).await?;
        if let Some(record) = &current.record {
            suggestions::know_record(conn, tenant, id, record).await?;
        }
        contacts::remove(conn, tenant, id).await?;
        match_keys::remove(conn, tenant, OwnerKind::Contact, id.as_str()).await?;
        Ok(current.is_gone())
    }
}

/// How often a contact is looked at that follows its record at the same moment.
const LOOKS: usize = 3;

/// Gives a contact the values that it had.
async fn restore(
    conn: &mut Conn,
    tenant: &TenantId,
    mut current: AcceptedContact,
    before: &Contact,
    now: Millis,
) -> Result<(), DecideError> {
    let gone = current.gone;
    for _ in 0..LOOKS {
        let (id, last) = (current.id.clone(), current.changed_at);
        let (contact, changed_at) = (before.clone(), after(now, last));
        let back = AcceptedContact { contact, changed_at, ..current };
        match write(conn, tenant, &back, Some(last)).await {
            Err(DecideError::Changed) => {}
            done => return done,
        }
        let Some(there) = contacts::get(conn, tenant, &id).await? else { return Ok(()) };
        current = AcceptedContact { gone: gone || there.gone, ..there };
    }
    Err(DecideError::Changed)
}
