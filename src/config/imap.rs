//! `[imap]`: how mailboxes are watched.

use super::Report;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// For all mailboxes; each has its own host and password in the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imap {
    /// Certificates of authorities (PEM) to trust beside the system's, or none.
    pub ca_file: Option<PathBuf>,
    /// Whether a mailbox may be on a private or local address. An admin of a tenant types the
    /// host, so that this opens one's own network to every tenant.
    pub allow_private_hosts: bool,
    /// How often a mailbox is looked at even if the server reports nothing new, in seconds.
    pub poll_seconds: u64,
    /// After how long IDLE is renewed, in seconds; RFC 2177 asks for less than 29 minutes, routers
    /// forget connections after ten. Providers known to want less get less.
    pub idle_seconds: u64,
    /// How many connections to one host are being made at the same time, a quarter of them for
    /// mailboxes that did not come through last time; made, any number last.
    pub connections_per_host: usize,
    /// How many older messages of a mailbox are read in a minute, so that a first sync disturbs
    /// neither its server nor other mailboxes. New mail does not wait for them.
    pub backfill_per_minute: u32,
    /// How many MiB of a mailbox's older mail are fetched in a day, a quarter of it at once.
    /// Providers lock accounts that fetch too much: Gmail at 2,500 MB a day, other programs of the
    /// owner included.
    pub backfill_mib_per_day: u64,
    /// Whether Mozilla's database may be asked how a domain's mailboxes are connected, when the
    /// domain itself does not say; it learns the domain.
    pub ask_ispdb: bool,
}

impl Default for Imap {
    fn default() -> Self {
        Self {
            ca_file: None,
            allow_private_hosts: false,
            poll_seconds: 300,
            idle_seconds: 540,
            connections_per_host: 50,
            backfill_per_minute: 3000,
            backfill_mib_per_day: 1000,
            ask_ispdb: false,
        }
    }
}

impl Imap {
    pub(super) fn check(&self, report: &mut Report) {
        report.readable("imap.ca_file", self.ca_file.as_deref());
        report.within("imap.poll_seconds", self.poll_seconds, 1, 86_400);
        report.within("imap.idle_seconds", self.idle_seconds, 1, 1740);
        report.within("imap.connections_per_host", self.connections_per_host, 1, 10_000);
        report.within("imap.backfill_per_minute", self.backfill_per_minute, 1, 1_000_000);
        report.within("imap.backfill_mib_per_day", self.backfill_mib_per_day, 1, 1_000_000);
    }
}
