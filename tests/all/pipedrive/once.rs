//! Whom a colleague has made is not made again, and is theirs.

use super::Account;
use crate::support::databases::{on_each_database, on_sqlite};
use serde_json::json;
use undersigned::store::crm_writes::State;

/// The same name at the same organization is a duplicate to Pipedrive, whatever the address.
#[tokio::test(flavor = "multi_thread")]
async fn whom_a_colleague_made_meanwhile_is_not_made_again() {
    on_each_database(async |database| {
        let account = Account::open(database).await;
        account.connect().await;
        let eva = "Eva Braunschweig <eva@probe.example>";
        let lines = "Eva Braunschweig\nLeiterin Vertrieb\nProbe AG\nTel. +49 911 3000001";
        let new = account.office.suggested(2, eva, lines).await;
        account.accept(&new.id).await;
        let probe = account.world().add_organization("Probe AG");
        let by_hand = account.world().add(&json!({"name": "Eva Braunschweig", "org_id": probe}));
        let refused = account.write(&new.id).await;
        assert_eq!(refused.state, State::Conflict);
        assert!(refused.detail.contains("already"), "{}", refused.detail);
        account.accept(&new.id).await;
        let written = account.write(&new.id).await;
        assert_eq!(written.state, State::Written, "{}", written.detail);
        assert_eq!(account.world().person(by_hand)["job_title"], "Leiterin Vertrieb");
        assert_eq!(account.world().there(), [by_hand]);
    })
    .await;
}

/// However alike and however lately: what we have not tried to make is a colleague's, and no undo removes it.
#[tokio::test(flavor = "multi_thread")]
async fn whom_a_colleague_typed_in_the_same_minute_is_theirs() {
    on_sqlite(async |database| {
        let account = Account::open(database).await;
        account.connect().await;
        let new = account.suggested(1, "Anna Müller\nTel. +49 931 3000001").await;
        let by_hand = account.world().add(&json!({
            "name": "Anna Müller",
            "emails": [{"value": "anna.mueller@exempla.example", "label": "work", "primary": true}],
            "phones": [{"value": "+49 931 3000001", "label": "work", "primary": true}],
        }));
        account.accept(&new.id).await;
        let refused = account.write(&new.id).await;
        assert_eq!(refused.state, State::Conflict, "{}", refused.detail);
        // The rep sees that she is there, and takes her into the list; which is undone again.
        account.accept(&new.id).await;
        assert_eq!(account.write(&new.id).await.state, State::Written);
        account.undo(&new.id).await;
        assert_eq!(account.write(&new.id).await.state, State::Undone);
        assert_eq!(account.world().there(), [by_hand]);
    })
    .await;
}
