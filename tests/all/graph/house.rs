//! A tenant with mailboxes at Microsoft, workers that watch them, and the web that is notified.

use crate::support::databases::Database;
use crate::support::microsoft::{Microsoft, world};
use crate::support::patience::eventually;
use axum::Router;
use reqwest::{Method, StatusCode};
use secrecy::SecretString;
use serde_json::Value;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use undersigned::clock::Clock;
use undersigned::config;
use undersigned::contact::EmailAddress;
use undersigned::crm::http::Http;
use undersigned::followup::smtp::Way;
use undersigned::source::discover::Discoverer;
use undersigned::source::graph::{self, Connector, Keys, Limits, New, Wakes};
use undersigned::source::imap;
use undersigned::source::oauth::{Certificate, Exchanges};
use undersigned::store::graph::{
    Access, Credential, Item, NewApp, Subscription, put_app, refused, set_folders, subscription,
};
use undersigned::store::mailboxes::{self, Held, Mailbox, State};
use undersigned::store::tenants::{self, NewTenant};
use undersigned::store::tokens::{self, NewToken, Scope};
use undersigned::store::{Db, ListId, MailboxId, TenantId, lists, messages, suggestions};
use undersigned::suggestion::{Intake, Settings};
use undersigned::vault::Vault;
use undersigned::web::auth::Proxies;
use undersigned::web::auth::secret::Secret;
use undersigned::web::{self, Parts};

pub(super) struct House {
    pub(super) microsoft: Microsoft,
    pub(super) db: Db,
    pub(super) vault: Vault,
    pub(super) clock: Clock,
    pub(super) tenant: TenantId,
    pub(super) list: ListId,
    pub(super) connector: Connector,
    /// How often a mailbox is looked at unasked.
    pub(super) poll: Duration,
    /// How much older mail is read in a minute.
    pub(super) backfill_per_minute: u32,
    /// Where the web listens.
    pub(super) web: SocketAddr,
    pub(super) router: Router,
    serving: JoinHandle<()>,
}

impl House {
    /// A house that is notified and hardly ever looks by itself.
    pub(super) async fn notified(database: &Database) -> Self {
        Self::new(database, true, Duration::from_hours(1)).await
    }

    /// A house that is notified and looks by itself all the same.
    pub(super) async fn looking(database: &Database) -> Self {
        Self::new(database, true, Duration::from_millis(300)).await
    }

    /// A house that nobody reaches from outside.
    pub(super) async fn polling(database: &Database) -> Self {
        Self::new(database, false, Duration::from_millis(300)).await
    }

    async fn new(database: &Database, webhook: bool, poll: Duration) -> Self {
        let db = database.open().await;
        let clock = Clock::fixed(Clock::system().now());
        let vault = Vault::ephemeral();
        let microsoft = Microsoft::start(&clock).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let web = listener.local_addr().unwrap();
        let webhook = webhook.then(|| format!("http://{web}"));
        let connector = connector(&microsoft, webhook);
        let imap = imap::Connector::new(None, false).unwrap();
        let exchanges = Exchanges::new(db.clone(), vault.clone(), clock.clone());
        let keys = imap::Keys::new(db.clone(), vault.clone(), clock.clone(), &imap, exchanges);
        let state = web::State::new(Parts {
            db: db.clone(),
            vault: vault.clone(),
            clock: clock.clone(),
            public_url: format!("http://{web}").parse().unwrap(),
            imap,
            keys,
            crm: Http::new(&config::Crm::default()).unwrap(),
            proxies: Proxies::default(),
            graph: connector.clone(),
            discoverer: Discoverer::new(None, false, false).unwrap(),
            smtp: Way::new(&config::Smtp::default()).unwrap(),
            has_operator: false,
            stop: CancellationToken::new(),
        });
        let router = web::router(state.unwrap());
        let served = router.clone().into_make_service_with_connect_info::<SocketAddr>();
        let serving = tokio::spawn(async move { axum::serve(listener, served).await.unwrap() });
        let (tenant, list) = found(&db, &vault, &clock, "Kugellager").await;
        Self {
            microsoft,
            db,
            vault,
            clock,
            tenant,
            list,
            connector,
            poll,
            backfill_per_minute: 1_000_000,
            web,
            router,
            serving,
        }
    }

    /// The processes that begin from now on know nothing of those before, and are notified there.
    pub(super) fn reconfigure(&mut self, webhook: Option<String>) {
        self.connector = connector(&self.microsoft, webhook);
    }

