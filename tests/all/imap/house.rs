//! A tenant with mailboxes, a worker that watches them, and a reader that notes what it was given.

use crate::support::patience::eventually;
use crate::support::servers::{HOST, SERVERS};
use secrecy::SecretString;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use undersigned::clock::Clock;
use undersigned::source::imap::{
    Connector, Credential, Keys, Limits, NotRead, Reader, Settings, Watchers,
};
use undersigned::source::oauth::Exchanges;
use undersigned::store::mailboxes::{self, Cursor, Kind, Mailbox, NewMailbox, State};
use undersigned::store::tenants::{self, NewTenant};
use undersigned::store::{Db, ListId, MailboxId, Security, TenantId, lists};
use undersigned::vault::Vault;

/// How many connections to one host are made at once.
pub(super) const AT_ONCE: usize = 8;

/// A tenant in a database.
pub(super) struct House {
    pub(super) db: Db,
    pub(super) vault: Vault,
    pub(super) tenant: TenantId,
    pub(super) list: ListId,
    pub(super) clock: Clock,
    pub(super) notes: Notes,
}

impl House {
    pub(super) async fn new(db: Db) -> Self {
        let clock = Clock::fixed(Clock::system().now());
        let vault = Vault::ephemeral();
        let new = NewTenant { name: "Example Ltd", region: "GB" };
        let mut tx = db.begin_write().await.unwrap();
        let tenant = tenants::create(&mut tx, &vault, &new, clock.now()).await.unwrap().id;
        let list = lists::create(&mut tx, &tenant, "Sales", clock.now()).await.unwrap().id;
        tx.commit().await.unwrap();
        Self::of((tenant, list), db, vault, clock)
    }

    /// A tenant that is there, with a list.
    pub(super) fn of(
        (tenant, list): (TenantId, ListId),
        db: Db,
        vault: Vault,
        clock: Clock,
    ) -> Self {
        let notes = Notes {
            db: db.clone(),
            read: Arc::default(),
            last: Arc::default(),
            moods: Arc::default(),
        };
        Self { db, vault, tenant, list, clock, notes }
    }

    pub(super) async fn connect(&self, address: &str) -> MailboxId {
        self.connect_with(address, |_| ()).await
    }

