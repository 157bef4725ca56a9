//! Builds every part from the configuration and runs it: one function a part.

use crate::clock::Clock;
use crate::config::{Config, Imap, Mail};
use crate::followup::notice::Notices;
use crate::followup::operator::Operator;
use crate::followup::outbox::Outbox;
use crate::followup::smtp::Way;
use crate::lifecycle::{Parts, Shutdown};
use crate::ops::{self, Metrics, Ops};
use crate::source::discover::Discoverer;
use crate::source::oauth::Exchanges;
use crate::source::{graph, imap, oauth};
use crate::store::{Db, SoleDaemon};
use crate::suggestion::{self, Intake};
use crate::vault::{Vault, VaultError};
use crate::web::auth::Proxies;
use crate::{crm, jobs, mail, web};
use anyhow::{Context, Result};
use axum::Router;
use futures::FutureExt;
use std::fs::DirBuilder;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use url::Url;

/// How long the parts have to finish what they do.
const FINISH: Duration = Duration::from_mins(1);

/// How often we look whether another process has rotated the vault's keys.
const VAULT_REFRESH: Duration = Duration::from_secs(5);

/// What opens mailboxes of each kind.
struct Keys {
    imap: imap::Keys,
    graph: Arc<graph::Keys>,
}

/// The daemon, built and not yet running; its ports are bound.
#[derive(Debug)]
pub struct App {
    config: Config,
    clock: Clock,
    db: Db,
    vault: Vault,
    exchanges: Exchanges,
    metrics: Metrics,
    sole: Option<SoleDaemon>,
    web: TcpListener,
    ops: TcpListener,
}

impl App {
    /// Opens the database and the vault and binds the ports. A port of 0 is any free one.
    pub async fn build(config: Config, clock: Clock) -> Result<Self> {
        let metrics = Metrics::of_process()?;
        let db = open_database(&config).await?;
        let sole = db.begin_daemon(&config.database_url()).await?;
        let vault = unlock_vault(&config, &db, &clock).await?;
        let exchanges = Exchanges::new(db.clone(), vault.clone(), clock.clone());
        let web = bind("server.listen", config.server.listen).await?;
        let ops = bind("ops.listen", config.ops.listen).await?;
        Ok(Self { config, clock, db, vault, exchanges, metrics, sole, web, ops })
    }

    /// What it was built from.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What tells it the time.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The database.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// The vault.
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Where the pages and the API are.
    pub fn web_address(&self) -> Result<SocketAddr> {
        Ok(self.web.local_addr()?)
    }

    /// Where health and metrics are.
    pub fn ops_address(&self) -> Result<SocketAddr> {
        Ok(self.ops.local_addr()?)
    }

    /// Runs every part until `shutdown`, and ends when they have.
    pub async fn run(self, shutdown: Shutdown) -> Result<()> {
        info!(
            web = %self.web_address()?,
            ops = %self.ops_address()?,
            database = ?self.db.backend(),
            version = env!("CARGO_PKG_VERSION"),
            "started"
        );
        let (db, exchanges) = (self.db.clone(), self.exchanges.clone());
        let parts = Parts::new(shutdown.clone());
        self.spawn_vault(&parts, &shutdown);
        parts.spawn("the database's log", db.clone().fold_log(shutdown.soft.clone()).map(Ok));
        let graph = graph::Connector::new(&self.config.graph)?;
        let keys = self.keys(&graph)?;
        self.spawn_mailboxes(&parts, &shutdown, &keys)?;
        self.spawn_jobs(&parts, &shutdown, graph.clone(), &keys)?;
        let pages = self.pages(&shutdown, graph, keys)?;
        let numbers = self.numbers(&shutdown);
        parts.spawn("the pages and the API", serve(self.web, pages, shutdown.soft.clone()));
        // They answer until the very end, so that one sees it stop.
        parts.attend("health and metrics", serve(self.ops, numbers, shutdown.hard.clone()));
        let (metrics, sole) = (self.metrics, self.sole);
        parts.attend("the registry of metrics", async move { metrics.upkeep().await });
        let result = parts.finish(FINISH).await;
        // Whoever has begun one may be gone, also at the hard stop.
        exchanges.finish().await;
        db.close().await;
        drop(sole);
        result
    }

