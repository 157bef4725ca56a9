//! `admin`: what has to be there before anybody can sign in.

mod create_tenant;
mod create_token;
mod create_user;

use super::open::Open;
use crate::config::Config;
use anyhow::Result;
use clap::Subcommand;
use std::process::ExitCode;

/// Creates tenants, users and API tokens.
#[derive(Debug, Subcommand)]
pub(super) enum Admin {
    CreateTenant(create_tenant::CreateTenant),
    CreateUser(create_user::CreateUser),
    CreateToken(create_token::CreateToken),
}

impl Admin {
    pub(super) async fn run(self, config: Config) -> Result<ExitCode> {
        let open = Open::new(config).await?;
        match self {
            Self::CreateTenant(command) => command.run(&open).await?,
            Self::CreateUser(command) => command.run(&open).await?,
            Self::CreateToken(command) => command.run(&open).await?,
        }
        open.db.close().await;
        Ok(ExitCode::SUCCESS)
    }
}
