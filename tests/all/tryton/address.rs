//! An address is the new one as a whole or stays as it is: of the old one nothing is left in it.

use super::Works;
use crate::support::databases::on_each_database;
use serde_json::{Value, json};
use undersigned::store::crm_writes::State;

/// What an address is made of, and as what people see it.
const PARTS: [&str; 6] =
    ["street", "postal_code", "city", "country", "subdivision", "full_address"];
const NEW: &str = "Hauptstraße 5\n97070 Würzburg\nDeutschland\nMobil +49 170 1234567";

impl Works {
    /// The colleague enters somebody with an address; answers the ids of both.
    async fn add_at(&self, given: &str, address: Value) -> (i64, i64) {
        let email = format!("{}@probe.example", given.to_lowercase());
        let party = self.crm.add(&format!("{given} Klein"), &[("email", &email)]).await;
        let mut address = address;
        address["party"] = json!(party);
        let made = self.crm.call("party.address.create", json!([[address]])).await;
        (party, made[0].as_i64().unwrap())
    }

    async fn address(&self, id: i64) -> Value {
        self.crm.call("party.address.read", json!([[id], PARTS])).await[0].clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_with_a_part_that_is_not_mapped_stays_and_all_else_is_written() {
    Box::pin(on_each_database(async |database| {
        let works = Works::open(database).await;
        let mut countries = Vec::new();
        for (name, code, code3) in [("Germany", "DE", "DEU"), ("United States", "US", "USA")] {
            let country = json!([[{"name": name, "code": code, "code3": code3}]]);
            countries.push(works.crm.call("country.country.create", country).await[0].clone());
        }
        let (germany, states) = (&countries[0], &countries[1]);
        let california = json!([[{
            "name": "California", "code": "US-CA", "type": "state", "country": states,
        }]]);
        let california = works.crm.call("country.subdivision.create", california).await[0].clone();
        let sunnyvale = json!({
            "street": "Main Street 1", "postal_code": "94085", "city": "Sunnyvale",
            "country": states, "subdivision": california,
        });
        let boxed = json!({"post_box": "12 34", "city": "Fürth", "country": germany});
        let plain = json!({
            "street": "Domstraße 7", "postal_code": "90402", "city": "Nürnberg",
            "country": germany,
        });
        let in_parts = json!({
            "street_name": "Domstraße", "building_number": "7", "postal_code": "90402",
            "city": "Nürnberg", "country": germany,
        });
        let people = [
            ("Anna", "subdivision", works.add_at("Anna", sunnyvale).await),
            ("Bert", "post_box", works.add_at("Bert", boxed).await),
            ("Carla", "street_name", works.add_at("Carla", in_parts).await),
            ("Dirk", "", works.add_at("Dirk", plain).await),
        ];
        works.connect().await;
        for (number, (given, part, (party, address))) in people.into_iter().enumerate() {
            let before = works.address(address).await;
            let from = format!("{given} Klein <{}@probe.example>", given.to_lowercase());
            let lines = format!("{given} Klein\n{NEW}");
            let update = works.office.suggested(number, &from, &lines).await.id;
            works.accept(&update).await;
            let written = works.write(&update).await;
            assert_eq!(written.state, State::Written, "{given}: {}", written.detail);
            assert_eq!(works.crm.values(party, "mobile").await, ["+491701234567"], "{given}");
            let after = works.address(address).await;
            if part.is_empty() {
                assert_eq!(written.detail, "");
                let seen = "Hauptstraße 5\n97070 Würzburg\nGERMANY";
                assert_eq!(after["full_address"], seen, "another one as a whole");
            } else {
                assert_eq!(after, before, "{given}");
                let told = format!("`address.{part}`");
                assert!(written.detail.contains(&told), "{}", written.detail);
            }
            works.undo(&update).await;
            let undone = works.write(&update).await;
            assert_eq!(undone.state, State::Undone, "{given}: {}", undone.detail);
            assert_eq!(works.address(address).await, before, "{given}");
            assert!(works.crm.values(party, "mobile").await.is_empty(), "{given}");
        }
    }))
    .await;
}
