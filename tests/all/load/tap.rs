//! Between a mail program and Dovecot: ends the TLS of both, hands everything on, and notes when the
//! server tells somebody who idles of new mail.

use crate::support::servers::{HOST, SERVERS};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use std::io::BufRead;
use std::sync::{Arc, Mutex};
use std::time::Instant;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// When whose mailbox was told of new mail.
type Told = Arc<Mutex<Vec<(String, Instant)>>>;

/// A running tap.
pub(super) struct Tap {
    /// Where it listens.
    pub(super) port: u16,
    told: Told,
}

impl Tap {
    /// Listens on a port of its own, in front of Dovecot.
    pub(super) async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let told = Told::default();
        let (acceptor, told_there) = (acceptor(), Arc::clone(&told));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).unwrap();
                let (acceptor, told) = (acceptor.clone(), Arc::clone(&told_there));
                tokio::spawn(async move { hand_on(stream, acceptor, told).await });
            }
        });
        Self { port, told }
    }

    /// When the mailbox was told of new mail last, between two moments.
    pub(super) fn told(&self, address: &str, from: Instant, to: Instant) -> Option<Instant> {
        let told = self.told.lock().unwrap();
        let between = |(whose, at): &&(String, Instant)| whose == address && *at > from && *at < to;
        told.iter().rev().find(between).map(|(_, at)| *at)
    }
}

fn acceptor() -> TlsAcceptor {
    let tls = SERVERS.dir.join("tls");
    let chain = CertificateDer::pem_file_iter(tls.join("chain.pem")).unwrap();
    let chain = chain.map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(tls.join("server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key);
    TlsAcceptor::from(Arc::new(config.unwrap()))
}

/// What is known of a connection from what was handed on.
#[derive(Default)]
struct Seen {
    address: String,
    is_idling: bool,
}

async fn hand_on(client: TcpStream, acceptor: TlsAcceptor, told: Told) -> Option<()> {
    let client = acceptor.accept(client).await.ok()?;
    let server = TcpStream::connect(SERVERS.imap_tls).await.ok()?;
    server.set_nodelay(true).ok()?;
    let connector = TlsConnector::from(SERVERS.tls());
    let server = connector.connect(ServerName::try_from(HOST).ok()?, server).await.ok()?;
    let ((from_client, to_client), (from_server, to_server)) = (split(client), split(server));
    let seen = Mutex::new(Seen::default());
    tokio::select! {
        () = pump(from_client, to_server, |line| {
            let mut seen = seen.lock().unwrap();
            let line = line.trim_end();
            seen.is_idling = line.ends_with(" IDLE");
            if let Some((_, login)) = line.split_once(" LOGIN ") {
                login.split([' ', '"']).find(|word| !word.is_empty())
                    .unwrap_or_default().clone_into(&mut seen.address);
            }
        }) => {}
        () = pump(from_server, to_client, |line| {
            let seen = seen.lock().unwrap();
            if seen.is_idling && line.trim_end().ends_with(" EXISTS") {
                told.lock().unwrap().push((seen.address.clone(), Instant::now()));
            }
        }) => {}
    }
    Some(())
}

/// Hands everything on, and shows each line when its end has come, before it is handed on.
async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut each: impl FnMut(&str),
) {
    let mut chunk = vec![0; 64 * 1024];
    let mut line = Vec::new();
    while let Ok(size) = from.read(&mut chunk).await {
        if size == 0 {
            return;
        }
        let mut rest = &chunk[..size];
        while rest.read_until(b'\n', &mut line).unwrap() > 0 {
            if line.ends_with(b"\n") {
                // What is longer is a message's.
                if line.len() < 1000 {
                    each(&String::from_utf8_lossy(&line));
                }
                line.clear();
            }
        }
        if to.write_all(&chunk[..size]).await.is_err() || to.flush().await.is_err() {
            return;
        }
    }
}
