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
    #[command(name = "create-tenant")]
    Tenant(create_tenant::CreateTenant),
    #[command(name = "create-user")]
    User(create_user::CreateUser),
    #[command(name = "create-token")]
    Token(create_token::CreateToken),
}

impl Admin {
    pub(super) async fn run(self, config: Config) -> Result<ExitCode> {
        let open = Open::new(config).await?;
        match self {
            Self::Tenant(command) => command.run(&open).await?,
            Self::User(command) => command.run(&open).await?,
            Self::Token(command) => command.run(&open).await?,
        }
        open.db.close().await;
        Ok(ExitCode::SUCCESS)
    }
}
