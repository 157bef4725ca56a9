//! How soon after Dovecot tells of a message its suggestion is in the database; and how soon after its
//! delivery, beside a program that only posts it.
//!
//! Both are noted as they happen: a suggestion when the database's log is written (`inotify(7)`) and its
//! index shows a commit, from when on every other connection reads it; a post when it has come. Beside
//! another program nothing stands between the two and Dovecot.

use super::figures::{Figures, percentile, size};
use super::fleet::Fleet;
use super::peer::Peer;
use super::process::until_idling;
use super::tap::Tap;
use crate::support::daemon::Home;
use crate::support::databases::{Database, on_sqlite};
use crate::support::letters::{Person, ROUND, letter};
use crate::support::lmtp::Lmtp;
use crate::support::patience::eventually_within;
use axum::Router;
use axum::routing::post;
use rustix::fs::inotify::{self, CreateFlags, Reader, WatchFlags};
use sqlx::{Connection, Row, SqliteConnection};
use std::collections::HashMap;
use std::fs::File;
use std::mem::MaybeUninit;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::runtime;
use undersigned::contact::Contact;

const LIMIT: Duration = Duration::from_mins(2);

/// How long after the log was written a commit is looked for, and how often.
const WRITTEN: Duration = Duration::from_millis(1);
const LOOK: Duration = Duration::from_micros(30);

/// Where the index of the log counts commits (<https://www.sqlite.org/walformat.html>, `iChange`).
const COMMITS: u64 = 8;

/// When something was seen first, by the number of the letter that brought it.
type Seen = Arc<Mutex<HashMap<usize, Instant>>>;

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_tells_of_is_suggested_at_once() {
    on_sqlite(async |database| alone(database).await).await;
    for name in Peer::asked_for() {
        on_sqlite(async |database| beside(database, &name).await).await;
    }
}

async fn alone(database: &Database) {
    let run = Run::of(database, None).await;
    let mut figures = Figures::new(&run.title("EXISTS on the wire to suggestion committed"));
    let after_exists = run.after_exists();
    assert_eq!(after_exists.len(), run.delivered.len(), "every letter counts");
    figures.at_most("EXISTS to suggestion, p50", percentile(&after_exists, 0.5), 20.0, "ms");
    figures.at_most("EXISTS to suggestion, p99", percentile(&after_exists, 0.99), 150.0, "ms");
    figures.tell("slowest", format!("{:.1} ms", percentile(&after_exists, 1.0)));
    figures.tell("of it, from its bytes to the commit, mean", format!("{:.1} ms", run.reading));
    figures.end();
}

/// On the same mailboxes at the same time; the bar is the other one's figure.
async fn beside(database: &Database, name: &str) {
    let run = Run::of(database, Some(name)).await;
    let mut figures = Figures::new(&run.title(&format!("end to end, the bar is {name}'s")));
    let (ours, theirs) = (run.after_delivery(&run.suggested), run.after_delivery(&run.posted));
    for (what, share) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("slowest", 1.0)] {
        let what = format!("delivery to suggestion, {what}");
        figures.at_most(&what, percentile(&ours, share), percentile(&theirs, share), "ms");
    }
    figures.end();
}

/// Letters that were delivered, and when somebody saw what came of them.
struct Run {
    delivered: Vec<(String, Instant)>,
    /// None beside another program.
    tap: Option<Tap>,
    suggested: Seen,
    posted: Seen,
    mailboxes: usize,
    /// Milliseconds that reading one took, in the mean, as the worker says.
    reading: f64,
}

impl Run {
    async fn of(database: &Database, peer: Option<&str>) -> Self {
        let (mailboxes, rounds) = (size("MAILBOXES", 3), size("ROUNDS", 2));
        let home = Home::in_(database).with("LOG__FILTER", "info");
        let mut fleet = Fleet::new(database).await;
        let tap = if peer.is_none() { Some(Tap::new().await) } else { None };
        if let Some(tap) = &tap {
            fleet.port = tap.port;
        }
        fleet.connect(0..mailboxes).await;
        let daemon = home.start().await;
        let (suggested, posted) = (Seen::default(), Seen::default());
        let all = mailboxes * rounds;
        watch(database, all, Arc::clone(&suggested));
        let addresses: Vec<String> = (0..mailboxes).map(|number| fleet.address(number)).collect();
        let url = sink(Arc::clone(&posted)).await;
        let peer = peer.map(|name| Peer::post(name, fleet.port, &addresses, &url));
        until_idling(&fleet.tag, mailboxes * (1 + usize::from(peer.is_some()))).await;
        let delivered = deliver(&addresses, rounds).await;
        for seen in std::iter::once(&suggested).chain(peer.is_some().then_some(&posted)) {
            let has_all = async || (seen.lock().unwrap().len() == all).then_some(());
            eventually_within(LIMIT, "something to come of every letter", has_all).await;
        }
        let numbers = reqwest::get(format!("{}/metrics", daemon.ops)).await.unwrap();
        let reading = mean_millis(&numbers.text().await.unwrap());
        assert!(daemon.stop().await.success());
        Self { delivered, tap, suggested, posted, mailboxes, reading }
    }

