//! `vault`: the secret that protects the stored passwords.

mod init;
mod rotate;

use clap::Subcommand;

/// Makes the secret that protects the stored passwords, or changes the keys made from it.
#[derive(Debug, Subcommand)]
pub(super) enum Vault {
    Init(init::Init),
    Rotate(rotate::Rotate),
}
