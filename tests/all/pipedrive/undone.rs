//! What we made is taken back only while nobody has worked with it.

use super::{Account, SIGNATURE};
use crate::support::databases::on_each_database;
use crate::support::pipedrive::Work;
use serde_json::json;
use undersigned::store::crm_writes::State;

#[tokio::test(flavor = "multi_thread")]
async fn whom_we_made_is_not_removed_once_somebody_has_worked_with_them() {
    Box::pin(on_each_database(async |database| {
        let account = Account::open(database).await;
        account.connect().await;
        let new = account.suggested(1, SIGNATURE).await.id;
        account.accept(&new).await;
        assert_eq!(account.write(&new).await.state, State::Written);
        let made = account.world().there()[0];
        let stays = async |work: Work| {
            account.undo(&new).await;
            let failed = account.write(&new).await;
            assert_eq!(failed.state, State::Failed, "{work:?}: {}", failed.detail);
            assert!(failed.detail.contains("worked with"), "{work:?}: {}", failed.detail);
            assert!(account.world().there().contains(&made), "{work:?}");
        };
        for work in [
            Work::Activity { done: false },
            Work::Activity { done: true },
            Work::Note,
            Work::File,
            Work::Mail,
            Work::Deal { open: true },
            Work::Deal { open: false },
            Work::Part { open: true },
            Work::Part { open: false },
        ] {
            account.world().put_with(made, work);
            stays(work).await;
            account.world().take_away(made);
        }

        // What somebody did with another person who says the same is merged into it, as nothing else tells.
        let twin = account.world().add(&json!({"name": "Anna Müller"}));
        account.world().put_with(twin, Work::Note);
        account.world().merge(twin, made);
        stays(Work::Note).await;
        account.world().take_away(made);

        account.undo(&new).await;
        let undone = account.write(&new).await;
        assert_eq!((undone.state, undone.detail.as_str()), (State::Undone, ""));
        assert!(account.world().there().is_empty());
        assert_eq!(account.world().too_fast, 0);
    }))
    .await;
}
