//! `kill -9` while reps accept: nobody is made twice, and everybody can be taken back.

use crate::support::databases::on_each_database;
use crate::support::hubspot::{HubSpot, TOKEN};
use crate::support::killed::{CONTACTS, Killed};
use serde_json::json;
use undersigned::clock::Clock;

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_it_writes_every_contact_is_there_once_and_one_command_takes_all_back() {
    on_each_database(async |database| {
        let hubspot = HubSpot::start(&Clock::system()).await;
        let settings = json!({"kind": "hubspot", "url": hubspot.url, "password": TOKEN});
        let killed = Killed::while_accepting(database, settings).await;
        let made = hubspot.world().contacts.len();
        assert_eq!(made, CONTACTS, "none was made twice, not even for a moment");
        for address in Killed::addresses() {
            let world = hubspot.world();
            let mut contacts = world.contacts.values();
            assert!(contacts.any(|it| it.properties["email"] == address), "{address}");
        }
        killed.take_all_back().await;
        assert!(hubspot.world().there().is_empty());
    })
    .await;
}
