//! Where `tests/servers` listens, as it says in the environment.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

/// The name in the certificate of every server.
pub(crate) const HOST: &str = "localhost";

/// The servers of this run. Every address under `.test` and `.example` exists.
pub(crate) static SERVERS: LazyLock<Servers> = LazyLock::new(Servers::from_environment);

/// Addresses and secrets of the running servers; see `tests/servers`.
#[derive(Debug)]
pub(crate) struct Servers {
    /// `postgres://user@host:port`, without a database.
    pub(crate) postgres: String,
    /// IMAP, TLS from the first byte.
    pub(crate) imap_tls: SocketAddr,
    /// IMAP, TLS after `STARTTLS`.
    pub(crate) imap_starttls: SocketAddr,
    /// LMTP without TLS or sign-in.
    pub(crate) lmtp: SocketAddr,
    /// Submission, TLS after `STARTTLS`.
    pub(crate) smtp_starttls: SocketAddr,
    /// Submission, TLS from the first byte.
    pub(crate) smtp_tls: SocketAddr,
    /// CardDAV, TLS from the first byte.
    pub(crate) carddav: SocketAddr,
    /// CardDAV without TLS or sign-in; it may still be starting.
    pub(crate) xandikos: SocketAddr,
    /// SOGo without TLS; it may still be starting.
    pub(crate) sogo: SocketAddr,
    /// The Python environment with Tryton and a database of it; it may still be in the making.
    pub(crate) venv: PathBuf,
    /// The authority that signed the servers' certificate, as PEM.
    pub(crate) ca: PathBuf,
    /// Everybody's password.
    pub(crate) password: String,
    /// Where the servers keep their files and logs.
    pub(crate) dir: PathBuf,
}

impl Servers {
    fn from_environment() -> Self {
        Self {
            postgres: variable("POSTGRES"),
            imap_tls: address("IMAP_TLS"),
            imap_starttls: address("IMAP_STARTTLS"),
            lmtp: address("LMTP"),
            smtp_starttls: address("SMTP_STARTTLS"),
            smtp_tls: address("SMTP_TLS"),
            carddav: address("CARDDAV"),
            xandikos: address("XANDIKOS"),
            sogo: address("SOGO"),
            venv: variable("VENV").into(),
            ca: variable("CA").into(),
            password: variable("PASSWORD"),
            dir: variable("DIR").into(),
        }
    }

    /// TLS that trusts the authority of this run and nobody else.
    pub(crate) fn tls(&self) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(&self.ca).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap();
        Arc::new(config.with_root_certificates(roots).with_no_client_auth())
    }
}

/// A story that has no server fails: skipping it would look like passing.
fn variable(name: &str) -> String {
    let name = format!("UNDERSIGNED_TEST_{name}");
    std::env::var(&name)
        .unwrap_or_else(|_| panic!("{name} is not set: run tests/run, which starts the servers"))
}

fn address(name: &str) -> SocketAddr {
    variable(name).parse().expect("tests/servers writes address:port")
}
