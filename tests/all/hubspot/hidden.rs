//! A record that HubSpot does not show any more, and that is not in its bin, may be there all the same.

use super::{Account, RECORD, SIGNATURE};
use crate::support::databases::on_each_database;
use crate::support::hubspot::TOKEN;
use undersigned::store::crm_writes::State;
use undersigned::store::suggestions::Kind;

const DAY: i64 = 24 * 3600;

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_shown_any_more_is_kept_for_thirty_days_and_never_told_to_be_deleted() {
    Box::pin(on_each_database(async |database| {
        let account = Account::open(database).await;
        let anna = account.world().add(&RECORD);
        let binned = account.world().add(&[("lastname", "Neumann")]);
        account.office.connect(&account.settings(TOKEN)).await;
        account.read().await.unwrap();
        let first = account.suggested(1, &format!("{SIGNATURE}\nMobil +49 170 1234567")).await;
        account.accept(&first.id).await;
        assert_eq!(account.write(&first.id).await.state, State::Written);
        let lines = format!("{SIGNATURE}\nMobil +49 170 1234567\nFax +49 931 3000009");
        let second = account.suggested(2, &lines).await;

        account.world().contacts.get_mut(&anna).unwrap().hidden = true;
        account.world().contacts.get_mut(&binned).unwrap().archived = true;
        account.desk.clock.advance_secs(DAY + 60);
        account.read().await.unwrap();
        assert_eq!(account.known().await, 1, "who is in the bin is deleted");
        assert_eq!(account.record_of(&first.id).await, Some(anna.to_string()));
        assert_eq!(account.desk.suggestion(&second.id).await.kind, Kind::Update);
        // Nothing is written then, and nothing taken back, which is said.
        account.accept(&second.id).await;
        let failed = account.write(&second.id).await;
        assert_eq!(failed.state, State::Failed);
        assert!(failed.detail.contains("does not show"), "{}", failed.detail);
        assert_eq!(account.record_of(&first.id).await, Some(anna.to_string()));
        account.undo(&first.id).await;
        let failed = account.write(&first.id).await;
        assert_eq!(failed.state, State::Failed);
        assert!(failed.detail.contains("does not show"), "{}", failed.detail);
        assert_eq!(account.known().await, 1);

        // The right comes back in time; and later, too late.
        account.world().contacts.get_mut(&anna).unwrap().hidden = false;
        account.undo(&first.id).await;
        assert_eq!(account.write(&first.id).await.state, State::Undone);
        account.world().contacts.get_mut(&anna).unwrap().hidden = true;
        for _ in 0..2 {
            account.desk.clock.advance_secs(DAY + 60);
            account.read().await.unwrap();
            assert_eq!(account.known().await, 1);
        }
        account.desk.clock.advance_secs(30 * DAY);
        account.read().await.unwrap();
        assert_eq!(account.known().await, 0);
        let open = account.desk.suggestion(&second.id).await;
        assert_eq!((open.kind, open.match_reasons.len()), (Kind::New, 0), "{open:?}");
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_made_is_not_said_to_be_taken_back_while_it_may_be_there() {
    on_each_database(async |database| {
        let account = Account::connected(database).await;
        let new = account.suggested(1, SIGNATURE).await;
        account.accept(&new.id).await;
        assert_eq!(account.write(&new.id).await.state, State::Written);
        let made = account.world().there()[0];
        account.world().contacts.get_mut(&made).unwrap().hidden = true;
        account.undo(&new.id).await;
        let failed = account.write(&new.id).await;
        assert_eq!(failed.state, State::Failed);
        assert!(failed.detail.contains("does not show"), "{}", failed.detail);
        account.world().contacts.get_mut(&made).unwrap().hidden = false;
        account.undo(&new.id).await;
        assert_eq!(account.write(&new.id).await.state, State::Undone);
        assert!(account.world().there().is_empty());
    })
    .await;
}
