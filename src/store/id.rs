//! Ids: UUIDv7 as text, each with the type of what it names, so that one cannot stand for another.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use uuid::Uuid;

/// The id of a `K`.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub struct Id<K>(String, #[serde(skip)] PhantomData<fn() -> K>);

/// Makes the types that only say what an [`Id`] names.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident, $id:ident;)*) => {$(
        #[doc = concat!("Says that an [`Id`] names a ", stringify!($kind), ".")]
        #[derive(Debug)]
        pub enum $kind {}
        $(#[$doc])*
        pub type $id = Id<$kind>;
    )*};
}

kinds! {
    /// Names a tenant.
    Tenant, TenantId;
    /// Names a user.
    User, UserId;
    /// Names an API token.
    ApiToken, ApiTokenId;
    /// Names a contact list.
    ContactList, ListId;
    /// Names a mailbox.
    Mailbox, MailboxId;
    /// Names a group at Microsoft whose members' mailboxes are connected.
    GraphGroup, GroupId;
    /// Names a CRM record.
    CrmRecord, RecordId;
    /// Names a suggestion.
    Suggestion, SuggestionId;
    /// Names an accepted contact.
    AcceptedContact, ContactId;
    /// Names a write to a CRM.
    CrmWrite, WriteId;
    /// Names a follow-up.
    FollowUp, FollowUpId;
    /// Names a job.
    Job, JobId;
}

impl<K> Id<K> {
    /// A new id; ids made later sort later.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that makes ids")]
    pub fn new() -> Self {
        Self(Uuid::now_v7().to_string(), PhantomData)
    }

    /// Reads an id that came from outside.
    pub fn parse(text: &str) -> Option<Self> {
        let uuid = Uuid::try_parse(text).ok()?;
        Some(Self(uuid.to_string(), PhantomData))
    }

    /// An id that the database holds.
    pub(in crate::store) fn stored(text: String) -> Self {
        Self(text, PhantomData)
    }

    /// The id as text, to bind and to print.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What the ids of a page come before: the first of the page that came before it, or nothing.
pub(in crate::store) fn before<K>(page: Option<&Id<K>>) -> &str {
    page.map_or(AFTER_ALL, Id::as_str)
}

/// Sorts after every id, whatever the database's order of letters.
pub(in crate::store) const AFTER_ALL: &str = "z";

impl<K> Default for Id<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}

impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<K> Eq for Id<K> {}

impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<K> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
