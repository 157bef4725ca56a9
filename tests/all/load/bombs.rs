//! Messages made to harm whoever reads them, delivered to the running worker.

use super::figures::{Figures, is_measured, size};
use super::fleet::Fleet;
use super::process::{Process, until_idling};
use super::tap::Tap;
use crate::support::daemon::Home;
use crate::support::databases::on_sqlite;
use crate::support::letters::letter;
use crate::support::lmtp::Lmtp;
use crate::support::patience::eventually_within;
use sqlx::{Connection, Row, SqliteConnection};
use std::time::{Duration, Instant};

/// How long the slowest may take in a debug build, its delivery included.
const LIMIT: Duration = Duration::from_mins(3);

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_survives_whatever_it_is_sent() {
    on_sqlite(async |database| {
        let home = Home::in_(database).with("LOG__FILTER", "info");
        let mut fleet = Fleet::new(database).await;
        let tap = Tap::new().await;
        fleet.port = tap.port;
        fleet.connect(0..1).await;
        let address = fleet.address(0);
        let daemon = home.start().await;
        let worker = Process(daemon.pid());
        let mut conn = SqliteConnection::connect(&database.url).await.unwrap();
        let mut lmtp = Lmtp::connect().await;
        // What is read once and stays is no bomb's.
        for index in 0..3 {
            lmtp.deliver(&address, &letter(index)).await;
            outcome(&mut conn, index + 1).await;
        }

        let mut figures = Figures::new("bombs delivered to the running worker");
        let bombs = bombs();
        let last = bombs.len() + 3;
        // Between two of them, so that memory is of one only.
        let rest = Duration::from_millis(if is_measured() { 1000 } else { 100 });
        for (number, (name, expected, bomb)) in bombs.into_iter().enumerate() {
            until_idling(&fleet.tag, 1).await;
            tokio::time::sleep(rest).await;
            worker.forget_peak();
            let (before, from) = (worker.resident(), Instant::now());
            lmtp.deliver(&address, &bomb).await;
            drop(bomb);
            let (what, reason) = outcome(&mut conn, number + 4).await;
            let now = Instant::now();
            let told = tap.told(&address, from, now).expect("it was told of while idling");
            let extra = (worker.peak() - before) / 1024.0;
            figures.at_most(&format!("{name}: {what} {reason}, extra"), extra, 64.0, "MiB");
            let took = (now - told).as_secs_f64();
            figures.at_most(&format!("{name}: EXISTS to outcome"), took, 1.0, "s");
            assert_eq!((what.as_str(), reason.as_str()), expected, "{name}");
        }
        lmtp.deliver(&address, &letter(5)).await;
        let after = outcome(&mut conn, last + 1).await;
        assert_eq!(after.0, "new", "and the next letter is read");
        assert!(daemon.stop().await.success(), "by the same process");
        figures.end();
    })
    .await;
}

/// What came of the message that is the `count`-th one.
async fn outcome(conn: &mut SqliteConnection, count: usize) -> (String, String) {
    eventually_within(LIMIT, "something to come of it", async || {
        let query = "SELECT outcome, reason FROM messages WHERE outcome <> 'trying' ORDER BY rowid";
        let rows = sqlx::query(query).fetch_all(&mut *conn).await.unwrap();
        (rows.len() >= count).then(|| (rows[count - 1].get(0), rows[count - 1].get(1)))
    })
    .await
}

/// What comes of a bomb, and why.
type Fate = (&'static str, &'static str);

/// Beyond the limits of reading.
const REFUSED: Fate = ("quarantined", "unreadable");

/// Read within the limits, and signed by nobody.
const UNSIGNED: Fate = ("skipped", "no-signature");

/// Those of the facts that people have met, and what is bait for decoders and patterns.
fn bombs() -> Vec<(&'static str, Fate, Vec<u8>)> {
    let level = |i: usize| format!("Content-Type: multipart/mixed; boundary=b{i}\n\n--b{i}\n");
    let parts = "Content-Type: multipart/mixed; boundary=b\n\n".to_owned();
    let text = "Content-Type: text/plain\n\n";
    let html = "Content-Type: text/html\n\n";
    let signed = "Kind regards\n\n";
    let giant = size("GIANT_MIB", 40) << 20;
    let zeros =
        "H4sIAAAAAAACA+3BAQ0AAADCoPdPbQ8HFAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n".repeat(100_000);
    let zip = "Content-Type: application/zip; name=a.zip\nContent-Transfer-Encoding: base64\n\n";
    let bodies = [
        (
            "chain of message/rfc822, 700 KB",
            REFUSED,
            "Content-Type: message/rfc822\n\n".repeat(24_000),
        ),
        ("1,000,000 parts", REFUSED, parts + &"--b\n\na\n".repeat(1_000_000)),
        ("multipart 100,000 deep", REFUSED, (0..100_000).map(level).collect()),
        ("500,000 headers", REFUSED, "X-A: b\n".repeat(500_000) + "\nbody\n"),
        ("subject of 20 MB", REFUSED, format!("Subject: {}\n\nbody\n", "a ".repeat(10_000_000))),
        (
            "1,000,000 addresses",
            REFUSED,
            format!("To: {}\n\nbody\n", "a@b.example,\n ".repeat(1_000_000)),
        ),
        ("giant, its text 1 MB per line", REFUSED, {
            let line = "x".repeat(1 << 20) + "\n";
            format!("{text}{}", line.repeat(giant >> 20))
        }),
        ("bait for unpackers, 7 MB", UNSIGNED, format!("{zip}{zeros}")),
        ("1,000,000 nested elements", UNSIGNED, format!("{html}{}", "<div>".repeat(1_000_000))),
        (
            "bait for patterns, telephone",
            UNSIGNED,
            format!("{text}{signed}{}", "+49 931 1 ".repeat(500_000)),
        ),
        (
            "bait for patterns, address",
            UNSIGNED,
            format!("{text}{signed}{}", "a@a.a-".repeat(500_000)),
        ),
        (
            "bait for patterns, brackets",
            UNSIGNED,
            format!("{text}{signed}{}\n", "((<[".repeat(500_000)),
        ),
        (
            "words encoded in words",
            REFUSED,
            format!("Subject: {}\n\nbody\n", "=?utf-8?Q?=3D?=\n ".repeat(300_000)),
        ),
    ];
    let head = |n: usize| format!("From: Eve <eve@bomb.example>\nMessage-ID: <{n}@bomb.example>\n");
    let whole = |(n, (name, fate, body)): (usize, (_, _, String))| {
        (name, fate, (head(n) + &body).into_bytes())
    };
    bodies.into_iter().enumerate().map(whole).collect()
}
