//! `admin connect-graph`: a mailbox at Microsoft 365.

use super::account::address;
use crate::cli::open::Open;
use crate::cli::output;
use crate::contact::EmailAddress;
use crate::source::graph::{self, Connector, New};
use crate::store::audit::{self, Actor};
use crate::store::{graph as stored, lists};
use anyhow::{Context, Result, anyhow};
use secrecy::SecretString;

/// Connects a mailbox at Microsoft 365 that the tenant's app may read, after Microsoft has let us
/// open it. `set-graph-app` comes first.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  undersigned admin connect-graph --tenant 'Your Company' --list Inbound sales@your-company.example")]
pub(in crate::cli) struct ConnectGraph {
    /// The tenant's name.
    #[arg(long, value_name = "NAME")]
    tenant: String,

    /// The contact list its suggestions land in.
    #[arg(long, value_name = "NAME")]
    list: String,

    /// The folder to read: inbox, archive, or the id of another one.
    #[arg(long, default_value = "inbox")]
    folder: String,

    /// How many days back to read at first.
    #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(0..=3653))]
    backfill_days: u32,

    /// The address of the mailbox.
    #[arg(value_parser = address)]
    address: EmailAddress,
}

impl ConnectGraph {
    pub(in crate::cli) async fn run(self, open: &Open) -> Result<()> {
        graph::check_names(&self.address, &self.folder)?;
        let tenant = open.tenant(&self.tenant).await?.id;
        let mut conn = open.db.read().await?;
        let list = lists::by_name(&mut conn, &tenant, &self.list).await?;
        let list = list.ok_or_else(|| anyhow!("there is no contact list {:?}", self.list))?.id;
        let app = stored::app(&mut conn, &open.vault, &tenant).await?;
        let app = app.context("no app registration; `undersigned admin set-graph-app` sets it")?;
        drop(conn);
        let connector = Connector::new(&open.config.graph)?;
        let now = open.clock.now();
        let found =
            graph::check(&connector, &app, self.address.as_str(), &self.folder, now).await?;
        let done = format!("{} is connected; {} messages.", self.address, found.messages);
        let new = New {
            tenant: tenant.clone(),
            list,
            username: self.address.to_string(),
            address: self.address,
            folder: self.folder,
            backfill_days: self.backfill_days,
            access: stored::Access::Application,
            refresh_token: SecretString::default(),
        };
        let mut tx = open.db.begin_write().await?;
        let id = graph::save(&mut tx, &open.vault, new, now).await?;
        let actor = Actor::CommandLine;
        audit::record(&mut tx, &tenant, &actor, "mailbox.connect", id.as_str(), now).await?;
        tx.commit().await?;
        Ok(output::line(&done)?)
    }
}
