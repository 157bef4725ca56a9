//! `vault rotate`: a new key, and everything sealed anew.

use crate::app;
use crate::cli::output;
use crate::clock::Clock;
use crate::config::Config;
use crate::vault::rotate;
use anyhow::{Context, Result};
use std::process::ExitCode;

/// Makes a new key and seals every stored password anew, all or none.
///
/// The daemon may run meanwhile and learns of the new key within seconds. To change the master
/// secret itself: make a new one, configure it as `vault.master_secret_file` and the old one as
/// `vault.previous_master_secret_file`, restart the daemon, rotate, and remove the old one.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  undersigned vault rotate

  undersigned vault init new-secret
  export UNDERSIGNED_VAULT__PREVIOUS_MASTER_SECRET_FILE=$UNDERSIGNED_VAULT__MASTER_SECRET_FILE
  export UNDERSIGNED_VAULT__MASTER_SECRET_FILE=$PWD/new-secret
  # restart every daemon with both
  undersigned vault rotate")]
pub(in crate::cli) struct Rotate {}

impl Rotate {
    pub(in crate::cli) async fn run(self, config: Config) -> Result<ExitCode> {
        let db = app::open_database(&config).await?;
        let secrets = config.vault.secrets()?.context("vault.master_secret is not set")?;
        let now = Clock::system().now();
        let rotated = rotate(&db, &secrets, config.vault.iterations, now).await?;
        output::line(&format!(
            "{} values are sealed anew under key {}; key {} is kept until the next rotation.",
            rotated.values, rotated.to, rotated.from
        ))?;
        db.close().await;
        Ok(ExitCode::SUCCESS)
    }
}
