//! What fails on the way: it is tried again while nothing can have arrived, and never after.

use super::{Fares, Office, settings};
use crate::support::databases::on_each_database;
use crate::support::patience::eventually;
use crate::support::servers::SERVERS;
use crate::support::smtp::{Fault, Smtp};
use std::time::Duration;
use tokio::time::sleep;
use undersigned::store::Security;
use undersigned::store::followups::State;

#[tokio::test]
async fn not_now_is_tried_again_and_never_is_believed() {
    on_each_database(async |database| {
        let port = SERVERS.smtp_tls.port();
        let office = Office::open(database.open().await, port, Security::Tls).await;
        let worker = office.worker();
        let later = office.accept("Later", "later@customer.example").await;
        let never = office.accept("Never", "refused@customer.example").await;
        office.pass(61, &worker).await;
        let never = office.until(&never, State::Failed).await;
        assert!(never.answer.contains("550 5.1.1"), "{}", never.answer);
        let put_off =
            async || office.until_it(&later, "put off", |one| !one.answer.is_empty()).await;
        assert!(put_off().await.answer.contains("451 4.3.0"), "{}", put_off().await.answer);
        assert_eq!(put_off().await.state, State::Waiting);
        let first = put_off().await.changed_at;
        office.pass(6, &worker).await;
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
        office.pass(61, &worker).await;
        let tried = office.until_it(&contact, "put off", |one| one.answer.contains("452")).await;
        assert_eq!((tried.state, tried.attempts), (State::Waiting, 1));
        smtp.fail(Fault::Text("554 5.7.1 spam\u{7}\u{202e}"));
        office.pass(6, &worker).await;
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
        office.pass(61, &worker).await;
        eventually("the account to say so", async || {
            (office.fares().await.0 == Fares::WrongPassword).then_some(())
        })
        .await;
        sleep(Duration::from_millis(500)).await;
        office.settled().await;
        let tried = smtp.sign_ins();
        assert!((1..=2).contains(&tried), "two jobs at once, {tried} sign-ins");
        assert!(office.fares().await.1.contains("535"), "{:?}", office.fares().await);
        office.pass(600, &worker).await;
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
        office.pass(61, &worker).await;
        eventually("the account to say so", async || {
            (office.fares().await.0 == Fares::Refused).then_some(())
        })
        .await;
        assert!(office.fares().await.1.contains("5.7.60"));
        smtp.fail(Fault::Nothing);
        office.pass(3601, &worker).await;
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
        office.pass(61, &worker).await;
        let tried = office.until_it(&contact, "tried", |one| !one.answer.is_empty()).await;
        assert_eq!((tried.state, tried.attempts), (State::Waiting, 0), "{}", tried.answer);
        smtp.fail(Fault::Nothing);
        office.pass(6, &worker).await;
        office.until(&contact, State::Sent).await;
        worker.stop().await;
        assert_eq!(smtp.seen().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_may_have_arrived_is_not_sent_again() {
    on_each_database(async |database| {
        let smtp = Smtp::start(Fault::SilentAfterText).await;
        let office = Office::open(database.open().await, smtp.port, Security::Tls).await;
        let silent = office.accept("Bea", "bea@customer.example").await;
        office.clock.advance_secs(10);
        let contact = office.accept("Anna", "anna@customer.example").await;
        let worker = office.worker();
        office.pass(51, &worker).await;
        eventually("the text to be taken", async || (smtp.seen().len() == 1).then_some(())).await;
        smtp.fail(Fault::ClosedAfterText);
        office.pass_meanwhile(10, &worker);
        let lost = office.until(&contact, State::Uncertain).await;
        assert!(lost.answer.contains("may have arrived"), "{}", lost.answer);
        // Ten times `timeout_seconds`, which is one second here.
        assert_eq!(office.until(&silent, State::Uncertain).await.attempts, 1);
        smtp.fail(Fault::Nothing);
        office.pass(7200, &worker).await;
        office.accept("Anna again", "anna@customer.example").await;
        office.pass(7200, &worker).await;
        sleep(Duration::from_millis(300)).await;
        worker.stop().await;
        assert_eq!(smtp.seen().len(), 2);
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
        office.pass(61, &worker).await;
        eventually("the mail to be handed over", async || (smtp.seen().len() == 1).then_some(()))
            .await;
        worker.die().await;
        assert_eq!(office.until(&contact, State::Sending).await.attempts, 1, "nobody knows yet");
        smtp.fail(Fault::Nothing);
        let heir = office.worker();
        office.pass_meanwhile(61, &heir);
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
        office.pass(61, &worker).await;
        eventually("the dialogue to begin", async || (smtp.sign_ins() == 1).then_some(())).await;
        worker.die().await;
        smtp.fail(Fault::Nothing);
        let heir = office.worker();
        office.pass_meanwhile(61, &heir);
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
            office.pass(61, &worker).await;
            let sent = office.until(&contact, State::Sent).await;
            assert_eq!((sent.attempts, smtp.sign_ins()), (1, sign_ins), "mail {number}");
        }
        worker.stop().await;
    })
    .await;
}
