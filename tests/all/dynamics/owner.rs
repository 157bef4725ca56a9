//! Whose a new contact is, the tenant's policy says.

use super::{Environment, SIGNATURE};
use crate::support::databases::on_sqlite;
use undersigned::store::crm_writes::State;
use undersigned::store::policies::NewOwner;

#[tokio::test(flavor = "multi_thread")]
async fn a_new_contact_is_of_the_rep_who_accepts() {
    Box::pin(on_sqlite(async |database| {
        let dynamics = Environment::open(database).await;
        dynamics.begin().await;
        let rita = dynamics.rep("rep@kugellager.test").await;
        dynamics.assign(NewOwner::Rep).await;
        let new = dynamics.suggested(1, SIGNATURE).await;
        dynamics.accept_as(&rita, &new.id).await;
        let written = dynamics.write(&new.id).await;
        assert_eq!(written.state, State::Written, "{}", written.detail);
        assert!(!written.owner.is_empty(), "{}", written.detail);
        let anna = dynamics.world().values(&written.external_id);
        assert_eq!(anna["_ownerid_value"], written.owner);
        assert_eq!(dynamics.world().asked_for("/Attributes"), 0, "what an owner is is known");
        dynamics.undo(&new.id).await;
        assert_eq!(dynamics.write(&new.id).await.state, State::Undone);
        assert!(dynamics.world().there().is_empty());
    }))
    .await;
}
