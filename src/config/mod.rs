//! The configuration: one file a section, every key checked at start.
//!
//! Lowest first: the defaults, a TOML file, the environment (`UNDERSIGNED_SERVER__LISTEN` is
//! `server.listen`). Every secret is a value or the path of a file (`…_file`) that holds it.
//! `config/example.toml` names every key; a test compares it with the defaults here.

mod crm;
mod database;
mod environment;
mod graph;
mod hosts;
mod imap;
mod jobs;
mod load;
mod log;
mod mail;
mod notices;
mod oauth;
mod ops;
mod problem;
mod retention;
mod secret;
mod server;
mod smtp;
mod vault;

pub use crm::Crm;
pub use database::Database;
pub use graph::Graph;
pub use hosts::Hosts;
pub use imap::Imap;
pub use jobs::Jobs;
pub use load::{Sources, load};
pub use log::{Format, Log};
pub use mail::Mail;
pub use notices::Notices;
pub use oauth::{Oauth, Service};
pub use ops::Ops;
pub use problem::{Problem, Problems};
pub use retention::Retention;
pub use secret::Secret;
pub use server::Server;
pub use smtp::Smtp;
pub use vault::Vault;

use problem::Report;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Everything that can be configured. `Debug` shows no secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// Where the database is kept, if no other is configured; made if it is not there.
    pub data_dir: PathBuf,
    /// The pages and the API.
    pub server: Server,
    /// Health and metrics.
    pub ops: Ops,
    /// The database.
    pub database: Database,
    /// What the credentials are sealed with.
    pub vault: Vault,
    /// What is logged, and how.
    pub log: Log,
    /// What is read of a message.
    pub mail: Mail,
    /// How mailboxes are watched.
    pub imap: Imap,
    /// How mailboxes at Microsoft 365 are read.
    pub graph: Graph,
    /// Sign-in services whose consent opens mailboxes on IMAP servers.
    pub oauth: Oauth,
    /// Which hosts tenants may name.
    pub hosts: Hosts,
    /// How follow-ups are sent.
    pub smtp: Smtp,
    /// The operator's own account for mail to tenants' admins.
    pub notices: Notices,
    /// How connected CRMs are reached.
    pub crm: Crm,
    /// How long is kept what nobody decides about.
    pub retention: Retention,
    /// The work in the background.
    pub jobs: Jobs,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("./data"),
            server: Server::default(),
            ops: Ops::default(),
            database: Database::default(),
            vault: Vault::default(),
            log: Log::default(),
            mail: Mail::default(),
            imap: Imap::default(),
            graph: Graph::default(),
            oauth: Oauth::default(),
            hosts: Hosts::default(),
            smtp: Smtp::default(),
            notices: Notices::default(),
            crm: Crm::default(),
            retention: Retention::default(),
            jobs: Jobs::default(),
        }
    }
}

impl Config {
    /// Reports every value that has the right type and still cannot be used.
    fn check(&self, report: &mut Report) {
        self.server.check(report);
        self.database.check(report);
        self.vault.check(report);
        self.log.check(report);
        self.mail.check(report);
        self.imap.check(report);
        self.graph.check(report);
        self.oauth.check(report);
        self.hosts.check(report);
        self.smtp.check(report);
        self.notices.check(report);
        self.crm.check(report);
        self.retention.check(report);
        self.jobs.check(report);
    }
}

#[cfg(test)]
mod tests;
