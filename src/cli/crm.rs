//! `crm`: the tenant's CRM records.

use super::open::Open;
use super::output;
use crate::config::Config;
use crate::crm::csv;
use crate::store::audit::Actor;
use anyhow::{Context, Result};
use clap::Subcommand;
use std::path::PathBuf;
use std::process::ExitCode;

/// Imports what the CRM knows, so that nothing known is suggested.
#[derive(Debug, Subcommand)]
pub(super) enum Crm {
    Import(Import),
}

/// Imports contacts from a CSV file as CRMs export it.
///
/// The first line names the columns, in any order and in the words of the usual CRMs; comma,
/// semicolon and tab are recognised. Importing again brings records up to date; records that are
/// not in the file stay.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  undersigned crm import --tenant 'Your Company' contacts.csv")]
pub(super) struct Import {
    /// The tenant's name.
    #[arg(long, value_name = "NAME")]
    tenant: String,

    /// The CSV file.
    file: PathBuf,
}

impl Crm {
    pub(super) async fn run(self, config: Config) -> Result<ExitCode> {
        let Self::Import(import) = self;
        import.run(&Open::new(config).await?).await
    }
}

impl Import {
    async fn run(self, open: &Open) -> Result<ExitCode> {
        let tenant = open.tenant(&self.tenant).await?;
        let bytes = std::fs::read(&self.file)
            .with_context(|| format!("cannot read {}", self.file.display()))?;
        let now = open.clock.now();
        let (actor, region) = (&Actor::CommandLine, &tenant.region);
        let done = csv::import(&open.db, &tenant.id, actor, &bytes, region, now, |_| ()).await?;
        for problem in &done.problems {
            eprintln!("line {}: {}", problem.line, problem.message);
        }
        output::line(&format!(
            "{} records are new, {} were brought up to date; {} remarks.",
            done.new,
            done.again,
            done.problems.len()
        ))?;
        open.db.close().await;
        Ok(ExitCode::SUCCESS)
    }
}
