//! What is taken back is what the write changed: not what somebody else has written, and never what others have
//! done with a record since it was made.

use super::{Org, SIGNATURE};
use crate::support::databases::on_each_database;
use crate::support::salesforce::SECRET;
use undersigned::store::SuggestionId;
use undersigned::store::crm_connections::NewPeople;
use undersigned::store::crm_writes::State;

const MOBILE: &str = "+49 170 1234567";
const COLLEAGUE: &str = "0057Q000000colUQAQ";

impl Org {
    /// With one account, at which whoever writes from there is.
    async fn at(&self, account: &str) -> String {
        let account = self.world().add_account(account, "https://www.exempla.example");
        self.connect(&self.settings(SECRET)).await;
        self.read().await.unwrap();
        account
    }

    /// Anna signs so, and is written; answers the suggestion and the record.
    async fn accepted(&self, number: usize, lines: &str) -> (SuggestionId, String) {
        let id = self.suggested(number, lines).await.id;
        self.accept(&id).await;
        let written = self.write(&id).await;
        assert_eq!(written.state, State::Written, "{}", written.detail);
        (id, written.external_id)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_stays_at_the_account_to_which_another_write_has_brought_it() {
    let company = "Exempla GmbH\n";
    let lines = format!("{SIGNATURE}\nMobil {MOBILE}");
    // The account is called otherwise than the employer; or the first letter did not name that.
    for (account, first) in [
        ("Exempla Holding", SIGNATURE.to_owned()),
        ("Exempla GmbH", SIGNATURE.replace(company, "")),
    ] {
        for is_lost in [false, true] {
            let (first, lines) = (&first, &lines);
            Box::pin(on_each_database(async |database| {
                let org = Org::open(database).await;
                let account = org.at(account).await;
                let (_, anna) = org.accepted(1, first).await;
                org.read().await.unwrap();
                let update = org.suggested(2, lines).await.id;
                org.accept(&update).await;
                if is_lost {
                    org.fault("PATCH", 500, "UNKNOWN_EXCEPTION", true);
                    assert!(org.try_write(&update).await.is_err());
                }
                assert_eq!(org.write(&update).await.state, State::Written);
                assert_eq!(org.world().text(&anna, "MobilePhone"), MOBILE);
                org.taken_back(&update).await;
                assert_eq!(org.world().text(&anna, "MobilePhone"), "");
                assert_eq!(org.world().text(&anna, "AccountId"), account);
            }))
            .await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_colleague_wrote_before_us_is_not_taken_back_and_the_account_that_we_gave_is() {
    on_each_database(async |database| {
        let (org, anna, _) = Org::with_anna(database).await;
        let lines = format!("{SIGNATURE}\nMobil {MOBILE}");
        let update =
            org.suggested(1, &lines.replace("\nHauptstraße 5\n97070 Würzburg", "")).await.id;
        org.accept(&update).await;
        org.world().change(&anna, "MobilePhone", MOBILE);
        assert_eq!(org.write(&update).await.state, State::Written);
        org.taken_back(&update).await;
        assert_eq!(org.world().text(&anna, "MobilePhone"), MOBILE);

        let eva = [("LastName", "Klein"), ("FirstName", "Eva"), ("Email", "eva@probe.example")];
        let eva = org.world().add(&eva);
        let probe = org.world().add_account("Probe AG", "");
        org.read().await.unwrap();
        let lines = "Eva Klein\nVertrieb\nProbe AG\nTel. +49 911 3000001";
        let update = org.office.suggested(2, "Eva Klein <eva@probe.example>", lines).await.id;
        org.accept(&update).await;
        assert_eq!(org.write(&update).await.state, State::Written);
        assert_eq!(org.world().text(&eva, "AccountId"), probe);
        org.taken_back(&update).await;
        assert_eq!(org.world().text(&eva, "AccountId"), "");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_we_made_is_not_removed_after_another_was_merged_into_it_or_somebody_has_worked_with_it()
 {
    on_each_database(async |database| {
        let org = Org::open(database).await;
        org.at("Exempla GmbH").await;
        let (new, made) = org.accepted(1, SIGNATURE).await;
        let untouched = org.world().contacts[&made].clone();
        let stays = async |told: &str| {
            org.undo(&new).await;
            let failed = org.write(&new).await;
            assert_eq!(failed.state, State::Failed, "{}", failed.detail);
            assert!(failed.detail.contains(told), "{}", failed.detail);
            assert!(org.world().there().contains(&made));
            org.world().contacts.insert(made.clone(), untouched.clone());
        };

        // Nothing that we compare is otherwise.
        org.world().change(&made, "OwnerId", COLLEAGUE);
        stays("worked with").await;
        for kind in ["Task", "Event", "OpportunityContactRole"] {
            let activity = org.world().put_with(&made, kind);
            stays("worked with").await;
            if kind == "Task" {
                org.world().close(&activity);
                stays("worked with").await;
            }
            org.world().take_away(&activity);
        }
        let same: Vec<(String, String)> = untouched.fields.clone().into_iter().collect();
        let same: Vec<(&str, &str)> =
            same.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let twin = org.world().add(&same);
        org.world().merge(&twin, &made);
        stays("left as it is").await;

        org.world().contacts.remove(&twin);
        org.taken_back(&new).await;
        assert!(!org.world().there().contains(&made));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_org_without_opportunities_has_none_and_tasks_that_cannot_be_seen_may_be_there() {
    Box::pin(on_each_database(async |database| {
        let org = Org::open(database).await;
        org.at("Exempla GmbH").await;
        let (new, made) = org.accepted(1, SIGNATURE).await;
        for kind in ["Task", "Event"] {
            org.world().unseen = Some(kind);
            org.undo(&new).await;
            let failed = org.write(&new).await;
            assert_eq!(failed.state, State::Failed, "{}", failed.detail);
            assert!(failed.detail.contains("Access Activities"), "{}", failed.detail);
            assert!(org.world().there().contains(&made));
        }
        org.world().unseen = Some("OpportunityContactRole");
        let task = org.world().put_with(&made, "Task");
        org.undo(&new).await;
        let failed = org.write(&new).await;
        assert!(failed.detail.contains("worked with"), "{}", failed.detail);
        org.world().take_away(&task);
        let asked = org.world().queries.len();
        org.taken_back(&new).await;
        assert!(!org.world().there().contains(&made));
        let asked = org.world().queries.len() - asked;
        assert!(asked <= 4, "{asked} queries");
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_that_we_made_is_not_removed_while_somebody_has_something_to_do_with_it() {
    Box::pin(on_each_database(async |database| {
        let org = Org::open(database).await;
        org.connect(&org.settings(SECRET)).await;
        org.make_new_people(NewPeople::Lead).await;
        org.read().await.unwrap();
        let (new, made) = org.accepted(1, SIGNATURE).await;
        assert!(org.world().leads.contains_key(&made));
        for kind in ["Task", "Event"] {
            let activity = org.world().put_with(&made, kind);
            org.undo(&new).await;
            let failed = org.write(&new).await;
            assert_eq!(failed.state, State::Failed, "{}", failed.detail);
            assert!(failed.detail.contains("worked with"), "{}", failed.detail);
            assert!(!org.world().leads[&made].deleted);
            org.world().take_away(&activity);
        }
        org.taken_back(&new).await;
        assert!(org.world().leads[&made].deleted);
    }))
    .await;
}
