//! `admin`: who and what can sign in.

mod account;
mod connect_graph;
mod connect_graph_group;
mod create_tenant;
mod create_token;
mod create_user;
mod disable_user;
mod list_graph_people;
mod revoke_token;
mod set_graph_app;
mod set_matching;
mod set_new_people;
mod set_oauth_app;
mod set_password;
mod set_policies;

use super::open::Open;
use crate::config::Config;
use anyhow::Result;
use clap::Subcommand;
use std::process::ExitCode;

/// Creates tenants, users and API tokens, and ends what they may do.
#[derive(Debug, Subcommand)]
pub(super) enum Admin {
    #[command(name = "create-tenant")]
    Tenant(create_tenant::CreateTenant),
    #[command(name = "create-user")]
    User(create_user::CreateUser),
    #[command(name = "create-token")]
    Token(create_token::CreateToken),
    SetPassword(set_password::SetPassword),
    DisableUser(disable_user::DisableUser),
    EnableUser(disable_user::EnableUser),
    RevokeToken(revoke_token::RevokeToken),
    SetGraphApp(set_graph_app::SetGraphApp),
    ConnectGraph(connect_graph::ConnectGraph),
    ConnectGraphGroup(connect_graph_group::ConnectGraphGroup),
    ListGraphPeople(list_graph_people::ListGraphPeople),
    SetOauthApp(set_oauth_app::SetOauthApp),
    SetMatching(set_matching::SetMatching),
    SetNewPeople(set_new_people::SetNewPeople),
    SetPolicies(set_policies::SetPolicies),
}

impl Admin {
    pub(super) async fn run(self, config: Config) -> Result<ExitCode> {
        let open = Open::new(config).await?;
        match self {
            Self::Tenant(command) => command.run(&open).await?,
            Self::User(command) => command.run(&open).await?,
            Self::Token(command) => command.run(&open).await?,
            Self::SetPassword(command) => command.run(&open).await?,
            Self::DisableUser(command) => command.run(&open).await?,
            Self::EnableUser(command) => command.run(&open).await?,
            Self::RevokeToken(command) => command.run(&open).await?,
            Self::SetGraphApp(command) => command.run(&open).await?,
            Self::ConnectGraph(command) => command.run(&open).await?,
            Self::ConnectGraphGroup(command) => command.run(&open).await?,
            Self::ListGraphPeople(command) => command.run(&open).await?,
            Self::SetOauthApp(command) => command.run(&open).await?,
            Self::SetMatching(command) => command.run(&open).await?,
            Self::SetNewPeople(command) => command.run(&open).await?,
            Self::SetPolicies(command) => command.run(&open).await?,
        }
        open.db.close().await;
        Ok(ExitCode::SUCCESS)
    }
}
