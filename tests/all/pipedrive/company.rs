//! Where the policy says so, the organization of a new person is made first.

use super::{ADDRESS, Account, SIGNATURE};
use crate::support::databases::on_sqlite;
use undersigned::store::crm_writes::State;

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_that_pipedrive_has_not_is_made_once() {
    on_sqlite(async |database| {
        let account = Account::open(database).await;
        account.connect().await;
        account.make_companies().await;
        let anna = account.suggested(1, &format!("{SIGNATURE}\n{ADDRESS}")).await;
        let lines = "Bernd Kurz\nEinkauf\nExempla GmbH\nTel. +49 931 3000002";
        let bernd = account.office.suggested(2, "Bernd Kurz <kurz@exempla.example>", lines).await;
        for new in [&anna.id, &bernd.id] {
            account.accept(new).await;
        }
        let (made, found) = (account.write(&anna.id).await, account.write(&bernd.id).await);
        assert_eq!((made.state, found.state), (State::Written, State::Written), "{}", made.detail);
        assert!(!made.detail.contains("organization"), "{}", made.detail);
        assert_eq!(account.world().organizations.len(), 1);
        for written in [&made, &found] {
            let person = account.world().person(written.external_id.parse().unwrap());
            assert_eq!(person["org_id"].to_string(), made.account);
        }
    })
    .await;
}
