//! The released binary: an admin connects a mailbox by its owner's consent, ticks folders, and the
//! page heals what is ill.

use super::house::{deliver, fresh_address};
use super::reading::doveadm;
use crate::support::api::Api;
use crate::support::daemon::Home;
use crate::support::databases::on_each_database;
use crate::support::patience::eventually;
use crate::support::sign_in_service::{CLIENT, SECRET, SignInService};
use serde_json::{Value, json};
use std::path::Path;

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_connects_a_mailbox_by_consent_and_chooses_its_folders() {
    on_each_database(async |database| {
        let service = SignInService::start().await;
        let google = &service.config().0["google"];
        let home = Home::in_(database)
            .with("OAUTH__GOOGLE__AUTHORIZE_URL", &google.authorize_url)
            .with("OAUTH__GOOGLE__TOKEN_URL", &google.token_url)
            .with("OAUTH__GOOGLE__IMAP", &google.imap);
        home.run(&["admin", "create-tenant", "Kugellager", "--region", "DE"]);
        let token = home.run(&["admin", "create-token", "--tenant", "Kugellager", "story"]);
        let daemon = home.start().await;
        let api = Api::of(&daemon, token.trim());
        let app = ["admin", "set-oauth-app", "--tenant", "Kugellager", "--service", "google"];
        let app = [&app[..], &["--client-id", CLIENT]].concat();
        home.run_with_input(&app, "outdated\n");
        let app = json!({"client_id": CLIENT, "client_secret": SECRET});
        api.put("/oauth-apps/google", app).await;
        let apps = api.get("/oauth-apps").await;
        assert_eq!(apps[0]["client_id"], CLIENT, "{apps}");
        assert!(!apps.to_string().contains(SECRET), "{apps}");

        let address = fresh_address("owner");
        deliver(&address, "kanarienwort").await;
        let within = ["Entwürfe/2026", "Ablage/Verworfen/2026"];
        for folder in ["Anfragen", "Entwürfe", "Kunden/R&D"].into_iter().chain(within) {
            doveadm(&["mailbox", "create", "-u", &address, folder]);
        }
        let list = api.post("/lists", json!({"name": "Inbound"})).await;
        let sent = json!({"address": address, "list": list["id"], "service": "google"});
        let link = api.post("/mailboxes/consents", sent).await;
        let back = service.consents(link["url"].as_str().unwrap(), &address);
        let there = format!("{}{}?{}", daemon.web, back.path(), back.query().unwrap());
        let page = reqwest::get(&there).await.unwrap().text().await.unwrap();
        assert!(page.contains("The mailbox is connected"), "{page}");
        let again = reqwest::get(&there).await.unwrap();
        assert_eq!(again.status(), 422, "a link works once");

        let mailbox = api.get("/mailboxes").await[0].clone();
        assert_eq!(mailbox["oauth_service"], "google", "{mailbox}");
        let path = format!("/mailboxes/{}", mailbox["id"].as_str().unwrap());
        until_healthy(&api, &path).await;

        let folders = api.get(&format!("{path}/folders")).await;
        let named = |name: &str| {
            let found = folders.as_array().unwrap().iter().find(|folder| folder["name"] == name);
            found.unwrap_or_else(|| panic!("no {name} in {folders}")).clone()
        };
        assert_eq!(folders[0]["name"], "INBOX", "{folders}");
        assert_eq!((&folders[0]["watched"], &folders[0]["read"]), (&json!(true), &json!(true)));
        for special in ["Sent", "Drafts", "Entwürfe"].into_iter().chain(within) {
            assert_eq!(named(special)["excluded"], true, "{folders}");
        }
        for other in ["Anfragen", "Kunden/R&D"] {
            let folder = named(other);
            assert_eq!((&folder["excluded"], &folder["read"]), (&json!(false), &json!(false)));
        }
        let chosen = json!({"folders": ["Anfragen", "Kunden/R&D"]});
        api.put(&format!("{path}/folders"), chosen).await;
        let folders = api.get(&format!("{path}/folders")).await;
        let read = folders.as_array().unwrap().iter().filter(|folder| folder["read"] == true);
        assert_eq!(read.count(), 3, "{folders}");
        until_healthy(&api, &path).await;

        // The consent is withdrawn: the page says so, and a new one heals it where it is.
        service.world().withdraw(&address);
        api.post(&format!("{path}/pause"), json!(null)).await;
        api.post(&format!("{path}/resume"), json!(null)).await;
        eventually("the mailbox to need consent", async || {
            (api.get(&path).await["state"] == "needs-consent").then_some(())
        })
        .await;
        let link = api.post(&format!("{path}/consent"), json!(null)).await;
        let back = service.consents(link["url"].as_str().unwrap(), &address);
        let there = format!("{}{}?{}", daemon.web, back.path(), back.query().unwrap());
        assert!(reqwest::get(&there).await.unwrap().status().is_success());
        until_healthy(&api, &path).await;
        let checked = home.run(&["check"]);
        assert!(checked.contains("can be read; 1 messages"), "{checked}");
        assert!(daemon.stop().await.success());
        search(&home.dir);
    })
    .await;
}

async fn until_healthy(api: &Api, path: &str) -> Value {
    eventually("a healthy mailbox", async || {
        Some(api.get(path).await).filter(|mailbox| mailbox["state"] == "healthy")
    })
    .await
}

/// Neither the mail nor what opens it is in any file.
fn search(dir: &Path) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            search(&path);
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        for word in ["kanarienwort", SECRET, "1//019", "4/019", "eyJhbGciOi", "secretword"] {
            let found = bytes.windows(word.len()).any(|window| window == word.as_bytes());
            assert!(!found, "{word} is in {}", path.display());
        }
    }
}
