//! What goes wrong is told in one sentence, and goes on when it is mended.

use super::{Org, SIGNATURE};
use crate::support::databases::on_each_database;
use crate::support::desk::Desk;
use crate::support::salesforce::SECRET;
use std::time::Duration;
use undersigned::crm::CrmError;
use undersigned::crm::connection::{self, ConnectError, Settings};
use undersigned::store::crm_connections::State as Connection;
use undersigned::store::crm_writes::State;

#[tokio::test(flavor = "multi_thread")]
async fn every_trouble_has_its_sentence_and_nothing_is_lost_by_it() {
    Box::pin(on_each_database(async |database| {
        let org = Org::open(database).await;
        let account = org.world().add_account("Exempla GmbH", "exempla.example");
        let Desk { db, vault, tenant, clock, .. } = &org.desk;
        let wrong = org.settings("wrong");
        let refused = connection::check(&org.http, db, vault, tenant, &wrong).await;
        assert!(matches!(refused, Err(ConnectError::Crm(CrmError::WrongPassword))), "{refused:?}");
        org.connect(&org.settings(SECRET)).await;
        org.read().await.unwrap();
        let new = org.suggested(1, SIGNATURE).await;
        org.accept(&new.id).await;

        // The requests of the day are used up.
        org.world().left = Some(0);
        let told = org.try_write(&new.id).await;
        let hour = Duration::from_hours(1);
        assert!(matches!(told, Err(CrmError::Throttled(Some(it))) if it == hour), "{told:?}");
        assert!(org.state().await.1.contains("slow down"));
        org.world().left = None;

        // The app was taken its user, then its secret; then somebody answers in Salesforce's place.
        org.world().end_sessions();
        org.world().closed = Some(("invalid_grant", "no client credentials user enabled"));
        let told = org.try_write(&new.id).await.unwrap_err().to_string();
        assert!(told.contains("choose one in its policies"), "{told}");
        assert_eq!(org.state().await.0, Connection::Refused);
        org.world().closed = None;
        org.world().secret = "another".into();
        assert!(matches!(org.read().await, Err(CrmError::WrongPassword)));
        assert_eq!(org.state().await.0, Connection::WrongPassword);
        org.connect(&org.settings("another")).await;
        org.world().end_sessions();
        let own = org.world().instance.clone();
        org.world().instance = "https://evil.example".into();
        let asked = org.world().asked.len();
        let told = org.read().await.unwrap_err().to_string();
        assert!(told.contains("not Salesforce's"), "{told}");
        assert_eq!(org.world().asked.len(), asked + 1, "only what the ended session was refused");
        org.world().instance = own;

        // The app's user lost its rights: new connections are refused too, and the write waits.
        org.world().read_only = true;
        let told = org.try_write(&new.id).await.unwrap_err().to_string();
        assert!(told.contains("permission set"), "{told}");
        assert_eq!(org.state().await.0, Connection::Refused);
        let again = Settings { password: None, ..org.settings("") };
        let refused = connection::check(&org.http, db, vault, tenant, &again).await.unwrap_err();
        assert!(refused.to_string().contains("may not create and edit contacts"), "{refused}");
        org.world().read_only = false;
        assert_eq!(org.write(&new.id).await.state, State::Written);
        assert_eq!(org.state().await, (Connection::Healthy, String::new()));
        let there = org.world().there();
        assert_eq!(there.len(), 1);

        // A rule of the org does not take a value: that write fails, the connection is well.
        org.read().await.unwrap();
        org.world().rule = Some(("Title", "Vorstand"));
        let lines = SIGNATURE.replace("Leiterin Einkauf", "Vorstand Einkauf");
        let update = org.suggested(2, &lines).await;
        org.accept(&update.id).await;
        let failed = org.write(&update.id).await;
        assert_eq!(failed.state, State::Failed);
        assert!(failed.detail.contains("validation rule of Salesforce"), "{}", failed.detail);
        assert!(failed.detail.contains("`Title`"), "{}", failed.detail);
        assert!(!failed.detail.contains("secretword"), "{}", failed.detail);
        assert_eq!(org.state().await.0, Connection::Healthy);

        assert_eq!(org.known().await, 1);
        let mut tx = db.begin_write().await.unwrap();
        assert!(connection::remove(&mut tx, tenant, clock.now()).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(org.known().await, 0);
        assert_eq!(org.world().there(), there, "Salesforce keeps its own");
        assert_eq!(org.world().text(&there[0], "AccountId"), account);
    }))
    .await;
}
