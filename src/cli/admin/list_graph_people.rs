//! `admin list-graph-people`: whose mailboxes there are at Microsoft 365.

use crate::cli::open::Open;
use crate::cli::output;
use crate::source::graph::{self, Connector};
use crate::store::graph as stored;
use anyhow::{Context, Result};

/// Lists up to 100 people of the directory who have a mailbox, to pick from: address and name, one a
/// line.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  undersigned admin list-graph-people --tenant 'Your Company' anna")]
pub(in crate::cli) struct ListGraphPeople {
    /// The tenant's name.
    #[arg(long, value_name = "NAME")]
    tenant: String,

    /// How the name or the address begins.
    #[arg(default_value = "")]
    beginning: String,
}

impl ListGraphPeople {
    pub(in crate::cli) async fn run(self, open: &Open) -> Result<()> {
        let tenant = open.tenant(&self.tenant).await?.id;
        let app = stored::app(&mut *open.db.read().await?, &open.vault, &tenant).await?;
        let app = app.context("no app registration; `undersigned admin set-graph-app` sets it")?;
        let connector = Connector::new(&open.config.graph)?;
        let now = open.clock.now();
        for person in graph::people(&connector, &app, &self.beginning, now).await? {
            output::line(&format!("{}\t{}", person.address, person.name))?;
        }
        Ok(())
    }
}
