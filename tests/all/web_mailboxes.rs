//! An admin at the page of mailboxes: connects by typing an address, sees how each fares, heals it.

use crate::support::databases::{Database, on_each_database};
use crate::support::servers::SERVERS;
use crate::support::sign_in_service::{CLIENT, SECRET, SignInService};
use crate::support::site::Site;
use axum::http::{Method, StatusCode};
use secrecy::SecretString;
use serde_json::json;
use undersigned::source::imap::Connector;
use undersigned::source::oauth::Services;
use undersigned::store::lists::{self, ContactList};
use undersigned::store::mailboxes::{self, Held, Kind, NewMailbox, Report, State};
use undersigned::store::oauth::{self, App};
use undersigned::store::tokens::Scope;
use undersigned::store::users::Role;
use undersigned::store::{MailboxId, Security, TenantId};
use undersigned::vault::Vault;

const URL: &str = "http://localhost:8080";

/// A mailbox whose password its server refuses.
async fn ill_mailbox(site: &Site, tenant: &TenantId, list: &ContactList) -> MailboxId {
    let new = NewMailbox {
        tenant: tenant.clone(),
        list: list.id.clone(),
        kind: Kind::Imap,
        address: "nora@web.de".to_owned(),
        host: "imap.web.de".to_owned(),
        port: 993,
        security: Security::Tls,
        username: "nora".to_owned(),
        password: SecretString::from("outdated"),
        folder: "INBOX".to_owned(),
        backfill_days: 30,
    };
    let now = site.clock.now();
    let mut tx = site.db.begin_write().await.unwrap();
    let id = mailboxes::create(&mut tx, &Vault::ephemeral(), &new, now).await.unwrap();
    let held: Held =
        mailboxes::claim(&mut tx, Kind::Imap, "worker", now, 1).await.unwrap().remove(0);
    let report = Report {
        state: State::WrongPassword,
        detail: "the server does not accept this password: enter it again",
        retry_at: Some(now.plus_secs(600)),
    };
    mailboxes::set_state(&mut tx, &held, &report, now).await.unwrap();
    tx.commit().await.unwrap();
    id
}

#[tokio::test]
async fn an_admin_sees_what_is_ill_pauses_it_and_is_told_why_another_cannot_be_connected() {
    on_each_database(async |database| {
        let site = Site::open(database, URL).await;
        let (tenant, list) = site.tenant("Acme").await;
        site.user(&tenant.id, "ada@acme.example", Role::Admin).await;
        site.user(&tenant.id, "max@acme.example", Role::Member).await;
        let member = site.sign_in("max@acme.example").await;
        assert_eq!(site.look("/mailboxes", &member).await.status, StatusCode::FORBIDDEN);

        let admin = site.sign_in("ada@acme.example").await;
        let id = ill_mailbox(&site, &tenant.id, &list).await;
        let shown = site.look("/mailboxes", &admin).await;
        assert_eq!(shown.status, StatusCode::OK, "{shown:?}");
        for part in
            ["nora@web.de", "wrong password", "enter it again", "hilfe.web.de", "no technical user"]
        {
            assert!(shown.text.contains(part), "{part} in {}", shown.text);
        }
        let (_, token) = site.token(&tenant.id, &[Scope::MailboxesRead]).await;
        let told = site.call(&token, Method::GET, "/notices", None).await.json();
        assert_eq!(told["sender"], json!(null), "{told}");
        assert!(told["detail"].as_str().unwrap().contains("no technical user"), "{told}");
        let csrf = shown.field("csrf");
        let path = format!("/mailboxes/{id}");
        let without = site.post(&path, &admin, &[("do", "pause")]).await;
        assert!(without.status.is_client_error(), "{without:?}");
        let paused = site.post(&path, &admin, &[("csrf", &csrf), ("do", "pause")]).await;
        assert_eq!(paused.status, StatusCode::SEE_OTHER, "{paused:?}");
        let shown = site.look("/mailboxes", &admin).await.text;
        assert!(shown.contains("paused") && shown.contains("Resume"), "{shown}");
        let resumed = site.post(&path, &admin, &[("csrf", &csrf), ("do", "resume")]).await;
        assert_eq!(resumed.status, StatusCode::SEE_OTHER, "{resumed:?}");

        // What is typed first is an address; how it is connected comes back.
        let typed = [("csrf", csrf.as_str()), ("address", "nora@gmx.de")];
        let asked = site.post("/mailboxes/connect", &admin, &typed).await;
        assert!(asked.text.contains("value=\"imap.gmx.net\""), "{}", asked.text);
        assert!(asked.text.contains("IMAP has to be switched on once"), "{}", asked.text);
        let typed = [("csrf", csrf.as_str()), ("address", "nora@outlook.com")];
        let asked = site.post("/mailboxes/connect", &admin, &typed).await;
        assert!(asked.text.contains("value=\"graph\""), "{}", asked.text);

        let list = list.id.to_string();
        let sent = [
            ("csrf", csrf.as_str()),
            ("address", "nora@acme.example"),
            ("host", "169.254.169.254"),
            ("port", "993"),
            ("username", "nora"),
            ("password", "hunter2"),
            ("list", &list),
        ];
        let refused = site.post("/mailboxes/connect", &admin, &sent).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
        assert!(
            refused.text.contains("there is no public server of this name"),
            "{}",
            refused.text
        );
        assert!(!refused.text.contains("hunter2"), "{}", refused.text);

        // One that is connected can be given another server, and what was typed for it stays.
        for part in ["Change the server", "name=\"host\" value=\"imap.web.de\""] {
            assert!(shown.contains(part), "{part} in {shown}");
        }
        let sent =
            [&sent[..1], &sent[2..6], &[("security", "starttls"), ("do", "server")]].concat();
        let refused = site.post(&path, &admin, &sent).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
        for part in [
            "there is no public server of this name",
            "<details open>",
            "name=\"host\" value=\"169.254.169.254\"",
            "starttls\" selected",
        ] {
            assert!(refused.text.contains(part), "{part} in {}", refused.text);
        }
        assert!(!refused.text.contains("hunter2"), "{}", refused.text);
    })
    .await;
}

