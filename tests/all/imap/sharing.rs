//! Many mailboxes and several workers: each mailbox has one, and a dead one's move on.

use super::house::{AT_ONCE, House, deliver, fresh_address};
use crate::support::databases::on_each_database;
use tokio::net::TcpListener;
use undersigned::store::mailboxes::State;

#[tokio::test]
async fn an_ill_mailbox_delays_no_other() {
    on_each_database(async |database| {
        let house = House::new(database.open().await).await;
        let ill = house.connect_with(&fresh_address("ill"), |new| new.port = 1).await;
        let mut well = Vec::new();
        for n in 0..10 {
            let address = fresh_address(&format!("well-{n}"));
            let mailbox = house.connect(&address).await;
            deliver(&address, "hello").await;
            well.push(mailbox);
        }
        let worker = house.work();
        for mailbox in &well {
            house.notes.until(mailbox, &["hello"]).await;
        }
        let ill = house.until(&ill, State::Unreachable).await;
        assert!(ill.state_detail.contains("check host and port"), "{}", ill.state_detail);
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn mailboxes_that_hang_delay_no_other() {
    on_each_database(async |database| {
        let house = House::new(database.open().await).await;
        // It accepts and says nothing, to more mailboxes than may be connected to one host at once.
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = silent.local_addr().unwrap().port();
        let heard = tokio::spawn(async move {
            let mut heard = Vec::new();
            while let Ok((stream, _)) = silent.accept().await {
                heard.push(stream);
            }
        });
        for n in 0..3 * AT_ONCE {
            house.connect_with(&fresh_address(&format!("silent-{n}")), |new| new.port = port).await;
        }
        let address = fresh_address("well");
        let mailbox = house.connect(&address).await;
        deliver(&address, "hello").await;
        let worker = house.work();
        house.notes.until(&mailbox, &["hello"]).await;
        worker.die().await;
        heard.abort();
    })
    .await;
}

#[tokio::test]
async fn the_mailboxes_of_a_worker_that_dies_move_to_another() {
    on_each_database(async |database| {
        let house = House::new(database.open().await).await;
        let address = fresh_address("moves");
        let mailbox = house.connect(&address).await;
        let first = house.work();
        house.until(&mailbox, State::Healthy).await;
        let second = house.work();
        first.die().await;
        deliver(&address, "one").await;
        house.clock.advance_secs(31);
        house.notes.until(&mailbox, &["one"]).await;
        deliver(&address, "two").await;
        house.notes.until(&mailbox, &["one", "two"]).await;
        second.stop().await;
    })
    .await;
}

#[tokio::test]
async fn two_workers_read_nothing_twice() {
    on_each_database(async |database| {
        let house = House::new(database.open().await).await;
        let mut boxes = Vec::new();
        for n in 0..6 {
            let address = fresh_address(&format!("shared-{n}"));
            boxes.push((house.connect(&address).await, address));
        }
        let workers = [house.work(), house.work()];
        for (_, address) in &boxes {
            deliver(address, "one").await;
            deliver(address, "two").await;
        }
        for (mailbox, _) in &boxes {
            house.notes.until(mailbox, &["one", "two"]).await;
        }
        for worker in workers {
            worker.stop().await;
        }
        for (mailbox, _) in &boxes {
            house.notes.until(mailbox, &["one", "two"]).await;
        }
    })
    .await;
}
