//! The user that a command is about.

use crate::cli::open::Open;
use crate::contact::EmailAddress;
use crate::store::users::{self, User};
use anyhow::{Context, Result};

/// Which user, of which tenant.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Account {
    /// The tenant's name.
    #[arg(long, value_name = "NAME")]
    tenant: String,

    /// The e-mail address that the user signs in with.
    #[arg(value_parser = address)]
    pub(super) email: EmailAddress,
}

/// Reads an address.
pub(super) fn address(text: &str) -> Result<EmailAddress, &'static str> {
    EmailAddress::parse(text).ok_or("not an e-mail address")
}

impl Account {
    /// The user, if the tenant has one with this address.
    pub(super) async fn find(&self, open: &Open) -> Result<User> {
        let tenant = open.tenant(&self.tenant).await?;
        let found = users::to_sign_in(&mut *open.db.read().await?, &self.email).await?;
        let found = found.map(|(user, _)| user).filter(|user| user.tenant == tenant.id);
        found.with_context(|| format!("{} has no account in {:?}", self.email, self.tenant))
    }
}
