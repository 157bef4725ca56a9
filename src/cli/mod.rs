//! The command line: one file a command.

mod extract;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Turns the signatures in incoming mail into contact suggestions, and keeps nothing of the mail.
#[derive(Debug, Parser)]
#[command(name = "undersigned", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
enum Command {
    Extract(extract::Extract),
}

impl Cli {
    /// Runs the command.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        match &self.command {
            Command::Extract(command) => command.run(),
        }
    }
}
