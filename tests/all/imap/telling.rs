//! The tenant's admins hear of a mailbox that stays ill: once, again after a day, and when it is
//! well; through the operator's account where the tenant's own cannot.

use super::house::{House, deliver, fresh_address};
use super::reading::doveadm;
use crate::support::databases::on_each_database;
use crate::support::log::Log;
use crate::support::mailbox;
use crate::support::notices::{Jobs, add_people, flat, set_technical_user, unfolded};
use crate::support::patience::eventually;
use crate::support::servers::{HOST, SERVERS};
use crate::support::smtp::{Fault, Smtp};
use crate::webhook::Receiver;
use secrecy::SecretString;
use serde_json::json;
use undersigned::config::{self, Graph};
use undersigned::source::graph::Connector;
use undersigned::source::imap::NotRead;
use undersigned::store::mailboxes::{NewMailbox, State};
use undersigned::store::{MailboxId, Security, webhooks};

fn jobs_of(house: &House) -> Jobs {
    let graph = Connector::new(&Graph::default()).unwrap();
    Jobs::of(&house.db, &house.vault, &house.clock, &graph)
}

async fn set_password(house: &House, mailbox: &MailboxId) {
    let right = SecretString::from(SERVERS.password.as_str());
    assert!(house.set_password(&house.mailbox(mailbox).await, &right).await);
}

#[tokio::test]
async fn admins_are_told_once_reminded_once_and_told_when_it_is_well() {
    on_each_database(async |database| {
        let house = House::new(database.open().await).await;
        let smtp = Smtp::start(Fault::Nothing).await;
        add_people(&house.db, &house.vault, &house.tenant, house.clock.now(), Some(&smtp)).await;
        let receiver = Receiver::start().await;
        let mut tx = house.db.begin_write().await.unwrap();
        let (tenant, now) = (&house.tenant, house.clock.now());
        let place = (receiver.url.as_str(), &undersigned::crm::webhook::new_secret());
        webhooks::put(&mut tx, &house.vault, tenant, place, now).await.unwrap();
        tx.commit().await.unwrap();
        let address = fresh_address("ill");
        let wrong = SecretString::from("outdated");
        let mailbox = house.connect_with(&address, |new| new.password = wrong).await;
        let (worker, jobs) = (house.work(), jobs_of(&house));
        let ill = house.until(&mailbox, State::WrongPassword).await;
        let (_, told) = receiver.until("mailbox.state_changed", "state", "wrong-password").await;
        let (told, retry_at) = (&told["data"], ill.retry_at.unwrap().to_rfc3339());
        assert_eq!(
            (&told["state_detail"], &told["retry_at"]),
            (&json!(ill.state_detail), &json!(retry_at))
        );
        assert_eq!(told.get("message_at"), Some(&json!(null)), "{told}");
        assert_eq!(ill.ill_since, Some(house.clock.now()));
        assert!(ill.retry_at > ill.ill_since, "{ill:?}");

        jobs.advance(5 * 60).await;
        jobs.mails(&smtp, 0).await;
        jobs.advance(6 * 60).await;
        let first = jobs.mails(&smtp, 1).await.remove(0);
        assert!(first.to[0].contains("ada-"), "only admins: {:?}", first.to);
        let text = flat(&first);
        for part in ["wrong password", "enter them again", "https://crm.example.com/mailboxes"] {
            assert!(text.contains(part), "{part} in {text}");
        }

        jobs.advance(3600).await;
        jobs.mails(&smtp, 1).await;
        jobs.advance(86_400).await;
        assert!(flat(&jobs.mails(&smtp, 2).await[1]).contains("still not being read"));
        jobs.advance(7 * 86_400).await;
        jobs.mails(&smtp, 2).await;

        set_password(&house, &mailbox).await;
        receiver.until("mailbox.state_changed", "state", "connecting").await;
        let healthy = house.until(&mailbox, State::Healthy).await;
        assert_eq!((healthy.ill_since, healthy.retry_at), (None, None));
        jobs.advance(60).await;
        assert!(flat(&jobs.mails(&smtp, 3).await[2]).contains("is read again"));
        jobs.advance(86_400).await;
        jobs.mails(&smtp, 3).await;
        worker.stop().await;
        jobs.stop().await;
    })
    .await;
}

