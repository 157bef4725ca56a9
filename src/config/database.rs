//! `[database]`: SQLite in the data directory, or a PostgreSQL server.

use super::secret::Secret;
use super::{Config, Report};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use zeroize::Zeroizing;

/// Which database.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Database {
    /// `sqlite:` or `postgres:`; holds a password, so it can stand in a file. Without it, SQLite in
    /// the data directory.
    pub url: Secret,
    /// A file that holds the URL.
    pub url_file: Option<PathBuf>,
    /// The most connections at once.
    pub connections: u32,
}

impl Default for Database {
    fn default() -> Self {
        Self { url: Secret::default(), url_file: None, connections: 16 }
    }
}

impl Database {
    pub(super) fn check(&self, report: &mut Report) {
        let known = |url: &str| {
            ["sqlite:", "postgres:", "postgresql:"].iter().any(|it| url.starts_with(it))
        };
        report.check(
            self.url.expose().is_none_or(known),
            "database.url",
            "must begin with `sqlite:` or `postgres:`",
        );
        report.within("database.connections", self.connections, 2, 1000);
    }
}

impl Config {
    /// The URL to open: the configured one, or SQLite in the data directory.
    pub fn database_url(&self) -> Zeroizing<String> {
        Zeroizing::new(self.database.url.expose().map_or_else(
            || {
                let file = self.data_dir.join("undersigned.db").display().to_string();
                let path = file.replace('%', "%25").replace('?', "%3F").replace('#', "%23");
                format!("sqlite://{path}")
            },
            str::to_owned,
        ))
    }
}
