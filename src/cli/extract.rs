//! `extract`: what would be suggested of the messages in files, and why nothing of others.

mod report;

use crate::mail::{Limits, Policy, Reason, Skipped, read, screen};
use crate::signature::{Hints, extract, plausible};
use crate::source::file::messages;
use anyhow::Context as _;
use clap::ValueEnum;
use report::{Answer, Writer};
use std::io::{self, BufWriter};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;

/// Shows the contacts that would be suggested from messages in files.
///
/// Reads .eml files, mbox, Maildir, folders of them, or standard input (`-`). Nothing is stored and
/// nothing is sent: this is the same reading as the daemon's, for trying out and for scripts.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    undersigned extract message.eml\n  \
    undersigned extract --format vcard Maildir/ > contacts.vcf\n  \
    undersigned extract --format jsonl --no-screen - < inbox.mbox")]
pub(super) struct Extract {
    /// How to write what was found: a table for people, JSON (one document), JSON lines (one object
    /// a message, also for those that give nothing), or vCard 4.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,

    /// Report on every message, also on automatic and bulk mail.
    #[arg(long)]
    no_screen: bool,

    /// Print the strength of evidence instead of the confidence: for fitting the table of confidences.
    #[arg(long, hide = true)]
    evidence: bool,

    /// Country (ISO 3166-1 alpha-2) in which numbers without a country code are dialled when the
    /// message itself does not tell.
    #[arg(long, value_name = "CC", value_parser = super::country::parse)]
    region: Option<String>,

    /// Messages, mailboxes or folders; `-` reads one message or mbox from standard input.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

/// The forms of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table for people.
    Table,
    /// One JSON array.
    Json,
    /// One JSON object a line and message.
    Jsonl,
    /// vCard 4.0 (RFC 6350).
    Vcard,
}

/// Room for messages of any nesting.
const STACK_BYTES: usize = 64 * 1024 * 1024;

impl Extract {
    /// Runs the command; writes to standard output. A file that cannot be opened is told on standard
    /// error and makes the exit code 1; the others are still answered.
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        thread::scope(|scope| {
            let worker = thread::Builder::new()
                .name("extract".into())
                .stack_size(STACK_BYTES)
                .spawn_scoped(scope, || self.answer_all())
                .context("a thread to read in could not be started")?;
            worker.join().unwrap_or_else(|_| anyhow::bail!("the reading stopped unexpectedly"))
        })
    }

    fn answer_all(&self) -> anyhow::Result<ExitCode> {
        let mut writer = Writer::new(self.format, BufWriter::new(io::stdout().lock()));
        let mut code = ExitCode::SUCCESS;
        let limits = Limits::default();
        let written =
            messages(self.paths.clone(), limits.raw_bytes).try_for_each(|message| match message {
                Ok(message) => writer.write(&self.answer(message.name, &message.raw, &limits)),
                Err(error) => {
                    code = ExitCode::FAILURE;
                    writer.complain(&error)
                }
            });
        match written.and_then(|()| writer.finish()) {
            // The reader of a pipe has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
            Err(error) => Err(error).context("standard output could not be written"),
            Ok(()) => Ok(code),
        }
    }

    /// What one message gives. A fault in the reading of one message is its answer, not the end.
    fn answer(&self, file: String, raw: &[u8], limits: &Limits) -> Answer {
        let found = catch_unwind(AssertUnwindSafe(|| self.look(raw, limits)));
        let (extraction, skipped) = found.unwrap_or_else(|_| {
            (
                None,
                Some(Skipped::new(
                    Reason::Unreadable,
                    "a fault stopped the reading of this message",
                )),
            )
        });
        Answer { file, extraction, skipped }
    }

    fn hints(&self) -> Hints {
        Hints { region: self.region.clone(), uncalibrated: self.evidence }
    }

    fn look(
        &self,
        raw: &[u8],
        limits: &Limits,
    ) -> (Option<crate::signature::Extraction>, Option<Skipped>) {
        if !self.no_screen
            && let Err(skipped) = screen(raw, &Policy::default())
        {
            return (None, Some(skipped));
        }
        let reading = match read(raw, limits) {
            Ok(reading) => reading,
            Err(skipped) => return (None, Some(skipped)),
        };
        let extraction = extract(&reading, &self.hints());
        let skipped = plausible(&reading, &extraction).err();
        (Some(extraction), skipped)
    }
}
