//! HubSpot asks for a pause: it is left alone for as long, whoever hurries a reading, and its admin sees until when.

use super::{Account, SIGNATURE};
use crate::support::databases::on_each_database;
use undersigned::crm::CrmError;
use undersigned::store::crm_connections::{self, CrmConnection, State};
use undersigned::store::crm_writes::State::Written;

impl Account {
    async fn connection(&self) -> CrmConnection {
        let mut conn = self.desk.db.read().await.unwrap();
        crm_connections::get(&mut conn, &self.desk.tenant).await.unwrap().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_a_pause_is_not_read_before_whoever_hurries() {
    on_each_database(async |database| {
        let account = Account::connected(database).await;
        account.read().await.unwrap();
        account.fault("contacts/search", 503, false);
        assert!(matches!(account.read().await, Err(CrmError::Away(_))));
        let asked = || account.world().asked_for("POST ");
        let paused = account.connection().await;
        assert_eq!(paused.state, State::Throttled);
        assert_eq!(paused.retry_at, Some(account.desk.clock.now().plus_secs(3600)));
        assert!(paused.ill_since.is_some());

        // What may be written meanwhile says nothing of that.
        let new = account.suggested(1, SIGNATURE).await.id;
        account.accept(&new).await;
        assert_eq!(account.write(&new).await.state, Written);
        assert_eq!(account.connection().await.retry_at, paused.retry_at);
        let before = asked();

        let hurried = account.read().await;
        assert!(matches!(hurried, Err(CrmError::Throttled(Some(_)))), "{hurried:?}");
        assert_eq!(asked(), before);
        let still = account.connection().await;
        assert_eq!(still.retry_at, paused.retry_at);

        account.desk.clock.advance_secs(3600);
        account.read().await.unwrap();
        let well = account.connection().await;
        assert_eq!((well.state, well.retry_at, well.ill_since), (State::Healthy, None, None));
    })
    .await;
}
