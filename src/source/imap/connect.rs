//! From a host's name to a signed-in connection over TLS.

use super::error::{ConnectError, Said, WireError};
use super::settings::Settings;
use super::sign_in::sign_in;
use super::wire::{Transport, Wire};
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

/// How long greeting and sign-in may take together: longer than servers make those wait whose password
/// was wrong.
const SIGN_IN_TIMEOUT: Duration = Duration::from_mins(2);

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
        enter(stream, settings).await
    }
}

/// Hears the greeting and signs in over an encrypted connection.
pub(super) async fn enter<S: Transport>(
    stream: S,
    settings: &Settings,
) -> Result<Wire<S>, ConnectError> {
    let mut wire = Wire::new(stream);
    let entered = async {
        // After STARTTLS there is no second greeting.
        if settings.security == Security::Tls {
            match wire.greeting().await {
                Err(WireError::Bye) => return Err(ConnectError::TurnedAway(wire.parting())),
                greeted => greeted.map_err(ConnectError::NotImap)?,
            }
        }
        sign_in(&mut wire, settings).await
    };
    let too_slow = Err(ConnectError::NotImap(WireError::Timeout));
    timeout(SIGN_IN_TIMEOUT, entered).await.unwrap_or(too_slow)?;
    Ok(wire)
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
    if greeting.to_ascii_uppercase().starts_with("* BYE") {
        // Anybody may have said it.
        return Err(ConnectError::TurnedAway(Said::nothing()));
    }
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

    /// What comes of a server that greets and answers so, and everything that it was sent.
    async fn answered(
        security: Security,
        greeting: Vec<u8>,
        answers: Vec<&'static [u8]>,
    ) -> (ConnectError, Vec<u8>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = tokio::spawn(async move {
            let (mut server, _) = listener.accept().await.unwrap();
            drop(server.write_all(&greeting).await);
            let mut heard = Vec::new();
            for answer in answers {
                server.read_buf(&mut heard).await.unwrap();
                server.write_all(answer).await.unwrap();
            }
            drop(server.read_to_end(&mut heard).await);
            heard
        });
        let settings = Settings {
            host: "127.0.0.1".to_owned(),
            port,
            security,
            username: "nora".to_owned(),
            credential: Credential::Password(SecretString::from("secret")),
            folder: "INBOX".to_owned(),
        };
        let error = Connector::new(None, true).unwrap().open(&settings).await.unwrap_err();
        (error, server.await.unwrap())
    }

    async fn start_tls_answered(answer: &'static [u8]) -> (ConnectError, Vec<u8>) {
        answered(Security::StartTls, b"* OK ready\r\n".to_vec(), vec![answer]).await
    }

    fn assert_no_credentials(heard: &[u8]) {
        let heard = String::from_utf8_lossy(heard);
        for secret in ["LOGIN", "AUTHENTICATE", "nora", "secret"] {
            assert!(!heard.contains(secret), "{heard:?}");
        }
    }

    #[tokio::test]
    async fn what_is_injected_before_tls_is_never_taken_for_the_servers() {
        let injected = b"U0 OK go ahead\r\n* OK hello\r\nU1 OK signed in\r\n";
        let (error, heard) = start_tls_answered(injected).await;
        assert_eq!(error, ConnectError::Tls);
        assert_no_credentials(&heard);
    }

    #[tokio::test]
    async fn without_tls_nothing_is_said() {
        for answer in [&b"U0 BAD what?\r\n"[..], b"U0 NO not now\r\n", b"* PREAUTH hello\r\n"] {
            let (error, heard) = start_tls_answered(answer).await;
            assert_eq!(error, ConnectError::NoStartTls);
            assert_no_credentials(&heard);
        }
    }

    /// The answer of a server that knows no newer version than TLS 1.1 (RFC 4346 §7.4.1.3).
    const SERVER_HELLO_1_1: &[u8] = &[
        0x16, 0x03, 0x02, 0, 42, 2, 0, 0, 38, 0x03, 0x02, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 0, 0xc0, 0x13, 0,
    ];

    #[tokio::test]
    async fn a_downgrade_is_refused_before_anything_is_said() {
        let offer = b"U0 OK begin TLS\r\n".as_slice();
        let greeting = || b"* OK ready\r\n".to_vec();
        for (security, greeting, answers) in [
            (Security::Tls, Vec::new(), vec![SERVER_HELLO_1_1]),
            (Security::StartTls, greeting(), vec![offer, SERVER_HELLO_1_1]),
            (Security::Tls, b"* OK no TLS here\r\n".to_vec(), vec![]),
            (Security::Tls, b"* PREAUTH welcome\r\n".to_vec(), vec![]),
        ] {
            let (error, heard) = answered(security, greeting, answers).await;
            assert_eq!(error, ConnectError::Tls);
            assert_no_credentials(&heard);
        }
    }

    #[tokio::test]
    async fn a_greeting_before_tls_is_short_and_a_greeting() {
        let long = format!("* OK {}\r\n", "x".repeat(64 * 1024));
        for (greeting, expected) in [
            (long.as_str(), ConnectError::NotImap(WireError::TooMuch)),
            ("* PREAUTH welcome\r\n", ConnectError::NotImap(WireError::Malformed)),
            ("* BYE not now\r\n", ConnectError::TurnedAway(Said::nothing())),
        ] {
            let (error, heard) = answered(Security::StartTls, greeting.into(), vec![]).await;
            assert_eq!(error, expected);
            assert_eq!(heard, b"");
        }
    }
}
