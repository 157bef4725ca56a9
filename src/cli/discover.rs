//! `discover`: how a mailbox is connected.

use super::output;
use crate::app;
use crate::config::Config;
use crate::contact::EmailAddress;
use crate::source::providers::Kind;
use anyhow::{Result, bail};
use std::process::ExitCode;

/// Finds out from an address how its mailbox is connected: from what is known of large providers, from
/// the domain's autoconfig file, and from DNS.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  undersigned discover anna@example.com")]
pub(super) struct Discover {
    /// The address of the mailbox.
    #[arg(value_parser = address)]
    address: EmailAddress,
}

fn address(text: &str) -> Result<EmailAddress, &'static str> {
    EmailAddress::parse(text).ok_or("not an e-mail address")
}

impl Discover {
    pub(super) async fn run(self, config: Config) -> Result<ExitCode> {
        let Some(found) = app::discoverer(&config)?.discover(&self.address).await else {
            bail!(
                "nobody says how mailboxes of {} are connected; ask its provider for the IMAP server",
                self.address.domain()
            );
        };
        let provider = found.provider.map_or("", |provider| provider.name.as_str());
        let how = match found.kind {
            Kind::Graph if found.provider.is_some_and(|provider| provider.directory.is_some()) => {
                "Microsoft Graph: a personal account, which its owner connects; type its address at the page \
                 /mailboxes"
                    .into()
            }
            Kind::Graph => {
                "Microsoft Graph: connect it with `undersigned admin connect-graph`".into()
            }
            Kind::Imap => format!(
                "IMAP at {}:{} ({}), signing in {}",
                found.host,
                found.port,
                found.security.as_str(),
                match found.username.as_str() {
                    "" => "with what stands before the @ of the account's own address there".to_owned(),
                    username => format!("as {username}"),
                }
            ),
        };
        output::line(&how)?;
        let known = format!("known from: {} {provider}", found.source.as_str());
        output::line(known.trim_end())?;
        if let Some(doubt) = found.doubt() {
            output::line(&format!("Check the host: {doubt}."))?;
        }
        if let Some(provider) = found.provider {
            output::line(&provider.note)?;
            output::line(&provider.help)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
