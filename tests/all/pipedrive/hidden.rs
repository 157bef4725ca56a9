//! A person whom Pipedrive does not show any more, and not as deleted, may be there all the same.

use super::{Account, MOBILE, SIGNATURE};
use crate::support::databases::on_each_database;
use serde_json::json;
use undersigned::store::crm_writes::State;
use undersigned::store::suggestions::Kind;

const DAY: i64 = 24 * 3600;

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_shown_any_more_is_kept_for_thirty_days_and_never_told_to_be_deleted() {
    Box::pin(on_each_database(async |database| {
        let account = Account::open(database).await;
        let exempla = account.world().add_organization("Exempla GmbH");
        let anna = account.add_anna(exempla);
        let other = account.world().add(&json!({"name": "Otto Neumann"}));
        account.connect().await;
        let first = account.suggested(1, &format!("{SIGNATURE}\n{MOBILE}")).await;
        account.accept(&first.id).await;
        assert_eq!(account.write(&first.id).await.state, State::Written);
        let lines = format!("{SIGNATURE}\n{MOBILE}\nTel. +49 931 3000009");
        let second = account.suggested(2, &lines).await;

        account.world().hidden.insert(anna);
        account.world().remove(other);
        account.desk.clock.advance_secs(DAY + 60);
        account.read().await.unwrap();
        assert_eq!(account.known().await, 1, "who is removed is gone");
        assert!(!account.contact_of(&first.id).await.gone);
        assert_eq!(account.record_of(&first.id).await, Some(anna.to_string()));
        assert_eq!(account.desk.suggestion(&second.id).await.kind, Kind::Update);
        account.accept(&second.id).await;
        let failed = account.write(&second.id).await;
        assert_eq!(failed.state, State::Failed);
        assert!(failed.detail.contains("does not show"), "{}", failed.detail);

        account.desk.clock.advance_secs(31 * DAY);
        account.read().await.unwrap();
        assert_eq!(account.known().await, 0);
        let contact = account.contact_of(&first.id).await;
        assert!(contact.record.is_none() && !contact.gone);
        // Who is shown again is known again.
        account.world().hidden.clear();
        account.desk.clock.advance_secs(DAY + 60);
        account.read().await.unwrap();
        assert_eq!(account.record_of(&first.id).await, Some(anna.to_string()));
    }))
    .await;
}
