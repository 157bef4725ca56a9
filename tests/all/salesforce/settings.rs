//! The admin tries, connects, maps and looks, and a daemon that is killed makes nobody twice.

use super::{ANNA, SIGNATURE};
use crate::support::api::Api;
use crate::support::daemon::Home;
use crate::support::databases::on_sqlite;
use crate::support::desk::letter;
use crate::support::killed::{Killed, Person, contacts};
use crate::support::patience::eventually;
use crate::support::salesforce::{KEY, SECRET, Salesforce};
use reqwest::Method;
use serde_json::{Value, json};
use undersigned::clock::Clock;

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_tries_connects_maps_and_looks_before_anything_is_written() {
    on_sqlite(async |database| {
        let salesforce = Salesforce::start(&Clock::system()).await;
        let account = salesforce.world().add_account("Exempla AG & Co. KG", "exempla.example");
        let home = Home::in_(database);
        home.run(&["admin", "create-tenant", "Kugellager", "--region", "DE"]);
        let token = home.run(&["admin", "create-token", "--tenant", "Kugellager", "story"]);
        let daemon = home.start().await;
        let api = Api::of(&daemon, token.trim());
        let settings = json!({"kind": "salesforce", "url": salesforce.url, "username": KEY,
                              "password": SECRET});
        let found = api.post("/crm/check", settings.clone()).await;
        assert_eq!(found["name"], "Salesforce org 00D7Q000000ABCDUA2");
        let connected = api.put("/crm", settings).await;
        assert_eq!(
            (&connected["kind"], &connected["username"]),
            (&json!("salesforce"), &json!(KEY))
        );
        assert!(!connected.to_string().contains(SECRET));
        assert!(connected["cannot"].to_string().contains("A lead has no department"));

        // What new people are made as: said by program or command, and looked at before.
        assert_eq!(connected["new_people"], "contact");
        let leads = json!({"new_people": "lead"});
        assert_eq!(api.put("/crm/new-people", leads.clone()).await["new_people"], "lead");
        let told = home.run(&["admin", "set-new-people", "--tenant", "Kugellager", "contact"]);
        assert!(told.contains("made as contacts"), "{told}");
        assert_eq!(api.get("/crm").await["new_people"], "contact");
        // The daemon is done reading, and sees nothing of what is otherwise for a moment.
        let is_read = async || (api.get("/crm").await["state"] == "healthy").then_some(());
        eventually("the CRM to be read", is_read).await;
        salesforce.world().unseen = Some("Lead");
        let refused = api.refused(Method::PUT, "/crm/new-people", leads).await;
        assert!(refused.contains("may not create and edit leads"), "{refused}");
        let odd = json!({"new_people": "account"});
        let refused = api.refused(Method::PUT, "/crm/new-people", odd).await;
        assert!(refused.contains("`contact` or `lead`"), "{refused}");
        salesforce.world().unseen = None;

        let owners = api.get("/crm/owners").await;
        assert_eq!(owners["items"].as_array().unwrap().len(), 1);
        let mut mapping = api.get("/crm/mapping").await;
        let owner = json!({"property": "OwnerId", "default": owners["items"][0]["id"]});
        mapping["fields"].as_array_mut().unwrap().push(owner);
        let mapped = api.put("/crm/mapping", mapping.clone()).await;
        assert_eq!(mapped["fields"].as_array().unwrap().len(), 18);
        for unknown in ["Fax2__c", "Account.Size__c", "CreatedDate", "Owner.Name"] {
            let mut wrong = mapping.clone();
            let field = json!({"property": unknown, "holds": "fax"});
            wrong["fields"].as_array_mut().unwrap().push(field);
            let refused = api.refused(Method::PUT, "/crm/mapping", wrong).await;
            assert!(refused.contains(&format!("`{unknown}`")), "{refused}");
        }

        let letters = home.dir.join("letters");
        std::fs::create_dir(&letters).unwrap();
        let lines = format!("{SIGNATURE}\nTel. +49 931 3000002");
        std::fs::write(letters.join("1.eml"), letter(1, ANNA, &lines)).unwrap();
        home.run(&["import", "--tenant", "Kugellager", letters.to_str().unwrap()]);
        let open = api.get("/suggestions?state=open").await;
        let id = open["items"][0]["id"].as_str().unwrap().to_owned();
        let preview = api.get(&format!("/crm/preview/{id}")).await;
        assert_eq!(preview["record"], Value::Null);
        assert_eq!(preview["account"]["id"], json!(account));
        let fields = preview["fields"].as_array().unwrap().clone();
        let to =
            |name: &str| fields.iter().find(|it| it["property"] == name).unwrap()["to"].clone();
        assert_eq!((to("LastName"), to("AccountId")), (json!("Müller"), json!(account)));
        assert!(salesforce.world().there().is_empty(), "nothing is written yet");

        api.post(&format!("/suggestions/{id}/accept"), json!({})).await;
        let made = eventually("the contact at Salesforce", async || {
            let world = salesforce.world();
            world.there().first().map(|id| world.contacts[id].fields.clone())
        });
        let made = made.await;
        for field in &fields {
            assert_eq!(made[field["property"].as_str().unwrap()], field["to"]);
        }
        assert!(daemon.stop().await.success());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_it_writes_every_contact_is_there_once_and_one_command_takes_all_back() {
    on_sqlite(async |database| {
        let salesforce = Salesforce::start(&Clock::system()).await;
        let settings = json!({"kind": "salesforce", "url": salesforce.url, "username": KEY,
                              "password": SECRET});
        let killed = Killed::while_accepting(database, settings).await;
        assert_eq!(salesforce.world().contacts.len(), contacts(), "none was made twice");
        for person in Person::all() {
            let world = salesforce.world();
            let is_there = world.contacts.values().any(|it| it.fields["Email"] == person.address);
            assert!(is_there, "{}", person.address);
        }
        killed.take_all_back().await;
        assert!(salesforce.world().there().is_empty());
    })
    .await;
}
