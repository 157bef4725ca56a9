//! What a worker takes for a tenant whose CRM is small, and for the same one with a hundred times as many
//! records: each time a new worker learns from them, and reads letters of whom the CRM has, and of others.

use super::figures::{Figures, size};
use super::firm::Firms;
use super::fleet::Fleet;
use super::process::{Process, until_idling};
use super::table::table;
use crate::support::daemon::{Daemon, Home};
use crate::support::databases::{Database, on_each_database};
use crate::support::lmtp::Lmtp;
use crate::support::patience::eventually_within;
use std::collections::BTreeMap;
use std::time::Duration;
use undersigned::clock::Clock;
use undersigned::store::{jobs, match_models};

const LIMIT: Duration = Duration::from_mins(5);

/// How long it is left in peace before it is looked at.
const SETTLE: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_takes_no_more_memory_where_the_crm_has_more_records() {
    on_each_database(grow).await;
}

async fn grow(database: &Database) {
    let sizes = [size("RECORDS_FEW", 100), size("RECORDS", 600)];
    let letters = size("RECORD_LETTERS", 4);
    let title = format!("a CRM that grows, {letters} letters each time, {:?}", database.backend);
    let mut figures = Figures::new(&title);
    let desk = Growing::open(database, Firms::of(sizes[1]), letters).await;
    let mut resident = Vec::new();
    for (time, records) in sizes.into_iter().enumerate() {
        desk.import(records);
        let daemon = desk.worker(records).await;
        desk.letters(time, records, sizes[1]).await;
        tokio::time::sleep(SETTLE).await;
        let now = Process(daemon.pid()).resident() / 1024.0;
        figures.tell(&format!("{records} records: resident"), format!("{now:.1} MiB"));
        let numbers = reqwest::get(format!("{}/metrics", daemon.ops)).await.unwrap();
        let p99 = p99_below(&numbers.text().await.unwrap());
        figures.tell(&format!("{records} records: a letter read, p99"), format!("below {p99} s"));
        resident.push(now);
        assert!(daemon.stop().await.success());
        until_idling(&desk.fleet.tag, 0).await;
    }
    figures.at_most("more with more records", resident[1] - resident[0], 16.0, "MiB");
    figures.end();
}

/// A tenant whose CRM grows.
struct Growing {
    home: Home,
    fleet: Fleet,
    firms: Firms,
    /// How many letters come each time.
    letters: usize,
}

impl Growing {
    async fn open(database: &Database, firms: Firms, letters: usize) -> Self {
        let home = Home::in_(database).with("LOG__FILTER", "info");
        let fleet = Fleet::new(database).await;
        fleet.connect(0..1).await;
        Self { home, fleet, firms, letters }
    }

    /// The CRM has so many records now.
    fn import(&self, records: usize) {
        let file = self.home.dir.join("crm.csv");
        let people = (0..records).map(|number| self.firms.contact(number));
        std::fs::write(&file, table(people)).unwrap();
        let path = file.to_str().unwrap();
        self.home.run(&["crm", "import", "--tenant", Fleet::TENANT, path]);
        std::fs::remove_file(file).unwrap();
    }

    /// A worker that has learned from so many records, and idles.
    async fn worker(&self, records: usize) -> Daemon {
        let Fleet { db, tenant, .. } = &self.fleet;
        let mut tx = db.begin_write().await.unwrap();
        let now = Clock::system().now();
        jobs::hurry(&mut tx, tenant, jobs::Kind::LearnMatching, now).await.unwrap();
        tx.commit().await.unwrap();
        let daemon = self.home.start().await;
        let records = i64::try_from(records).unwrap();
        eventually_within(LIMIT, "the worker to learn", async || {
            let mut conn = db.read().await.unwrap();
            let learned = match_models::get(&mut conn, tenant).await.unwrap();
            learned.is_some_and(|learned| learned.records == records).then_some(())
        })
        .await;
        until_idling(&self.fleet.tag, 1).await;
        daemon
    }

    /// Letters come, every other one of somebody whom the CRM has, and who has been promoted; waits until
    /// all of them are read.
    async fn letters(&self, time: usize, records: usize, most: usize) {
        let before = self.outcomes().await;
        let (address, mut lmtp) = (self.fleet.address(0), Lmtp::connect().await);
        for number in 0..self.letters {
            let id = time * self.letters + number;
            // Nobody writes twice.
            let known = number * (records / self.letters) + time;
            let person = if number % 2 == 0 { known } else { most + id };
            lmtp.deliver(&address, self.firms.letter(person, id).as_bytes()).await;
        }
        let after = eventually_within(LIMIT, "all letters to be read", async || {
            let after = self.outcomes().await;
            let read = after.values().sum::<usize>() - before.values().sum::<usize>();
            (read == self.letters).then_some(after)
        })
        .await;
        let came =
            |outcome: &str| after.get(outcome).unwrap_or(&0) - before.get(outcome).unwrap_or(&0);
        let (new, updates) = (came("new"), came("update"));
        assert_eq!(new + updates, self.letters, "{after:?}");
        assert!(updates >= self.letters / 2 && new > 0, "{after:?}");
    }

    /// What came of the letters so far.
    async fn outcomes(&self) -> BTreeMap<String, usize> {
        let mut conn = self.fleet.db.read().await.unwrap();
        let query =
            "SELECT outcome, COUNT(*) FROM messages WHERE outcome <> 'trying' GROUP BY outcome";
        let rows: Vec<(String, i64)> = sqlx::query_as(query).fetch_all(&mut *conn).await.unwrap();
        rows.into_iter()
            .map(|(outcome, count)| (outcome, usize::try_from(count).unwrap()))
            .collect()
    }
}

/// The bound, in seconds, of those that the worker counts by, below which 99 of 100 letters were read.
fn p99_below(numbers: &str) -> f64 {
    let counted = |line: &str| -> Option<(f64, f64)> {
        let rest = line.strip_prefix("undersigned_message_seconds_bucket{le=\"")?;
        let (bound, count) = rest.split_once("\"} ")?;
        Some((bound.replace("+Inf", "inf").parse().unwrap(), count.parse().unwrap()))
    };
    let counts: Vec<(f64, f64)> = numbers.lines().filter_map(counted).collect();
    let (_, all) = counts.last().unwrap();
    counts.iter().find(|(_, count)| *count >= all * 0.99).unwrap().0
}
