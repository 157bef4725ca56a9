//! `admin create-tenant`: a new organisation.

use crate::cli::open::{Open, taken};
use crate::cli::{country, output};
use crate::store::audit::{self, Actor};
use crate::store::tenants::{self, NewTenant};
use anyhow::Result;

/// Creates a tenant: one organisation, from which nothing is shared with others.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  undersigned admin create-tenant 'Your Company' --region DE")]
pub(in crate::cli) struct CreateTenant {
    /// Its name, as it is given to other commands.
    name: String,

    /// Country (ISO 3166-1 alpha-2) of phone numbers that are written without a country code.
    #[arg(long, value_name = "CC", value_parser = country::parse)]
    region: String,
}

impl CreateTenant {
    pub(in crate::cli) async fn run(self, open: &Open) -> Result<()> {
        let now = open.clock.now();
        let mut tx = open.db.begin_write().await?;
        let new = NewTenant { name: &self.name, region: &self.region };
        let tenant = tenants::create(&mut tx, &open.vault, &new, now).await.map_err(|error| {
            taken(error, || format!("there is a tenant {:?} already", self.name))
        })?;
        let id = tenant.id;
        audit::record(&mut tx, &id, &Actor::CommandLine, "tenant.create", id.as_str(), now).await?;
        tx.commit().await?;
        Ok(output::line(&format!(
            "Tenant {:?} was created, its country is {}.",
            self.name, self.region
        ))?)
    }
}
