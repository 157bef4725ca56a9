//! What most commands begin with: the database, the vault, the tenant they were given.

use crate::app::{self, App};
use crate::clock::Clock;
use crate::config::Config;
use crate::store::tenants::{self, Tenant};
use crate::store::{Db, StoreError};
use crate::vault::Vault;
use anyhow::{Result, anyhow};

/// The opened database and vault.
pub(super) struct Open {
    pub(super) config: Config,
    pub(super) clock: Clock,
    pub(super) db: Db,
    pub(super) vault: Vault,
}

impl Open {
    /// Opens both as the daemon does.
    pub(super) async fn new(config: Config) -> Result<Self> {
        let clock = Clock::system();
        let db = app::open_database(&config).await?;
        let vault = app::unlock_vault(&config, &db, &clock).await?;
        Ok(Self { config, clock, db, vault })
    }

    /// Those of a built daemon.
    pub(super) fn of(app: &App) -> Self {
        let (config, clock) = (app.config().clone(), app.clock().clone());
        Self { config, clock, db: app.db().clone(), vault: app.vault().clone() }
    }

    /// The tenant of this name.
    pub(super) async fn tenant(&self, name: &str) -> Result<Tenant> {
        let mut conn = self.db.read().await?;
        if let Some(tenant) = tenants::by_name(&mut conn, name).await? {
            return Ok(tenant);
        }
        let names: Vec<String> =
            tenants::list_all(&mut conn).await?.into_iter().map(|it| it.name).collect();
        Err(match &names[..] {
            [] => anyhow!("there is no tenant yet; `undersigned admin create-tenant` makes one"),
            names => anyhow!("there is no tenant {name:?}; there are {}", names.join(", ")),
        })
    }
}

/// Says what a taken name means; other errors stay what they are.
pub(super) fn taken(error: StoreError, what: impl FnOnce() -> String) -> anyhow::Error {
    if error.is_unique_violation() { anyhow!(what()) } else { error.into() }
}
