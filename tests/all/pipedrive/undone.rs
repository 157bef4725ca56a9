//! What is taken back is what the write changed, not what somebody else has written; and whom we made is
//! taken back only while nobody has worked with them.

use super::{Account, MOBILE, SIGNATURE};
use crate::support::colleague::what_was_typed_first_stays;
use crate::support::databases::on_each_database;
use crate::support::pipedrive::Work;
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

#[tokio::test(flavor = "multi_thread")]
async fn whom_we_made_is_not_removed_once_somebody_has_worked_with_them() {
    Box::pin(on_each_database(async |database| {
        let account = Account::open(database).await;
        account.connect().await;
        let new = account.suggested(1, SIGNATURE).await.id;
        account.accept(&new).await;
        assert_eq!(account.write(&new).await.state, State::Written);
        let made = account.world().there()[0];
        let stays = async |work: Work| {
            account.undo(&new).await;
            let failed = account.write(&new).await;
            assert_eq!(failed.state, State::Failed, "{work:?}: {}", failed.detail);
            assert!(failed.detail.contains("worked with"), "{work:?}: {}", failed.detail);
            assert!(account.world().there().contains(&made), "{work:?}");
        };
        for work in [
            Work::Activity { done: false },
            Work::Activity { done: true },
            Work::Note,
            Work::File,
            Work::Mail,
            Work::Deal { open: true },
            Work::Deal { open: false },
            Work::Part { open: true },
            Work::Part { open: false },
        ] {
            account.world().put_with(made, work);
            stays(work).await;
            account.world().take_away(made);
        }

        // What somebody did with another person who says the same is merged into it, as nothing else tells.
        let twin = account.world().add(&json!({"name": "Anna Müller"}));
        account.world().put_with(twin, Work::Note);
        account.world().merge(twin, made);
        stays(Work::Note).await;
        account.world().take_away(made);

        account.undo(&new).await;
        let undone = account.write(&new).await;
        assert_eq!((undone.state, undone.detail.as_str()), (State::Undone, ""));
        assert!(account.world().there().is_empty());
        assert_eq!(account.world().too_fast, 0);
    }))
    .await;
}
