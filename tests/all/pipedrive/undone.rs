//! What is taken back is what the write changed: not what somebody else has written.

use super::{Account, MOBILE, SIGNATURE};
use crate::support::colleague::what_was_typed_first_stays;
use crate::support::databases::on_each_database;
use serde_json::json;
use std::collections::BTreeSet;
use undersigned::store::crm_writes::State;

impl Account {
    /// A colleague types a mobile number into Anna's person.
    fn type_mobile(&self, anna: u64, number: &str) {
        let mut phones = self.world().person(anna)["phones"].clone();
        let entry = json!({"value": number, "label": "mobile", "primary": false});
        phones.as_array_mut().unwrap().push(entry);
        self.world().change(anna, &json!({"phones": phones}));
    }

    fn numbers(&self, anna: u64) -> BTreeSet<String> {
        let person = self.world().person(anna);
        let phones = person["phones"].as_array().unwrap().iter();
        phones.map(|phone| phone["value"].as_str().unwrap().replace(' ', "")).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_a_colleague_typed_before_us_stays_when_ours_is_taken_back() {
    on_each_database(async |database| {
        let account = Account::open(database).await;
        let exempla = account.world().add_organization("Exempla GmbH");
        let anna = account.add_anna(exempla);
        account.connect().await;
        let colleague = async |number: &str| account.type_mobile(anna, number);
        let numbers = async || account.numbers(anna);
        what_was_typed_first_stays(&account, SIGNATURE, colleague, numbers).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_a_colleague_typed_after_we_could_not_even_look_stays() {
    for is_tried_again in [true, false] {
        Box::pin(on_each_database(async |database| {
            let account = Account::open(database).await;
            let exempla = account.world().add_organization("Exempla GmbH");
            let anna = account.add_anna(exempla);
            account.connect().await;
            let update = account.suggested(1, &format!("{SIGNATURE}\n{MOBILE}")).await.id;
            account.accept(&update).await;
            // The person is not even seen; or Pipedrive is asked to change it, and says that it does not.
            for (path, status) in [("GET /api/v2/persons", 502), ("PATCH", 429)] {
                account.fault(path, status, false);
                assert!(account.try_write(&update).await.is_err());
            }
            account.type_mobile(anna, "0171 7654321");
            let typed = account.numbers(anna);
            let ends = if is_tried_again {
                assert_eq!(account.write(&update).await.state, State::Written);
                State::Undone
            } else {
                State::Cancelled
            };
            account.undo(&update).await;
            assert_eq!(account.write(&update).await.state, ends);
            assert_eq!(account.numbers(anna), typed);
        }))
        .await;
    }
}
