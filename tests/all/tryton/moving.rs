//! Whoever changes their employer is related to the new one, if the way back leads to the former.

use super::{MECHANISMS, Works};
use crate::support::databases::on_each_database;
use serde_json::{Value, json};
use undersigned::store::SuggestionId;
use undersigned::store::crm_writes::State;

impl Works {
    /// Writes that she works elsewhere and has a mobile phone, and takes it back; answers what the first says, and the
    /// employer that she had in between.
    async fn moves_and_comes_back(&self, anna: i64, update: &SuggestionId) -> (String, Value) {
        let employer = async || {
            let parties = self.crm.parties().await;
            let hers = parties.into_iter().find(|party| party["id"] == anna).unwrap();
            hers["relations."][0]["to."]["id"].clone()
        };
        let before = employer().await;
        self.accept(update).await;
        let written = self.write(update).await;
        assert_eq!(written.state, State::Written, "{}", written.detail);
        assert_eq!(self.crm.values(anna, "mobile").await, ["+491701234567"]);
        let between = employer().await;
        self.taken_back(update).await;
        assert!(self.crm.values(anna, "mobile").await.is_empty());
        assert_eq!(employer().await, before);
        (written.detail, between)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_one_of_several_employers_of_one_name_stays_where_no_way_leads_back() {
    Box::pin(on_each_database(async |database| {
        let works = Works::open(database).await;
        let hers = works.crm.add("Volksbank eG", &[]).await;
        let other = works.crm.add("Volksbank eG", &[]).await;
        let new = works.crm.add("Neue Werke AG & Co. KG", &[]).await;
        let kind = works.crm.call("party.relation.type.create", json!([[{"name": "works for"}]]));
        let kind = kind.await[0].as_i64().unwrap();
        works.connect().await;
        works.map(&format!("relation.{kind}"), "organization").await.unwrap();
        let anna = works.crm.add("Anna Müller", &MECHANISMS).await;
        let relation = json!({"to": hers, "type": kind});
        works.crm.change(anna, json!({"relations": [["create", [relation]]]})).await;
        works.read().await.unwrap();
        let lines = "Anna Müller\nNeue Werke AG\nTel. +49 931 3000001\nMobil +49 170 1234567";
        let update = works.suggested(1, lines).await.id;
        let (told, between) = works.moves_and_comes_back(anna, &update).await;
        assert!(told.contains("former employer"), "{told}");
        assert_eq!(between, hers);

        // It is the only one of its name once a colleague has put the other away.
        works.crm.change(other, json!({"active": false})).await;
        works.read().await.unwrap();
        let (told, between) = works.moves_and_comes_back(anna, &update).await;
        assert_eq!((told.as_str(), between), ("", json!(new)));
    }))
    .await;
}
