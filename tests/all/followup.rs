//! A contact that was accepted gets its follow-up: once, however the server and the worker fail.

mod account;
mod recipients;
mod tries;
mod trying;

use crate::support::databases::on_each_database;
use crate::support::mailbox;
use crate::support::notices::graph_keys;
use crate::support::patience::eventually;
use crate::support::servers::{HOST, SERVERS};
use crate::support::smtp::{Fault, Smtp};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use undersigned::clock::{Clock, Millis};
use undersigned::config::Smtp as Config;
use undersigned::config::{self, Retention};
use undersigned::contact::{Contact, EmailAddress, Found, Origin, PersonName};
use undersigned::crm::http::Http;
use undersigned::followup::notice::Notices;
use undersigned::followup::outbox::Outbox;
use undersigned::followup::smtp::Way;
use undersigned::followup::technical_user::{self, Settings, SettingsError};
use undersigned::followup::template::{Language, Template};
use undersigned::followup::{plan, withdraw};
use undersigned::jobs::{Daemon, Runner};
use undersigned::lifecycle::Shutdown;
use undersigned::source::graph::Connector;
use undersigned::store::contacts::{self, AcceptedContact};
use undersigned::store::exclusions::{self, Exclusion};
use undersigned::store::followups::{self, FollowUp, State};
use undersigned::store::technical_users::{self, State as Fares};
use undersigned::store::tenants::{self, NewTenant};
use undersigned::store::{ContactId, Db, Id, ListId, Security, TenantId, jobs, lists};
use undersigned::vault::Vault;

const NOON: Millis = Millis(1_790_000_000_000);

/// A tenant with a technical user whose follow-ups go a minute after accepting.
struct Office {
    db: Db,
    vault: Vault,
    clock: Clock,
    tenant: TenantId,
    list: ListId,
    /// Where the technical user's server listens.
    port: u16,
}

/// A process that sends them.
struct Worker {
    bell: Arc<Notify>,
    shutdown: Shutdown,
    task: JoinHandle<()>,
}

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("an address")
}

/// Somebody whom no other story writes to.
fn somebody() -> String {
    format!("anna-{}@customer.example", Id::<()>::new().as_str().replace('-', ""))
}

/// To a scripted server, whose silences are waited for.
fn way() -> Way {
    way_within(1)
}

/// To whatever listens there: a real server, and a busy machine, take their time.
fn way_to(port: u16) -> Way {
    let real = [SERVERS.smtp_starttls.port(), SERVERS.smtp_tls.port()];
    if real.contains(&port) { way_within(20) } else { way() }
}

fn way_within(timeout_seconds: u64) -> Way {
    let config =
        Config { ca_file: Some(SERVERS.ca.clone()), allow_private_hosts: true, timeout_seconds };
    Way::new(&config).expect("the way")
}

fn settings(port: u16, security: Security) -> Settings {
    let (subject, body) = Template::of(Language::German);
    Settings {
        host: HOST.into(),
        port,
        security,
        username: "rep@holm.test".into(),
        password: Some(SERVERS.password.clone().into()),
        from_name: "Rep Süd".into(),
        from_address: address("rep@holm.test"),
        subject_template: subject.into(),
        body_template: body.into(),
        enabled: true,
        delay_seconds: 60,
    }
}

impl Office {
    async fn open(db: Db, port: u16, security: Security) -> Self {
        let (vault, clock) = (Vault::ephemeral(), Clock::fixed(NOON));
        let mut tx = db.begin_write().await.unwrap();
        let name = format!("Holm {port}");
        let new = NewTenant { name: &name, region: "DE" };
        let tenant = tenants::create(&mut tx, &vault, &new, NOON).await.unwrap().id;
        let list = lists::create(&mut tx, &tenant, "Inbound", NOON).await.unwrap().id;
        tx.commit().await.unwrap();
        let office = Self { db, vault, clock, tenant, list, port };
        office.save(&settings(port, security)).await.unwrap();
        office
    }

    async fn save(&self, settings: &Settings) -> Result<(), SettingsError> {
        let mut tx = self.db.begin_write().await.unwrap();
        let now = self.clock.now();
        technical_user::save(&mut tx, &self.vault, &self.tenant, settings, now).await?;
        tx.commit().await.unwrap();
        Ok(())
    }

