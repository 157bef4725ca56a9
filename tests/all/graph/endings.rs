//! Admins hear in time of what ends by itself at Microsoft: 30, 14, 7 and 1 days before, once each.

use super::consent::{back, finish, link};
use super::house::House;
use crate::support::databases::on_each_database;
use crate::support::microsoft::assertion::certificate;
use crate::support::notices::{Jobs, add_people, flat};
use crate::support::patience::eventually;
use crate::support::smtp::{Fault, Smtp};
use undersigned::store::graph::consent_end;
use undersigned::store::mailboxes::{self, State};

const DAY: i64 = 86_400;

async fn told_by(house: &House) -> (Smtp, Jobs) {
    let smtp = Smtp::start(Fault::Nothing).await;
    let (db, vault, now) = (&house.db, &house.vault, house.clock.now());
    add_people(db, vault, &house.tenant, now, Some(&smtp)).await;
    (smtp, Jobs::of(db, vault, &house.clock, &house.connector))
}

async fn pass(jobs: &Jobs, days: i64) {
    jobs.advance(days * DAY + 60).await;
}

#[tokio::test]
async fn a_warning_that_could_not_be_sent_is_sent_when_it_can_be_unless_the_next_one_says_it() {
    on_each_database(async |database| {
        // Its secret ends in 20 days.
        let house = House::polling(database).await;
        let (smtp, jobs) = told_by(&house).await;
        jobs.mails(&smtp, 1).await;
        let fails = async |days: i64| {
            let before = smtp.sign_ins();
            smtp.fail(Fault::Auth("535 5.7.8 no"));
            pass(&jobs, days).await;
            let again = async || (smtp.sign_ins() > before).then_some(());
            eventually("a try to send it", again).await;
            jobs.mails(&smtp, smtp.seen().len()).await;
            smtp.fail(Fault::Nothing);
        };
        fails(7).await;
        let mut tx = house.db.begin_write().await.unwrap();
        let set = "UPDATE jobs SET attempts = 200 WHERE kind = 'send-notice' AND state = 'queued'";
        assert_eq!(sqlx::query(set).execute(&mut *tx).await.unwrap().rows_affected(), 1);
        tx.commit().await.unwrap();
        pass(&jobs, 1).await;
        jobs.mails(&smtp, 2).await;

        fails(6).await;
        fails(5).await;
        pass(&jobs, 0).await;
        jobs.mails(&smtp, 3).await;
        jobs.stop().await;
    })
    .await;
}

#[tokio::test]
async fn the_end_of_a_secret_is_told_four_times_and_of_a_new_one_again() {
    on_each_database(async |database| {
        // Its secret ends in 20 days.
        let house = House::polling(database).await;
        let (smtp, jobs) = told_by(&house).await;
        let first = jobs.mails(&smtp, 1).await.remove(0);
        assert!(first.to[0].contains("ada-"), "only admins: {:?}", first.to);
        let text = flat(&first);
        for part in [
            "client secret",
            "Certificates & secrets",
            "set-graph-app",
            "ends on 20",
            "example.com/connect/microsoft",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        pass(&jobs, 3).await;
        jobs.mails(&smtp, 1).await;
        pass(&jobs, 4).await;
        jobs.mails(&smtp, 2).await;
        pass(&jobs, 7).await;
        jobs.mails(&smtp, 3).await;
        pass(&jobs, 5).await;
        jobs.mails(&smtp, 4).await;
        // What has ended makes the mailboxes ill, which is told elsewhere.
        pass(&jobs, 3).await;
        jobs.mails(&smtp, 4).await;

        let pem = certificate(400);
        house.microsoft.world().uploaded.upload(&pem);
        house.enter_certificate(&pem).await;
        pass(&jobs, 340).await;
        jobs.mails(&smtp, 4).await;
        pass(&jobs, 20).await;
        assert!(
            flat(&jobs.mails(&smtp, 5).await[4]).contains("certificate for Microsoft 365 ends")
        );
        jobs.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_consent_lasts_as_long_as_it_is_used_and_is_warned_of_when_it_is_not() {
    on_each_database(async |database| {
        let house = House::polling(database).await;
        let pem = certificate(900);
        house.microsoft.world().uploaded.upload(&pem);
        house.enter_certificate(&pem).await;
        let (smtp, jobs) = told_by(&house).await;
        house.microsoft.world().add_mailbox("rep@kugellager.test");
        let now = house.clock.now();
        let to = link(&house).await.0;
        let back = back(&house, &to, "rep@kugellager.test");
        let rep = finish(&house, &back, now).await.unwrap();
        let end = async || {
            let mut conn = house.db.read().await.unwrap();
            consent_end(&mut conn, &house.tenant, &rep).await.unwrap().unwrap()
        };
        assert_eq!(end().await, now.plus_secs(90 * DAY));
        let worker = house.work();
        house.until(&rep, State::Healthy).await;
        pass(&jobs, 50).await;
        house.microsoft.deliver("rep@kugellager.test", 1).await;
        house.until_read(&rep, 1).await;
        assert!(end().await > now.plus_secs(139 * DAY), "used, so renewed");
        jobs.mails(&smtp, 0).await;

        let mut tx = house.db.begin_write().await.unwrap();
        let paused = mailboxes::pause(&mut tx, &house.tenant, &rep, house.clock.now()).await;
        assert!(paused.unwrap());
        tx.commit().await.unwrap();
        pass(&jobs, 55).await;
        jobs.mails(&smtp, 0).await;
        pass(&jobs, 6).await;
        let text = flat(&jobs.mails(&smtp, 1).await[0]);
        assert!(text.contains("consent to read") && text.contains("Resume"), "{text}");
        worker.stop().await;
        jobs.stop().await;
    })
    .await;
}
