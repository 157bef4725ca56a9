//! An admin hears of a missing right to write when they connect, not the first rep who accepts.

use super::Account;
use crate::support::databases::on_each_database;
use crate::support::hubspot::TOKEN;

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_may_not_write_is_refused_before_anything_is_written() {
    on_each_database(async |database| {
        let account = Account::open(database).await;
        account.world().lacks = Some("crm.objects.contacts.write");
        let told = account.refused(&account.settings(TOKEN)).await;
        assert!(told.contains("crm.objects.contacts.write") && !told.contains(TOKEN), "{told}");
        assert_eq!(account.world().asked_for("POST /crm"), 0);

        // What it can do without, and what HubSpot does not tell, is no reason.
        account.world().lacks = Some("crm.schemas.contacts.write");
        account.office.connect(&account.settings(TOKEN)).await;
        account.fault("access-token-info", 404, false);
        account.office.connect(&account.settings(TOKEN)).await;
        account.fault("access-token-info", 502, false);
        let told = account.refused(&account.settings(TOKEN)).await;
        assert!(told.contains("cannot be reached"), "{told}");
    })
    .await;
}
