//! Of a mailbox that is connected for new mail only, whatever comes from then on is read, however late
//! a worker looks at it first.

use super::house::{House, connector, deliver, fresh_address};
use super::reading::doveadm;
use crate::support::databases::on_each_database;
use crate::support::servers::{HOST, SERVERS};
use crate::support::site::Site;
use axum::http::{Method, StatusCode};
use serde_json::json;
use undersigned::store::MailboxId;
use undersigned::store::mailboxes::State;
use undersigned::store::tokens::Scope;

const URL: &str = "https://undersigned.example.test";

#[tokio::test]
async fn what_comes_between_connecting_and_the_first_look_is_new_mail() {
    on_each_database(async |database| {
        let site = Site::open_with(database, URL, connector()).await;
        let (tenant, list) = site.tenant("Acme").await;
        let (_, token) = site.token(&tenant.id, &Scope::ALL).await;
        let address = fresh_address("late");
        deliver(&address, "old").await;
        let mailbox = json!({
            "address": address, "list": list.id.as_str(), "host": HOST,
            "port": SERVERS.imap_tls.port(), "password": SERVERS.password.as_str(),
            "backfill_days": 0,
        });
        let answer = site.call(&token, Method::POST, "/mailboxes", Some(mailbox)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        let id = answer.json()["id"].as_str().unwrap().to_owned();
        let house = House::of(
            (tenant.id, list.id),
            site.db.clone(),
            site.vault.clone(),
            site.clock.clone(),
        );
        // No worker has looked at it, for whatever reason.
        deliver(&address, "one").await;
        doveadm(&["mailbox", "create", "-u", &address, "Offers"]);
        let copy = ["copy", "-u", &address, "Offers", "mailbox", "INBOX", "header", "subject"];
        doveadm(&[&copy[..], &["old"]].concat());
        let folders = format!("/mailboxes/{id}/folders");
        let chosen = Some(json!({"folders": ["Offers"]}));
        let answer = site.call(&token, Method::PUT, &folders, chosen).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{answer:?}");
        doveadm(&[&copy[..], &["one"]].concat());
        deliver(&address, "two").await;

        let mailbox = MailboxId::parse(&id).unwrap();
        let worker = house.work();
        house.notes.until(&mailbox, &["one", "two", "one"]).await;
        house.until(&mailbox, State::Healthy).await;
        deliver(&address, "three").await;
        house.notes.until(&mailbox, &["one", "two", "one", "three"]).await;
        worker.stop().await;
    })
    .await;
}
