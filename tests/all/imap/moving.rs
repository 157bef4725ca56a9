//! A mailbox that is connected is given another server, port, encryption and user name in place.

use super::house::{House, connector, deliver, fresh_address};
use super::reading::doveadm;
use crate::support::databases::{on_each_database, on_postgres, until_one_waits};
use crate::support::patience::eventually;
use crate::support::servers::{HOST, SERVERS};
use crate::support::site::Site;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use undersigned::clock::Clock;
use undersigned::store::mailboxes::{self, Baseline, Kind, Report, State};
use undersigned::store::oauth::{self, Given};
use undersigned::store::tokens::Scope;
use undersigned::store::{Conn, MailboxId};

const URL: &str = "https://undersigned.example.test";

/// A server that has too many connections.
async fn turn_away(server: &TcpListener) -> TcpStream {
    let (mut caller, _) = server.accept().await.unwrap();
    caller.write_all(b"* BYE too many connections\r\n").await.unwrap();
    caller
}

#[tokio::test]
async fn a_mailbox_that_moved_is_read_on_from_its_new_server_in_place() {
    on_each_database(async |database| {
        let site = Site::open_with(database, URL, connector()).await;
        site.clock.advance_secs((Clock::system().now().0 - site.clock.now().0) / 1000);
        let (tenant, list) = site.tenant("Acme").await;
        let (_, token) = site.token(&tenant.id, &Scope::ALL).await;
        let (_, reading) = site.token(&tenant.id, &[Scope::MailboxesRead]).await;
        let (old, new) = (fresh_address("old"), fresh_address("new"));
        for (address, subject) in [(&old, "one"), (&new, "two")] {
            deliver(address, subject).await;
            let numbered = ["mailbox", "update", "-u", address, "--uid-validity", "7", "INBOX"];
            doveadm(&numbered);
        }
        let mailbox = json!({
            "address": old, "list": list.id.as_str(), "host": HOST,
            "port": SERVERS.imap_tls.port(), "password": SERVERS.password.as_str(),
        });
        let post =
            async || site.call(&token, Method::POST, "/mailboxes", Some(mailbox.clone())).await;
        let connected = post().await;
        assert_eq!(connected.status, StatusCode::CREATED, "{connected:?}");
        let id = MailboxId::parse(connected.json()["id"].as_str().unwrap()).unwrap();
        let house = House::of(
            (tenant.id.clone(), list.id),
            site.db.clone(),
            site.vault.clone(),
            site.clock.clone(),
        );
        let worker = house.work();
        house.notes.until(&id, &["one"]).await;
        house.until(&id, State::Healthy).await;
        let again = post().await;
        assert_eq!(again.status, StatusCode::CONFLICT, "{again:?}");
        assert!(again.text.contains("/server"), "{again:?}");

        let path = format!("/mailboxes/{id}/server");
        let put = async |token: &str, sent: &Value| {
            site.call(token, Method::PUT, &path, Some(sent.clone())).await
        };
        let mut sent = json!({
            "host": HOST, "port": SERVERS.imap_starttls.port(), "security": "starttls",
            "username": new, "password": "hush hush",
        });
        assert_eq!(put(&reading, &sent).await.status, StatusCode::FORBIDDEN);
        let refused = put(&token, &sent).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
        assert!(refused.text.contains("user name and password"), "{refused:?}");
        assert!(!refused.text.contains("hush"), "{refused:?}");
        assert_eq!(house.mailbox(&id).await.username, old, "nothing is changed before");
        let crowded = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at_crowded = json!({
            "host": HOST, "port": crowded.local_addr().unwrap().port(), "security": "starttls",
            "password": "hush hush",
        });
        let (refused, _caller) = tokio::join!(put(&token, &at_crowded), turn_away(&crowded));
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
        let said = "turns connections away for now; nothing was saved: try again in a while";
        assert!(refused.text.contains(said), "{refused:?}");
        sent["password"] = json!(SERVERS.password.as_str());
        let nowhere = format!("/mailboxes/{}/server", MailboxId::new());
        let none = site.call(&token, Method::PUT, &nowhere, Some(sent.clone())).await;
        assert_eq!(none.status, StatusCode::NOT_FOUND, "{none:?}");

        // The mail has gone to the new server for days, while the old one had nothing left to be read.
        site.clock.advance_secs(5 * 86_400);
        let (_, token) = site.token(&tenant.id, &Scope::ALL).await;
        deliver(&old, "late").await;
        house.notes.until(&id, &["one", "late"]).await;
        eventually("nothing to be left there", async || {
            let caught_up = "SELECT caught_up_at FROM mailbox_folders WHERE mailbox_id = $1";
            let caught_up = sqlx::query_scalar(caught_up).bind(id.as_str());
            let mut conn = site.db.read().await.unwrap();
            let caught_up: Option<i64> = caught_up.fetch_one(&mut *conn).await.unwrap();
            (caught_up? > site.clock.now().plus_secs(-86_400).0).then_some(())
        })
        .await;
        let moved = put(&token, &sent).await;
        assert_eq!(moved.status, StatusCode::OK, "{moved:?}");
        let told = moved.json();
        for (key, value) in [
            ("id", json!(id.as_str())),
            ("address", json!(old)),
            ("port", json!(SERVERS.imap_starttls.port())),
            ("security", json!("starttls")),
            ("username", json!(new)),
        ] {
            assert_eq!(told[key], value, "{key} in {told}");
        }
        // Both accounts number by the same UIDVALIDITY, and the message has the number of one that was read.
        house.notes.until(&id, &["one", "late", "two"]).await;
        deliver(&new, "three").await;
        house.notes.until(&id, &["one", "late", "two", "three"]).await;
        house.until(&id, State::Healthy).await;
        let audited = "SELECT COUNT(*) FROM audit WHERE action = 'mailbox.set-server'
                       AND subject = $1";
        let mut conn = site.db.read().await.unwrap();
        let audited: i64 =
            sqlx::query_scalar(audited).bind(id.as_str()).fetch_one(&mut *conn).await.unwrap();
        assert_eq!(audited, 1);
        drop(conn);
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_mailbox_whose_folder_is_gone_takes_a_password_a_server_and_then_another_folder() {
    on_each_database(async |database| {
        let site = Site::open_with(database, URL, connector()).await;
        site.clock.advance_secs((Clock::system().now().0 - site.clock.now().0) / 1000);
        let (tenant, list) = site.tenant("Acme").await;
        let (_, token) = site.token(&tenant.id, &Scope::ALL).await;
        let address = fresh_address("emptied");
        deliver(&address, "one").await;
        let right = SERVERS.password.as_str();
        let mailbox = json!({
            "address": address, "list": list.id.as_str(), "host": HOST, "folder": "Anfragen",
            "port": SERVERS.imap_tls.port(), "password": right,
        });
        let post =
            async || site.call(&token, Method::POST, "/mailboxes", Some(mailbox.clone())).await;
        let refused = post().await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
        assert!(refused.text.contains("the folder cannot be opened"), "{refused:?}");
        doveadm(&["mailbox", "create", "-u", &address, "Anfragen"]);
        let connected = post().await;
        assert_eq!(connected.status, StatusCode::CREATED, "{connected:?}");
        let id = MailboxId::parse(connected.json()["id"].as_str().unwrap()).unwrap();
        doveadm(&["mailbox", "delete", "-u", &address, "Anfragen"]);
        let house = House::of(
            (tenant.id.clone(), list.id),
            site.db.clone(),
            site.vault.clone(),
            site.clock.clone(),
        );
        assert!(house.set_password(&house.mailbox(&id).await, &"outdated".into()).await);
        let worker = house.work();
        house.until(&id, State::WrongPassword).await;

        let put = async |what: &str, sent: Value| {
            let path = format!("/mailboxes/{id}/{what}");
            site.call(&token, Method::PUT, &path, Some(sent)).await
        };
        let refused = put("password", json!({"password": "hush hush"})).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
        let changed = put("password", json!({"password": right})).await;
        assert_eq!(changed.status, StatusCode::NO_CONTENT, "{changed:?}");
        house.until(&id, State::NoFolder).await;
        let server = json!({
            "host": HOST, "port": SERVERS.imap_starttls.port(), "security": "starttls",
            "password": right,
        });
        let moved = put("server", server).await;
        assert_eq!(moved.status, StatusCode::OK, "{moved:?}");
        house.until(&id, State::NoFolder).await;
        let chosen = put("folders", json!({"folders": [], "watched": "INBOX"})).await;
        assert_eq!(chosen.status, StatusCode::NO_CONTENT, "{chosen:?}");
        house.notes.until(&id, &["one"]).await;
        house.until(&id, State::Healthy).await;
        worker.stop().await;
    })
    .await;
}

/// Whoever reads it takes the mailbox's row, and then its folder's.
#[tokio::test]
async fn who_chooses_the_folders_of_a_mailbox_and_who_reads_it_do_not_meet() {
    on_postgres(async |database| {
        let house = House::new(database.open().await).await;
        house.connect(&fresh_address("chosen")).await;
        let (db, now) = (&house.db, house.clock.now());
        let claim = async |tx: &mut Conn| {
            mailboxes::claim(tx, Kind::Imap, "worker", now, 1).await.unwrap().remove(0)
        };
        let mut tx = db.begin_write().await.unwrap();
        let mailbox = claim(&mut tx).await.mailbox;
        mailboxes::set_folders(&mut tx, &mailbox, &["News".to_owned()], now).await.unwrap();
        let held = claim(&mut tx).await;
        tx.commit().await.unwrap();

        let mut reading = db.begin_write().await.unwrap();
        let well = Report { state: State::Healthy, detail: "", retry_at: None };
        mailboxes::set_state(&mut reading, &held, &well, now).await.unwrap();
        let choosing = async {
            let mut tx = db.begin_write().await.unwrap();
            mailboxes::set_folders(&mut tx, &mailbox, &[], now).await.unwrap();
            tx.commit().await.unwrap();
        };
        let rest = async {
            until_one_waits(db).await;
            mailboxes::note_caught_up(&mut reading, &held, "News", now).await.unwrap();
            reading.commit().await.unwrap();
        };
        tokio::join!(choosing, rest);
        let mut conn = db.read().await.unwrap();
        assert_eq!(mailboxes::folders(&mut conn, &mailbox).await.unwrap(), ["INBOX"]);
    })
    .await;
}

/// Whoever reads it takes the mailbox's row, and then its folder's; or comes later, and changes nothing.
#[tokio::test]
async fn who_gives_a_mailbox_another_account_and_who_reads_it_do_not_meet() {
    on_postgres(async |database| {
        let house = House::new(database.open().await).await;
        let mailbox = house.connect(&fresh_address("before")).await;
        let (db, now) = (&house.db, house.clock.now());
        let numbered = Baseline {
            uid_validity: 7,
            last_uid: 4,
            backfill_from: now.plus_secs(-86_400),
            backfill_until: 0,
        };
        let give = async |tx: &mut Conn, username: &str| {
            let given = Given {
                service: "google",
                host: HOST,
                port: SERVERS.imap_tls.port(),
                username,
                refresh_token: &"kept".into(),
            };
            let whose = (&house.tenant, &mailbox);
            assert!(oauth::give(tx, &house.vault, whose, &given, now).await.unwrap());
        };
        let claim = async |tx: &mut Conn| {
            mailboxes::claim(tx, Kind::Imap, "worker", now, 1).await.unwrap().remove(0)
        };
        let looked_at = async || {
            let mut tx = db.begin_write().await.unwrap();
            let held = claim(&mut tx).await;
            assert!(mailboxes::rebaseline(&mut tx, &held, "INBOX", &numbered).await.unwrap());
            tx.commit().await.unwrap();
            held
        };

        let held = looked_at().await;
        let mut reading = db.begin_write().await.unwrap();
        let well = Report { state: State::Healthy, detail: "", retry_at: None };
        mailboxes::set_state(&mut reading, &held, &well, now).await.unwrap();
        let giving = async {
            let mut tx = db.begin_write().await.unwrap();
            give(&mut tx, "second").await;
            tx.commit().await.unwrap();
        };
        let rest = async {
            until_one_waits(db).await;
            mailboxes::note_caught_up(&mut reading, &held, "INBOX", now).await.unwrap();
            reading.commit().await.unwrap();
        };
        tokio::join!(giving, rest);

        let held = looked_at().await;
        let mut giving = db.begin_write().await.unwrap();
        give(&mut giving, "third").await;
        let late = async {
            let mut tx = db.begin_write().await.unwrap();
            mailboxes::note_caught_up(&mut tx, &held, "INBOX", now).await.unwrap();
            assert!(!mailboxes::rebaseline(&mut tx, &held, "INBOX", &numbered).await.unwrap());
            tx.commit().await.unwrap();
        };
        let rest = async {
            until_one_waits(db).await;
            giving.commit().await.unwrap();
        };
        tokio::join!(late, rest);
        let mut tx = db.begin_write().await.unwrap();
        let held = claim(&mut tx).await;
        let position = mailboxes::position(&mut tx, &held, "INBOX").await.unwrap().unwrap();
        assert_eq!((position.uid_validity, position.caught_up_at), (Some(0), None));
    })
    .await;
}