/// What could not be sent was tried so often.
async fn tried(house: &House, times: i64) {
    let mut tx = house.db.begin_write().await.unwrap();
    let set = "UPDATE jobs SET attempts = $1 WHERE kind = 'send-notice' AND state = 'queued'";
    sqlx::query(set).bind(times).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn what_could_not_be_sent_for_days_is_sent_when_the_technical_user_is_mended() {
    on_each_database(async |database| {
        let house = House::new(database.open().await).await;
        let smtp = Smtp::start(Fault::Auth("535 5.7.8 no")).await;
        add_people(&house.db, &house.vault, &house.tenant, house.clock.now(), Some(&smtp)).await;
        let wrong = SecretString::from("outdated");
        let mailbox = house.connect_with(&fresh_address("ill"), |new| new.password = wrong).await;
        let (worker, jobs) = (house.work(), jobs_of(&house));
        house.until(&mailbox, State::WrongPassword).await;
        let until_tried = async |times: usize| {
            let signed_in = async || (smtp.sign_ins() >= times).then_some(());
            eventually(&format!("{times} tries"), signed_in).await;
            jobs.mails(&smtp, 0).await;
        };
        // Over a weekend: first of the illness, then of the reminder.
        jobs.pass(11 * 60).await;
        until_tried(1).await;
        tried(&house, 200).await;
        jobs.pass(3_601).await;
        until_tried(2).await;
        jobs.pass(86_400).await;
        until_tried(3).await;
        tried(&house, 200).await;
        jobs.pass(2 * 86_400).await;
        until_tried(4).await;

        smtp.fail(Fault::Nothing);
        jobs.pass(3_601).await;
        assert!(flat(&jobs.mails(&smtp, 1).await[0]).contains("still not being read"));
        set_password(&house, &mailbox).await;
        house.until(&mailbox, State::Healthy).await;
        jobs.pass(60).await;
        assert!(flat(&jobs.mails(&smtp, 2).await[1]).contains("is read again"));
        worker.stop().await;
        jobs.stop().await;
    })
    .await;
}

#[tokio::test]
async fn admins_hear_of_a_mailbox_at_which_reading_itself_fails_again_and_again() {
    on_each_database(async |database| {
        let house = House::new(database.open().await).await;
        let smtp = Smtp::start(Fault::Nothing).await;
        add_people(&house.db, &house.vault, &house.tenant, house.clock.now(), Some(&smtp)).await;
        let address = fresh_address("stalled");
        deliver(&address, "one").await;
        *house.notes.moods.lock().unwrap() = vec![NotRead::Unavailable; 1000];
        let mailbox = house.connect(&address).await;
        let (worker, jobs) = (house.work(), jobs_of(&house));
        let ill = house.until(&mailbox, State::Stalled).await;
        assert_eq!(ill.ill_since, Some(house.clock.now()), "{ill:?}");
        assert!(ill.retry_at > ill.ill_since, "{ill:?}");
        assert!(ill.state_detail.contains("it goes on by itself"), "{ill:?}");
        jobs.pass(30 * 60).await;
        jobs.mails(&smtp, 0).await;
        jobs.pass(31 * 60).await;
        let told = flat(&jobs.mails(&smtp, 1).await[0]);
        assert!(told.contains("is not being read: undersigned itself fails at it"), "{told}");

        house.notes.moods.lock().unwrap().clear();
        house.notes.until(&mailbox, &["one"]).await;
        let well = house.until(&mailbox, State::Healthy).await;
        assert_eq!(well.ill_since, None);
        jobs.pass(60).await;
        assert!(flat(&jobs.mails(&smtp, 2).await[1]).contains("is read again"));
        worker.stop().await;
        jobs.stop().await;
    })
    .await;
}

#[tokio::test]
async fn of_a_folder_that_is_gone_it_is_said_that_it_is_the_folder() {
    on_each_database(async |database| {
        let house = House::new(database.open().await).await;
        let smtp = Smtp::start(Fault::Nothing).await;
        add_people(&house.db, &house.vault, &house.tenant, house.clock.now(), Some(&smtp)).await;
        let address = fresh_address("folder");
        let gone = |new: &mut NewMailbox| new.folder = "Offers".to_owned();
        let mailbox = house.connect_with(&address, gone).await;
        let (worker, jobs) = (house.work(), jobs_of(&house));
        let ill = house.until(&mailbox, State::NoFolder).await;
        assert!(ill.ill_since.is_some(), "{ill:?}");
        jobs.pass(60).await;
        jobs.mails(&smtp, 0).await;
        jobs.pass(61 * 60).await;
        let mail = jobs.mails(&smtp, 1).await.remove(0);
        let told = flat(&mail);
        let short = format!("A folder of {address} is not being read");
        let all = ["gone or cannot be opened", "a folder of the mailbox", "other folders"];
        for part in all.into_iter().chain([short.as_str()]) {
            assert!(told.contains(part), "{part} in {told}");
        }
        assert!(!told.contains("its server"), "{told}");

        doveadm(&["mailbox", "create", "-u", &address, "Offers"]);
        house.until(&mailbox, State::Healthy).await;
        jobs.pass(60).await;
        assert!(flat(&jobs.mails(&smtp, 2).await[1]).contains("is read again"));
        worker.stop().await;
        jobs.stop().await;
    })
    .await;
}

/// The operator's account at the Postfix of this run.
fn operators_account() -> config::Notices {
    config::Notices {
        host: Some(HOST.into()),
        port: SERVERS.smtp_starttls.port(),
        security: Security::StartTls,
        username: Some("undersigned@operator.test".into()),
        password: SERVERS.password.as_str().into(),
        from_address: Some("undersigned@operator.test".into()),
        ..config::Notices::default()
    }
}

#[tokio::test]
async fn where_no_technical_user_can_the_operators_account_tells_and_the_log_does_not_repeat_itself()
 {
    on_each_database(async |database| {
        let house = House::new(database.open().await).await;
        let (db, vault, tenant) = (&house.db, &house.vault, &house.tenant);
        add_people(db, vault, tenant, house.clock.now(), None).await;
        let ada = format!("ada-{}@example.test", tenant.as_str().replace('-', ""));
        let wrong = SecretString::from("outdated");
        let ill = house.connect_with(&fresh_address("ill"), |new| new.password = wrong).await;
        let worker = house.work();
        house.until(&ill, State::WrongPassword).await;

        // Neither has an account: the log says so once, and again after a restart.
        let log = Log::listen();
        let jobs = jobs_of(&house);
        for seconds in [11 * 60, 60, 60, 60] {
            jobs.pass(seconds).await;
        }
        assert_eq!(log.count("nobody can be told"), 1, "{}", log.text());
        jobs.stop().await;
        drop(log);

        // What nobody was told of is told as soon as the operator has one.
        let graph = Connector::new(&Graph::default()).unwrap();
        let jobs = Jobs::by_operator(&operators_account(), db, vault, &house.clock, &graph);
        let told = async |count: usize| {
            let what = format!("{count} mails for {ada}");
            let mails =
                async || Some(mailbox::messages(&ada).await).filter(|mails| mails.len() >= count);
            unfolded(eventually(&what, mails).await.last().unwrap())
        };
        jobs.pass(60).await;
        let mail = told(1).await;
        for part in ["<undersigned@operator.test>", "wrong password", "example.com/mailboxes"] {
            assert!(mail.contains(part), "{part} in {mail}");
        }

        // The technical user is the very account that is ill.
        let smtp = Smtp::start(Fault::Auth("535 5.7.8 no")).await;
        set_technical_user(db, vault, tenant, house.clock.now(), &smtp).await;
        jobs.pass(86_400).await;
        assert!(told(2).await.contains("is still not being read"));
        assert_eq!(smtp.sign_ins(), 1, "it is tried first");

        // It is well, and has nothing to do with the operator.
        smtp.fail(Fault::Nothing);
        set_password(&house, &ill).await;
        house.until(&ill, State::Healthy).await;
        jobs.pass(60).await;
        assert!(flat(&jobs.mails(&smtp, 1).await[0]).contains("is read again"));
        assert_eq!(mailbox::messages(&ada).await.len(), 2);
        worker.stop().await;
        jobs.stop().await;
    })
    .await;
}
