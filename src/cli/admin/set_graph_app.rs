//! `admin set-graph-app`: through what a tenant's mailboxes at Microsoft 365 are read.

use crate::cli::day::day;
use crate::cli::open::Open;
use crate::cli::{output, prompt};
use crate::clock::Millis;
use crate::source::oauth::Certificate;
use crate::store::audit::{self, Actor};
use crate::store::graph::{self, Credential, NewApp};
use anyhow::{Context, Result};
use secrecy::SecretString;
use std::path::PathBuf;

/// Sets the app registration at Microsoft Entra through which a tenant's mailboxes are read.
///
/// The client secret is asked for at the terminal, or read as one line from standard input or a file;
/// a certificate takes its place.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  undersigned admin set-graph-app --tenant 'Your Company' --directory your-company.example \\
    --client-id 2f1c9d52-… --secret-file FILE --secret-expires 2027-11-21
  undersigned admin set-graph-app --tenant 'Your Company' --directory your-company.example \\
    --client-id 2f1c9d52-… --certificate-file FILE")]
pub(in crate::cli) struct SetGraphApp {
    /// The tenant's name.
    #[arg(long, value_name = "NAME")]
    tenant: String,

    /// The directory at Microsoft Entra: its id or one of its domains.
    #[arg(long)]
    directory: String,

    /// The application (client) id.
    #[arg(long, value_name = "ID")]
    client_id: String,

    /// A file that holds the client secret.
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,

    /// Instead of a secret, a file that holds a certificate and its private key (RSA, without a
    /// password), as PEM. Its end is read from it.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["secret_file", "secret_expires"])]
    certificate_file: Option<PathBuf>,

    /// The day on which Microsoft Entra says that the secret ends; it is warned of in time.
    #[arg(long, value_name = "DAY", value_parser = day)]
    secret_expires: Option<Millis>,
}

impl SetGraphApp {
    pub(in crate::cli) async fn run(self, open: &Open) -> Result<()> {
        let tenant = open.tenant(&self.tenant).await?;
        let file = self.certificate_file.as_deref().or(self.secret_file.as_deref());
        let secret = prompt::password(file)?;
        let secret = SecretString::from(secret.as_str());
        let (credential, until) = if self.certificate_file.is_some() {
            let certificate = Certificate::read(&secret)?;
            (Credential::Certificate, Some(certificate.expires_at()))
        } else {
            (Credential::Secret, self.secret_expires)
        };
        let new = NewApp {
            directory: self.directory,
            client_id: self.client_id,
            credential,
            secret,
            secret_expires_at: until,
        };
        let now = open.clock.now();
        let mut tx = open.db.begin_write().await?;
        graph::put_app(&mut tx, &open.vault, &tenant.id, &new, now).await?;
        let (actor, subject) = (Actor::CommandLine, tenant.id.as_str());
        audit::record(&mut tx, &tenant.id, &actor, "graph-app.put", subject, now).await?;
        tx.commit().await.context("the app registration was not saved")?;
        Ok(output::line(&format!("Mailboxes of {} are read through this app.", tenant.name))?)
    }
}