    /// Learns of rotated keys, as long as the master secret is the same.
    fn spawn_vault(&self, parts: &Parts, shutdown: &Shutdown) {
        let (vault, db, soft) = (self.vault.clone(), self.db.clone(), shutdown.soft.clone());
        parts.spawn("the vault", async move {
            while soft.run_until_cancelled(tokio::time::sleep(VAULT_REFRESH)).await.is_some() {
                match learn_keys(&vault, &db).await {
                    Err(VaultError::Store(error)) => warn!(%error, "cannot look for rotated keys"),
                    other => other.context("restart with the present vault.master_secret")?,
                }
            }
            Ok(())
        });
    }

    /// What opens mailboxes, for whoever does.
    fn keys(&self, graph: &graph::Connector) -> Result<Keys> {
        let (db, vault, clock) = (self.db.clone(), self.vault.clone(), self.clock.clone());
        let (imap, exchanges) = (connector(&self.config)?, self.exchanges.clone());
        let at_microsoft = graph::Keys::new(
            db.clone(),
            vault.clone(),
            clock.clone(),
            graph.clone(),
            exchanges.clone(),
        );
        let imap = imap::Keys::new(db, vault, clock, &imap, exchanges);
        Ok(Keys { imap, graph: Arc::new(at_microsoft) })
    }

    /// Every connected mailbox, into the way of a message.
    fn spawn_mailboxes(&self, parts: &Parts, shutdown: &Shutdown, keys: &Keys) -> Result<()> {
        let Shutdown { soft, hard } = shutdown.clone();
        let (db, vault, clock) = (self.db.clone(), self.vault.clone(), self.clock.clone());
        let intake = Intake::new(db.clone(), vault, clock.clone(), intake_settings(&self.config));
        let connector = connector(&self.config)?;
        let limits = watch_limits(&self.config);
        let wakes = graph::Wakes::default();
        let at_microsoft = graph::watchers(
            Arc::clone(&keys.graph),
            intake.clone(),
            graph_limits(&self.config),
            wakes.clone(),
        );
        let hints = wakes.run(db.clone(), soft.clone());
        spawn_blocking(suggestion::rehearse);
        let keys = keys.imap.clone();
        let watchers = imap::Watchers::new(db, keys, clock, connector, intake, limits);
        parts.spawn("the mailboxes", watchers.run(soft.clone(), hard.clone()).map(Ok));
        parts.spawn("the mailboxes at Microsoft 365", at_microsoft.run(soft, hard).map(Ok));
        parts.spawn("the hints of Microsoft Graph", hints.map(Ok));
        Ok(())
    }

    /// What runs later or again.
    fn spawn_jobs(
        &self,
        parts: &Parts,
        shutdown: &Shutdown,
        graph: graph::Connector,
        keys: &Keys,
    ) -> Result<()> {
        let (db, clock) = (self.db.clone(), self.clock.clone());
        let way = way(&self.config)?;
        let vault = self.vault.clone();
        let notices = Notices::new(db.clone(), vault.clone(), clock.clone(), way.clone())
            .with_operator(operator(&self.config)?);
        let outbox = Outbox::new(db.clone(), vault, clock.clone(), way);
        let keep = self.config.retention.clone();
        let daemon = jobs::Daemon {
            db: db.clone(),
            vault: self.vault.clone(),
            clock: clock.clone(),
            outbox,
            notices,
            graph,
            graph_keys: Arc::clone(&keys.graph),
            http: self.http()?,
            public_url: self.public_url()?,
            keep,
        };
        let runner = jobs::Runner::new(db, clock, daemon, self.config.jobs.workers);
        parts.spawn("the jobs", runner.run(shutdown.clone()).map(Ok));
        Ok(())
    }

    /// How CRMs are reached.
    fn http(&self) -> Result<crm::http::Http> {
        let config = &self.config;
        let http = crm::http::Http::with_ports(&config.crm, &config.hosts.extra_ports)?;
        let http = http.with_identity(&config.graph.identity_url)?;
        let services = oauth::Services::new(&config.oauth)?;
        Ok(http.with_services(services, self.exchanges.clone()))
    }

    fn public_url(&self) -> Result<Url> {
        self.config.server.public_url.parse().context("server.public_url")
    }

