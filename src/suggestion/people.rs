//! Whom a contact may be: what the list and the CRM know of people like it.

use super::offer::Place;
use crate::contact::Contact;
use crate::matching::{self, Level, Match};
use crate::store::match_keys::{self, OwnerKind};
use crate::store::suggestions::{self, State, Suggestion};
use crate::store::{Conn, StoreError, TenantId, contacts, records};
use std::collections::HashMap;

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

/// How many candidates are compared.
const MOST: usize = 48;

impl People {
    /// Looks up everybody who shares a key with the contact, and decides who is the same person.
    /// Other lists' contacts and suggestions are none of this list's business.
    pub(super) async fn like(
        conn: &mut Conn,
        place: Place<'_>,
        contact: &Contact,
    ) -> Result<Self, StoreError> {
        let Place { tenant, list, .. } = place;
        let candidates = candidates(conn, tenant, &matching::keys(contact)).await?;
        let of = |wanted| -> Vec<&str> {
            let of_kind = candidates.iter().filter(|(kind, _)| *kind == wanted);
            of_kind.map(|(_, id)| id.as_str()).collect()
        };
        let records = of(OwnerKind::Record);
        let contacts =
            contacts::some(conn, tenant, list, &of(OwnerKind::Contact), &records).await?;
        let mut people = Self::default();
        for known in &contacts {
            people.meet(contact, known.id.as_str(), &known.contact);
        }
        for record in records::some(conn, tenant, &records).await? {
            // A record that the list has a contact of stands back for that contact, which a rep has
            // looked at since.
            if contacts.iter().all(|known| known.record.as_ref() != Some(&record.id)) {
                people.meet(contact, record.id.as_str(), &record.contact);
            }
        }
        let suggestions = of(OwnerKind::Suggestion);
        for suggestion in suggestions::some(conn, tenant, list, &suggestions).await? {
            people.meet_suggestion(contact, suggestion);
        }
        Ok(people)
    }

    /// Keeps a known person who matches better than the one before.
    fn meet(&mut self, contact: &Contact, id: &str, known: &Contact) {
        let matched = matching::decide(contact, known);
        let rank = |matched: &Match| (matched.level, matched.probability);
        let best = self.known.as_ref().map_or((Level::None, 1.0), |known| rank(&known.matched));
        if rank(&matched) > best {
            self.known = Some(Known { id: id.to_owned(), contact: known.clone(), matched });
        }
    }

    fn meet_suggestion(&mut self, contact: &Contact, found: Suggestion) {
        if matching::decide(contact, &found.contact).level < Level::Exact {
            return;
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
    }
}

/// Who shares a key, those that share more and stronger keys first.
async fn candidates(
    conn: &mut Conn,
    tenant: &TenantId,
    keys: &[String],
) -> Result<Vec<(OwnerKind, String)>, StoreError> {
    let mut strengths: HashMap<(OwnerKind, String), u32> = HashMap::new();
    for (kind, id, key) in match_keys::owners(conn, tenant, keys).await? {
        *strengths.entry((kind, id)).or_default() += matching::strength(&key);
    }
    let mut candidates: Vec<_> = strengths.into_iter().collect();
    candidates.sort_unstable_by(|(a, strong), (b, stronger)| (stronger, &a.1).cmp(&(strong, &b.1)));
    candidates.truncate(MOST);
    Ok(candidates.into_iter().map(|(owner, _)| owner).collect())
}
