//! Programs see how far older mail is read.

use super::house::{connector, fresh_address};
use crate::support::databases::on_each_database;
use crate::support::servers::{HOST, SERVERS};
use crate::support::site::Site;
use axum::http::Method;
use serde_json::{Value, json};
use undersigned::store::mailboxes::{self, Baseline, Kind};
use undersigned::store::tokens::Scope;

#[tokio::test]
async fn a_mailbox_that_reads_older_mail_says_how_far_it_is_in_numbers() {
    on_each_database(async |database| {
        let site = Site::open_with(database, "https://undersigned.example.test", connector()).await;
        let (tenant, list) = site.tenant("Acme").await;
        let (_, token) = site.token(&tenant.id, &Scope::ALL).await;
        let mailbox = json!({
            "address": fresh_address("older"), "list": list.id.as_str(), "host": HOST,
            "port": SERVERS.imap_tls.port(), "password": SERVERS.password.as_str(),
        });
        let answer = site.call(&token, Method::POST, "/mailboxes", Some(mailbox)).await.json();
        let path = format!("/mailboxes/{}", answer["id"].as_str().unwrap());
        let told =
            async || site.call(&token, Method::GET, &path, None).await.json()["older_mail"].clone();
        assert_eq!(told().await, Value::Null);

        let now = site.clock.now();
        let mut tx = site.db.begin_write().await.unwrap();
        let held = mailboxes::claim(&mut tx, Kind::Imap, "worker", now, 1).await.unwrap().remove(0);
        let baseline = Baseline {
            uid_validity: 7,
            last_uid: 200,
            backfill_from: now.plus_secs(-30 * 86_400),
            backfill_until: 200,
        };
        assert!(mailboxes::rebaseline(&mut tx, &held, "INBOX", &baseline).await.unwrap());
        mailboxes::note_backfill(&mut tx, &held, "INBOX", Some(120)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(told().await, json!({"done": 0, "total": 120}));
        let mut tx = site.db.begin_write().await.unwrap();
        mailboxes::note_backfill(&mut tx, &held, "INBOX", None).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(told().await, Value::Null, "all of it is read");
    })
    .await;
}