    fn title(&self, what: &str) -> String {
        format!("{what}: {} letters to {} mailboxes, SQLite", self.delivered.len(), self.mailboxes)
    }

    /// Milliseconds from the server's EXISTS to the suggestion; of a letter that no EXISTS told of, from
    /// its delivery, so that it is among the slowest.
    fn after_exists(&self) -> Vec<f64> {
        let (tap, suggested) = (self.tap.as_ref().unwrap(), self.suggested.lock().unwrap());
        let each = self.delivered.iter().enumerate().map(|(number, (address, at))| {
            let seen = suggested[&number];
            millis(tap.told(address, *at, seen).unwrap_or(*at), seen)
        });
        sorted(each)
    }

    /// Milliseconds from the delivery to what was seen.
    fn after_delivery(&self, seen: &Seen) -> Vec<f64> {
        let seen = seen.lock().unwrap();
        let each = self.delivered.iter().enumerate();
        sorted(each.map(|(number, (_, at))| millis(*at, seen[&number])))
    }
}

fn mean_millis(numbers: &str) -> f64 {
    let number = |name: &str| -> f64 {
        let line = numbers.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().parse().unwrap()
    };
    number("undersigned_message_seconds_sum ") / number("undersigned_message_seconds_count ")
        * 1000.0
}

fn millis(from: Instant, to: Instant) -> f64 {
    (to - from).as_secs_f64() * 1000.0
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

/// Each mailbox is delivered one letter a round, evenly spread over the round, so that Dovecot, which
/// holds news back for half a second, tells of each by itself.
async fn deliver(addresses: &[String], rounds: usize) -> Vec<(String, Instant)> {
    let round = Duration::from_millis(size("ROUND_MILLIS", 2000) as u64);
    let mut beats = tokio::time::interval(round / u32::try_from(addresses.len()).unwrap());
    let mut lmtp = Lmtp::connect().await;
    let mut delivered = Vec::new();
    for (number, address) in addresses.iter().cycle().take(addresses.len() * rounds).enumerate() {
        beats.tick().await;
        delivered.push((address.clone(), Instant::now()));
        lmtp.deliver(address, &letter(number * ROUND)).await;
    }
    delivered
}

/// Notes when each letter's suggestion was committed. Looks for a commit after every write to the log,
/// from a thread of its own, until it has seen all: a look costs the worker hardly anything.
fn watch(database: &Database, letters: usize, seen: Seen) {
    let file = |name: &str| database.dir.path().join(name);
    let inotify = inotify::init(CreateFlags::CLOEXEC).unwrap();
    inotify::add_watch(&inotify, file("undersigned.db-wal"), WatchFlags::MODIFY).unwrap();
    let index = File::open(file("undersigned.db-shm")).unwrap();
    let url = database.url.clone();
    let people: HashMap<String, usize> =
        (0..letters).map(|number| (Person::of(number, 0).name, number)).collect();
    thread::spawn(move || {
        let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut conn = runtime.block_on(SqliteConnection::connect(&url)).unwrap();
        let mut room = [MaybeUninit::uninit(); 4096];
        let mut writes = Reader::new(&inotify, &mut room);
        let (mut commits, mut last) = ([0; 4], 0_i64);
        while seen.lock().unwrap().len() < letters {
            writes.next().unwrap();
            let written = Instant::now();
            while written.elapsed() < WRITTEN {
                let before = std::mem::replace(&mut commits, count(&index));
                let now = Instant::now();
                if commits == before {
                    thread::sleep(LOOK);
                    continue;
                }
                let query = sqlx::query("SELECT rowid, contact FROM suggestions WHERE rowid > $1");
                let rows = runtime.block_on(query.bind(last).fetch_all(&mut conn)).unwrap();
                for row in rows {
                    last = last.max(row.get(0));
                    let contact: Contact = serde_json::from_str(row.get(1)).unwrap();
                    let number = people[&contact.name.unwrap().value.full];
                    seen.lock().unwrap().insert(number, now);
                }
            }
        }
    });
}

fn count(index: &File) -> [u8; 4] {
    let mut commits = [0; 4];
    index.read_exact_at(&mut commits, COMMITS).unwrap();
    commits
}

/// Where a peer posts the messages it fetched; says where that is.
async fn sink(seen: Seen) -> String {
    let take = async move |body: String| {
        let now = Instant::now();
        let id = body.lines().find_map(|line| line.strip_prefix("Message-ID: <")).unwrap();
        let (index, _) = id.split_once('@').unwrap();
        seen.lock().unwrap().insert(index.parse::<usize>().unwrap() / ROUND, now);
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/", post(take))).await });
    url
}
