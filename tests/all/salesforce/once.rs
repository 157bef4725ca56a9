//! Salesforce may work on a new contact for seconds, and knows no key of ours: who is still being made when the
//! connection breaks, or we end, is made once all the same.

use super::{Org, SIGNATURE};
use crate::support::databases::on_each_database;
use crate::support::salesforce::SECRET;
use undersigned::crm::CrmError;
use undersigned::store::crm_writes::State;

#[tokio::test(flavor = "multi_thread")]
async fn who_is_still_being_made_when_the_connection_breaks_is_made_once() {
    on_each_database(async |database| {
        let org = Org::open(database).await;
        org.world().add_account("Exempla GmbH", "www.exempla.example");
        // An org whose duplicate rules would keep her from being made twice needs none of this.
        org.world().without_rules = true;
        org.connect(&org.settings(SECRET)).await;
        let new = org.suggested(1, SIGNATURE).await;
        org.accept(&new.id).await;
        org.world().slow = 1;
        assert!(org.try_write(&new.id).await.is_err());
        for _ in 0..3 {
            let waits = org.try_write(&new.id).await;
            assert!(matches!(waits, Err(CrmError::Unseen)), "{waits:?}");
            org.desk.clock.advance_secs(14);
        }
        org.world().finish();
        let written = org.write(&new.id).await;
        assert_eq!(written.state, State::Written, "{}", written.detail);
        assert_eq!(org.world().there(), [written.external_id]);
        org.undo(&new.id).await;
        assert_eq!(org.write(&new.id).await.state, State::Undone);

        // Nor is it said of her that there was nothing to be taken back.
        org.accept(&new.id).await;
        org.world().slow = 1;
        assert!(org.try_write(&new.id).await.is_err());
        org.undo(&new.id).await;
        let waits = org.try_write(&new.id).await;
        assert!(matches!(waits, Err(CrmError::Unseen)), "{waits:?}");
        org.world().finish();
        assert_eq!(org.write(&new.id).await.state, State::Undone);
        assert!(org.world().there().is_empty());

        // What never came there is sent again two minutes later.
        org.accept(&new.id).await;
        org.fault("POST /sobjects/Contact", 502, "", false);
        assert!(org.try_write(&new.id).await.is_err());
        let waits = org.try_write(&new.id).await;
        assert!(matches!(waits, Err(CrmError::Unseen)), "{waits:?}");
        org.desk.clock.advance_secs(120);
        assert_eq!(org.write(&new.id).await.state, State::Written);
        assert_eq!(org.world().there().len(), 1);
    })
    .await;
}
