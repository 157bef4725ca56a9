//! Whose a new contact is, the tenant's policy says.

use super::{Org, SIGNATURE};
use crate::support::databases::on_sqlite;
use crate::support::salesforce::SECRET;
use undersigned::store::crm_writes::State;
use undersigned::store::policies::NewOwner;

#[tokio::test(flavor = "multi_thread")]
async fn a_new_contact_is_of_the_rep_who_accepts_and_made_once_where_it_is_not_seen() {
    on_sqlite(async |database| {
        let org = Org::open(database).await;
        org.world().add_account("Exempla GmbH", "www.exempla.example");
        org.connect(&org.settings(SECRET)).await;
        let rita = org.rep("rep@kugellager.test").await;
        org.assign(NewOwner::Rep).await;
        let new = org.suggested(1, SIGNATURE).await;
        org.accept_as(&rita, &new.id).await;
        let written = org.write(&new.id).await;
        assert_eq!((written.state, written.detail.as_str()), (State::Written, ""));
        assert_eq!(org.world().text(&written.external_id, "OwnerId"), written.owner);
        assert!(written.owner.starts_with("005"), "{}", written.owner);
        org.undo(&new.id).await;
        assert_eq!(org.write(&new.id).await.state, State::Undone);

        // Where the app sees its own contacts only, hers is made all the same, and the write says so.
        org.world().private = true;
        org.accept_as(&rita, &new.id).await;
        let written = org.write(&new.id).await;
        assert_eq!(written.state, State::Written, "{}", written.detail);
        assert!(written.detail.contains("does not see"), "{}", written.detail);
        assert_eq!(org.world().there(), [written.external_id]);
    })
    .await;
}
