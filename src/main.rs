//! Parses the command line and runs one command.

use clap::Parser;
use std::process::ExitCode;
use tikv_jemallocator::Jemalloc;
use undersigned::cli::Cli;

/// What a worker takes for a while, as when it learns from a CRM's records, goes back to the system within
/// seconds, whichever thread it was; glibc keeps most of it for each of its threads.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    Cli::parse().run().unwrap_or_else(|error| {
        eprintln!("undersigned: {error}");
        error.chain().skip(1).for_each(|cause| eprintln!("  because {cause}"));
        ExitCode::FAILURE
    })
}