    pub(super) async fn connect_with(
        &self,
        address: &str,
        change: impl FnOnce(&mut NewMailbox),
    ) -> MailboxId {
        let mut new = NewMailbox {
            tenant: self.tenant.clone(),
            list: self.list.clone(),
            kind: Kind::Imap,
            address: address.to_owned(),
            host: HOST.to_owned(),
            port: SERVERS.imap_tls.port(),
            security: Security::Tls,
            username: address.to_owned(),
            password: SecretString::from(SERVERS.password.as_str()),
            folder: "INBOX".to_owned(),
            backfill_days: 30,
        };
        change(&mut new);
        let mut tx = self.db.begin_write().await.unwrap();
        let id = mailboxes::create(&mut tx, &self.vault, &new, self.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// Sets another password, for the server and account that `mailbox` names.
    pub(super) async fn set_password(&self, mailbox: &Mailbox, password: &SecretString) -> bool {
        let mut tx = self.db.begin_write().await.unwrap();
        let now = self.clock.now();
        let set = mailboxes::set_password(&mut tx, &self.vault, mailbox, password, now).await;
        tx.commit().await.unwrap();
        set.unwrap()
    }

    pub(super) async fn mailbox(&self, id: &MailboxId) -> Mailbox {
        let mut conn = self.db.read().await.unwrap();
        mailboxes::get(&mut conn, &self.tenant, id).await.unwrap().unwrap()
    }

    pub(super) async fn until(&self, id: &MailboxId, state: State) -> Mailbox {
        eventually(&format!("a mailbox that is {}", state.as_str()), async || {
            Some(self.mailbox(id).await).filter(|mailbox| mailbox.state == state)
        })
        .await
    }

    /// Waits until what is said of it contains `words`.
    pub(super) async fn saying(&self, id: &MailboxId, words: &str) -> Mailbox {
        eventually(&format!("a mailbox that says {words:?}"), async || {
            Some(self.mailbox(id).await).filter(|mailbox| mailbox.state_detail.contains(words))
        })
        .await
    }

    /// What opens mailboxes, of a process of its own.
    pub(super) fn keys(&self, connector: &Connector) -> Keys {
        let (db, vault, clock) = (self.db.clone(), self.vault.clone(), self.clock.clone());
        let exchanges = Exchanges::new(db.clone(), vault.clone(), clock.clone());
        Keys::new(db, vault, clock, connector, exchanges)
    }

    pub(super) fn work(&self) -> Worker {
        self.work_with(connector())
    }

    pub(super) fn work_with(&self, connector: Connector) -> Worker {
        let limits = Limits {
            max_message_bytes: 32 << 20,
            poll: Duration::from_mins(5),
            idle: Duration::from_mins(1),
            connecting_per_host: AT_ONCE,
            backfill_per_minute: 1_000_000,
            backfill_bytes_per_day: 1 << 40,
        };
        let watchers = Watchers::new(
            self.db.clone(),
            self.keys(&connector),
            self.clock.clone(),
            connector,
            self.notes.clone(),
            limits,
        );
        let (soft, hard) = (CancellationToken::new(), CancellationToken::new());
        let task = tokio::spawn(watchers.run(soft.clone(), hard.clone()));
        Worker { soft, hard, task }
    }
}

/// TLS with the authority of this run.
pub(super) fn connector() -> Connector {
    Connector::new(Some(&SERVERS.ca), true).unwrap()
}

/// What it takes to connect to somebody's mailbox.
pub(super) fn settings(address: &str) -> Settings {
    Settings {
        host: HOST.to_owned(),
        port: SERVERS.imap_tls.port(),
        security: Security::Tls,
        username: address.to_owned(),
        credential: Credential::Password(SecretString::from(SERVERS.password.as_str())),
        folder: "INBOX".to_owned(),
    }
}

/// A process that watches mailboxes.
pub(super) struct Worker {
    soft: CancellationToken,
    hard: CancellationToken,
    task: JoinHandle<()>,
}

impl Worker {
    /// Stops as an operator stops it.
    pub(super) async fn stop(self) {
        self.soft.cancel();
        tokio::time::timeout(Duration::from_secs(10), self.task).await.unwrap().unwrap();
    }

    /// Dies without a word.
    pub(super) async fn die(self) {
        self.soft.cancel();
        self.hard.cancel();
        drop(self.task.await);
    }
}

/// Reads by noting the subject, in the transaction that moves the cursor.
#[derive(Clone)]
pub(super) struct Notes {
    db: Db,
    read: Arc<Mutex<Vec<(MailboxId, String)>>>,
    /// The bytes that were read last.
    pub(super) last: Arc<Mutex<Vec<u8>>>,
    /// How the next messages are to fail, the last first.
    pub(super) moods: Arc<Mutex<Vec<NotRead>>>,
}

impl Notes {
    /// The subjects in the order in which they were read.
    pub(super) fn of(&self, mailbox: &MailboxId) -> Vec<String> {
        let read = self.read.lock().unwrap();
        read.iter().filter(|(of, _)| of == mailbox).map(|(_, subject)| subject.clone()).collect()
    }

    /// Waits until exactly these were read. In which order is up to Dovecot, which numbers mail
    /// that comes while somebody looks as it likes.
    pub(super) async fn until(&self, mailbox: &MailboxId, subjects: &[&str]) {
        let what = format!("{subjects:?} to be read");
        eventually(&what, async || (self.of(mailbox).len() >= subjects.len()).then_some(())).await;
        let mut read = self.of(mailbox);
        read.sort_unstable();
        let mut expected = subjects.to_vec();
        expected.sort_unstable();
        assert_eq!(read, expected);
    }
}

impl Reader for Notes {
    type Ahead = ();

    async fn look_ahead(&self, _: &Mailbox) -> Option<()> {
        None
    }

    fn guess(&self, _: &Mailbox) -> Option<()> {
        None
    }

    async fn read(
        &self,
        mailbox: &Mailbox,
        bytes: Vec<u8>,
        _: Option<()>,
        cursor: &Cursor,
    ) -> Result<(), NotRead> {
        if let Some(mood) = self.moods.lock().unwrap().pop() {
            return Err(mood);
        }
        let text = String::from_utf8_lossy(&bytes);
        let subject = text.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap();
        let mut tx = self.db.begin_repeatable().await.unwrap();
        if !mailboxes::advance(&mut tx, cursor).await.unwrap() {
            return Err(NotRead::LeaseLost);
        }
        tx.commit().await.unwrap();
        self.read.lock().unwrap().push((mailbox.id.clone(), subject.to_owned()));
        *self.last.lock().unwrap() = bytes;
        Ok(())
    }

    async fn settle_by_head(&self, _: &Mailbox, _: &[u8], _: &Cursor) -> Result<bool, NotRead> {
        Ok(false)
    }

    async fn refuse_size(&self, _: &Mailbox, _: &[u8], _: &Cursor) -> Result<(), NotRead> {
        panic!("no letter of these stories is so large");
    }

    async fn give_up(&self, _: &Mailbox, _: &Cursor) -> Result<(), NotRead> {
        panic!("real servers hand over what they list");
    }
}

/// Delivers a message with this subject.
pub(super) async fn deliver(address: &str, subject: &str) {
    let message = format!("From: Nora <nora@customer.example>\nSubject: {subject}\n\nHello.\n");
    crate::support::lmtp::deliver(address, message.as_bytes()).await;
}

/// An address that no other story has.
pub(super) fn fresh_address(name: &str) -> String {
    format!("{name}-{}@example.test", TenantId::new())
}
