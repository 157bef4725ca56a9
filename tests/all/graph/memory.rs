//! What large messages take of memory, however many mailboxes they come to at once.

use super::home::{connect, home_at};
use crate::killed::suggested;
use crate::load::process::Process;
use crate::support::api::Api;
use crate::support::databases::on_sqlite;
use crate::support::microsoft::{Microsoft, world};
use crate::support::patience::eventually_within;
use std::collections::BTreeSet;
use std::time::Duration;
use undersigned::clock::Clock;

const MAILBOXES: usize = 4;

/// So many of a MiB come to each.
const LETTERS: usize = 20;

/// What they may take beyond what the worker takes at rest, in KiB.
const MOST: f64 = 64.0 * 1024.0;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_many_large_messages_come_at_once_they_share_a_bounded_room() {
    on_sqlite(async |database| {
        let microsoft = Microsoft::start(&Clock::system()).await;
        let (home, token) = home_at(database, &microsoft);
        let addresses: Vec<String> =
            (0..MAILBOXES).map(|n| format!("rep{n}@kugellager.test")).collect();
        {
            let mut world = microsoft.world();
            world.delta_page = 50;
            for (number, address) in addresses.iter().enumerate() {
                world.add_mailbox(address);
                // What reading needs once is there before it is measured.
                world.deliver(address, "inbox", number);
            }
        }
        let daemon = home.start().await;
        let api = Api::of(&daemon, &token);
        connect(&api, &addresses).await;
        let read = async |count: usize| {
            eventually_within(Duration::from_mins(4), &format!("{count} people"), async || {
                Some(suggested(&api).await).filter(|names| names.len() >= count)
            })
            .await
        };
        read(MAILBOXES).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        let worker = Process(daemon.pid());
        let rest = worker.resident();
        worker.forget_peak();
        {
            let mut world = microsoft.world();
            for number in 0..MAILBOXES * LETTERS {
                let address = &addresses[number % MAILBOXES];
                world.deliver(address, "inbox", world::LARGE.start + number);
            }
        }
        for address in &addresses {
            microsoft.notify(address, "inbox").await;
        }
        let names = read(MAILBOXES + MAILBOXES * LETTERS).await;
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), MAILBOXES * (LETTERS + 1));
        let more = worker.peak() - rest;
        println!("{more} KiB beyond the {rest} KiB at rest");
        assert!(more < MOST, "{more} KiB beyond the {rest} KiB at rest");
        assert!(daemon.stop().await.success());
    })
    .await;
}
