//! Many mailboxes of one tenant, connected as an admin's page would, without its limits on how many
//! hosts may be tried in a minute.

use crate::support::daemon::MASTER_SECRET;
use crate::support::databases::Database;
use crate::support::servers::{HOST, SERVERS};
use secrecy::SecretString;
use std::ops::Range;
use undersigned::clock::Clock;
use undersigned::config;
use undersigned::store::mailboxes::{self, Kind, NewMailbox};
use undersigned::store::tenants::{self, NewTenant};
use undersigned::store::{Db, ListId, Security, TenantId, lists};
use undersigned::vault::{MasterSecret, MasterSecrets, Vault};

/// A tenant whose mailboxes are numbered.
pub(super) struct Fleet {
    pub(super) db: Db,
    vault: Vault,
    pub(super) tenant: TenantId,
    list: ListId,
    /// What the names of its mailboxes contain, and nobody else's.
    pub(super) tag: String,
    /// Where their server listens.
    pub(super) port: u16,
}

impl Fleet {
    /// What the tenant is called.
    pub(super) const TENANT: &str = "Kugellager";

    /// A tenant without mailboxes.
    pub(super) async fn new(database: &Database) -> Self {
        let db = database.open().await;
        let present = MasterSecret::new(MASTER_SECRET).unwrap();
        let secrets = MasterSecrets { present, previous: None };
        let iterations = config::Vault::default().iterations;
        let now = Clock::system().now();
        let vault = Vault::unlock(&db, secrets, iterations, now).await.unwrap();
        let new = NewTenant { name: Self::TENANT, region: "DE" };
        let mut tx = db.begin_write().await.unwrap();
        let tenant = tenants::create(&mut tx, &vault, &new, now).await.unwrap().id;
        let list = lists::create(&mut tx, &tenant, "Inbound", now).await.unwrap().id;
        tx.commit().await.unwrap();
        let tag = tenant.as_str().rsplit('-').next().unwrap().to_owned();
        Self { db, vault, tenant, list, tag, port: SERVERS.imap_tls.port() }
    }

    /// The address of the mailbox with this number.
    pub(super) fn address(&self, number: usize) -> String {
        format!("m{number}.{}@kugellager.test", self.tag)
    }

    /// Connects the mailboxes with these numbers, all of them together.
    pub(super) async fn connect(&self, numbers: Range<usize>) {
        let mut tx = self.db.begin_write().await.unwrap();
        for number in numbers {
            let address = self.address(number);
            let new = NewMailbox {
                tenant: self.tenant.clone(),
                list: self.list.clone(),
                kind: Kind::Imap,
                address: address.clone(),
                host: HOST.to_owned(),
                port: self.port,
                security: Security::Tls,
                username: address,
                password: SecretString::from(SERVERS.password.as_str()),
                folder: "INBOX".to_owned(),
                backfill_days: 30,
            };
            mailboxes::create(&mut tx, &self.vault, &new, Clock::system().now()).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
}
