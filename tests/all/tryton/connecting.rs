//! An admin connects a Tryton, by the API, and looks at what would be written.

use super::SIGNATURE;
use crate::support::api::Api;
use crate::support::daemon::Home;
use crate::support::databases::on_sqlite;
use crate::support::desk::letter;
use crate::support::office::ANNA;
use crate::support::patience::eventually;
use crate::support::servers::SERVERS;
use crate::support::tryton::Tryton;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_tries_connects_and_looks_before_anything_is_written() {
    on_sqlite(async |database| {
        let tryton = Tryton::start().await;
        let home = Home::in_(database);
        home.run(&["admin", "create-tenant", "Kugellager", "--region", "DE"]);
        let token = home.run(&["admin", "create-token", "--tenant", "Kugellager", "story"]);
        let daemon = home.start().await;
        let api = Api::of(&daemon, token.trim());
        let settings = json!({
            "kind": "tryton", "url": tryton.url, "username": Tryton::USER,
            "password": SERVERS.password,
        });
        let found = api.post("/crm/check", settings.clone()).await;
        assert_eq!(found["name"], "Tryton database crm");
        let connected = api.put("/crm", settings).await;
        assert_eq!(connected["username"], Tryton::USER);
        assert!(connected["cannot"].as_array().unwrap().len() > 1);
        assert_eq!(api.get("/crm/owners").await["items"], json!([]));

        let letters = home.dir.join("letters");
        std::fs::create_dir(&letters).unwrap();
        std::fs::write(letters.join("1.eml"), letter(1, ANNA, SIGNATURE)).unwrap();
        home.run(&["import", "--tenant", "Kugellager", letters.to_str().unwrap()]);
        let open = api.get("/suggestions?state=open").await;
        let id = open["items"][0]["id"].as_str().unwrap().to_owned();
        let preview = api.get(&format!("/crm/preview/{id}")).await;
        assert_eq!(preview["record"], Value::Null);
        let fields = preview["fields"].as_array().unwrap();
        let to =
            |name: &str| fields.iter().find(|it| it["property"] == name).unwrap()["to"].clone();
        assert_eq!((to("name"), to("address.city")), (json!("Anna Müller"), json!("Würzburg")));
        assert!(tryton.parties().await.is_empty(), "nothing is written yet");

        api.post(&format!("/suggestions/{id}/accept"), json!({})).await;
        let made = async || tryton.parties().await.into_iter().next();
        let made = eventually("the party in Tryton", made).await;
        assert_eq!(
            (&made["name"], &made["addresses."][0]["city"]),
            (&to("name"), &to("address.city"))
        );
        assert!(daemon.stop().await.success());
        let log = std::fs::read_to_string(home.log()).unwrap();
        assert!(!log.contains(&SERVERS.password) && !log.contains("Session "), "{log}");
    })
    .await;
}
