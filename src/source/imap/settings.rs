//! What it takes to connect to a mailbox.

use crate::store::Security;
use secrecy::SecretString;

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
    /// The password to sign in with.
    pub password: SecretString,
    /// The folder to read.
    pub folder: String,
}