#[tokio::test]
async fn what_was_typed_stays_when_it_is_refused() {
    on_each_database(async |database| {
        let site = Site::open(database, URL).await;
        let (tenant, _) = site.tenant("Acme").await;
        site.user(&tenant.id, "ada@acme.example", Role::Admin).await;
        let app =
            App { directory: "common".into(), client_id: CLIENT.into(), secret: SECRET.into() };
        let now = site.clock.now();
        let mut tx = site.db.begin_write().await.unwrap();
        oauth::put_app(&mut tx, &site.vault, &tenant.id, "google", &app, now).await.unwrap();
        let chosen = lists::create(&mut tx, &tenant.id, "Zuletzt", now).await.unwrap().id;
        tx.commit().await.unwrap();
        let admin = site.sign_in("ada@acme.example").await;
        let csrf = site.look("/mailboxes", &admin).await.field("csrf");
        let csrf = ("csrf", csrf.as_str());
        let selected = format!("value=\"{chosen}\" selected");
        let days = "name=\"backfill_days\" inputmode=\"numeric\" value=\"7\"";

        // A server that is not the provider's, so that nobody is asked.
        let sent = [
            csrf,
            ("address", "nora@gmail.com"),
            ("host", "169.254.169.254"),
            ("port", "1993"),
            ("security", "starttls"),
            ("username", "nora.weiss"),
            ("password", "hunter2"),
            ("list", chosen.as_str()),
            ("backfill_days", "7"),
        ];
        let refused = site.post("/mailboxes/connect", &admin, &sent).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
        let typed = ["169.254.169.254", "1993", "nora.weiss", "starttls\" selected"];
        let known = ["support.google.com", "Connect with Google"];
        for part in typed.iter().chain(&known).chain(&[selected.as_str(), days]) {
            assert!(refused.text.contains(part), "{part} in {}", refused.text);
        }
        assert!(!refused.text.contains("hunter2"), "{}", refused.text);

        // Nor is the question lost whether the server is the right one, for as long as it is that one.
        let why = "the domain&#39;s DNS names it without proof";
        for (doubted, is_asked) in [("169.254.169.254", true), ("mail.another.example", false)] {
            let doubt = [("doubt", "dns"), ("doubted_host", doubted)];
            let asked_again = [&sent[..], &doubt].concat();
            let refused = site.post("/mailboxes/connect", &admin, &asked_again).await;
            let carried = format!("name=\"doubted_host\" value=\"{doubted}\"");
            for part in ["Check the server's name", why, &carried, "value=\"dns\""] {
                assert_eq!(refused.text.contains(part), is_asked, "{part} in {}", refused.text);
            }
        }

        // No service is configured here, so neither link is made.
        let google = [&sent[..], &[("service", "google")]].concat();
        let refused = site.post("/connect/consent", &admin, &google).await;
        for part in ["role=\"alert\"", "nora@gmail.com", "Connect with Google", &selected, days] {
            assert!(refused.text.contains(part), "{part} in {}", refused.text);
        }
        let sent = [
            csrf,
            ("address", "nora@acme.example"),
            ("list", chosen.as_str()),
            ("backfill_days", "7"),
            ("kind", "graph"),
        ];
        let refused = site.post("/connect/consent", &admin, &sent).await;
        for part in ["role=\"alert\"", "nora@acme.example", "value=\"graph\"", &selected, days] {
            assert!(refused.text.contains(part), "{part} in {}", refused.text);
        }

        // Too often is said where it was asked.
        let typed = [csrf, ("address", "nora@web.de")];
        let mut last = site.post("/mailboxes/connect", &admin, &typed).await;
        for _ in 0..40 {
            last = site.post("/mailboxes/connect", &admin, &typed).await;
        }
        for part in ["too many attempts", "value=\"nora@web.de\"", "id=\"connect-title\""] {
            assert!(last.text.contains(part), "{part} in {}", last.text);
        }
    })
    .await;
}

