//! The way to a tenant's SMTP server: connect, encrypt, sign in, offer one mail, hand it over.
//!
//! lettre's ready-made transport sends a mail in one call. Here the dialogue is taken step by step
//! through lettre's connection, because between "the server takes this recipient" and "here is the
//! mail" a transaction has to be committed (see [`super::outbox`]), and because every step needs a
//! limit in time that lettre's asynchronous transport does not have. Never without TLS.

mod answer;
mod error;
mod plain;
mod stream;

pub use answer::Answer;
pub use error::{Consequence, SmtpError};

use crate::config::Smtp;
use crate::contact::EmailAddress;
use crate::source::address_guard::AddressGuard;
use crate::source::tls::{self, TlsError};
use crate::store::Security;
use lettre::Address;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Quit, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;
use stream::Channel;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// The ports a tenant may name: submission with implicit TLS and with STARTTLS, and what providers
/// offer where networks block those.
const PORTS: &[u16] = &[465, 587, 2525];

/// What we say our name is. The machine's own is nobody's business; mail programs say the same.
const HELLO: ClientId = ClientId::Ipv4(Ipv4Addr::LOCALHOST);

/// How connections are made, for every account.
#[derive(Debug, Clone)]
pub struct Way {
    guard: AddressGuard,
    tls: Arc<ClientConfig>,
    timeout: Duration,
}

/// Where to sign in, and as whom.
pub struct Account<'a> {
    /// The server's name.
    pub host: &'a str,
    /// The server's port.
    pub port: u16,
    /// How the connection is encrypted.
    pub security: Security,
    /// The name to sign in with; empty: without.
    pub username: &'a str,
    /// The password.
    pub password: &'a str,
}

/// A connection that is signed in.
pub(super) struct Connection {
    smtp: AsyncSmtpConnection,
    patience: Duration,
}

impl Way {
    /// Reads `smtp.ca_file`.
    pub fn new(config: &Smtp) -> Result<Self, TlsError> {
        Ok(Self {
            guard: AddressGuard::new(PORTS, config.allow_private_hosts),
            tls: tls::client_config(config.ca_file.as_deref())?,
            timeout: Duration::from_secs(config.timeout_seconds),
        })
    }

    /// The way to a server that the operator names: anywhere, at any port.
    pub fn of_operator(config: &Smtp) -> Result<Self, TlsError> {
        Self::new(&Smtp { allow_private_hosts: true, ..config.clone() })
    }

    /// With further ports of public hosts (`hosts.extra_ports`).
    #[must_use]
    pub fn with_ports(self, extra: &[u16]) -> Self {
        Self { guard: self.guard.with_ports(extra), ..self }
    }

    /// Connects and signs in.
    pub(super) async fn open(&self, account: &Account<'_>) -> Result<Connection, SmtpError> {
        timeout(self.timeout, self.sign_in(account)).await.map_err(|_| SmtpError::TimedOut)?
    }

    async fn sign_in(&self, account: &Account<'_>) -> Result<Connection, SmtpError> {
        let name =
            ServerName::try_from(account.host.to_owned()).map_err(|_| SmtpError::NotFound)?;
        let mut tcp = self.guard.connect(account.host, account.port).await?;
        let greeting: &[u8] = match account.security {
            Security::Tls => b"",
            Security::StartTls => {
                plain::ask_for_tls(&mut tcp).await?;
                plain::GREETING
            }
        };
        let tls = TlsConnector::from(Arc::clone(&self.tls)).connect(name, tcp).await;
        let stream = Channel::new(tls.map_err(|_| SmtpError::Tls)?, greeting);
        let mut smtp = AsyncSmtpConnection::connect_with_transport(Box::new(stream), &HELLO)
            .await
            .map_err(|error| match error.status() {
                Some(_) => SmtpError::turned_away(&error),
                None => SmtpError::NotSmtp,
            })?;
        if account.username.is_empty() {
            return Ok(Connection { smtp, patience: self.timeout });
        }
        let credentials = Credentials::new(account.username.into(), account.password.into());
        smtp.auth(&[Mechanism::Plain, Mechanism::Login], &credentials)
            .await
            .map_err(|error| SmtpError::sign_in(&error, account.password))?;
        Ok(Connection { smtp, patience: self.timeout })
    }
}

impl Connection {
    /// Says from whom a mail comes; the server may refuse that to the account.
    pub(super) async fn announce(&mut self, from: &Address) -> Result<(), SmtpError> {
        let mail = Mail::new(Some(from.clone()), Vec::new());
        self.step(mail).await.map_err(SmtpError::of_the_sender)
    }

    /// Says from whom a mail comes and to whom it goes, and hears that the server takes both.
    pub(super) async fn offer(&mut self, from: &Address, to: &Address) -> Result<(), SmtpError> {
        if needs_utf8(to) || needs_utf8(from) {
            if !self.smtp.server_info().supports_feature(Extension::SmtpUtfEight) {
                return Err(SmtpError::NoUtf8);
            }
            let mail = Mail::new(Some(from.clone()), vec![MailParameter::SmtpUtfEight]);
            self.step(mail).await.map_err(SmtpError::of_the_sender)?;
        } else {
            self.announce(from).await?;
        }
        self.step(Rcpt::new(to.clone(), Vec::new())).await
    }

    /// Hands over the mail that was offered; what the server answers is what became of it.
    ///
    /// An error before the server asked for the text is like any other: nothing was handed over.
    /// After that only a refusal is certain; silence, a broken connection or nonsense is
    /// [`SmtpError::Unsure`]. The server may take ten times as long as for other steps: RFC 5321
    /// §4.5.3.2.6 asks for ten minutes, for it may be looking through the mail.
    pub(super) async fn hand_over(&mut self, mail: &[u8]) -> Result<Answer, SmtpError> {
        self.step(Data).await?;
        match timeout(self.patience * 10, self.smtp.message(mail)).await {
            Ok(Ok(response)) => Ok(Answer::of(&response)),
            Ok(Err(error)) if error.status().is_some() => Err(SmtpError::refused(&error)),
            Ok(Err(_)) | Err(_) => Err(SmtpError::Unsure),
        }
    }

    /// Says goodbye, if the server still listens.
    pub(super) async fn close(mut self) {
        drop(self.step(Quit).await);
    }

    async fn step<C: std::fmt::Display>(&mut self, command: C) -> Result<(), SmtpError> {
        match timeout(self.patience, self.smtp.command(command)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) if error.status().is_some() => Err(SmtpError::refused(&error)),
            Ok(Err(_)) => Err(SmtpError::Lost),
            Err(_) => Err(SmtpError::TimedOut),
        }
    }
}

/// An address as SMTP writes it: an international domain in its ASCII form, so that only a local
/// part beyond ASCII asks for SMTPUTF8 (RFC 6531).
pub(super) fn address(address: &EmailAddress) -> Option<Address> {
    let domain = idna::domain_to_ascii(&address.domain()).ok()?;
    Address::new(address.local(), domain).ok()
}

fn needs_utf8(address: &Address) -> bool {
    !<Address as AsRef<str>>::as_ref(address).is_ascii()
}
