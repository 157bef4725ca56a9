//! Whom a contact may be: what the list and the CRM know of people like it.

use super::apart;
use super::judge::{Beliefs, Judge};
use crate::contact::Contact;
use crate::crm;
use crate::matching::{self, Dates, Evidence, Level, Match, Said};
use crate::store::match_keys::{self, OwnerKind};
use crate::store::records::CrmRecord;
use crate::store::suggestions::{self, GONE, Kind, State, Suggestion};
use crate::store::{Conn, ListId, StoreError, TenantId, contacts, records};
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

/// The people that match a contact.
#[derive(Debug, Default)]
pub(super) struct People {
    /// The contact of the list or CRM record that matches best.
    pub(super) known: Option<Known>,
    /// Otherwise the contact of the list that certainly is the same person, whose record was deleted in
    /// the CRM.
    pub(super) gone: Option<Known>,
    /// How many of them are certainly the same person: more than one are known twice.
    pub(super) certain: usize,
    /// The contacts and records that match and are somebody else, since whoever was kept apart from them is meant.
    pub(super) apart: Vec<String>,
    /// The open suggestion of the same person.
    pub(super) open: Option<Suggestion>,
    /// All open suggestions of the same person.
    pub(super) waiting: Vec<Suggestion>,
    /// The suggestions of the same person that a rep has decided about.
    pub(super) decided: Vec<Suggestion>,
}

/// A contact of the list or a CRM record that matches.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) id: String,
    pub(super) contact: Contact,
    pub(super) matched: Match,
    /// How old what the CRM's record says is, as far as that is known.
    dates: Dates,
    /// Whether the CRM has them as a lead only.
    is_lead: bool,
}

/// What a suggestion says of whom it is.
pub(super) struct Standing {
    pub(super) kind: Kind,
    pub(super) known: Option<Contact>,
    /// The contact or record that is known, or the contact that is gone.
    pub(super) known_id: Option<String>,
    pub(super) level: Level,
    pub(super) reasons: Vec<String>,
    pub(super) evidence: Option<Evidence>,
}

impl Known {
    pub(super) fn judged(judge: &Judge<'_>, id: String, contact: Contact) -> Self {
        let matched = judge.judge(&contact);
        Self { id, contact, matched, dates: Dates::default(), is_lead: false }
    }

    /// What is known of them, and how old that is.
    pub(super) const fn said(&self) -> Said<'_> {
        Said { contact: &self.contact, dates: &self.dates }
    }

    fn of_record(judge: &Judge<'_>, record: CrmRecord) -> Self {
        let is_lead = crm::salesforce::is_lead(&record.external_id);
        let known = Self::judged(judge, record.id.to_string(), record.contact);
        Self { is_lead, dates: record.dates, ..known }
    }

    /// The one of two that matches better; what comes later, if they match alike.
    fn better(self, other: Self) -> Self {
        if self.rank() > other.rank() { self } else { other }
    }

    /// How a suggestion stands to whoever is known, or else to whoever is gone.
    pub(super) fn standing(known: Option<Self>, gone: Option<&Self>) -> Standing {
        let kind = if known.is_some() { Kind::Update } else { Kind::New };
        let matched = known.as_ref().map_or_else(Match::none, |known| known.matched.clone());
        let mut reasons = matched.sentences();
        if gone.is_some() {
            reasons.push(GONE.to_owned());
        }
        let known_id = known.as_ref().or(gone).map(|known| known.id.clone());
        let known = known.map(|known| known.contact);
        let (level, evidence) = (matched.level, matched.evidence());
        Standing { kind, known, known_id, level, reasons, evidence }
    }

    /// How well it matches. Of a contact and a lead who are both certainly the person, the contact is
    /// meant.
    pub(super) fn rank(&self) -> (Level, bool, f64) {
        let is_second = self.is_lead && self.matched.level == Level::Exact;
        (self.matched.level, !is_second, self.matched.probability)
    }
}

/// How many records, contacts and suggestions are compared, of each.
const MOST: usize = 48;

impl People {
    /// Looks up everybody who shares a key with the contact, and decides who is the same person.
    pub(super) async fn like(
        conn: &mut Conn,
        (tenant, list): (&TenantId, &ListId),
        beliefs: &Beliefs,
        contact: &Contact,
    ) -> Result<Self, StoreError> {
        let owners = match_keys::owners_for(conn, tenant, list, &matching::keys(contact)).await?;
        let judge = Judge::of(beliefs, contact, &owners);
        Self::among(conn, (tenant, list), &judge, owners).await
    }