    /// The pages and the API.
    fn pages(&self, shutdown: &Shutdown, graph: graph::Connector, keys: Keys) -> Result<Router> {
        let state = web::State::new(web::Parts {
            db: self.db.clone(),
            vault: self.vault.clone(),
            clock: self.clock.clone(),
            public_url: self.public_url()?,
            imap: connector(&self.config)?,
            keys: keys.imap,
            discoverer: discoverer(&self.config)?,
            proxies: Proxies::new(self.config.server.trusted_proxies.clone()),
            graph,
            smtp: way(&self.config)?,
            has_operator: operator(&self.config)?.is_some(),
            crm: self.http()?,
            stop: shutdown.soft.clone(),
        })?;
        Ok(web::router(state))
    }

    /// Health and metrics.
    fn numbers(&self, shutdown: &Shutdown) -> Router {
        let (db, metrics) = (self.db.clone(), self.metrics.clone());
        ops::router(Ops { db, metrics, soft: shutdown.soft.clone() })
    }
}

/// Learns of a key that a rotation has made.
async fn learn_keys(vault: &Vault, db: &Db) -> Result<(), VaultError> {
    vault.refresh(&mut *db.read().await?).await
}

/// How messages are read, as configured.
pub fn intake_settings(config: &Config) -> suggestion::Settings {
    let Mail { max_message_bytes: raw_bytes, authserv_id } = config.mail.clone();
    suggestion::Settings {
        limits: mail::Limits { raw_bytes, ..mail::Limits::default() },
        authserv_ids: if authserv_id.is_empty() { Vec::new() } else { vec![authserv_id] },
        ..suggestion::Settings::default()
    }
}

/// How mailboxes are reached, as configured.
pub fn connector(config: &Config) -> Result<imap::Connector> {
    let Imap { ca_file, allow_private_hosts, .. } = &config.imap;
    Ok(imap::Connector::new(ca_file.as_deref(), *allow_private_hosts)?
        .with_ports(&config.hosts.extra_ports)
        .with_services(oauth::Services::new(&config.oauth)?))
}

/// How technical users' servers are reached, as configured.
pub fn way(config: &Config) -> Result<Way> {
    Ok(Way::new(&config.smtp)?.with_ports(&config.hosts.extra_ports))
}

/// The operator's own account, if one is configured.
pub fn operator(config: &Config) -> Result<Option<Operator>> {
    Ok(Operator::new(&config.notices, &config.smtp)?)
}

/// How it is found out how mailboxes are connected, as configured.
pub fn discoverer(config: &Config) -> Result<Discoverer> {
    let Imap { ca_file, allow_private_hosts, ask_ispdb, .. } = &config.imap;
    Ok(Discoverer::new(ca_file.as_deref(), *allow_private_hosts, *ask_ispdb)?)
}

fn watch_limits(config: &Config) -> imap::Limits {
    imap::Limits {
        max_message_bytes: config.mail.max_message_bytes,
        poll: Duration::from_secs(config.imap.poll_seconds),
        idle: Duration::from_secs(config.imap.idle_seconds),
        connecting_per_host: config.imap.connections_per_host,
        backfill_per_minute: config.imap.backfill_per_minute,
        backfill_bytes_per_day: config.imap.backfill_mib_per_day << 20,
    }
}

fn graph_limits(config: &Config) -> graph::Limits {
    graph::Limits {
        max_message_bytes: config.mail.max_message_bytes,
        poll: Duration::from_secs(config.graph.poll_seconds),
        backfill_per_minute: config.graph.backfill_per_minute,
    }
}

/// Opens the configured database, in a data directory that only we can read.
pub async fn open_database(config: &Config) -> Result<Db> {
    if config.database.url.expose().is_none() {
        make_private_directory(&config.data_dir)?;
    }
    Ok(Db::open(&config.database_url(), config.database.connections).await?)
}

fn make_private_directory(dir: &Path) -> Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir).with_context(|| {
        format!("cannot make data_dir {}; choose a directory that can be written", dir.display())
    })
}

/// Derives the vault's keys from the configured master secret.
pub async fn unlock_vault(config: &Config, db: &Db, clock: &Clock) -> Result<Vault> {
    let secrets = config.vault.secrets()?.context("vault.master_secret is not set")?;
    let vault = Vault::unlock(db, secrets, config.vault.iterations, clock.now()).await?;
    if vault.rotation_due() {
        warn!("the vault still uses the previous master secret; run `undersigned vault rotate`");
    }
    Ok(vault)
}

async fn bind(key: &str, address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}; change {key} or stop what listens there")
    })
}

/// Answers until `stop`, then finishes the answers at hand.
async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) -> Result<()> {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(stop.cancelled_owned()).await?;
    Ok(())
}