    async fn accept(&self, name: &str, email: &str) -> ContactId {
        let contact = Contact {
            name: Some(Found::certain(PersonName::of(name), Origin::Header)),
            emails: vec![Found::certain(address(email), Origin::Header)],
            ..Contact::default()
        };
        let (id, now) = (ContactId::new(), self.clock.now());
        let accepted = AcceptedContact {
            id: id.clone(),
            list: self.list.clone(),
            record: None,
            gone: false,
            contact: contact.clone(),
            created_at: now,
            changed_at: now,
        };
        let mut tx = self.db.begin_write().await.unwrap();
        contacts::put(&mut tx, &self.tenant, &accepted).await.unwrap();
        plan(&mut tx, &self.tenant, &id, &contact, now).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    async fn undo(&self, contact: &ContactId) {
        let mut tx = self.db.begin_write().await.unwrap();
        withdraw(&mut tx, &self.tenant, contact, self.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn exclude(&self, pattern: &str) {
        let mut tx = self.db.begin_write().await.unwrap();
        let exclusion = Exclusion { pattern: pattern.into(), own: false };
        exclusions::put(&mut tx, &self.tenant, &exclusion, NOON).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn follow_ups(&self) -> Vec<FollowUp> {
        let mut conn = self.db.read().await.unwrap();
        followups::page(&mut conn, &self.tenant, None, None, 100).await.unwrap()
    }

    async fn fares(&self) -> (Fares, String) {
        let mut conn = self.db.read().await.unwrap();
        let user = technical_users::get(&mut conn, &self.tenant).await.unwrap().unwrap();
        (user.state, user.state_detail)
    }

    /// The contact's follow-up, as soon as it is in a state.
    async fn until(&self, contact: &ContactId, state: State) -> FollowUp {
        self.until_it(contact, &format!("{state:?}"), |one| one.state == state).await
    }

    async fn until_it(
        &self,
        contact: &ContactId,
        what: &str,
        is: impl Fn(&FollowUp) -> bool,
    ) -> FollowUp {
        eventually(&format!("the follow-up to be {what}"), async || {
            self.follow_ups().await.into_iter().find(|one| one.contact == *contact && is(one))
        })
        .await
    }

    fn worker(&self) -> Worker {
        let (db, clock) = (self.db.clone(), self.clock.clone());
        let outbox = Outbox::new(db.clone(), self.vault.clone(), clock.clone(), way_to(self.port));
        let keep = Retention::default();
        let notices =
            Notices::new(db.clone(), self.vault.clone(), clock.clone(), way_to(self.port));
        let graph = Connector::new(&config::Graph::default()).unwrap();
        let daemon = Daemon {
            db: db.clone(),
            vault: self.vault.clone(),
            clock: clock.clone(),
            outbox,
            notices,
            graph_keys: graph_keys(&db, &self.vault, &clock, &graph),
            graph,
            http: Http::new(&config::Crm::default()).unwrap(),
            public_url: "https://crm.example.com".parse().unwrap(),
            keep,
        };
        let runner = Runner::new(db, clock, daemon, 2);
        let (bell, shutdown) = (runner.bell(), Shutdown::default());
        let task = tokio::spawn(runner.run(shutdown.clone()));
        Worker { bell, shutdown, task }
    }

    /// Lets time pass once every job that was begun is settled: what is noted of one counts from the time at
    /// which it is noted.
    async fn pass(&self, seconds: i64, worker: &Worker) {
        self.settled().await;
        self.pass_meanwhile(seconds, worker);
    }

    /// Waits until no job runs.
    async fn settled(&self) {
        eventually("all jobs to be settled", async || {
            let counts = jobs::count(&mut self.db.read().await.unwrap()).await.unwrap();
            (!counts.iter().any(|(_, state, _)| state == "running")).then_some(())
        })
        .await;
    }

    /// Lets time pass while jobs may run.
    fn pass_meanwhile(&self, seconds: i64, worker: &Worker) {
        self.clock.advance_secs(seconds);
        worker.bell.notify_one();
    }
}

impl Worker {
    async fn stop(self) {
        self.shutdown.soft.cancel();
        self.task.await.unwrap();
    }

    /// Dies as with kill -9: what it was doing is never noted.
    async fn die(self) {
        self.shutdown.hard.cancel();
        self.stop().await;
    }
}

#[tokio::test]
async fn a_contact_gets_one_mail_through_a_real_server() {
    on_each_database(async |database| {
        for (server, security) in
            [(SERVERS.smtp_starttls, Security::StartTls), (SERVERS.smtp_tls, Security::Tls)]
        {
            let db = database.open().await;
            let office = Office::open(db, server.port(), security).await;
            let (anna, worker) = (somebody(), office.worker());
            let contact = office.accept("Anna Müller", &anna).await;
            sleep(Duration::from_millis(300)).await;
            assert_eq!(office.until(&contact, State::Waiting).await.attempts, 0, "time to undo");
            office.pass(61, &worker).await;
            let sent = office.until(&contact, State::Sent).await;
            assert!(sent.answer.starts_with("250 "), "{}", sent.answer);
            let mail = mailbox::message_with(&anna, "Message-ID").await;
            let id = format!("Message-ID: <{}@holm.test>", sent.id);
            for part in [&id, "Auto-Submitted: auto-generated", "From: =?utf-8?", "To: =?utf-8?"] {
                assert!(mail.contains(part), "{part} in {mail}");
            }
            // The same person again, by another spelling, from another signature.
            office.accept("A. Mueller", &anna.replace('@', "+news@").to_uppercase()).await;
            office.pass(61, &worker).await;
            sleep(Duration::from_millis(300)).await;
            worker.stop().await;
            assert_eq!(office.follow_ups().await.len(), 1);
            assert_eq!(mailbox::messages(&anna).await.len(), 1);
            assert_eq!(office.fares().await, (Fares::Ready, String::new()));
        }
    })
    .await;
}

#[tokio::test]
async fn undone_in_time_it_is_not_sent_and_accepted_again_it_is() {
    on_each_database(async |database| {
        let smtp = Smtp::start(Fault::Nothing).await;
        let office = Office::open(database.open().await, smtp.port, Security::Tls).await;
        let contact = office.accept("Anna", "anna@customer.example").await;
        office.undo(&contact).await;
        let worker = office.worker();
        office.pass(120, &worker).await;
        sleep(Duration::from_millis(300)).await;
        assert_eq!(office.until(&contact, State::Cancelled).await.attempts, 0);
        assert!(smtp.seen().is_empty());
        let again = office.accept("Anna", "anna@customer.example").await;
        office.pass(61, &worker).await;
        office.until(&again, State::Sent).await;
        office.undo(&again).await;
        worker.stop().await;
        office.until(&again, State::Sent).await;
        assert_eq!(smtp.seen().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn accepted_again_while_the_first_job_runs_it_has_its_whole_time_to_undo() {
    on_each_database(async |database| {
        let smtp = Smtp::start(Fault::SilentAtRcpt).await;
        let office = Office::open(database.open().await, smtp.port, Security::Tls).await;
        let first = office.accept("Anna", "anna@customer.example").await;
        let seen = office.until(&first, State::Waiting).await.changed_at;
        let worker = office.worker();
        office.pass(61, &worker).await;
        eventually("the server to be asked", async || (smtp.sign_ins() == 1).then_some(())).await;
        office.undo(&first).await;
        let again = office.accept("Anna", "anna@customer.example").await;
        // The first job's server never answers, and its second try would come too early.
        office.settled().await;
        smtp.fail(Fault::Nothing);
        office.pass(30, &worker).await;
        sleep(Duration::from_millis(300)).await;
        let waiting = office.until(&again, State::Waiting).await;
        assert_eq!((waiting.attempts, waiting.answer.as_str()), (0, ""));
        let mut tx = office.db.begin_write().await.unwrap();
        let (tenant, now) = (&office.tenant, office.clock.now());
        assert!(!followups::begin(&mut tx, tenant, &waiting.id, seen, now).await.unwrap());
        drop(tx);
        office.pass(31, &worker).await;
        office.until(&again, State::Sent).await;
        assert_eq!(smtp.seen().len(), 1);
        worker.stop().await;
    })
    .await;
}
