//! `crm`: the tenant's CRM records, and what was written to the connected CRM.

use super::open::Open;
use super::output;
use crate::clock::Millis;
use crate::config::Config;
use crate::crm::table::{self, Chosen, Column, Order, Preview};
use crate::store::audit::Actor;
use crate::store::crm_writes::{self, CrmWrite, State};
use crate::store::{StoreError, SuggestionId, TenantId, repeated};
use crate::suggestion::{self, DecideError};
use anyhow::{Context, Result};
use clap::Subcommand;
use indicatif::ProgressBar;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What the CRM knows, so that nothing known is suggested; and what was written there.
#[derive(Debug, Subcommand)]
pub(super) enum Crm {
    Import(Import),
    Erase(Erase),
    Undo(Undo),
}

/// Imports contacts from a table as CRMs export it: CSV or Excel (.xlsx).
///
/// The first line names the columns, in any order and in the words of the usual CRMs; of CSV, comma,
/// semicolon and tab are recognised. Importing again brings records up to date; records that are not
/// in the file stay, unless it is the whole CRM.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  undersigned crm import --tenant 'Your Company' --dry-run contacts.xlsx
  undersigned crm import --tenant 'Your Company' --column 'Durchwahl=phone' --column 'Notes=' contacts.csv")]
pub(super) struct Import {
    /// The tenant's name.
    #[arg(long, value_name = "NAME")]
    tenant: String,

    /// Shows what each column is taken for and the first contacts, and writes nothing.
    #[arg(long)]
    dry_run: bool,

    /// The file is the whole CRM: records of earlier files that are not in it were deleted there, and
    /// are forgotten.
    #[arg(long)]
    whole: bool,

    /// What a column holds whose name does not say it (given, family, email, phone, …); nothing after
    /// the `=` leaves the column out. May be repeated.
    #[arg(long = "column", value_name = "NAME=MEANING", value_parser = column)]
    columns: Vec<(String, Option<Column>)>,

    /// Writes the rows of which something was left out, and why, to a CSV file, to mend and import
    /// them.
    #[arg(long, value_name = "FILE")]
    problems: Option<PathBuf>,

    /// The table.
    file: PathBuf,
}

/// `NAME=MEANING`; a name may hold a `=` itself.
fn column(text: &str) -> Result<(String, Option<Column>), String> {
    let (name, meaning) = text.rsplit_once('=').ok_or("must be NAME=MEANING")?;
    let column = match meaning.trim() {
        "" => None,
        meaning => Some(Column::parse(meaning).ok_or_else(|| {
            format!("{meaning} is no meaning; those are: {}", Column::meanings().join(", "))
        })?),
    };
    Ok((name.to_owned(), column))
}

/// Erases the records that were imported from files. Those of a connected CRM, and contacts that were
/// accepted, stay.
#[derive(Debug, clap::Args)]
pub(super) struct Erase {
    /// The tenant's name.
    #[arg(long, value_name = "NAME")]
    tenant: String,
}

impl Erase {
    async fn run(self, open: &Open) -> Result<ExitCode> {
        let tenant = open.tenant(&self.tenant).await?.id;
        let now = open.clock.now();
        let erased = table::erase(&open.db, &tenant, &Actor::CommandLine, now).await?;
        output::line(&format!("{erased} imported records are erased."))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Takes back what was written to the connected CRM.
///
/// Undoes accepted suggestions, the newest first: a record that was made is removed, a changed one is
/// as it was, unless somebody has changed it since. What could not be taken back before is tried again.
/// The daemon does the writing; see the API's /crm/writes for how each fares.
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
            Self::Erase(erase) => erase.run(&open).await,
            Self::Undo(undo) => undo.run(&open).await,
        };
        open.db.close().await;
        code
    }
}

