//! `kill -9` while reps accept: nobody is made twice, not even who has no address of their own, no company is
//! made twice, and everybody can be taken back.

use crate::support::databases::on_each_database;
use crate::support::hubspot::{HubSpot, Object, TOKEN};
use crate::support::killed::{Killed, Person, contacts};
use serde_json::json;
use std::collections::BTreeSet;
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
        hubspot.world().search_lag = 2_000;
        let settings = json!({"kind": "hubspot", "url": hubspot.url, "password": TOKEN});
        let killed = Killed::while_making_companies(database, settings).await;
        let made = hubspot.world().contacts.len();
        assert_eq!(made, contacts(), "none was made twice, not even for a moment");
        let known: Vec<String> = Person::known().map(|person| person.address).collect();
        let mut firms = BTreeSet::new();
        for person in Person::all() {
            let world = hubspot.world();
            let is_theirs = |it: &&Object| {
                it.properties["firstname"] == person.given
                    && it.properties["lastname"] == person.family
            };
            let made = world.contacts.values().filter(is_theirs).collect::<Vec<_>>();
            let [made] = made[..] else { panic!("{}: {made:?}", person.family) };
            let text = |name: &str| made.properties.get(name).map_or("", String::as_str);
            assert_eq!(text("jobtitle"), Person::TITLE);
            assert_eq!(text("phone").replace(' ', ""), person.phone);
            assert_eq!(text("company"), person.employer());
            if !person.shares_mailbox() {
                assert_eq!(text("email"), person.address);
            }
            let company = made.company().map(|id| &world.companies[&id].properties["name"]);
            if known.contains(&person.address) {
                // Who changes makes no company.
                assert!(company.is_none_or(|name| *name == person.employer()), "{company:?}");
            } else {
                assert_eq!(company, Some(&person.employer()));
                firms.insert(person.employer());
            }
        }
        assert_eq!(hubspot.world().companies.len(), firms.len(), "no company was made twice");
        killed.take_all_back().await;
        let world = hubspot.world();
        let there = world.there();
        assert_eq!(there.len(), Person::known().count());
        for id in there {
            let left = ["jobtitle", "phone", "company"].map(|name| world.text(id, name));
            assert_eq!(left, ["", "", ""], "{}", world.text(id, "email"));
            assert!(world.contacts[&id].companies.is_empty(), "{}", world.text(id, "email"));
        }
    })
    .await;
}
