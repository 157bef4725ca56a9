//! `[vault]`: what the credentials of mailboxes and technical users are sealed with.

use super::Report;
use super::secret::Secret;
use crate::vault::{MIN_ITERATIONS, MasterSecret, MasterSecrets, TooShort};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Where the master secret comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Vault {
    /// What every key is made from.
    pub master_secret: Secret,
    /// A file that holds it.
    pub master_secret_file: Option<PathBuf>,
    /// After a change of the master secret, the one before, until `vault rotate` has run.
    pub previous_master_secret: Secret,
    /// A file that holds it.
    pub previous_master_secret_file: Option<PathBuf>,
    /// How often PBKDF2 is iterated for a new key.
    pub iterations: u32,
}

impl Default for Vault {
    fn default() -> Self {
        Self {
            master_secret: Secret::default(),
            master_secret_file: None,
            previous_master_secret: Secret::default(),
            previous_master_secret_file: None,
            iterations: MIN_ITERATIONS,
        }
    }
}

impl Vault {
    /// The secrets; `None` when there is no master secret.
    pub fn secrets(&self) -> Result<Option<MasterSecrets>, TooShort> {
        let read = |secret: &Secret| secret.expose().map(MasterSecret::new).transpose();
        let previous = read(&self.previous_master_secret)?;
        let present = read(&self.master_secret)?;
        Ok(present.map(|present| MasterSecrets { present, previous }))
    }

    pub(super) fn check(&self, report: &mut Report) {
        match self.master_secret.expose().map(MasterSecret::new) {
            None if self.master_secret_file.is_some() => {} // it could not be read: told already
            None => report.add(
                "vault.master_secret",
                "is not set: make one with `undersigned vault init FILE` and name that file as \
                 vault.master_secret_file; it protects the stored passwords, keep it apart from the \
                 database's backup",
            ),
            Some(Err(short)) => report.add("vault.master_secret", &short.to_string()),
            Some(Ok(_)) => {}
        }
        if let Some(Err(short)) = self.previous_master_secret.expose().map(MasterSecret::new) {
            report.add("vault.previous_master_secret", &short.to_string());
        }
        report.within("vault.iterations", self.iterations, MIN_ITERATIONS, 100_000_000);
    }
}
