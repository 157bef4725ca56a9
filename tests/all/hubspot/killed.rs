//! `kill -9` while reps accept: nobody is made twice, and everybody can be taken back.

use crate::support::databases::on_each_database;
use crate::support::hubspot::{HubSpot, TOKEN};
use crate::support::killed::{Killed, Person, contacts};
use serde_json::json;
use undersigned::clock::Clock;

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_it_writes_every_contact_is_there_once_and_one_command_takes_all_back() {
    on_each_database(async |database| {
        let hubspot = HubSpot::start(&Clock::system()).await;
        for person in Person::known() {
            let Person { given, family, address, .. } = &person;
            let properties = [("firstname", *given), ("lastname", family), ("email", address)];
            hubspot.world().add(&properties);
        }
        let settings = json!({"kind": "hubspot", "url": hubspot.url, "password": TOKEN});
        let killed = Killed::while_updating(database, settings).await;
        let made = hubspot.world().contacts.len();
        assert_eq!(made, contacts(), "none was made twice, not even for a moment");
        for person in Person::all() {
            let world = hubspot.world();
            let made = world.contacts.values().map(|it| &it.properties);
            let made = made.filter(|made| made["email"] == person.address).collect::<Vec<_>>();
            let [made] = made[..] else { panic!("{}: {made:?}", person.address) };
            let name = [made["firstname"].as_str(), &made["lastname"]];
            assert_eq!(name, [person.given, &person.family]);
            assert_eq!(made["jobtitle"], Person::TITLE);
            assert_eq!(made["phone"].replace(' ', ""), person.phone);
        }
        killed.take_all_back().await;
        let world = hubspot.world();
        let there = world.there();
        assert_eq!(there.len(), Person::known().count());
        for id in there {
            let left = [world.text(id, "jobtitle"), world.text(id, "phone")];
            assert_eq!(left, ["", ""], "{}", world.text(id, "email"));
        }
    })
    .await;
}