    /// Looks up these owners of keys that the judge's contact has too, and decides who is the same
    /// person: records, and contacts and suggestions of the list. Those of other lists are none of its business.
    pub(super) async fn among(
        conn: &mut Conn,
        (tenant, list): (&TenantId, &ListId),
        judge: &Judge<'_>,
        owners: Vec<(OwnerKind, String, String)>,
    ) -> Result<Self, StoreError> {
        let telling = telling(&owners);
        let of = |kind| candidates(&owners, &telling, kind);
        let records = of(OwnerKind::Record);
        let contacts =
            contacts::some(conn, tenant, list, &of(OwnerKind::Contact), &records).await?;
        let mut found = records::some(conn, tenant, &records).await?;
        let theirs = contacts.iter().filter_map(|contact| Some(contact.record.as_ref()?.as_str()));
        let others: Vec<&str> = theirs.filter(|id| !records.contains(id)).collect();
        if !others.is_empty() {
            found.extend(records::some(conn, tenant, &others).await?);
        }
        let mut dates = HashMap::new();
        let (mut known, mut imported): (Vec<Known>, Vec<Known>) = Default::default();
        for record in found {
            // A record that the list has a contact of stands back for that contact, which a rep has
            // looked at since.
            if contacts.iter().all(|known| known.record.as_ref() != Some(&record.id)) {
                let to = if record.is_imported() { &mut imported } else { &mut known };
                to.push(Known::of_record(judge, record));
            } else {
                dates.insert(record.id, record.dates);
            }
        }
        let mut gone: Vec<Known> = Vec::new();
        for contact in contacts {
            let to = if contact.is_gone() { &mut gone } else { &mut known };
            // It follows its record, and is as old.
            let dates = contact.record.and_then(|record| dates.get(&record).cloned());
            let known = Known::judged(judge, contact.id.to_string(), contact.contact);
            to.push(Known { dates: dates.unwrap_or_default(), ..known });
        }
        gone.retain(|gone| gone.matched.level == Level::Exact);
        // Who is known for certain, and stands in a file too, is known once.
        if known.iter().any(|known| known.matched.level == Level::Exact) {
            imported.retain(|imported| imported.matched.level < Level::Exact);
        }
        known.splice(..0, imported);
        known.retain(|known| known.matched.level > Level::None);
        let apart = apart::keep(conn, tenant, judge, &mut known).await?;
        let is_certain = |known: &&Known| known.matched.level == Level::Exact;
        let certain = known.iter().filter(is_certain).count();
        let known = known.into_iter().reduce(Known::better);
        let gone = gone.into_iter().reduce(Known::better).filter(|_| known.is_none());
        let mut people = Self { known, gone, certain, apart, ..Self::default() };
        let suggestions = of(OwnerKind::Suggestion);
        for found in suggestions::some(conn, tenant, list, &suggestions).await? {
            if people.certainly_known().is_some_and(|known| found.is_of(&known.id))
                || judge.judge(&found.contact).level == Level::Exact
            {
                people.meet(found.whole()?);
            }
        }
        Ok(people)
    }

    /// The known person, if there is no doubt who it is.
    pub(super) fn certainly_known(&self) -> Option<&Known> {
        self.known.as_ref().filter(|known| known.matched.level == Level::Exact)
    }

    fn meet(&mut self, found: Suggestion) {
        match found.state {
            State::Accepted | State::Dismissed => self.decided.push(found),
            State::Open => {
                if self.open.as_ref().is_none_or(|open| open.created_at < found.created_at) {
                    self.open = Some(found.clone());
                }
                self.waiting.push(found);
            }
            State::Expired => {}
        }
    }
}

/// How many records share a key at most that leads to them: what more have in common tells nobody apart,
/// unless only one person can have it.
const MOST_OF_A_KEY: u32 = 32;

/// The keys that tell people apart.
fn telling(owners: &[(OwnerKind, String, String)]) -> HashSet<&str> {
    let mut sharing: HashMap<&str, u32> = HashMap::new();
    for (kind, _, key) in owners {
        *sharing.entry(key).or_default() += u32::from(*kind == OwnerKind::Record);
    }
    sharing.retain(|key, records| *records <= MOST_OF_A_KEY || matching::is_of_one(key));
    sharing.into_keys().collect()
}

/// Those of a kind who share a key that tells people apart, those first that share more and stronger keys.
fn candidates<'o>(
    owners: &'o [(OwnerKind, String, String)],
    telling: &HashSet<&str>,
    wanted: OwnerKind,
) -> Vec<&'o str> {
    let mut strengths: HashMap<&str, (u32, bool)> = HashMap::new();
    for (_, id, key) in owners.iter().filter(|(kind, ..)| *kind == wanted) {
        let (strength, told) = strengths.entry(id).or_default();
        *strength += matching::strength(key);
        *told |= telling.contains(key.as_str());
    }
    let mut candidates: Vec<_> = strengths.into_iter().filter(|(_, (_, told))| *told).collect();
    candidates.sort_unstable_by_key(|(id, (strength, _))| (Reverse(*strength), *id));
    candidates.truncate(MOST);
    candidates.into_iter().map(|(id, _)| id).collect()
}
