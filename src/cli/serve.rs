//! `serve`: the daemon.

use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::lifecycle::Shutdown;
use anyhow::Result;
use std::process::ExitCode;

/// Runs the daemon: watches the mailboxes, serves the pages and the API, sends follow-ups.
///
/// The first SIGTERM or SIGINT (Ctrl-C) stops it softly: nothing new is begun and what is at hand is
/// finished, for a minute at most. A second one stops it at once; nothing is lost by that.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  undersigned serve
  undersigned serve --config /etc/undersigned/undersigned.toml
  UNDERSIGNED_LOG__FORMAT=json UNDERSIGNED_SERVER__LISTEN=0.0.0.0:8080 undersigned serve")]
pub(super) struct Serve {}

impl Serve {
    pub(super) async fn run(self, config: Config) -> Result<ExitCode> {
        let app = App::build(config, Clock::system()).await?;
        app.run(Shutdown::on_signals()?).await?;
        Ok(ExitCode::SUCCESS)
    }
}