/// A site that knows a sign-in service.
async fn with_service(database: &Database) -> (SignInService, Site) {
    let service = SignInService::start().await;
    let connector = Connector::new(Some(&SERVERS.ca), true).unwrap();
    let connector = connector.with_services(Services::new(&service.config()).unwrap());
    (service, Site::open_with(database, URL, connector).await)
}

#[tokio::test]
async fn the_owner_of_a_mailbox_consents_instead_of_making_a_password() {
    on_each_database(async |database| {
        let (service, site) = with_service(database).await;
        let (tenant, list) = site.tenant("Acme").await;
        site.user(&tenant.id, "ada@acme.example", Role::Admin).await;
        let admin = site.sign_in("ada@acme.example").await;
        let csrf = site.look("/mailboxes", &admin).await.field("csrf");
        let nora = format!("nora-{}@gmail.com", list.id);
        let typed = [("csrf", csrf.as_str()), ("address", nora.as_str())];
        let asked = site.post("/mailboxes/connect", &admin, &typed).await;
        assert!(!asked.text.contains("Connect with Google"), "no app is entered: {}", asked.text);

        let app =
            App { directory: "common".into(), client_id: CLIENT.into(), secret: SECRET.into() };
        let mut tx = site.db.begin_write().await.unwrap();
        let now = site.clock.now();
        oauth::put_app(&mut tx, &site.vault, &tenant.id, "google", &app, now).await.unwrap();
        tx.commit().await.unwrap();
        let asked = site.post("/mailboxes/connect", &admin, &typed).await;
        assert!(asked.text.contains("Connect with Google"), "{}", asked.text);

        let list_id = list.id.to_string();
        let sent = [&typed[..], &[("service", "google"), ("list", &list_id)]].concat();
        let shown = site.post("/connect/consent", &admin, &sent).await;
        assert_eq!(shown.status, StatusCode::OK, "{shown:?}");
        let back = service.consents(&link(&shown.text), &nora);
        // Whoever consents need not be signed in here.
        let there = format!("{}?{}", back.path(), back.query().unwrap());
        let done = site.look(&there, "").await;
        assert!(done.text.contains("The mailbox is connected"), "{}", done.text);
        assert_eq!(site.look(&there, "").await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let refused = site.look("/connect/consent/back?error=access_denied", "").await;
        assert!(refused.text.contains("No consent was given"), "{}", refused.text);
        for code in ["AADSTS65001", "AADSTS90094"] {
            let words = format!("error=access_denied&error_description={code}%3A+secretword");
            let refused = site.look(&format!("/connect/consent/back?{words}"), "").await.text;
            assert!(refused.contains("an admin of its Microsoft directory"), "{refused}");
            assert!(!refused.contains("secretword"), "{refused}");
        }

        let page = site.look("/mailboxes", &admin).await.text;
        assert!(page.contains("Give the consent again at Google"), "{page}");
        let mailbox = {
            let mut conn = site.db.read().await.unwrap();
            mailboxes::list(&mut conn, &tenant.id).await.unwrap().remove(0)
        };
        let again = format!("/mailboxes/{}/consent", mailbox.id);
        let shown = site.post(&again, &admin, &[("csrf", &csrf)]).await;
        let back = service.consents(&link(&shown.text), "somebody.else@gmail.com");
        let refused = site.look(&format!("{}?{}", back.path(), back.query().unwrap()), "").await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
        assert!(refused.text.contains("another account signed in"), "{}", refused.text);
        assert!(refused.text.contains("ask for another link"), "{}", refused.text);
        // The link is used up.
        let used = site.look(&format!("{}?{}", back.path(), back.query().unwrap()), "").await;
        assert!(used.text.contains("this link was used already"), "{}", used.text);

        let shown = site.post(&again, &admin, &[("csrf", &csrf)]).await;
        let back = service.consents(&link(&shown.text), &nora);
        service.world().fault = Some((StatusCode::TOO_MANY_REQUESTS, json!({})));
        let refused = site.look(&format!("{}?{}", back.path(), back.query().unwrap()), "").await;
        service.world().fault = None;
        let said = "asks us to wait; nothing was saved: ask for another link in a while";
        assert!(refused.text.contains(said), "{}", refused.text);
    })
    .await;
}

#[tokio::test]
async fn a_consent_opens_the_mailbox_that_is_there_whatever_folder_of_it_is_watched() {
    on_each_database(async |database| {
        let (service, site) = with_service(database).await;
        let (tenant, list) = site.tenant("Acme").await;
        site.user(&tenant.id, "ada@acme.example", Role::Admin).await;
        let admin = site.sign_in("ada@acme.example").await;
        let csrf = site.look("/mailboxes", &admin).await.field("csrf");
        let (nora, list_id) = (format!("nora-{}@gmail.com", list.id), list.id.to_string());
        let app =
            App { directory: "common".into(), client_id: CLIENT.into(), secret: SECRET.into() };
        let mut tx = site.db.begin_write().await.unwrap();
        let now = site.clock.now();
        oauth::put_app(&mut tx, &site.vault, &tenant.id, "google", &app, now).await.unwrap();
        let new = NewMailbox {
            tenant: tenant.id.clone(),
            list: list.id.clone(),
            kind: Kind::Imap,
            address: nora.clone(),
            host: "imap.gmail.com".to_owned(),
            port: 993,
            security: Security::Tls,
            username: nora.clone(),
            password: SecretString::from("an app password of before"),
            folder: "Sales".to_owned(),
            backfill_days: 30,
        };
        let id = mailboxes::create(&mut tx, &site.vault, &new, now).await.unwrap();
        tx.commit().await.unwrap();

        let (_, token) = site.token(&tenant.id, &[Scope::MailboxesWrite]).await;
        let sent = Some(json!({"address": nora, "list": list_id}));
        let asked = site.call(&token, Method::POST, "/mailboxes/consents", sent).await.json();
        let fields = [("address", nora.as_str()), ("service", "google"), ("list", &list_id)];
        let typed = [&[("csrf", csrf.as_str())], &fields[..]].concat();
        let shown = site.post("/connect/consent", &admin, &typed).await;
        for link in [asked["url"].as_str().unwrap().to_owned(), link(&shown.text)] {
            let back = service.consents(&link, &nora);
            let done = site.look(&format!("{}?{}", back.path(), back.query().unwrap()), "").await;
            assert!(done.text.contains("The mailbox is connected"), "{}", done.text);
            let mut conn = site.db.read().await.unwrap();
            let all = mailboxes::list(&mut conn, &tenant.id).await.unwrap();
            let all: Vec<_> = all.iter().map(|it| (&it.id, it.oauth_service.as_str())).collect();
            assert_eq!(all, [(&id, "google")]);
        }
    })
    .await;
}

/// Where a page sends a person to consent.
fn link(page: &str) -> String {
    let (_, rest) = page.split_once("id=\"consent\" href=\"").unwrap_or_else(|| panic!("{page}"));
    rest.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&")
}

#[tokio::test]
async fn a_program_asks_how_an_address_is_connected_but_not_without_end() {
    on_each_database(async |database| {
        let site = Site::open(database, URL).await;
        let (tenant, list) = site.tenant("Acme").await;
        let (_, token) = site.token(&tenant.id, &[Scope::MailboxesWrite]).await;
        let ask = async |address: &str| {
            let body = Some(json!({ "address": address }));
            site.call(&token, Method::POST, "/mailboxes/discover", body).await
        };
        let found = ask("Nora@me.com").await.json();
        assert_eq!(found["host"], "imap.mail.me.com", "{found}");
        assert_eq!(
            (&found["username"], &found["sign_in"]),
            (&json!("Nora"), &json!("app-password"))
        );
        assert_eq!((&found["kind"], &found["source"]), (&json!("imap"), &json!("table")));
        assert_eq!(ask("nora@live.de").await.json()["kind"], "graph");
        assert_eq!(ask("nobody").await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let mut answers = Vec::new();
        for _ in 0..40 {
            answers.push(ask("nora@web.de").await.status);
        }
        assert_eq!(answers.last(), Some(&StatusCode::TOO_MANY_REQUESTS));
        // Another program of the tenant is not made to wait for it.
        let (_, token) = site.token(&tenant.id, &[Scope::MailboxesWrite]).await;
        let body = Some(json!({ "address": "nora@web.de" }));
        let other = site.call(&token, Method::POST, "/mailboxes/discover", body).await;
        assert_eq!(other.status, StatusCode::OK);
        // Microsoft is not asked without end whose mailboxes are open, either.
        let body = json!({"address": "nora@acme.example", "list": list.id.as_str()});
        let connect = || site.call(&token, Method::POST, "/mailboxes/graph", Some(body.clone()));
        assert_eq!(connect().await.status, StatusCode::CONFLICT, "no app is entered");
        let mut answer = connect().await;
        for _ in 0..30 {
            answer = connect().await;
        }
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    })
    .await;
}
