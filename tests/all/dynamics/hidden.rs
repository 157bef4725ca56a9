//! A contact that the application user may not read any more is there all the same.

use super::{Environment, SIGNATURE};
use crate::support::databases::on_each_database;
use undersigned::store::crm_writes::State;
use undersigned::store::suggestions::Kind;

const DAY: i64 = 24 * 3600;

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_be_read_any_more_is_kept_for_thirty_days_and_never_told_to_be_deleted() {
    for is_tracked in [true, false] {
        Box::pin(on_each_database(async |database| {
            let dynamics = Environment::open(database).await;
            dynamics.world().tracks = is_tracked;
            let anna = dynamics.add_anna();
            let removed = dynamics.world().add(&[("lastname", "Neumann")]);
            dynamics.begin().await;
            let lines = format!("{SIGNATURE}\nMobil +49 170 1234567");
            let first = dynamics.suggested(1, &lines).await;
            dynamics.accept(&first.id).await;
            assert_eq!(dynamics.write(&first.id).await.state, State::Written);
            let second = dynamics.suggested(2, &format!("{lines}\nFax +49 931 3000009")).await;

            dynamics.world().hide(&anna);
            dynamics.world().remove(&removed);
            // By what is told as gone, and by what is not told when everything is read.
            for days in [1, 8, 8] {
                dynamics.desk.clock.advance_secs(days * DAY + 60);
                dynamics.read().await.unwrap();
                assert_eq!(dynamics.known().await, 1, "who is removed is gone");
                assert!(!dynamics.contact_of(&first.id).await.gone);
                assert_eq!(dynamics.record_of(&first.id).await.as_ref(), Some(&anna));
                assert_eq!(dynamics.desk.suggestion(&second.id).await.kind, Kind::Update);
            }
            // Nothing is written then, which is said.
            dynamics.accept(&second.id).await;
            let failed = dynamics.write(&second.id).await;
            assert_eq!(failed.state, State::Failed);
            assert!(failed.detail.contains("does not show"), "{}", failed.detail);
            // The right comes back, and is lost for good.
            dynamics.world().show(&anna);
            dynamics.desk.clock.advance_secs(8 * DAY);
            dynamics.read().await.unwrap();
            dynamics.world().hide(&anna);
            dynamics.desk.clock.advance_secs(20 * DAY);
            dynamics.read().await.unwrap();
            assert_eq!(dynamics.known().await, 1);
            dynamics.desk.clock.advance_secs(20 * DAY);
            dynamics.read().await.unwrap();
            assert_eq!(dynamics.known().await, 0);
            let contact = dynamics.contact_of(&first.id).await;
            assert!(contact.record.is_none() && !contact.gone);
            let open = dynamics.desk.suggestion(&second.id).await;
            let told = open.match_reasons.join(" ");
            assert!(!told.contains("deleted"), "{told}");
        }))
        .await;
    }
}