    /// Connects a mailbox that exists at Microsoft, in the app's name.
    /// Lets messages of a mailbox have been refused so often as it takes hours to be.
    pub(super) async fn refused_often(&self, mailbox: &MailboxId, messages: &[String]) {
        let Self { db, vault, tenant, clock, .. } = self;
        let mut tx = db.begin_write().await.unwrap();
        let key = tenants::hash_key(&mut tx, vault, tenant).await.unwrap().unwrap();
        for id in messages {
            let key = key.digest("graph message", &[mailbox.as_str().as_bytes(), id.as_bytes()]);
            let item = Item { tenant, mailbox, key: &key };
            while refused(&mut tx, &item, clock.now()).await.unwrap() < 19 {}
        }
        tx.commit().await.unwrap();
    }

    pub(super) async fn connect(&self, address: &str) -> MailboxId {
        self.connect_since(address, 30).await
    }

    pub(super) async fn connect_since(&self, address: &str, backfill_days: u32) -> MailboxId {
        let (tenant, list) = (self.tenant.clone(), self.list.clone());
        self.connect_for(tenant, list, address, backfill_days).await
    }

    pub(super) async fn connect_for(
        &self,
        tenant: TenantId,
        list: ListId,
        address: &str,
        backfill_days: u32,
    ) -> MailboxId {
        if !self.microsoft.world().mailboxes.contains_key(address) {
            self.microsoft.world().add_mailbox(address);
        }
        self.save((tenant, list), (address, address), backfill_days).await
    }

    /// Connects the mailbox of somebody who signs in as `username`, as if it was picked.
    pub(super) async fn connect_as(&self, username: &str, address: &str) -> MailboxId {
        self.save((self.tenant.clone(), self.list.clone()), (username, address), 30).await
    }

