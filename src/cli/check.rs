//! `check`: what works, and what to do about what does not.

mod connections;
mod finding;

use super::open::Open;
use crate::app;
use crate::clock::Clock;
use crate::config::{Config, Problems};
use crate::store::Backend;
use anyhow::Result;
use clap::ValueEnum;
use finding::Finding;
use std::process::ExitCode;

/// Tries the configuration, the database, the vault and every connection, and tells what works and
/// what to do about what does not. Sends nothing.
///
/// Opens the database as the daemon does: brings its schema up to date, and gives an empty one the
/// first key of the vault. Changes nothing else.
///
/// The exit code is 1 if something does not work.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  undersigned check
  undersigned check --format json | jq '.[] | select(.works | not)'")]
pub(super) struct Check {
    /// Lines for people, or one JSON array.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// The forms of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines for people.
    Table,
    /// One JSON array.
    Json,
}

impl Check {
    pub(super) async fn run(self, config: Result<Config, Problems>) -> Result<ExitCode> {
        let mut findings = Vec::new();
        look(config, &mut findings).await;
        match self.format {
            Format::Table => finding::print_lines(&findings)?,
            Format::Json => finding::print_json(&findings)?,
        }
        let works = findings.iter().all(|finding| finding.works);
        Ok(if works { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// One after the other, as each needs the one before.
async fn look(config: Result<Config, Problems>, findings: &mut Vec<Finding>) {
    let config = match config {
        Ok(config) => config,
        Err(problems) => return findings.extend(problems.0.into_iter().map(Finding::from)),
    };
    findings.push(Finding::works("configuration", "", "every key can be used"));
    let db = match app::open_database(&config).await {
        Ok(db) => db,
        Err(error) => return findings.push(Finding::fails("database", "", &error)),
    };
    let backend = match db.backend() {
        Backend::Sqlite => "SQLite",
        Backend::Postgres => "PostgreSQL",
    };
    findings.push(Finding::works("database", backend, "answers, and its schema is up to date"));
    let clock = Clock::system();
    let vault = match app::unlock_vault(&config, &db, &clock).await {
        Ok(vault) => vault,
        Err(error) => return findings.push(Finding::fails("vault", "", &error)),
    };
    findings.push(Finding::works("vault", "", "the master secret fits the database"));
    let open = Open { config, clock, db, vault };
    if let Err(error) = connections::look(&open, findings).await {
        findings.push(Finding::fails("database", "", &error));
    }
    open.db.close().await;
}
