//! What is taken back is what the write changed: not what somebody else has written.

use super::{MECHANISMS, Works};
use crate::support::colleague::what_was_typed_first_stays;
use crate::support::databases::on_each_database;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_a_colleague_typed_before_us_stays_when_ours_is_taken_back() {
    on_each_database(async |database| {
        let works = Works::open(database).await;
        let anna = works.crm.add("Anna Müller", &MECHANISMS).await;
        works.connect().await;
        let colleague = async |number: &str| {
            let mobile = json!({"party": anna, "type": "mobile", "value": number});
            works.crm.call("party.contact_mechanism.create", json!([[mobile]])).await;
        };
        let numbers = async || {
            let (phones, mobiles) =
                (works.crm.values(anna, "phone").await, works.crm.values(anna, "mobile").await);
            phones.into_iter().chain(mobiles).collect()
        };
        let known = "Anna Müller\nTel. +49 931 3000001";
        what_was_typed_first_stays(&works, known, colleague, numbers).await;
    })
    .await;
}