    async fn save(
        &self,
        (tenant, list): (TenantId, ListId),
        (username, address): (&str, &str),
        backfill_days: u32,
    ) -> MailboxId {
        let new = New {
            tenant,
            list,
            username: username.to_owned(),
            address: EmailAddress::parse(address).unwrap(),
            folder: "inbox".to_owned(),
            backfill_days,
            access: Access::Application,
            refresh_token: SecretString::default(),
        };
        let mut tx = self.db.begin_write().await.unwrap();
        let id = graph::save(&mut tx, &self.vault, new, self.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// Another tenant with a list.
    pub(super) async fn neighbour(&self) -> (TenantId, ListId) {
        found(&self.db, &self.vault, &self.clock, "Nachbar").await
    }

    /// Enters an app registration with this secret.
    pub(super) async fn enter_app(&self, secret: &str) {
        enter_app(&self.db, &self.vault, &self.clock, &self.tenant, secret).await;
    }

    /// Enters a certificate with its key.
    pub(super) async fn enter_certificate(&self, pem: &str) {
        let secret = SecretString::from(pem);
        let until = Certificate::read(&secret).unwrap().expires_at();
        let app = NewApp {
            directory: world::DIRECTORY.to_owned(),
            client_id: world::CLIENT.to_owned(),
            credential: Credential::Certificate,
            secret,
            secret_expires_at: Some(until),
        };
        let mut tx = self.db.begin_write().await.unwrap();
        put_app(&mut tx, &self.vault, &self.tenant, &app, self.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Reads these folders beside the inbox.
    pub(super) async fn choose(&self, id: &MailboxId, folders: &[&str]) {
        let mailbox = self.mailbox(id).await;
        let folders: Vec<String> = folders.iter().map(|&folder| folder.to_owned()).collect();
        let mut tx = self.db.begin_write().await.unwrap();
        set_folders(&mut tx, &mailbox, &folders, self.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// What the API answers a program of the tenant.
    pub(super) async fn ask(&self, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
        let secret = Secret::token();
        let scopes = BTreeSet::from([Scope::MailboxesRead, Scope::MailboxesWrite]);
        let new = NewToken {
            tenant: &self.tenant,
            name: "story",
            token_hash: &secret.hash(),
            scopes: &scopes,
            expires_at: None,
        };
        let mut tx = self.db.begin_write().await.unwrap();
        tokens::create(&mut tx, &new, self.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        let request =
            reqwest::Client::new().request(method, format!("http://{}/api/v1{path}", self.web));
        let request = request.bearer_auth(secret.plain());
        let request = if body.is_null() { request } else { request.json(&body) };
        let answer = request.send().await.unwrap();
        let status = answer.status();
        (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
    }

    /// What opens mailboxes, of a process of its own, and the exchanges of that.
    pub(super) fn keys(&self) -> (Arc<Keys>, Exchanges) {
        let (db, vault, clock) = (self.db.clone(), self.vault.clone(), self.clock.clone());
        let exchanges = Exchanges::new(db.clone(), vault.clone(), clock.clone());
        let keys = Keys::new(db, vault, clock, self.connector.clone(), exchanges.clone());
        (Arc::new(keys), exchanges)
    }

    pub(super) fn work(&self) -> Worker {
        let settings = Settings::default();
        let (db, vault, clock) = (self.db.clone(), self.vault.clone(), self.clock.clone());
        let intake = Intake::new(db.clone(), vault, clock, settings);
        let limits = Limits {
            max_message_bytes: 256 * 1024,
            poll: self.poll,
            backfill_per_minute: self.backfill_per_minute,
        };
        let wakes = Wakes::default();
        let (keys, exchanges) = self.keys();
        let watchers = graph::watchers(keys, intake, limits, wakes.clone());
        let (soft, hard) = (CancellationToken::new(), CancellationToken::new());
        let hints = tokio::spawn(wakes.run(db, soft.clone()));
        let task = tokio::spawn(watchers.run(soft.clone(), hard.clone()));
        Worker { soft, hard, task, hints, exchanges }
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

    /// How a mailbox is subscribed to.
    pub(super) async fn subscription(&self, id: &MailboxId) -> Subscription {
        let held = Held { mailbox: self.mailbox(id).await, fence: 0 };
        subscription(&mut self.db.read().await.unwrap(), &held).await.unwrap()
    }

    /// How many messages of a mailbox were accounted for.
    pub(super) async fn accounted(&self, tenant: &TenantId, id: &MailboxId) -> i64 {
        let mut conn = self.db.read().await.unwrap();
        let counts = messages::counts(&mut conn, tenant, Some(id)).await.unwrap();
        let done = counts.iter().filter(|count| count.outcome != "trying");
        done.map(|count| count.messages).sum()
    }

    /// Waits until `number` messages were read, each of which made one suggestion, and then a
    /// little, for one that would be read twice.
    pub(super) async fn until_read(&self, id: &MailboxId, number: i64) {
        self.until_read_by(&self.tenant, id, number).await;
    }

    pub(super) async fn until_read_by(&self, tenant: &TenantId, id: &MailboxId, number: i64) {
        eventually(&format!("{number} messages to be read"), async || {
            (self.accounted(tenant, id).await >= number).then_some(())
        })
        .await;
        assert_eq!(self.accounted(tenant, id).await, number);
        let mut conn = self.db.read().await.unwrap();
        let found = suggestions::page(&mut conn, tenant, None, None, None, 1000).await.unwrap();
        assert_eq!(i64::try_from(found.len()).unwrap(), number, "one suggestion each");
    }

    /// The contacts that are suggested, as text.
    pub(super) async fn suggested(&self) -> String {
        let mut conn = self.db.read().await.unwrap();
        let found =
            suggestions::page(&mut conn, &self.tenant, None, None, None, 1000).await.unwrap();
        let contacts: Vec<_> = found.iter().map(|one| &one.contact).collect();
        serde_json::to_string(&contacts).unwrap()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn connector(microsoft: &Microsoft, webhook_url: Option<String>) -> Connector {
    Connector::new(&config::Graph {
        identity_url: microsoft.identity.clone(),
        api_url: microsoft.api.clone(),
        webhook_url,
        ..config::Graph::default()
    })
    .unwrap()
}

async fn found(db: &Db, vault: &Vault, clock: &Clock, name: &str) -> (TenantId, ListId) {
    let new = NewTenant { name, region: "DE" };
    let mut tx = db.begin_write().await.unwrap();
    let tenant = tenants::create(&mut tx, vault, &new, clock.now()).await.unwrap().id;
    let list = lists::create(&mut tx, &tenant, "Inbound", clock.now()).await.unwrap().id;
    tx.commit().await.unwrap();
    enter_app(db, vault, clock, &tenant, world::SECRET).await;
    (tenant, list)
}

async fn enter_app(db: &Db, vault: &Vault, clock: &Clock, tenant: &TenantId, secret: &str) {
    let app = NewApp {
        directory: world::DIRECTORY.to_owned(),
        client_id: world::CLIENT.to_owned(),
        credential: Credential::Secret,
        secret: SecretString::from(secret),
        secret_expires_at: Some(clock.now().plus_secs(20 * 86_400)),
    };
    let mut tx = db.begin_write().await.unwrap();
    put_app(&mut tx, vault, tenant, &app, clock.now()).await.unwrap();
    tx.commit().await.unwrap();
}

/// A process that watches mailboxes.
pub(super) struct Worker {
    soft: CancellationToken,
    hard: CancellationToken,
    task: JoinHandle<()>,
    hints: JoinHandle<()>,
    exchanges: Exchanges,
}

impl Worker {
    /// Stops as an operator stops it.
    pub(super) async fn stop(self) {
        self.soft.cancel();
        tokio::time::timeout(Duration::from_secs(10), self.task).await.unwrap().unwrap();
        self.hints.await.unwrap();
        self.exchanges.finish().await;
    }

    /// Dies without a word.
    pub(super) async fn die(self) {
        self.soft.cancel();
        self.hard.cancel();
        drop(self.task.await);
    }
}
