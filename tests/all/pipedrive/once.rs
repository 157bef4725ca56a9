//! Whom a colleague has made is not made again, and is theirs.

use super::Account;
use crate::support::databases::{on_each_database, on_sqlite};
use serde_json::json;
use undersigned::crm::CrmError;
use undersigned::store::crm_writes::State;
use undersigned::store::suggestions::State as Decided;

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
        // All that she signs is there by now: nobody need decide that once more.
        assert_eq!(account.desk.suggestion(&new.id).await.state, Decided::Expired);
        assert_eq!(account.world().there(), [by_hand]);
    })
    .await;
}

/// The rule that Pipedrive's users see: one name, and the number, the address or the organization.
#[tokio::test(flavor = "multi_thread")]
async fn whom_pipedrive_would_call_a_duplicate_is_not_made_again() {
    on_sqlite(async |database| {
        let account = Account::open(database).await;
        let probe = account.world().add_organization("Probe Holding AG");
        account.world().add(&json!({
            "name": "Ida Groß", "org_id": probe,
            "emails": [{"value": "ida@probe.example", "label": "work", "primary": true}],
        }));
        account.connect().await;
        // A mailbox that several people read, and one name.
        let info = "Eva Braunschweig <info@exempla.example>";
        let eva = account.office.suggested(1, info, "Eva Braunschweig\nLeiterin Vertrieb").await;
        account.accept(&eva.id).await;
        let by_hand = account.world().add(&json!({
            "name": "Eva Braunschweig",
            "emails": [{"value": "info@exempla.example", "label": "work", "primary": true}],
        }));
        assert_eq!(account.write(&eva.id).await.state, State::Conflict);

        // At the organization at which she would be, whatever she calls it.
        let nora = "Nora Neumann <nora@probe.example>";
        let lines = "Nora Neumann\nVertrieb\nFeinwerk Nord";
        let nora = account.office.suggested(2, nora, lines).await;
        account.accept(&nora.id).await;
        let hers = account.world().add(&json!({"name": "Nora Neumann", "org_id": probe}));
        let refused = account.write(&nora.id).await;
        assert_eq!(refused.state, State::Conflict, "{}", refused.detail);
        assert_eq!(account.world().there().len(), 3, "{by_hand} and {hers} are there");
    })
    .await;
}

/// However much is changed there meanwhile, and however far the search is behind.
#[tokio::test(flavor = "multi_thread")]
async fn whom_a_lost_answer_has_made_is_found_among_the_last_changes() {
    on_sqlite(async |database| {
        let account = Account::open(database).await;
        account.connect().await;
        let new = account.suggested(1, super::SIGNATURE).await;
        account.accept(&new.id).await;
        for number in 0..2_100 {
            account.world().add(&json!({"name": format!("Nobody{number}")}));
        }
        account.desk.clock.advance_secs(1);
        account.world().search_lag = 60_000;
        account.fault("POST /api/v2/persons", 502, true);
        assert!(account.try_write(&new.id).await.is_err());
        let written = account.write(&new.id).await;
        assert_eq!(written.state, State::Written, "{}", written.detail);
        assert_eq!(account.world().there().len(), 2_101);
    })
    .await;
}

/// Whoever has neither address nor number is told from others by all that they sign.
#[tokio::test(flavor = "multi_thread")]
async fn whom_only_a_name_tells_a_lost_answer_makes_once() {
    on_each_database(async |database| {
        let account = Account::open(database).await;
        account.connect().await;
        let eva = "Eva Braunschweig <eva@probe.example>";
        let lines = "Eva Braunschweig\nLeiterin Vertrieb\nProbe AG";
        let new = account.office.suggested(1, eva, lines).await;
        // A colleague's is another one: she has another title.
        let by_hand =
            account.world().add(&json!({"name": "Eva Braunschweig", "job_title": "Juristin"}));
        account.accept_without_email(&new.id).await;
        account.fault("POST /api/v2/persons", 502, true);
        assert!(account.try_write(&new.id).await.is_err());
        let written = account.write(&new.id).await;
        assert_eq!(written.state, State::Written, "{}", written.detail);
        assert_eq!(account.world().there().len(), 2);
        account.undo(&new.id).await;
        assert_eq!(account.write(&new.id).await.state, State::Undone);

        // The same where she is taken back before anybody has seen that she was made.
        account.accept_without_email(&new.id).await;
        account.fault("POST /api/v2/persons", 502, true);
        assert!(account.try_write(&new.id).await.is_err());
        account.undo(&new.id).await;
        assert_eq!(account.write(&new.id).await.state, State::Undone);
        assert_eq!(account.world().there(), [by_hand]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_still_being_made_when_the_connection_breaks_is_made_once() {
    on_each_database(async |database| {
        let account = Account::open(database).await;
        account.connect().await;
        let new = account.suggested(1, super::SIGNATURE).await;
        account.accept(&new.id).await;
        account.world().slow = 1;
        assert!(account.try_write(&new.id).await.is_err());
        for _ in 0..3 {
            let waits = account.try_write(&new.id).await;
            assert!(matches!(waits, Err(CrmError::Unseen)), "{waits:?}");
            account.desk.clock.advance_secs(14);
        }
        account.world().finish();
        let written = account.write(&new.id).await;
        assert_eq!(written.state, State::Written, "{}", written.detail);
        assert_eq!(account.world().there().len(), 1);
        account.undo(&new.id).await;
        assert_eq!(account.write(&new.id).await.state, State::Undone);

        // Nor is it said of her that there was nothing to be taken back.
        account.accept(&new.id).await;
        account.world().slow = 1;
        assert!(account.try_write(&new.id).await.is_err());
        account.undo(&new.id).await;
        let waits = account.try_write(&new.id).await;
        assert!(matches!(waits, Err(CrmError::Unseen)), "{waits:?}");
        account.world().finish();
        assert_eq!(account.write(&new.id).await.state, State::Undone);
        assert!(account.world().there().is_empty());
    })
    .await;
}

/// What never came to Pipedrive is sent again when that is certain, and at once where Pipedrive has said so.
#[tokio::test(flavor = "multi_thread")]
async fn who_was_not_made_is_made_as_soon_as_that_is_certain() {
    on_sqlite(async |database| {
        let account = Account::open(database).await;
        account.connect().await;
        let new = account.suggested(1, super::SIGNATURE).await;
        account.accept(&new.id).await;
        for (path, status) in [("GET /api/v2/persons", 502), ("POST /api/v2/persons", 429)] {
            account.fault(path, status, false);
            let failed = account.try_write(&new.id).await;
            assert!(!matches!(failed, Ok(_) | Err(CrmError::Unseen)), "{failed:?}");
        }
        account.fault("POST /api/v2/persons", 502, false);
        assert!(matches!(account.try_write(&new.id).await, Err(CrmError::Unreachable(_))));
        let mut waited = 0;
        let written = loop {
            account.desk.clock.advance_secs(14);
            waited += 15;
            match account.try_write(&new.id).await {
                Err(CrmError::Unseen) => assert!(waited < 200, "it is never tried again"),
                tried => break tried.unwrap(),
            }
        };
        assert_eq!(written.state, State::Written, "{}", written.detail);
        assert!((120..=135).contains(&waited), "{waited} seconds");
        assert_eq!(account.world().there().len(), 1);
    })
    .await;
}
