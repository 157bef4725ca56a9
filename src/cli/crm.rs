//! `crm`: the tenant's CRM records, and what was written to the connected CRM.

use super::open::Open;
use super::output;
use crate::clock::Millis;
use crate::config::Config;
use crate::crm::csv;
use crate::store::audit::Actor;
use crate::store::crm_writes::{self, State};
use crate::suggestion::{self, DecideError};
use anyhow::{Context, Result};
use clap::Subcommand;
use std::path::PathBuf;
use std::process::ExitCode;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What the CRM knows, so that nothing known is suggested; and what was written there.
#[derive(Debug, Subcommand)]
pub(super) enum Crm {
    Import(Import),
    Undo(Undo),
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

/// Takes back what was written to the connected CRM.
///
/// Undoes accepted suggestions, the newest first: a record that was made is removed, a changed one is
/// as it was, unless somebody has changed it since. The daemon does the writing; see the API's
/// /crm/writes for how each fares.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  undersigned crm undo --tenant 'Your Company' --since 2026-11-20T08:00:00Z")]
pub(super) struct Undo {
    /// The tenant's name.
    #[arg(long, value_name = "NAME")]
    tenant: String,

    /// Only what was accepted since then (RFC 3339); everything if absent.
    #[arg(long, value_name = "TIME", value_parser = time_of)]
    since: Option<Millis>,
}

fn time_of(text: &str) -> Result<Millis, String> {
    let time = OffsetDateTime::parse(text, &Rfc3339)
        .map_err(|_| "must be a time like 2026-11-20T08:00:00Z".to_owned())?;
    i64::try_from(time.unix_timestamp_nanos() / 1_000_000).map(Millis).map_err(|_| "too far".into())
}

impl Crm {
    pub(super) async fn run(self, config: Config) -> Result<ExitCode> {
        let open = Open::new(config).await?;
        let code = match self {
            Self::Import(import) => import.run(&open).await,
            Self::Undo(undo) => undo.run(&open).await,
        };
        open.db.close().await;
        code
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
        Ok(ExitCode::SUCCESS)
    }
}

impl Undo {
    async fn run(self, open: &Open) -> Result<ExitCode> {
        let tenant = open.tenant(&self.tenant).await?.id;
        let (mut undone, mut left, mut before) = (0, 0, None);
        loop {
            let page = {
                let mut conn = open.db.read().await?;
                crm_writes::page(&mut conn, &tenant, before.as_ref(), 200).await?
            };
            let Some(last) = page.last() else { break };
            before = Some(last.id.clone());
            for write in page {
                if self.since.is_some_and(|since| write.created_at < since)
                    || !matches!(write.state, State::Written | State::Waiting)
                {
                    continue;
                }
                let mut tx = open.db.begin_write().await?;
                let (actor, now) = (Actor::CommandLine, open.clock.now());
                match suggestion::undo(&mut tx, &tenant, &write.suggestion, &actor, now).await {
                    Ok(()) => {
                        tx.commit().await?;
                        undone += 1;
                    }
                    Err(DecideError::Store(error)) => return Err(error.into()),
                    Err(error) => {
                        eprintln!("{}: {error}", write.suggestion);
                        left += 1;
                    }
                }
            }
        }
        output::line(&format!("{undone} are taken back, {left} could not be."))?;
        Ok(ExitCode::from(u8::from(left > 0)))
    }
}
