//! Who has no e-mail address of their own, by which HubSpot knows people, is made once all the same, although
//! its search lags; also where the token lacks the right to what that needs.

use super::{Account, EVA, EVA_SIGNS};
use crate::support::databases::{on_each_database, on_sqlite};
use tokio::join;
use undersigned::crm::CrmError;
use undersigned::store::SuggestionId;
use undersigned::store::crm_writes::{CrmWrite, State};

const UPSERT: &str = "contacts/batch/upsert$";

impl Account {
    /// Somebody who reads a mailbox with others is accepted, and what is asked on the way breaks off.
    async fn lost(&self, number: usize, name: &str, path: &'static str) -> SuggestionId {
        let lines = format!("{name}\nLeiterin Vertrieb\nProbe AG\nTel. +49 911 300002{number}");
        let from = format!("{name} <info@probe.example>");
        let new = self.office.suggested(number, &from, &lines).await.id;
        self.accept(&new).await;
        self.fault(path, 502, true);
        let lost = self.try_write(&new).await;
        assert!(matches!(lost, Err(CrmError::Unreachable(_))), "{lost:?}");
        new
    }

    async fn written(&self, id: &SuggestionId) -> CrmWrite {
        let written = self.write(id).await;
        assert_eq!(written.state, State::Written, "{}", written.detail);
        written
    }

    async fn undone(&self, id: &SuggestionId) {
        let undone = self.write(id).await;
        assert_eq!(undone.state, State::Undone, "{}", undone.detail);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_shares_a_mailbox_is_made_once_however_far_the_search_lags() {
    Box::pin(on_each_database(async |database| {
        let account = Account::connected(database).await;
        let probe = account.world().add_company("Probe AG", "probe.example", "1");
        account.desk.clock.advance_secs(120);
        account.world().search_lag = 60_000;
        let eva = account.lost(1, "Eva Braunschweig", UPSERT).await;
        let there = account.world().there();
        // A colleague has corrected her name meanwhile: it is the same record all the same.
        account.world().change(there[0], &[("lastname", "Braunschweiger")]);
        assert_eq!(account.written(&eva).await.detail, "");
        assert_eq!(account.world().there(), there);
        assert_eq!(account.world().contacts[&there[0]].company(), Some(probe));

        // The next one of that mailbox is made without it, and at the company although that broke off.
        let ida = account.lost(2, "Ida Groß", "associations/companies").await;
        assert_eq!(account.world().there().len(), 2);
        let made = account.written(&ida).await;
        assert!(made.detail.contains("without the e-mail address"), "{}", made.detail);
        assert_eq!(account.world().there().len(), 2);
        assert_eq!(account.company_of(&made), probe);

        // Taken back before anybody knows of it, and after.
        let nora = account.lost(3, "Nora Neu", "associations/companies").await;
        assert_eq!(account.world().there().len(), 3);
        for id in [&nora, &ida, &eva] {
            account.undo(id).await;
            account.undone(id).await;
        }
        assert!(account.world().there().is_empty());
        let unique = account.world().unique.len();
        assert_eq!(unique, 1, "contacts have a property of ours");
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_right_to_make_a_property_a_second_try_waits_for_the_search() {
    on_sqlite(async |database| {
        let account = Account::connected(database).await;
        account.world().search_lag = 60_000;
        account.world().lacks = Some("crm.schemas.contacts.write");
        let make = "POST /crm/v3/objects/contacts$";
        let eva = account.lost(1, "Eva Braunschweig", make).await;
        // The job looks again every 15 seconds.
        for _ in 0..7 {
            let waits = account.try_write(&eva).await;
            assert!(matches!(waits, Err(CrmError::Unseen)), "{waits:?}");
            account.desk.clock.advance_secs(14);
        }
        account.desk.clock.advance_secs(20);
        account.written(&eva).await;
        assert_eq!(account.world().there().len(), 1);
        account.undo(&eva).await;
        account.undone(&eva).await;

        // What may be there is looked for as long before it is said that there was nothing to take back.
        let ida = account.lost(2, "Ida Groß", make).await;
        account.undo(&ida).await;
        let waits = account.try_write(&ida).await;
        assert!(matches!(waits, Err(CrmError::Unseen)), "{waits:?}");
        account.desk.clock.advance_secs(130);
        account.undone(&ida).await;
        assert!(account.world().there().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_hubspot_has_said_to_have_already_is_no_record_of_ours() {
    on_each_database(async |database| {
        let account = Account::connected(database).await;
        account.world().search_lag = 60_000;
        account.world().lacks = Some("crm.schemas.contacts.write");
        let lines = "Eva Braunschweig\nLeiterin Vertrieb\nProbe AG\nTel. +49 911 3000021";
        let new = account.office.suggested(1, "Eva Braunschweig <info@probe.example>", lines).await;
        account.accept(&new.id).await;

        // A colleague has just made her, and the search does not know it; HubSpot says so when it is asked to make
        // her, and whose record it is cannot be looked at.
        let hers = account.world().add(&[
            ("firstname", "Eva"),
            ("lastname", "Braunschweig"),
            ("jobtitle", "Leiterin Vertrieb"),
            ("company", "Probe AG"),
            ("phone", "+49 911 3000021"),
            ("email", "info@probe.example"),
        ]);
        account.fault("GET /crm/v3/objects/contacts/", 502, false);
        let unclear = account.try_write(&new.id).await;
        assert!(matches!(unclear, Err(CrmError::Unreachable(_))), "{unclear:?}");
        assert_eq!(
            account.world().asked_for("POST /crm/v3/objects/contacts"),
            2,
            "a search, and that"
        );
        account.desk.clock.advance_secs(130);
        let refused = account.write(&new.id).await;
        assert_eq!(refused.state, State::Conflict, "{}", refused.detail);
        assert_eq!(account.world().there(), [hers]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_colleague_makes_stays_where_nobody_was_made_and_that_is_heard_after_the_undo() {
    Box::pin(on_each_database(async |database| {
        let account = Account::connected(database).await;
        account.world().lacks = Some("crm.schemas.contacts.write");
        let make = "POST /crm/v3/objects/contacts";
        let new = account.office.suggested(1, EVA, EVA_SIGNS).await.id;
        account.accept(&new).await;
        account.fault("POST /crm/v3/objects/contacts$", 429, false);
        let held = account.world().hold(make);
        let write = account.last_write(&new).await.id;
        let (asked, ()) = join!(account.run(&write), async {
            held.answered.notified().await;
            assert!(account.last_write(&new).await.is_tried());
            account.undo(&new).await;
            held.go_on.notify_one();
        });
        assert!(matches!(asked, Err(CrmError::Throttled(Some(_)))), "{asked:?}");
        let undoing = account.last_write(&new).await;
        assert_eq!((undoing.state, undoing.is_tried()), (State::Undoing, false));

        let hers = account.world().add(&[
            ("firstname", "Eva"),
            ("lastname", "Braunschweig"),
            ("jobtitle", "Leiterin Vertrieb"),
            ("company", "Probe AG"),
            ("phone", "+49 911 3000021"),
            ("email", "eva@probe.example"),
        ]);
        assert_eq!(account.write(&new).await.state, State::Cancelled);
        assert_eq!(account.world().there(), [hers]);
    }))
    .await;
}
