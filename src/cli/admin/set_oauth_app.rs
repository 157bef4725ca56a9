//! `admin set-oauth-app`: with what a tenant asks a sign-in service for access to mailboxes.

use crate::cli::day::day;
use crate::cli::open::Open;
use crate::cli::{output, prompt};
use crate::clock::Millis;
use crate::source::oauth::is_directory;
use crate::store::audit::{self, Actor};
use crate::store::oauth::{self, App};
use anyhow::{Context, Result, ensure};
use secrecy::SecretString;
use std::path::PathBuf;

/// Sets the app registration through which people consent that their mailboxes are read over IMAP.
///
/// The client secret is asked for at the terminal, or read as one line from standard input or a file.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  undersigned admin set-oauth-app --tenant 'Your Company' --service google \\
    --client-id 123-abc.apps.googleusercontent.com --secret-file FILE
  undersigned admin set-oauth-app --tenant 'Your Company' --service microsoft \\
    --directory your-company.example --client-id 2f1c9d52-… --secret-expires 2027-11-21")]
pub(in crate::cli) struct SetOauthApp {
    /// The tenant's name.
    #[arg(long, value_name = "NAME")]
    tenant: String,

    /// The sign-in service: google, microsoft, hubspot or pipedrive.
    #[arg(long, value_name = "NAME")]
    service: String,

    /// At Microsoft the directory: its id or one of its domains.
    #[arg(long, default_value = "common")]
    directory: String,

    /// The app's (client) id.
    #[arg(long, value_name = "ID")]
    client_id: String,

    /// A file that holds the client secret.
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,

    /// The day on which the service says that the secret ends; it is warned of in time.
    #[arg(long, value_name = "DAY", value_parser = day)]
    secret_expires: Option<Millis>,
}

impl SetOauthApp {
    pub(in crate::cli) async fn run(self, open: &Open) -> Result<()> {
        let known = &open.config.oauth.0;
        let names: Vec<&str> = known.keys().map(String::as_str).collect();
        ensure!(
            known.contains_key(&self.service),
            "there is no sign-in service {}; there are {}",
            self.service,
            names.join(", ")
        );
        ensure!(is_directory(&self.directory), "--directory must be an id or a domain");
        let tenant = open.tenant(&self.tenant).await?;
        let secret = prompt::password(self.secret_file.as_deref())?;
        let app = App {
            directory: self.directory,
            client_id: self.client_id,
            secret: SecretString::from(secret.as_str()),
        };
        let now = open.clock.now();
        let mut tx = open.db.begin_write().await?;
        oauth::put_app(&mut tx, &open.vault, &tenant.id, &self.service, &app, now).await?;
        if let Some(until) = self.secret_expires {
            oauth::set_secret_end(&mut tx, &tenant.id, &self.service, until).await?;
        }
        let (actor, subject) = (Actor::CommandLine, tenant.id.as_str());
        audit::record(&mut tx, &tenant.id, &actor, "oauth-app.put", subject, now).await?;
        tx.commit().await.context("the app registration was not saved")?;
        let told =
            format!("Mailboxes of {} can be opened by consent at {}.", tenant.name, self.service);
        Ok(output::line(&told)?)
    }
}
