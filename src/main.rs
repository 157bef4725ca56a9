//! Parses the command line and runs one command.

use clap::Parser;
use std::process::ExitCode;
use undersigned::cli::Cli;

fn main() -> anyhow::Result<ExitCode> {
    Cli::parse().run()
}
