//! `admin disable-user`, `admin enable-user`: whether somebody may sign in.

use super::account::Account;
use crate::cli::open::Open;
use crate::cli::output;
use crate::store::audit::{self, Actor};
use crate::store::{sessions, users};
use anyhow::Result;

/// Signs a user out everywhere and refuses to sign the user in again.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  undersigned admin disable-user --tenant 'Your Company' former@your-company.example")]
pub(in crate::cli) struct DisableUser {
    #[command(flatten)]
    account: Account,
}

/// Lets a user sign in again who was disabled.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  undersigned admin enable-user --tenant 'Your Company' back@your-company.example")]
pub(in crate::cli) struct EnableUser {
    #[command(flatten)]
    account: Account,
}

impl DisableUser {
    pub(in crate::cli) async fn run(self, open: &Open) -> Result<()> {
        switch(open, &self.account, true).await?;
        Ok(output::line(&format!("{} cannot sign in any more.", self.account.email))?)
    }
}

impl EnableUser {
    pub(in crate::cli) async fn run(self, open: &Open) -> Result<()> {
        switch(open, &self.account, false).await?;
        Ok(output::line(&format!("{} can sign in again.", self.account.email))?)
    }
}

async fn switch(open: &Open, account: &Account, disabled: bool) -> Result<()> {
    let user = account.find(open).await?;
    let mut tx = open.db.begin_write().await?;
    users::set_disabled(&mut tx, &user.tenant, &user.id, disabled).await?;
    sessions::end_all(&mut tx, &user.tenant, &user.id).await?;
    let action = if disabled { "user.disable" } else { "user.enable" };
    let (actor, subject, now) = (Actor::CommandLine, user.id.as_str(), open.clock.now());
    audit::record(&mut tx, &user.tenant, &actor, action, subject, now).await?;
    Ok(tx.commit().await?)
}
