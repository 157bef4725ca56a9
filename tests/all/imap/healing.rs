//! A mailbox that falls ill says what to do, and heals.

use super::house::{House, deliver, fresh_address};
use super::reading::doveadm;
use crate::support::databases::on_each_database;
use crate::support::servers::SERVERS;
use secrecy::SecretString;
use undersigned::source::imap::NotRead;
use undersigned::store::mailboxes::{self, State};

#[tokio::test]
async fn a_wrong_password_is_told_and_another_heals_it() {
    on_each_database(async |database| {
        let house = House::new(database.open().await).await;
        let address = fresh_address("password");
        deliver(&address, "one").await;
        let wrong = SecretString::from("outdated");
        let mailbox = house.connect_with(&address, |new| new.password = wrong).await;
        let worker = house.work();
        let ill = house.until(&mailbox, State::WrongPassword).await;
        assert!(ill.state_detail.contains("enter them again"), "{}", ill.state_detail);

        let right = SecretString::from(SERVERS.password.as_str());
        assert!(house.set_password(&house.mailbox(&mailbox).await, &right).await);
        house.notes.until(&mailbox, &["one"]).await;
        let healthy = house.until(&mailbox, State::Healthy).await;
        assert_eq!(healthy.state_detail, "");
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_broken_connection_is_made_again() {
    on_each_database(async |database| {
        let house = House::new(database.open().await).await;
        let address = fresh_address("kicked");
        let mailbox = house.connect(&address).await;
        let worker = house.work();
        house.until(&mailbox, State::Healthy).await;
        doveadm(&["kick", &address]);
        deliver(&address, "one").await;
        house.notes.until(&mailbox, &["one"]).await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_paused_mailbox_rests_and_a_removed_one_is_forgotten() {
    on_each_database(async |database| {
        let house = House::new(database.open().await).await;
        let address = fresh_address("paused");
        let mailbox = house.connect(&address).await;
        let worker = house.work();
        house.until(&mailbox, State::Healthy).await;
        let mut tx = house.db.begin_write().await.unwrap();
        let now = house.clock.now();
        assert!(mailboxes::pause(&mut tx, &house.tenant, &mailbox, now).await.unwrap());
        tx.commit().await.unwrap();
        deliver(&address, "one").await;
        tokio::time::sleep(std::time::Duration::from_secs(4)).await;
        assert_eq!(house.notes.of(&mailbox), [""; 0]);
        assert_eq!(house.mailbox(&mailbox).await.state, State::Paused);

        let mut tx = house.db.begin_write().await.unwrap();
        assert!(mailboxes::resume(&mut tx, &house.tenant, &mailbox, now).await.unwrap());
        tx.commit().await.unwrap();
        house.notes.until(&mailbox, &["one"]).await;

        let mut tx = house.db.begin_write().await.unwrap();
        assert!(mailboxes::remove(&mut tx, &house.tenant, &mailbox).await.unwrap());
        tx.commit().await.unwrap();
        deliver(&address, "two").await;
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        assert_eq!(house.notes.of(&mailbox), ["one"]);
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn while_the_database_is_away_nothing_is_lost() {
    on_each_database(async |database| {
        let house = House::new(database.open().await).await;
        let address = fresh_address("failing");
        deliver(&address, "one").await;
        deliver(&address, "two").await;
        *house.notes.moods.lock().unwrap() = vec![NotRead::Unavailable];
        let mailbox = house.connect(&address).await;
        let worker = house.work();
        house.notes.until(&mailbox, &["one", "two"]).await;
        worker.stop().await;
    })
    .await;
}
