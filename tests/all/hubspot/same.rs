//! Reps of two lists accept the same person, of whom neither takes the e-mail address, at the same moment, while
//! HubSpot's search knows nobody who was just made: there is one record.

use super::{Account, EVA, RECORD, SIGNATURE};
use crate::support::databases::on_each_database;
use crate::support::desk::Desk;
use crate::support::office::ANNA;
use tokio::join;
use undersigned::crm::{CrmError, write};
use undersigned::store::SuggestionId;
use undersigned::store::crm_writes::State;
use undersigned::store::suggestions::State as Decided;

impl Account {
    /// The same letter in both lists; both are still to be accepted.
    async fn in_both_lists(&self, number: usize, from: &str, lines: &str) -> [SuggestionId; 2] {
        let mine = self.office.suggested(number, from, lines).await.id;
        [mine, self.suggested_elsewhere(number + 100, from, lines).await]
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_two_lists_accept_at_once_without_an_address_is_made_once() {
    Box::pin(on_each_database(async |database| {
        let account = Account::connected(database).await;
        account.world().search_lag = 60_000;
        let [mine, theirs] = account.in_both_lists(1, ANNA, SIGNATURE).await;
        for id in [&mine, &theirs] {
            account.accept_without_email(id).await;
        }
        let early = account.try_write(&theirs).await;
        assert!(matches!(early, Err(CrmError::Earlier)), "{early:?}");
        assert_eq!(account.write(&mine).await.state, State::Written);
        let known = account.write(&theirs).await;
        assert_eq!(known.state, State::Conflict, "{}", known.detail);
        assert!(known.detail.contains("already"), "{}", known.detail);
        let open = account.desk.suggestion(&theirs).await;
        assert_eq!((open.state, open.known.is_some()), (Decided::Open, true));
        assert_eq!(account.world().there().len(), 1);

        // A process whose clock is behind plans after another one has begun, and died.
        account.desk.clock.advance_secs(60);
        let lines = "Eva Braunschweig\nLeiterin Vertrieb\nProbe AG\nTel. +49 911 3000021";
        let [mine, theirs] = account.in_both_lists(2, EVA, lines).await;
        account.accept_without_email(&theirs).await;
        let begun = account.last_write(&theirs).await.id;
        let Desk { db, vault, tenant, clock, .. } = &account.desk;
        let lost = write::make(&account.http, db, vault, clock, tenant, &begun).await.unwrap();
        drop(lost);
        clock.advance_secs(-30);
        account.accept_without_email(&mine).await;
        let early = account.try_write(&mine).await;
        assert!(matches!(early, Err(CrmError::Earlier)), "{early:?}");
        assert_eq!(account.write(&theirs).await.state, State::Written);
        assert_eq!(account.write(&mine).await.state, State::Conflict);
        assert_eq!(account.world().there().len(), 2);

        // Two workers at the same moment.
        clock.advance_secs(60);
        let otto = "Otto Zwackel <otto@neu.example>";
        let lines = "Otto Zwackel\nTechnischer Leiter\nNeu Technik AG\nTel. +49 89 3000022";
        let [mine, theirs] = account.in_both_lists(3, otto, lines).await;
        for id in [&mine, &theirs] {
            account.accept_without_email(id).await;
        }
        let both = join!(account.try_write(&mine), account.try_write(&theirs));
        assert_eq!(both.0.unwrap().state, State::Written);
        if let Err(error) = both.1 {
            assert!(matches!(error, CrmError::Earlier), "{error}");
            assert_eq!(account.write(&theirs).await.state, State::Conflict);
        }
        assert_eq!(account.world().there().len(), 3);
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_colleague_made_before_hubspot_was_asked_is_not_made_again_by_the_next_try() {
    on_each_database(async |database| {
        let account = Account::connected(database).await;
        let new = account.suggested(1, SIGNATURE).await.id;
        account.accept(&new).await;
        account.fault("GET /crm/v3/objects/contacts", 502, false);
        let failed = account.try_write(&new).await;
        assert!(matches!(failed, Err(CrmError::Unreachable(_))), "{failed:?}");
        // They do not know her address, by which HubSpot would find her.
        let bare = RECORD.iter().filter(|(name, _)| *name != "email");
        let by_hand = account.world().add(&bare.copied().collect::<Vec<_>>());
        account.desk.clock.advance_secs(120);
        account.read().await.unwrap();
        let known = account.write(&new).await;
        assert_eq!(known.state, State::Conflict, "{}", known.detail);
        assert_eq!(account.world().there(), [by_hand]);
    })
    .await;
}
