//! The admin connects the environment, says which column holds what, and sees what would be written
//! before it is; the daemon is killed while it writes.

use super::{ANNA, SIGNATURE};
use crate::support::api::Api;
use crate::support::daemon::Home;
use crate::support::databases::{end_leases, on_each_database};
use crate::support::desk::letter;
use crate::support::dynamics::{APP, Dynamics, SECRET};
use crate::support::patience::eventually;
use reqwest::Method;
use serde_json::{Value, json};
use undersigned::clock::Clock;

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_tries_connects_maps_and_looks_and_a_killed_daemon_writes_once() {
    on_each_database(async |database| {
        let dynamics = Dynamics::start(&Clock::system()).await;
        dynamics.world().add_company("Exempla GmbH", "exempla.example");
        let home = Home::in_(database).with("GRAPH__IDENTITY_URL", &dynamics.identity());
        home.run(&["admin", "create-tenant", "Kugellager", "--region", "DE"]);
        let token = home.run(&["admin", "create-token", "--tenant", "Kugellager", "story"]);
        let daemon = home.start().await;
        let api = Api::of(&daemon, token.trim());
        let settings =
            json!({"kind": "dynamics", "url": dynamics.url, "username": APP, "password": SECRET});
        let found = api.post("/crm/check", settings.clone()).await;
        assert_eq!(found["name"], "Dynamics 365 at 127.0.0.1");
        let connected = api.put("/crm", settings).await;
        assert_eq!((&connected["kind"], &connected["username"]), (&json!("dynamics"), &json!(APP)));
        assert!(!connected.to_string().contains(SECRET));
        assert!(connected["cannot"].as_array().unwrap().len() > 1);

        // New contacts get an owner, a choice and a flag; a column that leads to a table cannot be had.
        let owners = api.get("/crm/owners").await;
        assert_eq!(owners["items"].as_array().unwrap().len(), 1, "an app owns nothing");
        let mut mapping = api.get("/crm/mapping").await;
        let rita = &owners["items"][0]["id"];
        for (column, default) in
            [("ownerid", rita), ("gendercode", &json!("2")), ("donotemail", &json!("true"))]
        {
            let field = json!({"property": column, "default": default});
            mapping["fields"].as_array_mut().unwrap().push(field);
        }
        let mut odd = mapping.clone();
        let field = json!({"property": "preferredsystemuserid", "default": rita});
        odd["fields"].as_array_mut().unwrap().push(field);
        let refused = api.refused(Method::PUT, "/crm/mapping", odd).await;
        assert!(refused.contains("`preferredsystemuserid`"), "{refused}");
        api.put("/crm/mapping", mapping).await;

        let letters = home.dir.join("letters");
        std::fs::create_dir(&letters).unwrap();
        std::fs::write(letters.join("1.eml"), letter(1, ANNA, SIGNATURE)).unwrap();
        home.run(&["import", "--tenant", "Kugellager", letters.to_str().unwrap()]);
        let open = api.get("/suggestions?state=open").await;
        let id = open["items"][0]["id"].as_str().unwrap().to_owned();
        let preview = api.get(&format!("/crm/preview/{id}")).await;
        assert_eq!(preview["record"], Value::Null);
        assert_eq!(preview["account"]["name"], "Exempla GmbH");
        let fields = preview["fields"].as_array().unwrap().clone();
        let to =
            |name: &str| fields.iter().find(|it| it["property"] == name).unwrap()["to"].clone();
        assert_eq!((to("lastname"), to("ownerid")), (json!("Müller"), rita.clone()));
        assert!(dynamics.world().there().is_empty(), "nothing is written yet");

        api.post(&format!("/suggestions/{id}/accept"), json!({})).await;
        daemon.kill();
        end_leases(&database.open().await).await;
        let daemon = home.start().await;
        let api = Api::of(&daemon, token.trim());
        eventually("the write to be made", async || {
            let writes = api.get("/crm/writes").await;
            (writes["items"][0]["state"] == "written").then_some(())
        })
        .await;
        let there = dynamics.world().there();
        assert_eq!(there.len(), 1);
        let made = dynamics.world().values(&there[0]);
        for (column, value) in [
            ("lastname", json!("Müller")),
            ("_ownerid_value", rita.clone()),
            ("gendercode", json!(2)),
            ("donotemail", json!(true)),
        ] {
            assert_eq!(made[column], value);
        }
        assert_eq!(dynamics.world().text(&there[0], "parentcustomerid"), "Exempla GmbH");
        assert!(daemon.stop().await.success());
        let log = std::fs::read_to_string(home.log()).unwrap();
        for kept_out in [SECRET, "token-1", "anna.mueller", "secretword"] {
            assert!(!log.contains(kept_out), "{kept_out}");
        }
    })
    .await;
}
