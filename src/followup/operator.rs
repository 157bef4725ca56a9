//! The operator's own account: tells a tenant's admins what its technical user cannot.

use super::smtp::{Account, SmtpError, Way};
use super::technical_user;
use crate::config::{Notices, Smtp};
use crate::contact::EmailAddress;
use crate::source::tls::TlsError;
use crate::store::Security;
use secrecy::{ExposeSecret, SecretString};

/// The account as it is configured (`[notices]`).
#[derive(Debug, Clone)]
pub struct Operator {
    pub(super) way: Way,
    host: String,
    port: u16,
    security: Security,
    username: String,
    password: SecretString,
    pub(super) from_name: String,
    pub(super) from: EmailAddress,
}

impl Operator {
    /// The configured one, if there is one; connections are made as `smtp` says, to any host.
    pub fn new(config: &Notices, smtp: &Smtp) -> Result<Option<Self>, TlsError> {
        let (Some(host), Some(from)) = (&config.host, config.from()) else { return Ok(None) };
        Ok(Some(Self {
            way: Way::of_operator(smtp)?,
            host: host.clone(),
            port: config.port,
            security: config.security,
            username: config.username.clone().unwrap_or_default(),
            password: config.password.expose().unwrap_or_default().into(),
            from_name: config.from_name.clone(),
            from,
        }))
    }

    /// Where it signs in.
    pub(super) fn account(&self) -> Account<'_> {
        Account {
            host: &self.host,
            port: self.port,
            security: self.security,
            username: &self.username,
            password: self.password.expose_secret(),
        }
    }

    /// Connects, signs in, and asks whether it may send from its address, which it returns. Sends nothing.
    pub async fn check(&self) -> Result<&EmailAddress, SmtpError> {
        technical_user::check(&self.way, &self.account(), &self.from).await?;
        Ok(&self.from)
    }
}
