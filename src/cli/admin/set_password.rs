//! `admin set-password`: for a user who has forgotten it, or whose password is known to others.

use super::account::Account;
use crate::cli::open::Open;
use crate::cli::{output, prompt};
use crate::store::audit::{self, Actor};
use crate::store::{sessions, users};
use crate::web::auth::password;
use anyhow::Result;
use std::path::PathBuf;

/// Gives a user another password and signs the user out everywhere.
///
/// The password is asked for at the terminal, or read as one line from standard input or a file.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  undersigned admin set-password --tenant 'Your Company' you@your-company.example
  undersigned admin set-password --tenant 'Your Company' --password-file FILE you@your-company.example")]
pub(in crate::cli) struct SetPassword {
    #[command(flatten)]
    account: Account,

    /// A file that holds the password.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl SetPassword {
    pub(in crate::cli) async fn run(self, open: &Open) -> Result<()> {
        let user = self.account.find(open).await?;
        let hash = password::hash(&prompt::password(self.password_file.as_deref())?)?;
        let mut tx = open.db.begin_write().await?;
        users::set_password(&mut tx, &user.tenant, &user.id, &hash).await?;
        sessions::end_all(&mut tx, &user.tenant, &user.id).await?;
        let (actor, subject, now) = (Actor::CommandLine, user.id.as_str(), open.clock.now());
        audit::record(&mut tx, &user.tenant, &actor, "user.set-password", subject, now).await?;
        tx.commit().await?;
        Ok(output::line(&format!("{} signs in with the new password.", user.email))?)
    }
}
