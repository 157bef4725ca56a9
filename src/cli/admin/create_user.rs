//! `admin create-user`: a person who signs in.

use super::account::address;
use crate::cli::open::{Open, taken};
use crate::cli::{output, prompt};
use crate::contact::EmailAddress;
use crate::store::audit::{self, Actor};
use crate::store::users::{self, NewUser, Role};
use crate::web::auth::password;
use anyhow::Result;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::path::PathBuf;

/// Creates a user who signs in at the page with address and password.
///
/// The password is asked for at the terminal, or read as one line from standard input or a file;
/// never from an argument, which everybody on the machine could see.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  undersigned admin create-user --tenant 'Your Company' --role admin you@your-company.example
  undersigned admin create-user --tenant 'Your Company' --password-file FILE you@your-company.example
  pwgen 20 1 | undersigned admin create-user --tenant 'Your Company' you@your-company.example")]
pub(in crate::cli) struct CreateUser {
    /// The tenant's name.
    #[arg(long, value_name = "NAME")]
    tenant: String,

    /// What the user may do: configure and review, review only, or read the audit log.
    #[arg(long, default_value = Role::Member.as_str(), value_parser = role())]
    role: Role,

    /// How the page greets the user; by default what stands before the @.
    #[arg(long)]
    name: Option<String>,

    /// A file that holds the password.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,

    /// The e-mail address to sign in with.
    #[arg(value_parser = address)]
    email: EmailAddress,
}

fn role() -> impl TypedValueParser<Value = Role> {
    PossibleValuesParser::new(Role::ALL.map(Role::as_str))
        .try_map(|text| Role::parse(&text).ok_or("no such role"))
}

impl CreateUser {
    pub(in crate::cli) async fn run(self, open: &Open) -> Result<()> {
        let tenant = open.tenant(&self.tenant).await?;
        let hash = password::hash(&prompt::password(self.password_file.as_deref())?)?;
        let new = NewUser {
            tenant: &tenant.id,
            email: &self.email,
            name: self.name.as_deref().unwrap_or(self.email.local()),
            role: self.role,
            password_hash: &hash,
        };
        let now = open.clock.now();
        let mut tx = open.db.begin_write().await?;
        let id = users::create(&mut tx, &new, now)
            .await
            .map_err(|error| taken(error, || format!("{} has an account already", self.email)))?;
        let (actor, subject) = (Actor::CommandLine, id.as_str());
        audit::record(&mut tx, &tenant.id, &actor, "user.create", subject, now).await?;
        tx.commit().await?;
        Ok(output::line(&format!("{} can sign in as {}.", self.email, self.role.as_str()))?)
    }
}
