//! The released binary against an emulator of Microsoft: commands, API, page, webhook; and nothing
//! of the mail is kept.

use crate::support::api::Api;
use crate::support::daemon::Home;
use crate::support::databases::on_each_database;
use crate::support::microsoft::Microsoft;
use crate::support::microsoft::world::{CLIENT, DIRECTORY, SECRET};
use crate::support::patience::eventually;
use serde_json::json;
use std::path::Path;
use undersigned::clock::Clock;

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
