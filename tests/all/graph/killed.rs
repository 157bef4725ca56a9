//! Thousands of messages at Microsoft, every fifth notification lost, Microsoft out of sorts now and
//! then, and a worker that is killed again and again: every message is accounted for, once.
//! `UNDERSIGNED_LOAD_LETTERS` and `UNDERSIGNED_LOAD_KILLS` tell it larger.

use super::home::{connect, home_at};
use crate::killed::suggested;
use crate::load::size;
use crate::support::api::Api;
use crate::support::databases::{end_leases, on_each_database};
use crate::support::microsoft::{Fault, Microsoft};
use crate::support::patience::eventually_within;
use std::collections::BTreeSet;
use std::time::Duration;
use undersigned::clock::Clock;
use undersigned::store::{Db, messages, tenants};

const MAILBOXES: usize = 4;

/// How many messages something has come of.
async fn accounted(db: &Db) -> usize {
    let mut conn = db.read().await.unwrap();
    let tenant = tenants::list_all(&mut conn).await.unwrap().remove(0).id;
    let counts = messages::counts(&mut conn, &tenant, None).await.unwrap();
    let counts = counts.iter().filter(|it| it.outcome != "trying");
    counts.map(|it| usize::try_from(it.messages).unwrap()).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_again_and_again_it_loses_no_message_of_microsofts() {
    on_each_database(async |database| {
        let (letters, kills) = (size("LETTERS", 200), size("KILLS", 4));
        let microsoft = Microsoft::start(&Clock::system()).await;
        let (home, token) = home_at(database, &microsoft);
        let db = database.open().await;
        let addresses: Vec<String> =
            (0..MAILBOXES).map(|n| format!("rep{n}@kugellager.test")).collect();
        {
            let mut world = microsoft.world();
            (world.delta_page, world.lose_every) = (20, 5);
            for address in &addresses {
                world.add_mailbox(address);
            }
            // Half of them are there already.
            for letter in 0..letters / 2 {
                world.deliver(&addresses[letter % MAILBOXES], "inbox", letter);
            }
        }
        let daemon = home.start().await;
        connect(&Api::of(&daemon, &token), &addresses).await;
        let mut running = Some(daemon);
        let delivering = async {
            for letter in letters / 2..letters {
                microsoft.deliver(&addresses[letter % MAILBOXES], letter).await;
                if letter % 50 == 0 {
                    // As they are read: or all that goes wrong meets a worker that waited for a lease at once.
                    until(&db, letter - letters / 2).await;
                    let fault = Fault {
                        path: "/messages",
                        status: [429, 500, 503][letter % 3],
                        code: "UnknownError",
                        retry_after: (letter % 3 == 0).then_some(1),
                        times: 2,
                    };
                    microsoft.world().faults.push(fault);
                }
            }
        };
        let killing = async {
            for kill in 1..=kills {
                until(&db, letters * kill / (kills + 1)).await;
                running.take().unwrap().kill();
                end_leases(&db).await;
                running = Some(home.start().await);
            }
        };
        tokio::join!(delivering, killing);
        let daemon = running.unwrap();
        until(&db, letters).await;
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_eq!(accounted(&db).await, letters, "each is accounted for, once");
        let names = suggested(&Api::of(&daemon, &token)).await;
        assert_eq!(names.len(), letters, "each who signs is suggested, once");
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
        assert!(daemon.stop().await.success());
    })
    .await;
}

async fn until(db: &Db, letters: usize) {
    let minutes = Duration::from_mins(10);
    eventually_within(minutes, &format!("{letters} messages"), async || {
        (accounted(db).await >= letters).then_some(())
    })
    .await;
}
