//! An admin hears of a missing right to write when they connect, not the first rep who accepts.

use super::Account;
use crate::support::databases::on_each_database;
use crate::support::pipedrive::TOKEN;

#[tokio::test(flavor = "multi_thread")]
async fn whose_token_may_not_add_people_is_refused_before_anything_is_written() {
    on_each_database(async |database| {
        let account = Account::open(database).await;
        account.world().may_add = false;
        let told = account.refused(&account.settings(TOKEN)).await;
        assert!(told.contains("may not add people") && !told.contains(TOKEN), "{told}");
        assert_eq!(account.world().asked_for("POST "), 0);

        account.world().may_add = true;
        account.connect().await;
        // What Pipedrive does not tell is no reason.
        account.fault("/permissions", 403, false);
        account.connect().await;
    })
    .await;
}
