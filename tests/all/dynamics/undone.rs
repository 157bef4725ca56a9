//! What we made is taken back only while nobody has worked with it: Dynamics removes with a contact what hangs on
//! it, for good.

use super::{Environment, SIGNATURE};
use crate::support::databases::on_each_database;
use crate::support::dynamics::ways;
use undersigned::store::SuggestionId;
use undersigned::store::crm_connections::State as Connection;
use undersigned::store::crm_writes::State;

impl Environment {
    /// Anna signs, and is made; answers the suggestion and the contact.
    async fn made(&self) -> (SuggestionId, String) {
        let id = self.suggested(1, SIGNATURE).await.id;
        self.accept(&id).await;
        let written = self.write(&id).await;
        assert_eq!(written.state, State::Written, "{}", written.detail);
        (id, written.external_id)
    }

    /// The contact cannot be taken back; answers why.
    async fn stays(&self, id: &SuggestionId, contact: &str) -> String {
        self.undo(id).await;
        let failed = self.write(id).await;
        assert_eq!(failed.state, State::Failed, "{}", failed.detail);
        assert!(self.world().there().iter().any(|there| there == contact));
        failed.detail
    }

    async fn taken_back(&self, id: &SuggestionId) {
        self.undo(id).await;
        let undone = self.write(id).await;
        assert_eq!((undone.state, undone.detail.as_str()), (State::Undone, ""));
        assert!(self.world().there().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_we_made_is_not_removed_with_the_deals_and_activities_that_are_with_it() {
    Box::pin(on_each_database(async |database| {
        let dynamics = Environment::open(database).await;
        dynamics.begin().await;
        let (new, made) = dynamics.made().await;
        for way in ways() {
            let row = dynamics.world().put_with(&made, way);
            let told = dynamics.stays(&new, &made).await;
            assert!(told.contains("worked with"), "{way:?}: {told}");
            assert!(dynamics.world().is_with(&made, way, &row), "{way:?} is as it was");
            dynamics.world().take_away(way.0, &row);
        }
        // What is with others is nothing to it.
        let other = dynamics.world().add(&[("lastname", "Neumann")]);
        let deal = ("opportunities", "customerid");
        let row = dynamics.world().put_with(&other, deal);
        dynamics.undo(&new).await;
        assert_eq!(dynamics.write(&new).await.state, State::Undone);
        assert_eq!(dynamics.world().there(), std::slice::from_ref(&other));
        assert!(dynamics.world().is_with(&other, deal, &row));
        assert_eq!(dynamics.world().too_fast, 0);
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_environment_without_sales_has_no_deals_and_a_right_that_is_lacking_is_named() {
    Box::pin(on_each_database(async |database| {
        let dynamics = Environment::open(database).await;
        dynamics.begin().await;
        let (new, made) = dynamics.made().await;
        for right in ["prvReadActivity", "prvReadOpportunity"] {
            dynamics.world().lacks = Some(right);
            let told = dynamics.stays(&new, &made).await;
            assert!(told.contains("cannot be seen") && told.contains("undo once more"), "{told}");
            assert_eq!(told.matches(right).count(), 1, "{told}");
            assert!(!told.contains("secretword"), "{told}");
            assert_eq!(dynamics.state().await.0, Connection::Healthy);
        }
        // Where something else is seen with it, that is told.
        let note = dynamics.world().put_with(&made, ("annotations", "objectid"));
        let told = dynamics.stays(&new, &made).await;
        assert!(told.contains("worked with the record in the CRM"), "{told}");
        dynamics.world().take_away("annotations", &note);
        dynamics.world().lacks = None;
        dynamics.world().without =
            vec!["opportunities", "quotes", "salesorders", "invoices", "incidents"];
        dynamics.taken_back(&new).await;
    }))
    .await;
}
