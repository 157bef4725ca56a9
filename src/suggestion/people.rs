//! Whom a contact may be: what the list and the CRM know of people like it.

use super::offer::Place;
use crate::contact::Contact;
use crate::matching::{self, Level, Match};
use crate::store::match_keys::{self, OwnerKind};
use crate::store::suggestions::{self, State, Suggestion};
use crate::store::{Conn, ContactId, RecordId, StoreError, SuggestionId, contacts, records};

/// The people that match a contact.
#[derive(Debug, Default)]
pub(super) struct People {
    /// The contact of the list or CRM record that matches best.
    pub(super) known: Option<Known>,
    /// The open suggestion of the same person.
    pub(super) open: Option<Suggestion>,
    /// The values of suggestions of the same person that a rep has decided about.
    pub(super) decided: Vec<Contact>,
}

/// A contact of the list or a CRM record that matches.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) id: String,
    pub(super) contact: Contact,
    pub(super) matched: Match,
}

impl People {
    /// Looks up everybody who shares a key with the contact, and decides who is the same person.
    /// Other lists' contacts and suggestions are none of this list's business.
    pub(super) async fn like(
        conn: &mut Conn,
        place: Place<'_>,
        contact: &Contact,
    ) -> Result<Self, StoreError> {
        let mut people = Self::default();
        let owners = match_keys::owners(conn, place.tenant, &matching::keys(contact)).await?;
        for (kind, id) in owners {
            match kind {
                OwnerKind::Suggestion => people.meet_suggestion(conn, place, contact, &id).await?,
                OwnerKind::Contact => {
                    let Some(id) = ContactId::parse(&id) else { continue };
                    let found = contacts::get(conn, place.tenant, &id).await?;
                    if let Some(found) = found.filter(|found| found.list == *place.list) {
                        people.meet(contact, id.to_string(), found.contact);
                    }
                }
                OwnerKind::Record => people.meet_record(conn, place, contact, &id).await?,
            }
        }
        Ok(people)
    }

    /// Keeps a known person who matches better than the one before.
    fn meet(&mut self, contact: &Contact, id: String, known: Contact) {
        let matched = matching::decide(contact, &known);
        let rank = |matched: &Match| (matched.level, matched.probability);
        let best = self.known.as_ref().map_or((Level::None, 1.0), |known| rank(&known.matched));
        if rank(&matched) > best {
            self.known = Some(Known { id, contact: known, matched });
        }
    }

    /// A record that the list has a contact of stands back for that contact, which a rep has
    /// looked at since.
    async fn meet_record(
        &mut self,
        conn: &mut Conn,
        place: Place<'_>,
        contact: &Contact,
        id: &str,
    ) -> Result<(), StoreError> {
        let Some(id) = RecordId::parse(id) else { return Ok(()) };
        let taken = contacts::by_record(conn, place.tenant, place.list, &id).await?;
        if let Some(taken) = taken {
            self.meet(contact, taken.id.to_string(), taken.contact);
        } else if let Some(record) = records::get(conn, place.tenant, &id).await? {
            self.meet(contact, record.id.to_string(), record.contact);
        }
        Ok(())
    }

    async fn meet_suggestion(
        &mut self,
        conn: &mut Conn,
        place: Place<'_>,
        contact: &Contact,
        id: &str,
    ) -> Result<(), StoreError> {
        let Some(id) = SuggestionId::parse(id) else { return Ok(()) };
        let found = suggestions::get(conn, place.tenant, &id).await?;
        let Some(found) = found.filter(|found| found.list == *place.list) else { return Ok(()) };
        if matching::decide(contact, &found.contact).level < Level::Exact {
            return Ok(());
        }
        match found.state {
            State::Accepted | State::Dismissed => self.decided.push(found.contact),
            State::Open => {
                if self.open.as_ref().is_none_or(|open| open.created_at < found.created_at) {
                    self.open = Some(found);
                }
            }
            State::Expired => {}
        }
        Ok(())
    }
}
