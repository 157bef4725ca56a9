//! The tenant's admins hear of a mailbox that stays ill: once, again after a day, and when it is
//! well.

use super::house::{House, fresh_address};
use crate::support::databases::on_each_database;
use crate::support::notices::{Jobs, add_people, flat};
use crate::support::servers::SERVERS;
use crate::support::smtp::{Fault, Smtp};
use secrecy::SecretString;
use undersigned::config::Graph;
use undersigned::source::graph::Connector;
use undersigned::store::MailboxId;
use undersigned::store::mailboxes::{self, State};

fn jobs_of(house: &House) -> Jobs {
    let graph = Connector::new(&Graph::default()).unwrap();
    Jobs::of(&house.db, &house.vault, &house.clock, &graph)
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
        add_people(&house.db, &house.vault, &house.tenant, house.clock.now(), Some(&smtp)).await;
        let address = fresh_address("ill");
        let wrong = SecretString::from("outdated");
        let mailbox = house.connect_with(&address, |new| new.password = wrong).await;
        let (worker, jobs) = (house.work(), jobs_of(&house));
        let ill = house.until(&mailbox, State::WrongPassword).await;
        assert_eq!(ill.ill_since, Some(house.clock.now()));
        assert!(ill.retry_at > ill.ill_since, "{ill:?}");
        let pass = |seconds| {
            house.clock.advance_secs(seconds);
            jobs.bell.notify_one();
        };

        pass(5 * 60);
        jobs.mails(&smtp, 0).await;
        pass(6 * 60);
        let first = jobs.mails(&smtp, 1).await.remove(0);
        assert!(first.to[0].contains("ada-"), "only admins: {:?}", first.to);
        let text = flat(&first);
        for part in ["wrong password", "enter them again", "https://crm.example.com/mailboxes"] {
            assert!(text.contains(part), "{part} in {text}");
        }

        pass(3600);
        jobs.mails(&smtp, 1).await;
        pass(86_400);
        assert!(flat(&jobs.mails(&smtp, 2).await[1]).contains("still not being read"));
        pass(7 * 86_400);
        jobs.mails(&smtp, 2).await;

        set_password(&house, &mailbox).await;
        let healthy = house.until(&mailbox, State::Healthy).await;
        assert_eq!((healthy.ill_since, healthy.retry_at), (None, None));
        pass(60);
        assert!(flat(&jobs.mails(&smtp, 3).await[2]).contains("is read again"));
        pass(86_400);
        jobs.mails(&smtp, 3).await;
        worker.stop().await;
        jobs.stop().await;
    })
    .await;
}
