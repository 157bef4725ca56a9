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
use tokio::io::{AsyncRead, AsyncWrite};
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
    ask(tls.connect(name, tcp).await.ok()?, host, path).await
}

/// Asks whoever is at the other end of `stream`, which is `host`.
async fn ask<S>(stream: S, host: &str, path: &str) -> Option<String>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::tls;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
    use tokio::net::TcpListener;
    use tokio::time::Instant;

    /// What is made of a server's answer, and what the server was asked.
    async fn answered(answer: &[u8]) -> (Option<String>, String) {
        let (client, mut server) = duplex(256 * 1024);
        let serve = async move {
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                assert!(server.read_buf(&mut request).await.unwrap() > 0);
            }
            drop(server.write_all(answer).await);
            String::from_utf8(request).unwrap()
        };
        tokio::join!(ask(client, "autoconfig.example.com", "/mail/config-v1.1.xml"), serve)
    }

    fn file(size: usize) -> Vec<u8> {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n");
        [head.as_bytes(), &vec![b'x'; size]].concat()
    }

    #[tokio::test]
    async fn the_file_is_asked_for_by_its_hosts_name() {
        let (found, request) = answered(&file(5)).await;
        assert_eq!(found.as_deref(), Some("xxxxx"));
        assert!(request.starts_with("GET /mail/config-v1.1.xml HTTP/1.1\r\n"), "{request}");
        assert!(
            request.to_lowercase().contains("\r\nhost: autoconfig.example.com\r\n"),
            "{request}"
        );
        let chunked =
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n<a>\r\n4\r\n</a>\r\n0\r\n\r\n";
        assert_eq!(answered(chunked).await.0.as_deref(), Some("<a></a>"));
    }

    #[tokio::test]
    async fn anything_but_a_small_file_is_none() {
        assert_eq!(answered(&file(MAX_BYTES)).await.0.map(|file| file.len()), Some(MAX_BYTES));
        assert_eq!(answered(&file(MAX_BYTES + 1)).await.0, None);
        let endless = [&b"HTTP/1.1 200 OK\r\n\r\n"[..], &vec![b'x'; MAX_BYTES + 1][..]].concat();
        assert_eq!(answered(&endless).await.0, None);
        for answer in [
            "HTTP/1.1 301 Moved\r\nLocation: https://10.0.0.1/\r\nContent-Length: 1\r\n\r\nx",
            "HTTP/1.1 404 Not Found\r\nContent-Length: 1\r\n\r\nx",
            "HTTP/1.1 204 No Content\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\ncut",
            "* OK IMAP4rev1\r\n",
            "",
        ] {
            assert_eq!(answered(answer.as_bytes()).await.0, None, "{answer}");
        }
        let latin = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\xe4";
        assert_eq!(answered(latin).await.0, None);
    }

    #[tokio::test]
    async fn a_host_that_is_silent_or_shows_no_certificate_says_nothing() {
        let tls = TlsConnector::from(tls::client_config(None).unwrap());
        let guard = AddressGuard::new(&[], true);
        for speaks in [true, false] {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let port = listener.local_addr().unwrap().port();
            let server = tokio::spawn(async move {
                let (mut stream, _) = listener.accept().await.unwrap();
                if speaks {
                    drop(stream.write_all(&file(5)).await);
                }
                let mut heard = Vec::new();
                drop(stream.read_to_end(&mut heard).await);
                heard
            });
            let began = Instant::now();
            assert_eq!(fetch(&guard, &tls, ("127.0.0.1", port), "/x").await, None);
            assert!(began.elapsed() < TIMEOUT * 2);
            let heard = String::from_utf8_lossy(&server.await.unwrap()).into_owned();
            assert!(!heard.contains("GET"), "without TLS nothing is asked");
        }
    }
}
