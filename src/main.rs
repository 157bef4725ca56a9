//! Parses the command line and runs one command.

use clap::Parser;
use std::process::ExitCode;
use undersigned::cli::Cli;

fn main() -> ExitCode {
    Cli::parse().run().unwrap_or_else(|error| {
        eprintln!("undersigned: {error}");
        error.chain().skip(1).for_each(|cause| eprintln!("  because {cause}"));
        ExitCode::FAILURE
    })
}
