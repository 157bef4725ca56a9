//! Fetches a small file over HTTPS from a host that somebody else named: one vetted address, no
//! redirects, few bytes, little time.

use crate::source::address_guard::AddressGuard;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use std::time::Duration;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// How long it may take in all.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Largest file.
const MAX_BYTES: usize = 64 * 1024;

/// The file at `https://HOST:PORT/PATH`; none whatever the reason.
pub(super) async fn fetch(
    guard: &AddressGuard,
    tls: &TlsConnector,
    (host, port): (&str, u16),
    path: &str,
) -> Option<String> {
    timeout(TIMEOUT, get(guard, tls, (host, port), path)).await.ok().flatten()
}

async fn get(
    guard: &AddressGuard,
    tls: &TlsConnector,
    (host, port): (&str, u16),
    path: &str,
) -> Option<String> {
    let name = ServerName::try_from(host.to_owned()).ok()?;
    let tcp = guard.connect(host, port).await.ok()?;
    let stream = tls.connect(name, tcp).await.ok()?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
    let request = Request::get(path)
        .header(header::HOST, host)
        .header(header::ACCEPT, "text/xml, application/xml")
        .header(header::USER_AGENT, "undersigned")
        .body(Empty::<Bytes>::new())
        .ok()?;
    let answer = async {
        let response = sender.send_request(request).await.ok()?;
        if response.status() != StatusCode::OK {
            return None;
        }
        let body = Limited::new(response.into_body(), MAX_BYTES).collect().await.ok()?;
        String::from_utf8(body.to_bytes().to_vec()).ok()
    };
    // The connection is driven until the answer is there, and then closed.
    tokio::select! {
        biased;
        answer = answer => answer,
        () = async { drop(connection.await); std::future::pending::<()>().await } => None,
    }
}
