//! An address is the new one as a whole or stays as it is: of the old one nothing is left in it.

use super::{ADDRESS, Account, MOBILE};
use crate::support::databases::on_each_database;
use serde_json::{Value, json};
use undersigned::store::crm_writes::State;

impl Account {
    /// A person who lives somewhere else than their signature says, with one more part of the address.
    fn somebody_at_home(&self, given: &str, part: &str, text: &str) -> u64 {
        let email = format!("{}@probe.example", given.to_lowercase());
        self.world().add(&json!({
            "name": format!("{given} Klein"),
            "emails": [{"value": email, "label": "work", "primary": true}],
            "phones": [],
            "postal_address": {
                "value": "Domstraße 7, 90402 Nürnberg", "route": "Domstraße", "street_number": "7",
                "postal_code": "90402", "locality": "Nürnberg", part: text,
            },
        }))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_with_a_part_that_is_not_mapped_stays_and_all_else_is_written() {
    Box::pin(on_each_database(async |database| {
        let account = Account::open(database).await;
        let people = [
            ("Anna", "subpremise", "Gebäude C"),
            ("Bert", "sublocality", "Altstadt"),
            ("Carla", "admin_area_level_2", "Mittelfranken"),
            ("Dirk", "admin_area_level_1", "Bayern"),
        ];
        let people = people
            .map(|(given, part, text)| (given, part, account.somebody_at_home(given, part, text)));
        account.connect().await;
        for (number, (given, part, person)) in people.into_iter().enumerate() {
            let before = account.world().person(person)["postal_address"].clone();
            let from = format!("{given} Klein <{}@probe.example>", given.to_lowercase());
            let lines = format!("{given} Klein\n{ADDRESS}\n{MOBILE}");
            let update = account.office.suggested(number, &from, &lines).await.id;
            account.accept(&update).await;
            let written = account.write(&update).await;
            assert_eq!(written.state, State::Written, "{part}: {}", written.detail);
            let after = account.world().person(person);
            assert_eq!(after["phones"][0]["value"], "+49 171 7654321", "{part}");
            if part == "subpremise" {
                assert_eq!(after["postal_address"], before);
                let told = format!("`postal_address.{part}`");
                assert!(written.detail.contains(&told), "{}", written.detail);
            } else {
                // Where all parts are known, or found on a map, it is another one as a whole.
                let filled = |(name, value): (&String, &Value)| {
                    value
                        .as_str()
                        .filter(|it| !it.is_empty())
                        .map(|it| (name.clone(), it.to_owned()))
                };
                let parts = after["postal_address"].as_object().unwrap().iter();
                let parts: Vec<(String, String)> = parts.filter_map(filled).collect();
                let wanted = [
                    ("country", "DE"),
                    ("locality", "Würzburg"),
                    ("postal_code", "97070"),
                    ("route", "Hauptstraße 5"),
                    ("value", "Hauptstraße 5, 97070 Würzburg, DE"),
                ];
                assert_eq!(parts, wanted.map(|(name, text)| (name.to_owned(), text.to_owned())));
            }
            account.undo(&update).await;
            assert_eq!(account.write(&update).await.state, State::Undone, "{part}");
            let undone = account.world().person(person);
            assert_eq!(undone["phones"], json!([]), "{part}");
            let stands = |name: &str| undone["postal_address"][name] == before[name];
            assert!(stands("locality") && stands("postal_code"), "{part}: {undone}");
            // What the map said of the old one is not put back.
            let is_found = ["sublocality", "admin_area_level_2"].contains(&part);
            assert_ne!(stands(part), is_found, "{part}: {undone}");
        }
    }))
    .await;
}
