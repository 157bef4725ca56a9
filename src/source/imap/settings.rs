//! What it takes to connect to a mailbox.

use crate::store::Security;
use secrecy::SecretString;

/// What proves to a server who signs in.
#[derive(Debug, Clone)]
pub enum Credential {
    /// A password, often one made for this program only.
    Password(SecretString),
    /// An OAuth 2 access token, for `AUTHENTICATE XOAUTH2`. Whoever hands it in has refreshed it: it
    /// is used once, at once.
    AccessToken(SecretString),
}

/// One account on an IMAP server.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The server: a name or an address.
    pub host: String,
    /// The port: 993 for TLS, 143 for STARTTLS as a rule.
    pub port: u16,
    /// How the connection is encrypted.
    pub security: Security,
    /// The name to sign in with.
    pub username: String,
    /// What proves it.
    pub credential: Credential,
    /// The folder to read.
    pub folder: String,
}
