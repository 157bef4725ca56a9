//! A contact that was accepted gets its follow-up: once, however the server and the worker fail.

use crate::support::databases::{on_each_database, on_sqlite};
use crate::support::mailbox;
use crate::support::patience::eventually;
use crate::support::servers::{HOST, SERVERS};
use crate::support::smtp::{Fault, Smtp, recite};
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
use undersigned::followup::smtp::{Account, SmtpError, Way};
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
use undersigned::store::{ContactId, Db, Id, ListId, Security, TenantId, lists};
use undersigned::vault::Vault;

const NOON: Millis = Millis(1_790_000_000_000);

/// A tenant with a technical user whose follow-ups go a minute after accepting.
struct Office {
    db: Db,
    vault: Vault,
    clock: Clock,
    tenant: TenantId,
    list: ListId,
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

fn way() -> Way {
    let config =
        Config { ca_file: Some(SERVERS.ca.clone()), allow_private_hosts: true, timeout_seconds: 1 };
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
        let office = Self { db, vault, clock, tenant, list };
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
        let outbox = Outbox::new(db.clone(), self.vault.clone(), clock.clone(), way());
        let keep = Retention { suggestion_days: 180, message_key_days: 400 };
        let notices = Notices::new(db.clone(), self.vault.clone(), clock.clone(), way());
        let daemon = Daemon {
            db: db.clone(),
            vault: self.vault.clone(),
            clock: clock.clone(),
            outbox,
            notices,
            graph: Connector::new(&config::Graph::default()).unwrap(),
            http: Http::new(&config::Crm::default()).unwrap(),
            public_url: "https://crm.example.com".parse().unwrap(),
            keep,
        };
        let runner = Runner::new(db, clock, daemon, 2);
        let (bell, shutdown) = (runner.bell(), Shutdown::default());
        let task = tokio::spawn(runner.run(shutdown.clone()));
        Worker { bell, shutdown, task }
    }

