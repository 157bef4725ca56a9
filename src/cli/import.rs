//! `import`: messages of files into a contact list.

pub(super) mod place;
mod tally;

use super::open::Open;
use crate::app;
use crate::config::Config;
use crate::source::file::messages;
use crate::suggestion::{Intake, RawMessage};
use anyhow::{Result, anyhow};
use futures::{StreamExt, stream};
use std::path::PathBuf;
use std::process::ExitCode;
use tally::Tally;

/// How many messages are on their way at the same time.
const AT_ONCE: usize = 8;

/// Reads messages from files into a contact list, as if they had just arrived.
///
/// Reads .eml files, mbox, Maildir, folders of them, or standard input (`-`). A message that was
/// imported before changes nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  undersigned import --tenant 'Your Company' --list Inbound Maildir/
  undersigned import --tenant 'Your Company' --list Archive 2025.mbox 2026.mbox")]
pub(super) struct Import {
    /// The tenant's name.
    #[arg(long, value_name = "NAME")]
    tenant: String,

    /// The contact list; made if it is not there.
    #[arg(long, value_name = "NAME", default_value = "Imported")]
    list: String,

    /// Messages, mailboxes or folders; `-` reads one message or mbox from standard input.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

impl Import {
    pub(super) async fn run(self, config: Config) -> Result<ExitCode> {
        let open = Open::new(config).await?;
        let tenant = open.tenant(&self.tenant).await?;
        let (list, mailbox) = place::find_or_make(&open, &tenant.id, &self.list).await?;
        let settings = app::intake_settings(&open.config);
        let max_bytes = settings.limits.raw_bytes;
        let intake = Intake::new(open.db.clone(), open.vault.clone(), open.clock.clone(), settings);
        let mut tally = Tally::default();
        let on_their_way = messages(self.paths, max_bytes).map(|found| {
            let (intake, tenant) = (&intake, tenant.id.clone());
            let (mailbox, list) = (mailbox.clone(), list.clone());
            async move {
                let found = found.map_err(|error| anyhow!("{error}"))?;
                let message = RawMessage { tenant, mailbox, list, bytes: found.raw };
                let taken = intake.take(message, None).await;
                taken.map_err(|error| anyhow::Error::from(error).context(found.name))
            }
        });
        let mut outcomes = stream::iter(on_their_way).buffer_unordered(AT_ONCE);
        while let Some(outcome) = outcomes.next().await {
            tally.add(outcome);
        }
        drop(outcomes);
        open.db.close().await;
        tally.tell()
    }
}
