//! Many mailboxes that nothing happens in.

use super::figures::{Figures, size};
use super::fleet::Fleet;
use super::peer::Peer;
use super::process::{Process, idling, until_idling};
use crate::support::daemon::Home;
use crate::support::databases::on_sqlite;
use std::time::{Duration, Instant};

/// How long it is left in peace before it is looked at.
const SETTLE: Duration = Duration::from_secs(5);
/// How long another program is left in peace, at most.
const REST_OF_PEERS: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread")]
async fn mailboxes_in_which_nothing_happens_cost_little() {
    on_sqlite(async |database| {
        let (few, all) = (size("FEW", 3), size("MAILBOXES", 9));
        let rest = Duration::from_secs(size("REST", 3) as u64);
        let home = Home::in_(database).with("LOG__FILTER", "info");
        let fleet = Fleet::new(database).await;
        let mut figures = Figures::new(&format!("{all} mailboxes, idle, over TLS, SQLite"));

        fleet.connect(0..few).await;
        let daemon = home.start().await;
        let worker = Process(daemon.pid());
        until_idling(&fleet.tag, few).await;
        tokio::time::sleep(SETTLE).await;
        let with_few = worker.resident();

        let began = Instant::now();
        fleet.connect(few..all).await;
        until_idling(&fleet.tag, all).await;
        figures.at_most("never seen before: all idling after", secs(began), 30.0, "s");
        tokio::time::sleep(SETTLE).await;
        let with_all = worker.resident();
        figures.tell("worker with the first of them, resident", mib(with_few));
        figures.tell("worker with all of them, resident", mib(with_all));
        #[expect(clippy::cast_precision_loss, reason = "thousands of mailboxes")]
        let each = (with_all - with_few) / (all - few) as f64;
        figures.at_most("for each mailbox beyond the first ones", each, 60.0, "KiB");
        let load = worker.load(rest).await;
        figures.at_most("processor, when nothing happens", load, 2.0, "% of a core");
        assert_eq!(idling(&fleet.tag), all, "they idle all the time");

        assert!(daemon.stop().await.success());
        until_idling(&fleet.tag, 0).await;
        let began = Instant::now();
        let daemon = home.start().await;
        until_idling(&fleet.tag, all).await;
        figures.at_most("after a restart: all idling after", secs(began), 30.0, "s");
        let worker = Process(daemon.pid());
        tokio::time::sleep(SETTLE).await;
        figures.tell("worker after the restart, resident", mib(worker.resident()));
        assert!(daemon.stop().await.success());
        until_idling(&fleet.tag, 0).await;

        let addresses: Vec<String> = (0..all).map(|number| fleet.address(number)).collect();
        for name in Peer::asked_for() {
            let rest = rest.min(REST_OF_PEERS);
            beside(&mut figures, &name, &fleet.tag, &addresses, few, rest).await;
        }
        figures.end();
    })
    .await;
}

/// The same of another program.
async fn beside(
    figures: &mut Figures,
    name: &str,
    tag: &str,
    addresses: &[String],
    few: usize,
    rest: Duration,
) {
    let began = Instant::now();
    let peer = Peer::watch(name, &addresses[..few]);
    until_idling(tag, few).await;
    tokio::time::sleep(SETTLE).await;
    let with_few = peer.process().resident();
    drop(peer);
    until_idling(tag, 0).await;
    figures.tell(&format!("{name}: the first ones idling after"), format!("{:.1} s", secs(began)));

    let began = Instant::now();
    let peer = Peer::watch(name, addresses);
    until_idling(tag, addresses.len()).await;
    figures.tell(&format!("{name}: all idling after"), format!("{:.1} s", secs(began)));
    tokio::time::sleep(SETTLE).await;
    let with_all = peer.process().resident();
    #[expect(clippy::cast_precision_loss, reason = "thousands of mailboxes")]
    let each = (with_all - with_few) / (addresses.len() - few) as f64;
    figures.tell(&format!("{name}: with all of them, resident"), mib(with_all));
    figures.tell(&format!("{name}: for each beyond the first ones"), format!("{each:.1} KiB"));
    let load = peer.process().load(rest).await;
    figures.tell(&format!("{name}: processor"), format!("{load:.1} % of a core"));
    drop(peer);
    until_idling(tag, 0).await;
}

fn secs(since: Instant) -> f64 {
    since.elapsed().as_secs_f64()
}

fn mib(kib: f64) -> String {
    format!("{:.1} MiB", kib / 1024.0)
}
