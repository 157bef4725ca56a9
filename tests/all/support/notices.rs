//! The jobs of a daemon, the people they write to, and what these get.

use super::patience::eventually;
use super::servers::{HOST, SERVERS};
use super::smtp::{Seen, Smtp};
use std::sync::Arc;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use undersigned::clock::{Clock, Millis};
use undersigned::config::{self, Crm, Retention, Smtp as Config};
use undersigned::contact::EmailAddress;
use undersigned::crm::http::Http;
use undersigned::followup::notice::Notices;
use undersigned::followup::operator::Operator;
use undersigned::followup::outbox::Outbox;
use undersigned::followup::smtp::Way;
use undersigned::followup::technical_user::{self, Settings};
use undersigned::jobs::{Daemon, Runner};
use undersigned::lifecycle::Shutdown;
use undersigned::source::graph::{Connector, Keys};
use undersigned::source::oauth::Exchanges;
use undersigned::store::users::{self, NewUser, Role};
use undersigned::store::{Db, Security, TenantId};
use undersigned::vault::Vault;

/// What runs the jobs.
pub(crate) struct Jobs {
    db: Db,
    clock: Clock,
    bell: Arc<Notify>,
    shutdown: Shutdown,
    task: JoinHandle<()>,
}

/// What opens mailboxes at Microsoft.
pub(crate) fn graph_keys(db: &Db, vault: &Vault, clock: &Clock, graph: &Connector) -> Arc<Keys> {
    let (db, vault, clock) = (db.clone(), vault.clone(), clock.clone());
    let exchanges = Exchanges::new(db.clone(), vault.clone(), clock.clone());
    Arc::new(Keys::new(db, vault, clock, graph.clone(), exchanges))
}

impl Jobs {
    /// Runs them until it is stopped; the operator has no account of his own.
    pub(crate) fn of(db: &Db, vault: &Vault, clock: &Clock, graph: &Connector) -> Self {
        Self::by_operator(&config::Notices::default(), db, vault, clock, graph)
    }

    /// Runs them until it is stopped, where the operator has this account.
    pub(crate) fn by_operator(
        operator: &config::Notices,
        db: &Db,
        vault: &Vault,
        clock: &Clock,
        graph: &Connector,
    ) -> Self {
        let crm = Http::new(&Crm { ca_file: None, allow_private_hosts: true }).unwrap();
        Self::reaching(crm, operator, db, vault, clock, graph)
    }

    /// Runs them until it is stopped, where CRMs are reached like this.
    pub(crate) fn reaching(
        crm: Http,
        operator: &config::Notices,
        db: &Db,
        vault: &Vault,
        clock: &Clock,
        graph: &Connector,
    ) -> Self {
        let (db, clock, vault) = (db.clone(), clock.clone(), vault.clone());
        let config = Config {
            ca_file: Some(SERVERS.ca.clone()),
            allow_private_hosts: true,
            timeout_seconds: 5,
        };
        let way = Way::new(&config).unwrap();
        let operator = Operator::new(operator, &config).unwrap();
        let daemon = Daemon {
            db: db.clone(),
            clock: clock.clone(),
            outbox: Outbox::new(db.clone(), vault.clone(), clock.clone(), way.clone()),
            notices: Notices::new(db.clone(), vault.clone(), clock.clone(), way)
                .with_operator(operator),
            graph: graph.clone(),
            graph_keys: graph_keys(&db, &vault, &clock, graph),
            vault,
            http: crm,
            public_url: "https://crm.example.com".parse().unwrap(),
            keep: Retention::default(),
        };
        let runner = Runner::new(db.clone(), clock.clone(), daemon, 2);
        let (bell, shutdown) = (runner.bell(), Shutdown::default());
        let task = tokio::spawn(runner.run(shutdown.clone()));
        Self { db, clock, bell, shutdown, task }
    }

