//! A tenant's desk without a server: a list, mailboxes of files, and the intake that reads them.

use std::time::Duration;
use undersigned::clock::{Clock, Millis};
use undersigned::store::mailboxes::{self, NewMailbox};
use undersigned::store::suggestions::{State, Suggestion};
use undersigned::store::tenants::{self, NewTenant};
use undersigned::store::{
    Db, ListId, MailboxId, Security, SuggestionId, TenantId, lists, suggestions,
};
use undersigned::suggestion::{Intake, Outcome, RawMessage, Settings};
use undersigned::vault::Vault;

/// When the stories begin.
pub(crate) const NOON: Millis = Millis(1_790_000_000_000);

/// One tenant with one list and two mailboxes.
pub(crate) struct Desk {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) vault: Vault,
    pub(crate) tenant: TenantId,
    pub(crate) list: ListId,
    pub(crate) mailboxes: [MailboxId; 2],
    pub(crate) intake: Intake,
}

impl Desk {
    /// A tenant of that name, in Germany.
    pub(crate) async fn of(db: &Db, name: &str) -> Self {
        Self::with(db, (Vault::ephemeral(), Clock::fixed(NOON)), name).await
    }

    /// Another tenant, whose messages the same process may read.
    pub(crate) async fn neighbour(&self, name: &str) -> Self {
        Self::with(&self.db, (self.vault.clone(), self.clock.clone()), name).await
    }

    async fn with(db: &Db, (vault, clock): (Vault, Clock), name: &str) -> Self {
        let mut tx = db.begin_write().await.unwrap();
        let new = NewTenant { name, region: "DE" };
        let tenant = tenants::create(&mut tx, &vault, &new, NOON).await.unwrap().id;
        let list = lists::create(&mut tx, &tenant, "Sales", NOON).await.unwrap().id;
        let mut ids = Vec::new();
        for address in ["north", "south"] {
            let new = mailbox(&tenant, &list, mailboxes::Kind::File, address);
            ids.push(mailboxes::create(&mut tx, &vault, &new, NOON).await.unwrap());
        }
        tx.commit().await.unwrap();
        let settings = Settings { deadline: Duration::from_secs(20), ..Settings::default() };
        let intake = Intake::new(db.clone(), vault.clone(), clock.clone(), settings);
        let mailboxes = ids.try_into().unwrap();
        Self { db: db.clone(), clock, vault, tenant, list, mailboxes, intake }
    }

    /// The message as the source of the first mailbox hands it over.
    pub(crate) fn message(&self, text: &str) -> RawMessage {
        RawMessage {
            tenant: self.tenant.clone(),
            mailbox: self.mailboxes[0].clone(),
            list: self.list.clone(),
            bytes: text.replace('\n', "\r\n").into_bytes(),
        }
    }

    /// Takes a message from the first mailbox.
    pub(crate) async fn take(&self, text: &str) -> Outcome {
        self.clock.advance_secs(1);
        self.intake.take(self.message(text), None).await.unwrap()
    }

    /// One suggestion.
    pub(crate) async fn suggestion(&self, id: &SuggestionId) -> Suggestion {
        let mut conn = self.db.read().await.unwrap();
        suggestions::get(&mut conn, &self.tenant, id).await.unwrap().unwrap()
    }

    /// The suggestions of the list in a state, the newest first.
    pub(crate) async fn suggestions(&self, state: State) -> Vec<Suggestion> {
        let mut conn = self.db.read().await.unwrap();
        let list = Some(&self.list);
        suggestions::page(&mut conn, &self.tenant, list, Some(state), None, 1000).await.unwrap()
    }
}

/// A mailbox that lands in a list.
pub(crate) fn mailbox(
    tenant: &TenantId,
    list: &ListId,
    kind: mailboxes::Kind,
    address: &str,
) -> NewMailbox {
    NewMailbox {
        tenant: tenant.clone(),
        list: list.clone(),
        kind,
        address: address.into(),
        host: String::new(),
        port: 0,
        security: Security::Tls,
        username: String::new(),
        password: String::new().into(),
        folder: "INBOX".into(),
        backfill_days: 0,
    }
}

/// A letter from somebody with these lines below the greeting.
pub(crate) fn letter(number: usize, from: &str, signature: &str) -> String {
    format!(
        "From: {from}\nTo: sales@kugellager.test\nSubject: Our talk\n\
         Date: Mon, 21 Sep 2026 12:00:00 +0200\nMessage-ID: <{number}@letters.example>\n\
         MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n\
         Guten Tag,\n\nvielen Dank für das Gespräch, ich melde mich nächste Woche.\n\n\
         Mit freundlichen Grüßen\n{signature}\n"
    )
}
