//! The released binary against an emulator of Microsoft: commands, API, page, webhook; and nothing
//! of the mail is kept.

use super::home::home_at;
use crate::support::api::Api;
use crate::support::daemon::Home;
use crate::support::databases::{on_each_database, on_sqlite};
use crate::support::microsoft::Microsoft;
use crate::support::microsoft::world::{CLIENT, DIRECTORY, SECRET};
use crate::support::patience::eventually;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use undersigned::clock::Clock;
use url::Url;

const REP: &str = "rep@kugellager.test";

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_connects_a_mailbox_at_microsoft() {
    on_each_database(async |database| {
        let microsoft = Microsoft::start(&Clock::system()).await;
        microsoft.world().add_mailbox(REP);
        microsoft.world().add_mailbox("info@kugellager.test");
        let home = Home::in_(database)
            .with("GRAPH__IDENTITY_URL", &microsoft.identity)
            .with("GRAPH__API_URL", &microsoft.api)
            .with("GRAPH__POLL_SECONDS", "1");
        home.run(&["admin", "create-tenant", "Kugellager", "--region", "DE"]);
        let token = home.run(&["admin", "create-token", "--tenant", "Kugellager", "story"]);
        let app = [
            "admin",
            "set-graph-app",
            "--tenant",
            "Kugellager",
            "--directory",
            DIRECTORY,
            "--client-id",
            CLIENT,
            "--secret-expires",
            "2099-01-01",
        ];
        home.run_with_input(&app, &format!("{SECRET}\n"));
        let daemon = home.start().await;
        let api = Api::of(&daemon, token.trim());
        let app = api.get("/graph-app").await;
        assert_eq!(app["client_id"], CLIENT, "{app}");
        assert!(app["secret_expires_in_days"].as_i64().unwrap() > 10_000, "{app}");
        assert!(!app.to_string().contains(SECRET), "{app}");
        let list = api.post("/lists", json!({"name": "Inbound"})).await;
        let sent = json!({"address": REP, "list": list["id"]});
        let rep = api.post("/mailboxes/graph", sent.clone()).await;
        assert_eq!((&rep["kind"], &rep["folder"]), (&json!("graph"), &json!("inbox")));
        let link = api.post("/mailboxes/graph/consents", sent).await;
        assert!(link["url"].as_str().unwrap().starts_with(&microsoft.identity), "{link}");
        let connect = ["admin", "connect-graph", "--tenant", "Kugellager", "--list", "Inbound"];
        if database.backend == undersigned::store::Backend::Postgres {
            let said = home.run(&[&connect[..], &["info@kugellager.test"]].concat());
            assert!(said.contains("is connected; 0 messages"), "{said}");
        }
        microsoft.deliver(REP, 42).await;
        let path = format!("/mailboxes/{}", rep["id"].as_str().unwrap());
        eventually("the suggestion", async || {
            let open = api.get("/suggestions?state=open").await;
            (open["items"].as_array()?.len() == 1).then_some(())
        })
        .await;
        eventually("a healthy mailbox", async || {
            (api.get(&path).await["state"] == "healthy").then_some(())
        })
        .await;
        assert!(daemon.stop().await.success());
        search(&home.dir);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_stopped_at_once_still_keeps_a_token_that_is_being_exchanged() {
    on_sqlite(async |database| {
        let microsoft = Microsoft::start(&Clock::system()).await;
        microsoft.world().add_mailbox(REP);
        let (home, token) = home_at(database, &microsoft);
        let daemon = home.start().await;
        let api = Api::of(&daemon, &token);
        let list = api.post("/lists", json!({"name": "Inbound"})).await;
        let sent = json!({"address": REP, "list": list["id"]});
        let link = api.post("/mailboxes/graph/consents", sent).await;
        let back = Url::parse(&microsoft.consents(link["url"].as_str().unwrap(), REP)).unwrap();
        let back = format!("{}{}?{}", daemon.web, back.path(), back.query().unwrap());
        assert!(reqwest::get(back).await.unwrap().status().is_success());
        let rep = api.get("/mailboxes").await[0]["id"].as_str().unwrap().to_owned();
        let path = format!("/mailboxes/{rep}");
        let healthy = async |api: &Api| {
            let is_healthy = async || (api.get(&path).await["state"] == "healthy").then_some(());
            eventually("a healthy mailbox", is_healthy).await;
        };
        healthy(&api).await;

        // A job exchanges the person's token, to end the subscription of the mailbox.
        let asked = || microsoft.world().asked_for("POST token");
        let before = asked();
        microsoft.world().slow = Some(("POST token", Duration::from_secs(2)));
        api.post(&format!("{path}/pause"), Value::Null).await;
        eventually("an exchange", async || (asked() > before).then_some(())).await;
        daemon.stop_at_once().await;
        microsoft.world().slow = None;

        // The token before is worth nothing by now.
        let daemon = home.start().await;
        let api = Api::of(&daemon, &token);
        api.post(&format!("{path}/resume"), Value::Null).await;
        healthy(&api).await;
        assert!(daemon.stop().await.success());
    })
    .await;
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
        for word in ["kanarienwort", SECRET, "access-0", "secretword", "500 Lager"] {
            let found = bytes.windows(word.len()).any(|window| window == word.as_bytes());
            assert!(!found, "{word} is in {}", path.display());
        }
    }
}