    /// The mails so far, once there are so many and no job is left that could send another.
    pub(crate) async fn mails(&self, smtp: &Smtp, count: usize) -> Vec<Seen> {
        let all = async || (smtp.seen().len() >= count).then_some(());
        eventually(&format!("{count} mails"), all).await;
        self.rest().await;
        let seen = smtp.seen();
        assert_eq!(seen.len(), count, "{seen:#?}");
        seen
    }

    /// Waits until no job is at hand or due.
    async fn rest(&self) {
        eventually("the jobs that are due to be done", async || {
            let left = "SELECT COUNT(*) FROM jobs
                        WHERE state = 'running' OR (state = 'queued' AND run_at <= $1)";
            let left = sqlx::query_scalar(left).bind(self.clock.now().0);
            let left: i64 = left.fetch_one(&mut *self.db.read().await.unwrap()).await.unwrap();
            (left == 0).then_some(())
        })
        .await;
    }

    /// Lets time pass while nothing is at hand: a job that is would seem to have been left by a worker that
    /// died, and be done twice.
    pub(crate) async fn advance(&self, seconds: i64) {
        self.rest().await;
        self.clock.advance_secs(seconds);
        self.bell.notify_one();
    }

    /// Lets time pass, and waits until it was looked once more who is to be told what.
    pub(crate) async fn pass(&self, seconds: i64) {
        self.rest().await;
        let looks = async || {
            let done = "SELECT COUNT(*) FROM jobs WHERE kind = 'watch-health' AND state = 'done'";
            let mut conn = self.db.read().await.unwrap();
            sqlx::query_scalar::<_, i64>(done).fetch_one(&mut *conn).await.unwrap()
        };
        let before = looks().await;
        self.advance(seconds).await;
        eventually("a look at what is ill or ends", async || {
            (looks().await > before).then_some(())
        })
        .await;
    }

    /// Waits for what is at hand.
    pub(crate) async fn stop(self) {
        self.shutdown.soft.cancel();
        self.task.await.unwrap();
    }
}

/// An admin and a member, and an account to write to them with.
pub(crate) async fn add_people(
    db: &Db,
    vault: &Vault,
    tenant: &TenantId,
    now: Millis,
    smtp: Option<&Smtp>,
) {
    let mut tx = db.begin_write().await.unwrap();
    let id = tenant.as_str().replace('-', "");
    for (name, role) in [("ada", Role::Admin), ("max", Role::Member)] {
        let email = EmailAddress::parse(&format!("{name}-{id}@example.test")).unwrap();
        let new = NewUser { tenant, email: &email, name, role, password_hash: "none" };
        users::create(&mut tx, &new, now).await.unwrap();
    }
    tx.commit().await.unwrap();
    if let Some(smtp) = smtp {
        set_technical_user(db, vault, tenant, now, smtp).await;
    }
}

/// Has a tenant's technical user send through this server.
pub(crate) async fn set_technical_user(
    db: &Db,
    vault: &Vault,
    tenant: &TenantId,
    now: Millis,
    smtp: &Smtp,
) {
    let settings = Settings {
        host: HOST.into(),
        port: smtp.port,
        security: Security::Tls,
        username: "rep@holm.test".into(),
        password: Some(SERVERS.password.clone().into()),
        from_name: "Holm".into(),
        from_address: EmailAddress::parse("rep@holm.test").unwrap(),
        subject_template: "x".into(),
        body_template: "x".into(),
        enabled: false,
        delay_seconds: 60,
    };
    let mut tx = db.begin_write().await.unwrap();
    technical_user::save(&mut tx, vault, tenant, &settings, now).await.unwrap();
    tx.commit().await.unwrap();
}

/// The text without the breaks that mail makes in long lines.
pub(crate) fn flat(mail: &Seen) -> String {
    unfolded(&mail.text)
}

/// The same of a mail as it lies in a mailbox.
pub(crate) fn unfolded(text: &str) -> String {
    text.replace("=\r\n", "").replace("\r\n ", " ")
}