    fn pass(&self, seconds: i64, worker: &Worker) {
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
            office.pass(61, &worker);
            let sent = office.until(&contact, State::Sent).await;
            assert!(sent.answer.starts_with("250 "), "{}", sent.answer);
            let mail = mailbox::message_with(&anna, "Message-ID").await;
            let id = format!("Message-ID: <{}@holm.test>", sent.id);
            for part in [&id, "Auto-Submitted: auto-generated", "From: =?utf-8?", "To: =?utf-8?"] {
                assert!(mail.contains(part), "{part} in {mail}");
            }
            // The same person again, by another spelling, from another signature.
            office.accept("A. Mueller", &anna.replace('@', "+news@").to_uppercase()).await;
            office.pass(61, &worker);
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
        office.pass(120, &worker);
        sleep(Duration::from_millis(300)).await;
        assert_eq!(office.until(&contact, State::Cancelled).await.attempts, 0);
        assert!(smtp.seen().is_empty());
        let again = office.accept("Anna", "anna@customer.example").await;
        office.pass(61, &worker);
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
        office.pass(61, &worker);
        eventually("the server to be asked", async || (smtp.sign_ins() == 1).then_some(())).await;
        office.undo(&first).await;
        let again = office.accept("Anna", "anna@customer.example").await;
        // The first job's server never answers, and its second try would come too early.
        sleep(Duration::from_millis(1500)).await;
        smtp.fail(Fault::Nothing);
        office.pass(30, &worker);
        sleep(Duration::from_millis(300)).await;
        let waiting = office.until(&again, State::Waiting).await;
        assert_eq!((waiting.attempts, waiting.answer.as_str()), (0, ""));
        let mut tx = office.db.begin_write().await.unwrap();
        let (tenant, now) = (&office.tenant, office.clock.now());
        assert!(!followups::begin(&mut tx, tenant, &waiting.id, seen, now).await.unwrap());
        drop(tx);
        office.pass(31, &worker);
        office.until(&again, State::Sent).await;
        assert_eq!(smtp.seen().len(), 1);
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn not_now_is_tried_again_and_never_is_believed() {
    on_each_database(async |database| {
        let port = SERVERS.smtp_tls.port();
        let office = Office::open(database.open().await, port, Security::Tls).await;
        let worker = office.worker();
        let later = office.accept("Later", "later@customer.example").await;
        let never = office.accept("Never", "refused@customer.example").await;
        office.pass(61, &worker);
        let never = office.until(&never, State::Failed).await;
        assert!(never.answer.contains("550 5.1.1"), "{}", never.answer);
        let put_off =
            async || office.until_it(&later, "put off", |one| !one.answer.is_empty()).await;
        assert!(put_off().await.answer.contains("451 4.3.0"), "{}", put_off().await.answer);
        assert_eq!(put_off().await.state, State::Waiting);
        let first = put_off().await.changed_at;
        office.pass(6, &worker);
        office.until_it(&later, "tried again", |one| one.changed_at > first).await;
        worker.stop().await;
        assert_eq!(office.fares().await, (Fares::Ready, String::new()), "the account is well");
    })
    .await;
}

#[tokio::test]
async fn a_text_the_server_refuses_is_certain() {
    on_each_database(async |database| {
        let smtp = Smtp::start(Fault::Text("452 4.3.1 disk full")).await;
        let office = Office::open(database.open().await, smtp.port, Security::Tls).await;
        let worker = office.worker();
        let contact = office.accept("Anna", "anna@customer.example").await;
        office.pass(61, &worker);
        let tried = office.until_it(&contact, "put off", |one| one.answer.contains("452")).await;
        assert_eq!((tried.state, tried.attempts), (State::Waiting, 1));
        smtp.fail(Fault::Text("554 5.7.1 spam\u{7}\u{202e}"));
        office.pass(6, &worker);
        let failed = office.until(&contact, State::Failed).await;
        assert!(failed.answer.ends_with("554 5.7.1 spam"), "{:?}", failed.answer);
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_wrong_password_stops_only_its_account_and_is_not_hammered() {
    on_each_database(async |database| {
        let smtp = Smtp::start(Fault::Auth("535 5.7.8 no")).await;
        let office = Office::open(database.open().await, smtp.port, Security::Tls).await;
        let mut all = Vec::new();
        for number in 0..6 {
            all.push(office.accept("Anna", &format!("anna{number}@customer.example")).await);
        }
        let worker = office.worker();
        office.pass(61, &worker);
        eventually("the account to say so", async || {
            (office.fares().await.0 == Fares::WrongPassword).then_some(())
        })
        .await;
        sleep(Duration::from_millis(500)).await;
        let tried = smtp.sign_ins();
        assert!((1..=2).contains(&tried), "two jobs at once, {tried} sign-ins");
        assert!(office.fares().await.1.contains("535"), "{:?}", office.fares().await);
        office.pass(600, &worker);
        sleep(Duration::from_millis(500)).await;
        assert_eq!(smtp.sign_ins(), tried, "it rests");

        smtp.fail(Fault::Nothing);
        office.save(&settings(smtp.port, Security::Tls)).await.unwrap();
        worker.bell.notify_one();
        for contact in &all {
            office.until(contact, State::Sent).await;
        }
        worker.stop().await;
        assert_eq!(office.fares().await, (Fares::Ready, String::new()));
        assert_eq!(smtp.seen().len(), all.len());
    })
    .await;
}

#[tokio::test]
async fn a_sender_the_server_does_not_allow_is_the_accounts_trouble() {
    on_each_database(async |database| {
        let smtp = Smtp::start(Fault::Mail("550 5.7.60 not allowed to send as this sender")).await;
        let office = Office::open(database.open().await, smtp.port, Security::Tls).await;
        let contact = office.accept("Anna", "anna@customer.example").await;
        let worker = office.worker();
        office.pass(61, &worker);
        eventually("the account to say so", async || {
            (office.fares().await.0 == Fares::Refused).then_some(())
        })
        .await;
        assert!(office.fares().await.1.contains("5.7.60"));
        smtp.fail(Fault::Nothing);
        office.pass(3601, &worker);
        office.until(&contact, State::Sent).await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn silence_before_the_text_is_tried_again_and_arrives_once() {
    on_each_database(async |database| {
        let smtp = Smtp::start(Fault::SilentAtRcpt).await;
        let office = Office::open(database.open().await, smtp.port, Security::Tls).await;
        let contact = office.accept("Anna", "anna@customer.example").await;
        let worker = office.worker();
        office.pass(61, &worker);
        let tried = office.until_it(&contact, "tried", |one| !one.answer.is_empty()).await;
        assert_eq!((tried.state, tried.attempts), (State::Waiting, 0), "{}", tried.answer);
        smtp.fail(Fault::Nothing);
        office.pass(6, &worker);
        office.until(&contact, State::Sent).await;
        worker.stop().await;
        assert_eq!(smtp.seen().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_may_have_arrived_is_not_sent_again() {
    on_each_database(async |database| {
        let smtp = Smtp::start(Fault::ClosedAfterText).await;
        let office = Office::open(database.open().await, smtp.port, Security::Tls).await;
        let contact = office.accept("Anna", "anna@customer.example").await;
        let worker = office.worker();
        office.pass(61, &worker);
        let lost = office.until(&contact, State::Uncertain).await;
        assert!(lost.answer.contains("may have arrived"), "{}", lost.answer);
        smtp.fail(Fault::Nothing);
        office.pass(7200, &worker);
        office.accept("Anna again", "anna@customer.example").await;
        office.pass(7200, &worker);
        sleep(Duration::from_millis(300)).await;
        worker.stop().await;
        assert_eq!(smtp.seen().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_server_silent_over_the_text_is_not_waited_for_for_ever() {
    on_sqlite(async |database| {
        let smtp = Smtp::start(Fault::SilentAfterText).await;
        let office = Office::open(database.open().await, smtp.port, Security::Tls).await;
        let contact = office.accept("Anna", "anna@customer.example").await;
        let worker = office.worker();
        office.pass(61, &worker);
        // Ten times `timeout_seconds`, which is one second here.
        office.until(&contact, State::Uncertain).await;
        worker.stop().await;
        assert_eq!(smtp.seen().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_worker_killed_while_the_server_takes_the_mail_leaves_no_second_one() {
    on_each_database(async |database| {
        let smtp = Smtp::start(Fault::SilentAfterText).await;
        let office = Office::open(database.open().await, smtp.port, Security::Tls).await;
        let contact = office.accept("Anna", "anna@customer.example").await;
        let worker = office.worker();
        office.pass(61, &worker);
        eventually("the mail to be handed over", async || (smtp.seen().len() == 1).then_some(()))
            .await;
        worker.die().await;
        assert_eq!(office.until(&contact, State::Sending).await.attempts, 1, "nobody knows yet");
        smtp.fail(Fault::Nothing);
        let heir = office.worker();
        office.pass(61, &heir);
        office.until(&contact, State::Uncertain).await;
        heir.stop().await;
        assert_eq!(smtp.seen().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_worker_killed_before_the_server_takes_the_mail_loses_none() {
    on_each_database(async |database| {
        let smtp = Smtp::start(Fault::SilentAtRcpt).await;
        let office = Office::open(database.open().await, smtp.port, Security::Tls).await;
        let contact = office.accept("Anna", "anna@customer.example").await;
        let worker = office.worker();
        office.pass(61, &worker);
        eventually("the dialogue to begin", async || (smtp.sign_ins() == 1).then_some(())).await;
        worker.die().await;
        smtp.fail(Fault::Nothing);
        let heir = office.worker();
        office.pass(61, &heir);
        office.until(&contact, State::Sent).await;
        heir.stop().await;
        assert_eq!(smtp.seen().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_connection_is_used_again_and_a_stale_one_replaced() {
    on_each_database(async |database| {
        let smtp = Smtp::start(Fault::Nothing).await;
        let office = Office::open(database.open().await, smtp.port, Security::Tls).await;
        let worker = office.worker();
        for (number, fault, sign_ins) in
            [(1, Fault::Nothing, 1), (2, Fault::ClosedAfterMail, 1), (3, Fault::Nothing, 2)]
        {
            smtp.fail(fault);
            let email = format!("anna{number}@customer.example");
            let contact = office.accept("Anna", &email).await;
            office.pass(61, &worker);
            let sent = office.until(&contact, State::Sent).await;
            assert_eq!((sent.attempts, smtp.sign_ins()), (1, sign_ins), "mail {number}");
        }
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_strangers_name_writes_to_nobody_else() {
    on_each_database(async |database| {
        let smtp = Smtp::start(Fault::Nothing).await;
        let office = Office::open(database.open().await, smtp.port, Security::Tls).await;
        let worker = office.worker();
        let long = "x".repeat(10_000);
        let names = [
            "Anna\r\nBcc: everyone@example.com\r\n\r\nBuy now",
            "A\0nna\u{202e}",
            "{{ sender_address }}{% if",
            "\"<mallory@example.com>\", Mallory",
            &long,
        ];
        for (number, name) in names.iter().enumerate() {
            let email = format!("anna{number}@customer.example");
            let contact = office.accept(name, &email).await;
            office.pass(61, &worker);
            office.until(&contact, State::Sent).await;
            let seen = smtp.seen().pop().unwrap();
            assert_eq!(seen.from, "MAIL FROM:<rep@holm.test>");
            assert_eq!(seen.to, [format!("RCPT TO:<{email}>")]);
            let head = seen.text.split("\r\n\r\n").next().unwrap().to_lowercase();
            assert!(!head.contains("\r\nbcc:"), "{head}");
            assert!(head.contains(&format!("<{email}>")), "{head}");
        }
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn whom_the_tenant_excludes_is_not_written_to() {
    on_each_database(async |database| {
        let smtp = Smtp::start(Fault::Nothing).await;
        let office = Office::open(database.open().await, smtp.port, Security::Tls).await;
        office.exclude("bank.example").await;
        office.accept("Bo", "bo@branch.bank.example").await;
        office.accept("Oneself", "rep@holm.test").await;
        assert!(office.follow_ups().await.is_empty());
        let contact = office.accept("Anna", "anna@customer.example").await;
        office.exclude("anna@customer.example").await;
        let worker = office.worker();
        office.pass(61, &worker);
        let withdrawn = office.until(&contact, State::Cancelled).await;
        assert_eq!(withdrawn.answer, "the address was excluded");
        worker.stop().await;
        assert!(smtp.seen().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_stored_password_goes_only_where_it_was_entered_for() {
    on_each_database(async |database| {
        let smtp = Smtp::start(Fault::Nothing).await;
        let office = Office::open(database.open().await, smtp.port, Security::Tls).await;
        let mut changed = settings(smtp.port, Security::Tls);
        changed.password = None;
        changed.from_name = "Somebody else".into();
        office.save(&changed).await.unwrap();
        changed.host = "mallory.example".into();
        assert!(matches!(office.save(&changed).await, Err(SettingsError::PasswordNeeded)));
        changed = settings(smtp.port, Security::Tls);
        changed.body_template = "Hello {{ nmae }}".into();
        let error = office.save(&changed).await.unwrap_err().to_string();
        assert!(error.contains("`nmae`") && error.contains("name, given"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn checking_an_account_says_what_to_do() {
    let account = |port, security| Account {
        host: HOST,
        port,
        security,
        username: "rep@holm.test",
        password: &SERVERS.password,
    };
    let from = address("rep@holm.test");
    let check =
        async |way: &Way, account: &Account<'_>| technical_user::check(way, account, &from).await;
    let (starttls, tls) = (SERVERS.smtp_starttls.port(), SERVERS.smtp_tls.port());
    assert_eq!(check(&way(), &account(starttls, Security::StartTls)).await, Ok(()));
    assert_eq!(check(&way(), &account(tls, Security::Tls)).await, Ok(()));

    let wrong = Account { password: "guessed", ..account(tls, Security::Tls) };
    let refused = check(&way(), &wrong).await.unwrap_err();
    assert!(matches!(&refused, SmtpError::WrongPassword(_)), "{refused:?}");
    assert!(refused.to_string().contains("535"), "{refused}");

    // TLS where plain text is spoken and the other way round, and a port where nobody listens.
    assert_eq!(check(&way(), &account(starttls, Security::Tls)).await, Err(SmtpError::Tls));
    assert!(check(&way(), &account(tls, Security::StartTls)).await.is_err());
    assert_eq!(check(&way(), &account(1, Security::Tls)).await, Err(SmtpError::NotReached));

    let strict = Config { allow_private_hosts: true, ..Config::default() };
    let strict = Way::new(&strict).unwrap();
    assert_eq!(check(&strict, &account(tls, Security::Tls)).await, Err(SmtpError::Tls));
    let guarded = Way::new(&Config::default()).unwrap();
    let inside = Account { port: 465, ..account(tls, Security::Tls) };
    assert_eq!(check(&guarded, &inside).await, Err(SmtpError::NotAllowed));
}

#[tokio::test]
async fn nothing_is_said_in_plain_text_and_nothing_believed_that_was_slipped_in() {
    for (lines, expected) in [
        (&["220 hi\r\n", "250 no tls\r\n", "502 what?\r\n"][..], SmtpError::NoStartTls),
        (&["220 hi\r\n", "250 STARTTLS\r\n", "220 go\r\n250 AUTH PLAIN\r\n"][..], SmtpError::Tls),
        (&["220 hi\r\n", "250 STARTTLS\r\n", "220 go\r\n"][..], SmtpError::TimedOut),
        (&["HTTP/1.1 400 Bad Request\r\n"][..], SmtpError::NotSmtp),
    ] {
        let (port, heard) = recite(lines).await;
        let account = Account {
            host: HOST,
            port,
            security: Security::StartTls,
            username: "rep@holm.test",
            password: "a secret",
        };
        let from = address("rep@holm.test");
        let error = technical_user::check(&way(), &account, &from).await.unwrap_err();
        assert!(error == expected || expected == SmtpError::TimedOut, "{lines:?}: {error:?}");
        let heard = heard.await.unwrap();
        assert!(!heard.contains("AUTH") && !heard.contains("secret"), "{heard}");
    }
}
