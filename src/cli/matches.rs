//! `match`: which records of a table are of one person.

mod read;
mod report;

use crate::matching::{Level, Table, Thresholds};
use anyhow::{Context as _, Result};
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{self, BufWriter, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

/// Finds the records of a table that are, or may be, of one person.
///
/// Reads CSV as any CRM exports it, in any order of columns: id, name or given and family name,
/// email, phone, mobile, title, organization, street, postcode, city, country, url. How much each
/// agreement says is learned from the table itself. Nothing is stored and nothing is sent.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    undersigned match --records contacts.csv\n  \
    undersigned match --records crm.csv --against leads.csv --format jsonl > matches.jsonl")]
pub(super) struct Matches {
    /// The table.
    #[arg(long, value_name = "FILE")]
    records: PathBuf,

    /// Another table: only pairs of a record of the first and one of this are looked for.
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,

    /// How to write a pair: a table for people, or one JSON object a line.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,

    /// Probability from which two records may be of one person.
    #[arg(long, value_name = "0..1", default_value_t = Thresholds::default().possible)]
    possible: f64,

    /// Probability from which they are, if the kind of evidence allows it.
    #[arg(long, value_name = "0..1", default_value_t = Thresholds::default().exact)]
    exact: f64,

    /// Country (ISO 3166-1 alpha-2) in which numbers without a country code are dialled in rows that
    /// name no country.
    #[arg(long, value_name = "CC", value_parser = super::country::parse)]
    region: Option<String>,
}

/// The forms of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table for people.
    Table,
    /// One JSON object a line.
    Jsonl,
}

impl Matches {
    /// Runs the command; writes to standard output. Rows that cannot be read are told on standard
    /// error and left out.
    pub(super) fn run(&self) -> Result<ExitCode> {
        let thresholds = Thresholds::new(self.possible, self.exact);
        let thresholds = thresholds.context(
            "--possible and --exact are probabilities, and --exact is not the smaller one",
        )?;
        let region = self.region.as_deref().unwrap_or("");
        let mut records = read::Records::default();
        records.read(&self.records, region)?;
        let first = records.people.len();
        if let Some(against) = &self.against {
            records.read(against, region)?;
        }
        let second = self.against.as_ref().map(|_| u32::try_from(first)).transpose();
        let second = second.context("the first table has too many records")?;
        let read::Records { people, ids } = records;
        let mut table = Table::new(people, second, thresholds);
        let bar = progress_bar(ids.len());
        let pairs = table.pairs(&|done| bar.inc(u64::try_from(done).unwrap_or(0)));
        bar.finish_and_clear();
        let exact = pairs.iter().filter(|pair| pair.level == Level::Exact).count();
        let mut out = BufWriter::new(io::stdout().lock());
        let written = report::write(self.format, &table, &pairs, &ids, &mut out);
        match written.and_then(|()| out.flush()) {
            // The reader of a pipe has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            written => written.context("standard output could not be written")?,
        }
        eprintln!(
            "{} records: {exact} pairs are one person, {} more may be",
            ids.len(),
            pairs.len() - exact
        );
        Ok(ExitCode::SUCCESS)
    }
}

/// A bar on standard error, if that is a terminal.
fn progress_bar(records: usize) -> ProgressBar {
    let bar = ProgressBar::new(u64::try_from(records).unwrap_or(u64::MAX));
    let style = "{bar:40} {human_pos} of {human_len} records compared, {eta} to go";
    ProgressStyle::with_template(style).map_or(bar.clone(), |style| bar.with_style(style))
}
