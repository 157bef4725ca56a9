//! A decision that is taken back: the suggestion is compared with what the CRM says then, and stays until the
//! CRM has given back what it was told.

use super::known::{known_title, titled};
use super::{Account, EVA, EVA_SIGNS, RECORD};
use crate::support::databases::on_each_database;
use crate::support::desk::Desk;
use crate::support::hubspot::TOKEN;
use undersigned::store::audit::Actor;
use undersigned::store::crm_writes::State;
use undersigned::store::suggestions::{GONE, Kind, State as Decided};
use undersigned::store::{SuggestionId, outdated};
use undersigned::suggestion;

impl Account {
    /// A colleague changes somebody's title, and that is read.
    async fn colleague_writes(&self, id: u64, title: &str) {
        self.world().change(id, &[("jobtitle", title)]);
        self.read().await.unwrap();
    }

    /// Something has happened for which a suggestion is looked at again.
    async fn look_again(&self, id: &SuggestionId) {
        let Desk { db, tenant, .. } = &self.desk;
        let mut tx = db.begin_write().await.unwrap();
        outdated::mark_one(&mut tx, tenant, id).await.unwrap();
        tx.commit().await.unwrap();
        self.read().await.unwrap();
    }

    async fn dismiss(&self, id: &SuggestionId) {
        let Desk { db, tenant, clock, .. } = &self.desk;
        let mut tx = db.begin_write().await.unwrap();
        let (by, now) = (Actor::CommandLine, clock.now());
        Box::pin(suggestion::dismiss(&mut tx, tenant, id, &by, now)).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// The title beside an open suggestion of Anna's.
    async fn beside(&self, id: &SuggestionId) -> String {
        let open = self.desk.suggestion(id).await;
        assert_eq!((open.state, open.kind), (Decided::Open, Kind::Update), "{open:?}");
        known_title(&open).to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_undone_is_compared_with_what_the_crm_says_then() {
    on_each_database(async |database| {
        let account = Account::open(database).await;
        let anna = account.world().add(&RECORD);
        account.office.connect(&account.settings(TOKEN)).await;
        account.read().await.unwrap();

        // Turned down, and looked at again when a colleague has promoted her.
        let update = account.suggested(1, &titled("Einkaufsdirektorin")).await.id;
        account.dismiss(&update).await;
        account.colleague_writes(anna, "Prokuristin").await;
        account.undo(&update).await;
        assert_eq!(account.beside(&update).await, "Prokuristin");

        // Written, changed by the colleague, and undone: she sees what the colleague wrote, before the CRM is
        // asked and after.
        account.accept(&update).await;
        assert_eq!(account.write(&update).await.state, State::Written);
        account.colleague_writes(anna, "Vorständin").await;
        account.undo(&update).await;
        assert_eq!(account.beside(&update).await, "Vorständin");
        account.look_again(&update).await;
        assert_eq!(account.write(&update).await.state, State::Undone);
        assert_eq!(account.beside(&update).await, "Vorständin");

        // Undone before the CRM is asked, it stays, although the record says all of it for now; accepted
        // again at that moment it is written again.
        account.accept(&update).await;
        assert_eq!(account.write(&update).await.state, State::Written);
        let first = account.last_write(&update).await.id;
        account.undo(&update).await;
        account.look_again(&update).await;
        assert_eq!(account.beside(&update).await, "Vorständin");
        account.accept(&update).await;
        account.run(&first).await.unwrap();
        assert_eq!(account.world().text(anna, "jobtitle"), "Vorständin");
        let again = account.write(&update).await;
        assert_eq!((again.state, again.detail.as_str()), (State::Written, ""));
        assert_eq!(account.world().text(anna, "jobtitle"), "Einkaufsdirektorin");
        account.undo(&update).await;
        assert_eq!(account.write(&update).await.state, State::Undone);
        assert_eq!(account.beside(&update).await, "Vorständin");

        // Who was made is new again, also while the CRM still has them.
        let new = account.office.suggested(2, EVA, EVA_SIGNS).await.id;
        account.accept(&new).await;
        assert_eq!(account.write(&new).await.state, State::Written);
        account.undo(&new).await;
        for settled in [State::Undoing, State::Undone] {
            account.look_again(&new).await;
            let open = account.desk.suggestion(&new).await;
            assert_eq!((open.state, open.kind), (Decided::Open, Kind::New), "{open:?}");
            assert!(open.match_reasons.is_empty(), "{open:?}");
            if settled == State::Undoing {
                assert_eq!(account.write(&new).await.state, State::Undone);
            }
        }

        // Who was deleted in the CRM meanwhile is new, and that is said.
        account.accept(&update).await;
        assert_eq!(account.write(&update).await.state, State::Written);
        account.world().contacts.get_mut(&anna).unwrap().archived = true;
        account.desk.clock.advance_secs(24 * 3600);
        account.read().await.unwrap();
        account.undo(&update).await;
        for _ in 0..2 {
            let open = account.desk.suggestion(&update).await;
            assert_eq!((open.kind, open.known.is_none()), (Kind::New, true), "{open:?}");
            assert_eq!(open.match_reasons, [GONE]);
            assert_eq!(account.write(&update).await.state, State::Failed);
        }
    })
    .await;
}
