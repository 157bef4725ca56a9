//! The tenant's admins hear of a mailbox that stays ill: once, again after a day, and when it is
//! well.

use super::house::{House, fresh_address};
use crate::support::databases::on_each_database;
use crate::support::patience::eventually;
use crate::support::servers::{HOST, SERVERS};
use crate::support::smtp::{Fault, Seen, Smtp};
use secrecy::SecretString;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use undersigned::config::{Retention, Smtp as Config};
use undersigned::contact::EmailAddress;
use undersigned::crm::http::Http;
use undersigned::followup::notice::Notices;
use undersigned::followup::outbox::Outbox;
use undersigned::followup::smtp::Way;
use undersigned::followup::technical_user::{self, Settings};
use undersigned::jobs::{Daemon, Runner};
use undersigned::lifecycle::Shutdown;
use undersigned::store::mailboxes::{self, State};
use undersigned::store::users::{self, NewUser, Role};
use undersigned::store::{MailboxId, Security};

/// What runs the jobs.
struct Jobs {
    bell: Arc<Notify>,
    shutdown: Shutdown,
    task: JoinHandle<()>,
}

impl Jobs {
    fn of(house: &House) -> Self {
        let (db, clock, vault) = (house.db.clone(), house.clock.clone(), house.vault.clone());
        let config = Config {
            ca_file: Some(SERVERS.ca.clone()),
            allow_private_hosts: true,
            timeout_seconds: 5,
        };
        let way = Way::new(&config).unwrap();
        let daemon = Daemon {
            db: db.clone(),
            clock: clock.clone(),
            outbox: Outbox::new(db.clone(), vault.clone(), clock.clone(), way.clone()),
            notices: Notices::new(db.clone(), vault.clone(), clock.clone(), way),
            vault,
            http: Http::new(&undersigned::config::Crm::default()).unwrap(),
            public_url: "https://crm.example.com".parse().unwrap(),
            keep: Retention { suggestion_days: 180, message_key_days: 400 },
        };
        let runner = Runner::new(db, clock, daemon, 2);
        let (bell, shutdown) = (runner.bell(), Shutdown::default());
        let task = tokio::spawn(runner.run(shutdown.clone()));
        Self { bell, shutdown, task }
    }

    async fn stop(self) {
        self.shutdown.soft.cancel();
        self.task.await.unwrap();
    }
}

async fn add_people(house: &House, smtp: Option<&Smtp>) {
    let now = house.clock.now();
    let mut tx = house.db.begin_write().await.unwrap();
    let id = house.tenant.as_str().replace('-', "");
    for (name, role) in [("ada", Role::Admin), ("max", Role::Member)] {
        let email = EmailAddress::parse(&format!("{name}-{id}@example.test")).unwrap();
        let new =
            NewUser { tenant: &house.tenant, email: &email, name, role, password_hash: "none" };
        users::create(&mut tx, &new, now).await.unwrap();
    }
    if let Some(smtp) = smtp {
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
        technical_user::save(&mut tx, &house.vault, &house.tenant, &settings, now).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// The mails so far, once there are so many and no more come.
async fn mails(smtp: &Smtp, count: usize) -> Vec<Seen> {
    eventually(&format!("{count} mails"), async || (smtp.seen().len() >= count).then_some(()))
        .await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let seen = smtp.seen();
    assert_eq!(seen.len(), count, "{seen:#?}");
    seen
}

/// The text without the breaks that mail makes in long lines.
fn flat(mail: &Seen) -> String {
    mail.text.replace("=\r\n", "").replace("\r\n ", " ")
}

async fn set_password(house: &House, mailbox: &MailboxId) {
    let right = SecretString::from(SERVERS.password.as_str());
    let mut tx = house.db.begin_write().await.unwrap();
    let now = house.clock.now();
    mailboxes::set_password(&mut tx, &house.vault, &house.tenant, mailbox, &right, now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn admins_are_told_once_reminded_once_and_told_when_it_is_well() {
    on_each_database(async |database| {
        let house = House::new(database.open().await).await;
        let smtp = Smtp::start(Fault::Nothing).await;
        add_people(&house, Some(&smtp)).await;
        let address = fresh_address("ill");
        let wrong = SecretString::from("outdated");
        let mailbox = house.connect_with(&address, |new| new.password = wrong).await;
        let (worker, jobs) = (house.work(), Jobs::of(&house));
        let ill = house.until(&mailbox, State::WrongPassword).await;
        assert_eq!(ill.ill_since, Some(house.clock.now()));
        assert!(ill.retry_at > ill.ill_since, "{ill:?}");
        let pass = |seconds| {
            house.clock.advance_secs(seconds);
            jobs.bell.notify_one();
        };

        pass(5 * 60);
        mails(&smtp, 0).await;
        pass(6 * 60);
        let first = mails(&smtp, 1).await.remove(0);
        assert!(first.to[0].contains("ada-"), "only admins: {:?}", first.to);
        let text = flat(&first);
        for part in ["wrong password", "enter them again", "https://crm.example.com/mailboxes"] {
            assert!(text.contains(part), "{part} in {text}");
        }

        pass(3600);
        mails(&smtp, 1).await;
        pass(86_400);
        assert!(flat(&mails(&smtp, 2).await[1]).contains("still not being read"));
        pass(7 * 86_400);
        mails(&smtp, 2).await;

        set_password(&house, &mailbox).await;
        let healthy = house.until(&mailbox, State::Healthy).await;
        assert_eq!((healthy.ill_since, healthy.retry_at), (None, None));
        pass(60);
        assert!(flat(&mails(&smtp, 3).await[2]).contains("is read again"));
        pass(86_400);
        mails(&smtp, 3).await;
        worker.stop().await;
        jobs.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_mailbox_that_fails_delays_no_other() {
    on_each_database(async |database| {
        let house = House::new(database.open().await).await;
        let good = fresh_address("good");
        super::house::deliver(&good, "one").await;
        // A port that takes connections and never says a word, and one that nobody listens on.
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = silent.local_addr().unwrap().port();
        for n in 0..10 {
            let address = fresh_address("ill");
            let port = if n % 2 == 0 { port } else { 1 };
            house.connect_with(&address, |new| new.port = port).await;
        }
        let mailbox = house.connect(&good).await;
        let worker = house.work();
        house.notes.until(&mailbox, &["one"]).await;
        worker.stop().await;
    })
    .await;
}
