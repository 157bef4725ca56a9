//! Who disconnects a CRM in the moment in which a rep accepts leaves nothing of it behind, whoever is first.

use super::{Account, RECORD, SIGNATURE};
use crate::support::databases::on_each_database;
use crate::support::desk::Desk;
use crate::support::hubspot::TOKEN;
use std::time::Duration;
use undersigned::crm::connection;
use undersigned::store::audit::Actor;
use undersigned::store::{Tx, crm_connections, crm_writes};
use undersigned::suggestion::{self, Choice};

/// So long the one that comes second is held up by the first.
const MEANWHILE: Duration = Duration::from_millis(500);

/// Of a fax number that only HubSpot says.
const CANARY: &str = "9313000009";

impl Account {
    /// How many writes are kept of a CRM that is not connected any more.
    async fn kept(&self) -> usize {
        let Desk { db, tenant, .. } = &self.desk;
        let mut conn = db.read().await.unwrap();
        assert!(crm_connections::get(&mut conn, tenant).await.unwrap().is_none());
        crm_writes::page(&mut conn, tenant, None, 10).await.unwrap().len()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_write_of_a_crm_that_is_disconnected_meanwhile_is_kept() {
    on_each_database(async |database| {
        let account = Account::connected(database).await;
        let new = account.suggested(1, SIGNATURE).await.id;
        let Desk { db, tenant, clock, .. } = &account.desk;
        let accept = async |tx: &mut Tx| {
            let (choice, now) = (Choice::default(), clock.now());
            let by = &Actor::CommandLine;
            Box::pin(suggestion::accept(tx, tenant, &new, &choice, by, now)).await.unwrap();
        };
        let remove = async |tx: &mut Tx| {
            assert!(connection::remove(tx, tenant, clock.now()).await.unwrap());
        };

        // The rep first: what is planned is erased.
        let mut rep = db.begin_write().await.unwrap();
        accept(&mut rep).await;
        let second = async {
            let mut admin = db.begin_write().await.unwrap();
            remove(&mut admin).await;
            admin.commit().await.unwrap();
        };
        let first = async {
            tokio::time::sleep(MEANWHILE).await;
            rep.commit().await.unwrap();
        };
        tokio::join!(second, first);
        assert_eq!(account.kept().await, 0);

        // The admin first: nothing is planned.
        account.office.connect(&account.settings(TOKEN)).await;
        account.undo(&new).await;
        let mut admin = db.begin_write().await.unwrap();
        remove(&mut admin).await;
        let second = async {
            let mut rep = db.begin_write().await.unwrap();
            accept(&mut rep).await;
            rep.commit().await.unwrap();
        };
        let first = async {
            tokio::time::sleep(MEANWHILE).await;
            admin.commit().await.unwrap();
        };
        tokio::join!(second, first);
        assert_eq!(account.kept().await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_only_the_crm_said_comes_into_a_contact_once_it_is_disconnected() {
    on_each_database(async |database| {
        let account = Account::open(database).await;
        let anna = account.world().add(&RECORD);
        account.world().change(anna, &[("fax", "0931 3000009")]);
        account.office.connect(&account.settings(TOKEN)).await;
        account.read().await.unwrap();
        let update = account.suggested(1, &format!("{SIGNATURE}\nMobil +49 170 1234567")).await.id;
        assert!(account.keeping(CANARY).await.contains(&"contact FROM crm_records"));

        // The rep has loaded the list, and accepts while the admin disconnects.
        let Desk { db, tenant, clock, .. } = &account.desk;
        let mut admin = db.begin_write().await.unwrap();
        assert!(connection::remove(&mut admin, tenant, clock.now()).await.unwrap());
        let second = async {
            let mut rep = db.begin_write().await.unwrap();
            let (choice, by, now) = (Choice::default(), &Actor::CommandLine, clock.now());
            let accepting = suggestion::accept(&mut rep, tenant, &update, &choice, by, now);
            let accepted = Box::pin(accepting).await;
            if accepted.is_ok() {
                rep.commit().await.unwrap();
            }
            accepted
        };
        let first = async {
            tokio::time::sleep(MEANWHILE).await;
            admin.commit().await.unwrap();
        };
        let (accepted, ()) = tokio::join!(Box::pin(second), first);
        account.read().await.unwrap();
        assert_eq!(account.keeping(CANARY).await, [""; 0]);
        assert!(accepted.is_ok(), "what the letter says is accepted: {accepted:?}");
        assert_eq!(account.kept().await, 0);
    })
    .await;
}
