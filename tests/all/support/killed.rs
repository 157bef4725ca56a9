//! A daemon that is killed again and again while reps accept what it then writes to the CRM.

use super::api::Api;
use super::daemon::{Daemon, Home};
use super::databases::Database;
use super::desk::letter;
use super::patience::eventually_within;
use serde_json::{Value, json};
use std::time::Duration;

/// How many contacts are accepted.
pub(crate) const CONTACTS: usize = 60;
const KILLS: usize = 6;

/// The daemon after it was killed, with every contact written.
pub(crate) struct Killed {
    home: Home,
    token: String,
    daemon: Daemon,
}

impl Killed {
    /// Connects the CRM, accepts all contacts, and kills the daemon in between.
    pub(crate) async fn while_accepting(database: &Database, settings: Value) -> Self {
        let home = Home::in_(database);
        home.run(&["admin", "create-tenant", "Kugellager", "--region", "DE"]);
        let token = home.run(&["admin", "create-token", "--tenant", "Kugellager", "story"]);
        let token = token.trim().to_owned();
        let letters = home.dir.join("letters");
        std::fs::create_dir(&letters).unwrap();
        for (number, address) in Self::addresses().enumerate() {
            let name = name_of(number);
            let signature = format!("{name}\nEinkauf\nTel. +49 931 30{:05}", 10_000 + number);
            let letter = letter(number, &format!("{name} <{address}>"), &signature);
            std::fs::write(letters.join(format!("{number}.eml")), letter).unwrap();
        }
        home.run(&["import", "--tenant", "Kugellager", letters.to_str().unwrap()]);

        let mut daemon = home.start().await;
        Api::of(&daemon, &token).put("/crm", settings).await;
        let open = Api::of(&daemon, &token).get("/suggestions?state=open&limit=200").await;
        let open = open["items"].as_array().unwrap().clone();
        assert_eq!(open.len(), CONTACTS);
        for (number, suggestion) in open.iter().enumerate() {
            let path = format!("/suggestions/{}/accept", suggestion["id"].as_str().unwrap());
            Api::of(&daemon, &token).post(&path, json!({})).await;
            if number % (CONTACTS / KILLS) == CONTACTS / KILLS - 1 {
                daemon.kill();
                daemon = home.start().await;
            }
        }
        all_are(&Api::of(&daemon, &token), "written").await;
        Self { home, token, daemon }
    }

    /// The addresses of the contacts.
    pub(crate) fn addresses() -> impl Iterator<Item = String> {
        (0..CONTACTS).map(|number| format!("ida{number}@firma{number}.example"))
    }

    /// Undoes all with one command, and kills the daemon while it does so.
    pub(crate) async fn take_all_back(mut self) {
        self.home.run(&["crm", "undo", "--tenant", "Kugellager"]);
        self.daemon.kill();
        self.daemon = self.home.start().await;
        all_are(&Api::of(&self.daemon, &self.token), "undone").await;
        assert!(self.daemon.stop().await.success());
    }
}

/// Names that differ in more than a digit.
fn name_of(number: usize) -> String {
    let letter = |at: usize| char::from(b'a' + u8::try_from(at % 26).unwrap());
    format!("Ida Hu{}b{}er", letter(number), letter(number / 26))
}

/// Waits until every write is in a state.
async fn all_are(api: &Api, state: &str) {
    // A killed worker's jobs wait for their leases on PostgreSQL.
    eventually_within(Duration::from_mins(3), &format!("every write to be {state}"), async || {
        let writes = api.get("/crm/writes?limit=200").await;
        let writes = writes["items"].as_array().unwrap().clone();
        (writes.len() == CONTACTS && writes.iter().all(|write| write["state"] == state))
            .then_some(())
    })
    .await;
}
