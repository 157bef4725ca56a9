//! The command line: one file a command.

mod admin;
mod check;
mod country;
mod crm;
mod day;
mod demo;
mod discover;
mod extract;
mod health;
mod import;
mod matches;
mod open;
mod output;
mod prompt;
mod serve;
mod vault;

use crate::config::{self, Format, Log, Sources};
use crate::{lifecycle, logging};
use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Turns the signatures in incoming mail into contact suggestions, and keeps nothing of the mail.
#[derive(Debug, Parser)]
#[command(
    name = "undersigned",
    version,
    after_help = "\
Begin:
  undersigned vault init master-secret     makes the secret that protects stored passwords
  export UNDERSIGNED_VAULT__MASTER_SECRET_FILE=$PWD/master-secret
  undersigned admin create-tenant 'Your Company' --region DE
  undersigned admin create-user --tenant 'Your Company' --role admin you@your-company.example
  undersigned check                        tells what works, and what to do about what does not
  undersigned serve"
)]
pub struct Cli {
    /// The configuration file; without it `./config/undersigned.toml` or
    /// `/etc/undersigned/undersigned.toml` if there is one. The environment wins over it.
    #[arg(long, global = true, value_name = "FILE", env = "UNDERSIGNED_CONFIG")]
    config: Option<PathBuf>,

    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Demo),
    Serve(serve::Serve),
    Extract(extract::Extract),
    Import(import::Import),
    Match(matches::Matches),
    #[command(subcommand)]
    Crm(crm::Crm),
    Check(check::Check),
    Discover(discover::Discover),
    #[command(subcommand)]
    Vault(vault::Vault),
    #[command(subcommand)]
    Admin(admin::Admin),
    Health(health::Health),
}

impl Cli {
    /// Runs the command.
    pub fn run(self) -> Result<ExitCode> {
        lifecycle::keep_files_private();
        lifecycle::forbid_core_dumps()?;
        let sources = Sources::of_process(self.config);
        if let Command::Serve(command) = self.command {
            let config = config::load(&sources)?;
            logging::init(&config.log)?;
            return in_runtime(command.run(config));
        }
        logging::init(&Log { format: Format::Pretty, filter: "warn".to_owned() })?;
        let config = || config::load(&sources);
        match self.command {
            Command::Demo(command) => in_runtime(command.run()),
            Command::Serve(command) => in_runtime(command.run(config()?)),
            Command::Extract(command) => command.run(),
            Command::Match(command) => command.run(),
            Command::Import(command) => in_runtime(command.run(config()?)),
            Command::Crm(command) => in_runtime(command.run(config()?)),
            Command::Check(command) => in_runtime(command.run(config())),
            Command::Discover(command) => in_runtime(command.run(config()?)),
            Command::Vault(vault::Vault::Init(command)) => command.run(),
            Command::Vault(vault::Vault::Rotate(command)) => in_runtime(command.run(config()?)),
            Command::Admin(command) => in_runtime(command.run(config()?)),
            Command::Health(command) => command.run(&config()?),
        }
    }
}

/// Runs a command that waits for others, and leaves behind what still waits when it has ended.
fn in_runtime(command: impl Future<Output = Result<ExitCode>>) -> Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new().context("cannot start worker threads")?;
    let result = runtime.block_on(command);
    runtime.shutdown_background();
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    /// `--help` teaches: every command says what it does and shows how it is used.
    #[test]
    fn every_command_explains_itself_with_an_example() {
        fn look(command: &clap::Command) {
            let name = command.get_name();
            assert!(command.get_about().is_some(), "{name} says nothing about itself");
            if command.has_subcommands() {
                command.get_subcommands().filter(|it| it.get_name() != "help").for_each(look);
            } else {
                let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
                assert!(help.contains(&format!("undersigned {}", name_of(name))), "{name}: {help}");
            }
        }
        fn name_of(name: &str) -> &str {
            match name {
                "init" | "rotate" => "vault",
                name if name.contains('-') => "admin",
                name => name,
            }
        }
        let mut all = Cli::command();
        all.build();
        all.get_subcommands()
            .filter(|it| it.get_name() != "help" && it.get_name() != "crm")
            .for_each(look);
    }
}
