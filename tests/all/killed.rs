//! Mails by the thousand, half of them older than the connection, half delivered while it is read, and a
//! worker that is killed again and again, at random moments: every mail is accounted for, and no suggestion
//! is made twice. `tests/load kills` kills the release build more often.

use crate::load::size;
use crate::support::api::Api;
use crate::support::daemon::Home;
use crate::support::databases::{Database, end_leases, on_postgres, on_sqlite};
use crate::support::letters::{PEOPLE, ROUND, letter};
use crate::support::lmtp::Lmtp;
use crate::support::servers::SERVERS;
use futures::future::join_all;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::ops::Range;
use std::time::{Duration, Instant};
use undersigned::store::Db;

const MAILBOXES: usize = 4;

/// How long after the moment that was chosen it is killed, at most: somewhere within a letter.
const WITHIN_MILLIS: u64 = 30;

/// How long it lives, at most, if that moment has passed before it was started.
const START_MILLIS: u64 = 600;

/// How many new letters are delivered before the first is read.
const LEAD: u64 = 50;

#[tokio::test(flavor = "multi_thread")]
async fn killed_again_and_again_it_loses_nothing_and_says_nothing_twice() {
    on_sqlite(async |database| tell(database, size("LETTERS", 2000), size("KILLS", 10)).await)
        .await;
}

/// Where the mailboxes of who was killed have to be taken over first.
#[tokio::test(flavor = "multi_thread")]
async fn killed_again_and_again_on_postgresql_it_loses_nothing_and_says_nothing_twice() {
    on_postgres(async |database| tell(database, 600, 6).await).await;
}

async fn tell(database: &Database, letters: usize, kills: usize) {
    let home = Home::in_(database);
    home.run(&["admin", "create-tenant", "Kugellager", "--region", "DE"]);
    let token = home.run(&["admin", "create-token", "--tenant", "Kugellager", "story"]);
    let tag = database.dir.path().file_name().unwrap().to_string_lossy().to_lowercase();
    let address = |place: usize| format!("load{place}{}@kugellager.test", tag.replace('.', ""));

    let older = letters / ROUND / 2 * ROUND;
    let started = Instant::now();
    deliver(&address, 0..older, async |_| ()).await;
    eprintln!("{older} letters delivered in {:?}", started.elapsed());

    let started = Instant::now();
    let daemon = home.start().await;
    connect(&Api::of(&daemon, token.trim()), &address).await;
    let db = database.open().await;
    let mut running = Some(daemon);
    // New letters come as fast as older ones are read.
    let newer = deliver(&address, older..letters, async |place| {
        wait_for(&db, 2 * (place as u64).saturating_sub(LEAD)).await;
    });
    let killing = async {
        for moment in moments(letters, kills) {
            if count(&db).await < moment {
                wait_for(&db, moment).await;
                pause(WITHIN_MILLIS).await;
            } else {
                pause(START_MILLIS).await;
            }
            running.take().unwrap().kill();
            end_leases(&db).await;
            running = Some(home.start().await);
        }
    };
    tokio::join!(newer, killing);
    wait_for(&db, letters as u64).await;
    eprintln!("read with {kills} kills in {:?}", started.elapsed());
    let daemon = running.unwrap();
    // Nothing else comes after the last one.
    tokio::time::sleep(Duration::from_secs(2)).await;

    assert_eq!(count(&db).await, letters as u64, "every letter is accounted for, once");
    let names = suggested(&Api::of(&daemon, token.trim())).await;
    let people: BTreeSet<&String> = names.iter().collect();
    assert_eq!(people.len(), letters / ROUND * PEOPLE, "everybody who signs is suggested");
    assert_eq!(names.len(), people.len(), "nobody twice");
    assert!(daemon.stop().await.success());
}

/// After how many letters it is killed, in order.
fn moments(letters: usize, kills: usize) -> Vec<u64> {
    let mut moments: Vec<u64> = (0..kills).map(|_| rand::random_range(0..letters as u64)).collect();
    moments.sort_unstable();
    moments
}

async fn pause(at_most_millis: u64) {
    tokio::time::sleep(Duration::from_millis(rand::random_range(0..=at_most_millis))).await;
}

/// Delivers letters, each once `may` has come back for its place among them. A round stays in one mailbox, so
/// that its letters are read in order.
async fn deliver(
    address: &impl Fn(usize) -> String,
    letters: Range<usize>,
    may: impl AsyncFn(usize),
) {
    let one = async |mailbox: usize| {
        let mut lmtp = Lmtp::connect().await;
        for (place, index) in letters.clone().enumerate() {
            if index / ROUND % MAILBOXES == mailbox {
                may(place).await;
                lmtp.deliver(&address(mailbox), &letter(index)).await;
            }
        }
    };
    join_all((0..MAILBOXES).map(one)).await;
}

async fn connect(api: &Api, address: &impl Fn(usize) -> String) {
    let list = api.post("/lists", json!({"name": "Inbound"})).await;
    for place in 0..MAILBOXES {
        let mailbox = json!({
            "address": address(place), "list": list["id"], "host": "localhost",
            "port": SERVERS.imap_tls.port(), "password": SERVERS.password,
        });
        api.post("/mailboxes", mailbox).await;
    }
}

/// How many letters something has come of.
async fn count(db: &Db) -> u64 {
    let count = sqlx::query_scalar("SELECT COUNT(*) FROM messages WHERE outcome <> 'trying'");
    let count: i64 = count.fetch_one(&mut *db.read().await.unwrap()).await.unwrap();
    count.cast_unsigned()
}

async fn wait_for(db: &Db, letters: u64) {
    let (mut before, mut since) = (0, Instant::now());
    loop {
        let now = count(db).await;
        if now >= letters {
            return;
        }
        if now > before {
            (before, since) = (now, Instant::now());
        }
        assert!(since.elapsed() < Duration::from_mins(2), "stands still at {now} of {letters}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The names of all suggestions.
pub(crate) async fn suggested(api: &Api) -> Vec<String> {
    let mut names = Vec::new();
    let mut before = String::new();
    loop {
        let page = api.get(&format!("/suggestions?limit=200{before}")).await;
        names.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one["card"]["name"]["full"].as_str().unwrap().to_owned()),
        );
        match &page["next"] {
            Value::String(next) => before = format!("&before={next}"),
            _ => return names,
        }
    }
}
