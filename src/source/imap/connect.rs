//! From a host's name to a signed-in connection over TLS.

use super::error::{ConnectError, WireError};
use super::settings::Settings;
use super::sign_in::sign_in;
use super::wire::Wire;
use crate::source::address_guard::AddressGuard;
use crate::source::oauth::Services;
use crate::source::tls::{self, TlsError};
use crate::store::Security;
use rustls::pki_types::ServerName;
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// The ports of IMAP.
const PORTS: &[u16] = &[143, 993];

/// How long the way to TLS may take.
const TLS_TIMEOUT: Duration = Duration::from_secs(20);

/// Longest line before TLS.
const MAX_PLAIN_LINE: usize = 1024;

/// A connection that is signed in.
pub(super) type Connection = Wire<TlsStream<TcpStream>>;

/// Makes connections to IMAP servers. A clone shares the certificates.
#[derive(Clone)]
pub struct Connector {
    tls: TlsConnector,
    guard: AddressGuard,
    services: Option<Services>,
}

impl Connector {
    /// `ca_file` (`imap.ca_file`) holds further certificate authorities; `allow_private_hosts`
    /// (`imap.allow_private_hosts`) allows servers in the operator's own network, at any port.
    pub fn new(ca_file: Option<&Path>, allow_private_hosts: bool) -> Result<Self, TlsError> {
        let tls = TlsConnector::from(tls::client_config(ca_file)?);
        Ok(Self { tls, guard: AddressGuard::new(PORTS, allow_private_hosts), services: None })
    }

    /// With further ports of public hosts (`hosts.extra_ports`).
    #[must_use]
    pub fn with_ports(self, extra: &[u16]) -> Self {
        Self { guard: self.guard.with_ports(extra), ..self }
    }

    /// With sign-in services whose consent opens mailboxes (`oauth`).
    #[must_use]
    pub fn with_services(self, services: Services) -> Self {
        Self { services: Some(services), ..self }
    }

    /// Whether the operator has configured a sign-in service of this name.
    pub fn knows_service(&self, name: &str) -> bool {
        self.services.as_ref().is_some_and(|services| services.get(name).is_some())
    }

    /// The sign-in services.
    pub(super) fn services(&self) -> Option<&Services> {
        self.services.as_ref()
    }

    /// Connects and signs in.
    pub(super) async fn open(&self, settings: &Settings) -> Result<Connection, ConnectError> {
        let host = settings.host.trim();
        let name = ServerName::try_from(host.to_owned()).map_err(|_| ConnectError::NotFound)?;
        let mut tcp = self.guard.connect(host, settings.port).await?;
        let encrypt = async {
            if settings.security == Security::StartTls {
                start_tls(&mut tcp).await?;
            }
            self.tls.connect(name, tcp).await.map_err(|_| ConnectError::Tls)
        };
        let stream = timeout(TLS_TIMEOUT, encrypt).await.unwrap_or(Err(ConnectError::Tls))?;
        let mut wire = Wire::new(stream);
        // After STARTTLS there is no second greeting.
        if settings.security == Security::Tls {
            wire.greeting().await.map_err(ConnectError::NotImap)?;
        }
        sign_in(&mut wire, settings).await?;
        Ok(wire)
    }
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connector").field("guard", &self.guard).finish_non_exhaustive()
    }
}

/// Asks for TLS. Everything is read byte by byte: what somebody injects after the answer stays in
/// the socket, where the TLS handshake chokes on it, and is never taken for the server's.
async fn start_tls(tcp: &mut TcpStream) -> Result<(), ConnectError> {
    let greeting = plain_line(tcp).await?;
    if !greeting.starts_with("* OK") {
        return Err(ConnectError::NotImap(WireError::Malformed));
    }
    tcp.write_all(b"U0 STARTTLS\r\n").await.map_err(|_| ConnectError::NotReached)?;
    // Nothing may come in between: no state was selected that a server could report on.
    let answer = plain_line(tcp).await?;
    if answer.to_ascii_uppercase().starts_with("U0 OK") {
        Ok(())
    } else {
        Err(ConnectError::NoStartTls)
    }
}

async fn plain_line(tcp: &mut TcpStream) -> Result<String, ConnectError> {
    let mut line = Vec::new();
    while !line.ends_with(b"\r\n") {
        if line.len() == MAX_PLAIN_LINE {
            return Err(ConnectError::NotImap(WireError::TooMuch));
        }
        let byte = tcp.read_u8().await.map_err(|_| ConnectError::NotImap(WireError::Lost))?;
        line.push(byte);
    }
    Ok(String::from_utf8_lossy(&line).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::imap::settings::Credential;
    use secrecy::SecretString;
    use tokio::net::TcpListener;

    /// What comes of STARTTLS with a server that says this to it.
    async fn start_tls_answered(answer: &'static [u8]) -> ConnectError {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (mut server, _) = listener.accept().await.unwrap();
            server.write_all(b"* OK ready\r\n").await.unwrap();
            let mut command = [0; 13];
            server.read_exact(&mut command).await.unwrap();
            server.write_all(answer).await.unwrap();
            while server.read_u8().await.is_ok() {}
        });
        let settings = Settings {
            host: "127.0.0.1".to_owned(),
            port,
            security: Security::StartTls,
            username: "nora".to_owned(),
            credential: Credential::Password(SecretString::from("secret")),
            folder: "INBOX".to_owned(),
        };
        Connector::new(None, true).unwrap().open(&settings).await.unwrap_err()
    }

    #[tokio::test]
    async fn what_is_injected_before_tls_is_never_taken_for_the_servers() {
        let injected = b"U0 OK go ahead\r\n* OK hello\r\nU1 OK signed in\r\n";
        assert_eq!(start_tls_answered(injected).await, ConnectError::Tls);
    }

    #[tokio::test]
    async fn without_tls_nothing_is_said() {
        for answer in [&b"U0 BAD what?\r\n"[..], b"U0 NO not now\r\n", b"* PREAUTH hello\r\n"] {
            assert_eq!(start_tls_answered(answer).await, ConnectError::NoStartTls);
        }
    }
}