impl Import {
    async fn run(self, open: &Open) -> Result<ExitCode> {
        let tenant = open.tenant(&self.tenant).await?;
        let file = self.file.display();
        let bytes = std::fs::read(&self.file).with_context(|| format!("cannot read {file}"))?;
        let bytes = Arc::<[u8]>::from(bytes);
        let chosen: Chosen = self.columns.into_iter().collect();
        let problems = if self.dry_run {
            let preview = table::preview(&bytes, &chosen, &tenant.region)
                .with_context(|| file.to_string())?;
            show(&preview)?;
            if let Some(leaving) = table::would_leave(&open.db, &tenant.id, &preview).await? {
                let what = if self.whole { "leave" } else { "stay; with --whole they leave" };
                output::line(&format!(
                    "{leaving} records of earlier files are not in it and {what}."
                ))?;
            }
            output::line("Nothing was written. Without --dry-run it is.")?;
            preview.problems
        } else {
            let (tenant, region) = (&tenant.id, &*tenant.region);
            let (actor, now) = (&Actor::CommandLine, open.clock.now());
            let order = Order { tenant, actor, chosen: &chosen, region, now };
            let bar = ProgressBar::new_spinner();
            bar.enable_steady_tick(Duration::from_millis(200));
            let progress = |rows| bar.set_message(format!("{rows} contacts"));
            let file = Arc::clone(&bytes);
            let done = if self.whole {
                table::import_whole(&open.db, order, file, progress).await
            } else {
                table::import(&open.db, order, file, progress).await
            };
            bar.finish_and_clear();
            let done = done.with_context(|| self.file.display().to_string())?;
            output::line(&format!(
                "{} records are new, {} were brought up to date; {} remarks.",
                done.new,
                done.again,
                done.problems.len()
            ))?;
            if done.gone > 0 {
                output::line(&format!("{} are not in the CRM any more.", done.gone))?;
            }
            done.problems
        };
        match &self.problems {
            Some(path) => write_left_out(path, &bytes, &chosen, &tenant.region)
                .with_context(|| format!("cannot write {}", path.display()))?,
            None => problems
                .iter()
                .for_each(|problem| eprintln!("line {}: {}", problem.line, problem.message)),
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Says what the columns are taken for, and shows the first contacts.
fn show(preview: &Preview) -> Result<()> {
    output::line("Columns:")?;
    for column in &preview.columns {
        let meaning = column.column.map_or("(left out)", Column::as_str);
        output::line(&format!("  {:<32} {meaning}", column.name))?;
    }
    output::line(&format!("\n{} contacts, the first of them:", preview.count))?;
    for contact in &preview.contacts {
        let name = contact.name.as_ref().map(|name| name.value.display());
        let company = contact.organizations.first().map(|company| company.value.clone());
        let emails = contact.emails.iter().map(|email| email.value.as_str().to_owned());
        let phones = contact.phones.iter().map(|phone| phone.value.display());
        let values: Vec<String> =
            name.into_iter().chain(company).chain(emails).chain(phones).collect();
        output::line(&format!("  {}", values.join(" · ")))?;
    }
    output::line(&format!("\n{} remarks.", preview.problems.len()))?;
    Ok(())
}

fn write_left_out(path: &Path, bytes: &[u8], chosen: &Chosen, region: &str) -> Result<()> {
    Ok(table::write_left_out(File::create(path)?, bytes, chosen, region)?)
}

/// Whether the CRM has a write, or may have it soon; also what it did not let be taken back before.
fn is_to_be_undone(write: &CrmWrite) -> bool {
    match write.state {
        State::Written | State::Waiting => true,
        State::Failed => write.withdrawn,
        State::Conflict | State::Cancelled | State::Undoing | State::Undone => false,
    }
}

async fn undo(open: &Open, tenant: &TenantId, id: &SuggestionId) -> Result<(), DecideError> {
    let mut tx = open.db.begin_write().await?;
    let (actor, now) = (Actor::CommandLine, open.clock.now());
    suggestion::undo(&mut tx, tenant, id, &actor, now).await?;
    Ok(tx.commit().await.map_err(StoreError::from)?)
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
                    || !is_to_be_undone(&write)
                {
                    continue;
                }
                match repeated(|| Box::pin(undo(open, &tenant, &write.suggestion))).await {
                    Ok(()) => undone += 1,
                    Err(DecideError::Store(error)) => return Err(error.into()),
                    // Accepted again, and that was taken back just now.
                    Err(DecideError::NotDecided(_)) if write.state == State::Failed => {}
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
