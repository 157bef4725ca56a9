//! Whose a new contact is, the tenant's policy says.

use super::{Org, SIGNATURE};
use crate::support::databases::{Database, on_sqlite};
use crate::support::salesforce::SECRET;
use undersigned::store::audit::Actor;
use undersigned::store::crm_writes::State;
use undersigned::store::policies::NewOwner;

impl Org {
    /// Whose new contacts are of the rep who accepts, who is Rita.
    async fn of_rita(database: &Database) -> (Self, Actor) {
        let org = Self::open(database).await;
        org.world().add_account("Exempla GmbH", "www.exempla.example");
        org.connect(&org.settings(SECRET)).await;
        let rita = org.rep("rep@kugellager.test").await;
        org.assign(NewOwner::Rep).await;
        (org, rita)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_contact_is_of_the_rep_who_accepts_and_made_once_where_it_is_not_seen() {
    on_sqlite(async |database| {
        let (org, rita) = Org::of_rita(database).await;
        let new = org.suggested(1, SIGNATURE).await;
        org.accept_as(&rita, &new.id).await;
        let written = org.write(&new.id).await;
        assert_eq!((written.state, written.detail.as_str()), (State::Written, ""));
        assert_eq!(org.world().text(&written.external_id, "OwnerId"), written.owner);
        assert!(written.owner.starts_with("005"), "{}", written.owner);
        org.undo(&new.id).await;
        assert_eq!(org.write(&new.id).await.state, State::Undone);

        // Where the app sees its own contacts only, hers is made all the same, and the write says so.
        org.world().private = true;
        org.accept_as(&rita, &new.id).await;
        let written = org.write(&new.id).await;
        assert_eq!(written.state, State::Written, "{}", written.detail);
        assert!(written.detail.contains("does not see"), "{}", written.detail);
        assert_eq!(org.world().there(), [written.external_id]);

        // What is not shown is not gone: it is neither changed nor taken back, until it is shown.
        let update = org.suggested(2, &format!("{SIGNATURE}\nMobil +49 170 1234567")).await;
        org.accept_as(&rita, &update.id).await;
        let failed = org.write(&update.id).await;
        assert_eq!(failed.state, State::Failed);
        assert!(failed.detail.contains("does not show"), "{}", failed.detail);
        assert!(org.desk.suggestion(&update.id).await.known.is_some());
        org.undo(&new.id).await;
        let failed = org.write(&new.id).await;
        assert_eq!(failed.state, State::Failed);
        assert!(failed.detail.contains("does not show"), "{}", failed.detail);
        assert_eq!(org.world().there().len(), 1);
        org.world().private = false;
        org.undo(&new.id).await;
        let undone = org.write(&new.id).await;
        assert_eq!(undone.state, State::Undone, "{}", undone.detail);
        assert!(org.world().there().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_lost_answer_has_made_unseen_is_not_made_again() {
    on_sqlite(async |database| {
        let (org, rita) = Org::of_rita(database).await;
        org.world().private = true;
        let new = org.suggested(1, SIGNATURE).await;
        // An org without duplicate rules: a human has to look.
        org.world().without_rules = true;
        org.accept_as(&rita, &new.id).await;
        org.fault("POST /sobjects/Contact", 502, "", true);
        assert!(org.try_write(&new.id).await.is_err());
        let failed = org.write(&new.id).await;
        assert_eq!(failed.state, State::Failed, "{}", failed.detail);
        assert!(failed.detail.contains("may have made it"), "{}", failed.detail);
        // The rules see her, although the app does not.
        org.world().without_rules = false;
        org.accept_as(&rita, &new.id).await;
        let failed = org.write(&new.id).await;
        assert_eq!(failed.state, State::Failed, "{}", failed.detail);
        assert!(failed.detail.contains("do not show it"), "{}", failed.detail);
        let there = org.world().there();
        assert_eq!(there.len(), 1);
        org.world().delete(&there[0]);

        // Taken back meanwhile, it is not said that Salesforce never had her.
        org.accept_as(&rita, &new.id).await;
        org.fault("POST /sobjects/Contact", 502, "", true);
        assert!(org.try_write(&new.id).await.is_err());
        org.undo(&new.id).await;
        let failed = org.write(&new.id).await;
        assert_eq!(failed.state, State::Failed, "{}", failed.detail);
        org.world().private = false;
        org.undo(&new.id).await;
        assert_eq!(org.write(&new.id).await.state, State::Undone);
        assert!(org.world().there().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_before_anything_is_made_unseen_is_simply_tried_again() {
    on_sqlite(async |database| {
        let (org, rita) = Org::of_rita(database).await;
        (org.world().private, org.world().without_rules) = (true, true);
        let otto = "Otto Zwackel <otto.zwackel@zwackel.example>";
        let lines = "Otto Zwackel\nZwackel Technik AG\nTel. +49 911 3000002";
        let first = org.office.suggested(1, otto, lines).await;
        org.accept_as(&rita, &first.id).await;
        assert_eq!(org.write(&first.id).await.state, State::Written);

        // Looking for her fails, or Salesforce says that it makes nobody now.
        let new = org.suggested(2, SIGNATURE).await;
        org.accept_as(&rita, &new.id).await;
        for (path, status, code) in [
            ("GET /query", 503, "SERVER_UNAVAILABLE"),
            ("POST /sobjects/Contact", 403, "REQUEST_LIMIT_EXCEEDED"),
            ("POST /sobjects/Contact", 403, "INSUFFICIENT_ACCESS"),
            ("POST /sobjects/Contact", 400, "UNABLE_TO_LOCK_ROW"),
            ("POST /sobjects/Contact", 503, "REQUEST_LIMIT_EXCEEDED"),
            ("POST /sobjects/Contact", 400, "A_CODE_OF_TOMORROW"),
        ] {
            org.fault(path, status, code, false);
            assert!(org.try_write(&new.id).await.is_err(), "{code}");
        }
        let written = org.write(&new.id).await;
        assert_eq!(written.state, State::Written, "{}", written.detail);
        assert_eq!(org.world().there().len(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_try_that_makes_nothing_does_not_make_forget_what_an_earlier_one_may_have_made() {
    on_sqlite(async |database| {
        let (org, rita) = Org::of_rita(database).await;
        org.world().without_rules = true;
        let otto = "Otto Zwackel <otto.zwackel@zwackel.example>";
        let lines = "Otto Zwackel\nZwackel Technik AG\nTel. +49 911 3000002";
        let first = org.office.suggested(1, otto, lines).await;
        org.accept_as(&rita, &first.id).await;
        assert_eq!(org.write(&first.id).await.state, State::Written);

        // Salesforce still works on her when she is asked for once more; that time it says that it makes nobody.
        let new = org.suggested(2, SIGNATURE).await;
        org.accept_as(&rita, &new.id).await;
        org.world().slow = 1;
        assert!(org.try_write(&new.id).await.is_err());
        let asked = org.last_write(&new.id).await;
        assert!(asked.is_tried() && !asked.owner.is_empty());
        org.desk.clock.advance_secs(130);
        for (status, code) in [(403, "REQUEST_LIMIT_EXCEEDED"), (400, "UNABLE_TO_LOCK_ROW")] {
            org.fault("POST /sobjects/Contact", status, code, false);
            assert!(org.try_write(&new.id).await.is_err());
            let now = org.last_write(&new.id).await;
            assert_eq!((now.tried_at, &now.owner), (asked.tried_at, &asked.owner), "{code}");
        }

        // She is there in the end, and not shown: nobody says that there is nothing to be taken back.
        org.world().finish();
        org.world().private = true;
        org.undo(&new.id).await;
        let failed = org.write(&new.id).await;
        assert_eq!(failed.state, State::Failed, "{}", failed.detail);
        assert!(failed.detail.contains("may have made it"), "{}", failed.detail);
        org.world().private = false;
        org.undo(&new.id).await;
        assert_eq!(org.write(&new.id).await.state, State::Undone);
        assert_eq!(org.world().there().len(), 1);
    })
    .await;
}
