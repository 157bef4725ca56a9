//! Who disconnects a CRM in the moment in which a rep accepts leaves nothing of it behind, whoever is first.

use super::{Account, SIGNATURE};
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
