//! A worker that stalls loses its job to another one, and goes on all the same: it asks the CRM for nothing that the
//! other has asked for since.

use super::{Account, SIGNATURE};
use crate::support::databases::on_each_database;
use crate::support::desk::Desk;
use tokio::join;
use undersigned::clock::Millis;
use undersigned::crm::CrmError;
use undersigned::matching::Dates;
use undersigned::store::crm_writes::{self, State};

const UPSERT: &str = "contacts/batch/upsert";

#[tokio::test(flavor = "multi_thread")]
async fn who_stalls_before_asking_does_not_ask_after_another_has() {
    Box::pin(on_each_database(async |database| {
        let account = Account::connected(database).await;
        let new = account.suggested(1, SIGNATURE).await.id;
        account.accept(&new).await;
        let held = account.world().hold("exempla.example");
        let write = account.last_write(&new).await.id;
        let (stalled, ()) = join!(account.run(&write), async {
            held.answered.notified().await;
            account.fault(UPSERT, 502, false);
            assert!(matches!(account.run(&write).await, Err(CrmError::Unreachable(_))));
            held.go_on.notify_one();
        });
        assert!(matches!(stalled, Err(CrmError::Earlier)), "{stalled:?}");
        assert_eq!(account.world().asked_for(UPSERT), 1);
        assert_eq!(account.write(&new).await.state, State::Written);
        assert_eq!(account.world().there().len(), 1);
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hears_late_that_nothing_was_made_says_so_of_their_own_question_alone() {
    Box::pin(on_each_database(async |database| {
        let account = Account::connected(database).await;
        let new = account.suggested(1, SIGNATURE).await.id;
        account.accept(&new).await;
        let write = account.last_write(&new).await;
        let Desk { db, tenant, .. } = &account.desk;
        let never = write.tried_at;
        assert_eq!(never, Millis(0));
        let note = async |from: Millis, to: (Millis, &str)| {
            let mut tx = db.begin_write().await.unwrap();
            let noted = crm_writes::note_asked(&mut tx, tenant, &write.id, from, to).await;
            tx.commit().await.unwrap();
            noted.unwrap()
        };
        let (first, second) = (Millis(1_000), Millis(2_000));
        assert!(note(never, (first, "77")).await);
        assert!(note(first, (second, "78")).await, "another worker has found that, and asks anew");
        assert!(!note(first, (never, "")).await);
        let stands = account.last_write(&new).await;
        assert_eq!((stands.tried_at, stands.owner.as_str()), (second, "78"));
        assert!(note(second, (first, "77")).await);
        let stands = account.last_write(&new).await;
        assert_eq!((stands.tried_at, stands.owner.as_str()), (first, "77"));

        // Once a rep has taken it back, nobody asks for it any more, and who hears late is heard all the same.
        let mut tx = db.begin_write().await.unwrap();
        let how = (write.mapping.as_str(), &Dates::default());
        assert!(crm_writes::begin(&mut tx, tenant, &write.id, how).await.unwrap());
        tx.commit().await.unwrap();
        account.undo(&new).await;
        assert!(!note(first, (second, "78")).await);
        assert!(note(first, (never, "")).await);
        let stands = account.last_write(&new).await;
        assert_eq!((stands.state, stands.tried_at), (State::Undoing, never));
    }))
    .await;
}
