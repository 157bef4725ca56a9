//! An admin hears of a missing right to write when they connect, not the first rep who accepts.

use super::Environment;
use crate::support::databases::on_each_database;
use crate::support::dynamics::SECRET;

#[tokio::test(flavor = "multi_thread")]
async fn an_application_user_that_may_not_write_is_refused_before_anything_is_written() {
    on_each_database(async |database| {
        let dynamics = Environment::open(database).await;
        for privilege in [
            "prvCreateContact",
            "prvWriteContact",
            "prvDeleteContact",
            "prvAppendContact",
            "prvAppendToAccount",
        ] {
            dynamics.world().lacks = Some(privilege);
            let told = dynamics.refused(&dynamics.settings(SECRET)).await;
            let named = format!("lacks the right `{privilege}`;");
            assert!(told.contains(&named) && !told.contains(SECRET), "{told}");
        }
        assert_eq!(dynamics.world().asked_for("PATCH"), 0);

        // What is needed for owners only, and what the environment does not tell, is no reason.
        dynamics.world().lacks = Some("prvAssignContact");
        dynamics.begin().await;
        dynamics.fault("PrivilegeName='prvCreateContact'", 403, "0x80040220", false);
        dynamics.begin().await;
    })
    .await;
}
