//! Nothing of a message is kept: words that stand only in mail are nowhere to be found afterwards,
//! in no file the daemon can write, in no metric, in no log.

use crate::support::api::Api;
use crate::support::daemon::Home;
use crate::support::databases::{Database, on_each_database};
use crate::support::lmtp::deliver;
use crate::support::patience::eventually;
use crate::support::servers::SERVERS;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};
use std::path::Path;
use undersigned::store::Backend;

/// Where in the mail each word stands.
const CANARIES: [&str; 7] = [
    "zeisigmessageid",
    "zaunkoenigsubject",
    "rotkehlchenbody",
    "pirolquoted",
    "stieglitzdisclaimer",
    "wiedehopfattachment",
    "kleiberbroken",
];

#[tokio::test]
async fn nothing_of_a_message_is_kept() {
    on_each_database(async |database| {
        let home = Home::in_(database);
        home.run(&["admin", "create-tenant", "Canary", "--region", "DE"]);
        let token = home.run(&["admin", "create-token", "--tenant", "Canary", "story"]);
        let daemon = home.start().await;
        let api = Api::of(&daemon, token.trim());
        let tag = database.dir.path().file_name().unwrap().to_string_lossy().to_lowercase();
        let address = format!("canary{}@kugellager.test", tag.replace('.', ""));
        let list = api.post("/lists", json!({"name": "Inbound"})).await;
        deliver(&address, signed().as_bytes()).await;
        deliver(&address, broken().as_bytes()).await;
        let mailbox = json!({
            "address": address, "list": list["id"], "host": "localhost",
            "port": SERVERS.imap_tls.port(), "password": SERVERS.password,
        });
        api.post("/mailboxes", mailbox).await;
        eventually("the suggestion", async || {
            let open = api.get("/suggestions").await;
            (open["items"].as_array()?.len() == 1).then_some(())
        })
        .await;
        deliver(&address, unreadable().as_slice()).await;
        // The last of three is read when it is counted among the outcomes.
        let metrics = eventually("three messages in the metrics", async || {
            let metrics = reqwest::get(format!("{}/metrics", daemon.ops)).await.ok()?;
            let metrics = metrics.text().await.ok()?;
            (read(&metrics) >= 3.0).then_some(metrics)
        })
        .await;
        nowhere("the metrics", metrics.as_bytes());
        daemon.kill();
        // With the write-ahead log of the killed one, and after the next one took it up.
        search_files(&home.dir);
        let daemon = home.start().await;
        search_files(&home.dir);
        assert!(daemon.stop().await.success());
        search_files(&home.dir);
        if database.backend == Backend::Postgres {
            search_tables(database).await;
        }
    })
    .await;
}

/// How many messages the metrics say were read.
fn read(metrics: &str) -> f64 {
    metrics
        .lines()
        .filter(|line| line.starts_with("undersigned_messages_total"))
        .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
        .sum()
}

fn signed() -> String {
    "From: Clara Canary <clara@canary.example>\nTo: rep@kugellager.test\n\
     Subject: Anfrage zaunkoenigsubject\nDate: Mon, 16 Nov 2026 08:00:00 +0100\n\
     Message-ID: <zeisigmessageid@canary.example>\nMIME-Version: 1.0\n\
     Content-Type: multipart/mixed; boundary=b\n\n--b\n\
     Content-Type: text/plain; charset=utf-8\n\n\
     Guten Tag,\n\nrotkehlchenbody kostet wie viel?\n\nMit freundlichen Gruessen\n\n\
     Clara Canary\nLeiterin Einkauf\nCanary GmbH\nTel.: +49 931 123456\nclara@canary.example\n\n\
     Diese E-Mail ist vertraulich, stieglitzdisclaimer, und nur fuer den Empfaenger bestimmt.\n\n\
     Am 15.11.2026 schrieb Rep <rep@kugellager.test>:\n> pirolquoted\n\
     --b\nContent-Type: text/plain; name=a.txt\nContent-Disposition: attachment; filename=a.txt\n\n\
     wiedehopfattachment\n--b--\n"
        .to_owned()
}

/// A chain of messages in messages, refused before it is parsed.
fn broken() -> String {
    let mut mail = "From: Klaus <klaus@canary.example>\nSubject: kleiberbroken\n".to_owned();
    for _ in 0..2000 {
        mail.push_str("Content-Type: message/rfc822\n\n");
    }
    mail.push_str("kleiberbroken\n");
    mail
}

/// Bytes that are no mail at all.
fn unreadable() -> Vec<u8> {
    let mut mail = b"kleiberbroken \xff\xfe\x00: =?utf-8?B?kleiberbroken".to_vec();
    mail.extend(std::iter::repeat_n(0x80, 4096));
    mail
}

fn nowhere(place: &str, bytes: &[u8]) {
    for canary in CANARIES {
        for form in forms(canary) {
            let found = bytes
                .windows(form.len())
                .any(|window| window.eq_ignore_ascii_case(form.as_bytes()));
            assert!(!found, "{canary} was found in {place} as {form}");
        }
    }
}

/// The word as it is, and what it is in base64, wherever it begins in what was encoded.
fn forms(word: &str) -> Vec<String> {
    let encoded = (0..3).map(|before| {
        let text = STANDARD.encode(format!("{}{word}", "-".repeat(before)));
        // Neither end: those letters depend on the word's neighbours.
        let whole = (before + word.len()) / 3 * 4;
        text[if before == 0 { 0 } else { 4 }..whole].to_owned()
    });
    std::iter::once(word.to_owned()).chain(encoded).collect()
}

fn search_files(dir: &Path) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            search_files(&path);
        } else {
            nowhere(&path.display().to_string(), &std::fs::read(&path).unwrap());
        }
    }
}

/// Every value of every table, as text.
async fn search_tables(database: &Database) {
    let mut conn = PgConnection::connect(&database.url).await.unwrap();
    let tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'";
    let tables = sqlx::query(tables).fetch_all(&mut conn).await.unwrap();
    assert!(tables.len() > 10, "the schema is there");
    for table in tables {
        let table: String = table.get(0);
        let rows = format!("SELECT CAST(t AS TEXT) FROM \"{table}\" AS t");
        for row in sqlx::query(AssertSqlSafe(rows)).fetch_all(&mut conn).await.unwrap() {
            nowhere(&table, row.get::<String, _>(0).as_bytes());
        }
    }
}
