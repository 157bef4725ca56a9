//! Reads somebody's mailbox in Dovecot, to see what arrived there.

use super::patience::eventually;
use super::servers::{HOST, SERVERS};
use futures::TryStreamExt;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Every message in the inbox of `address`, the oldest first.
pub(crate) async fn messages(address: &str) -> Vec<String> {
    let stream = TcpStream::connect(SERVERS.imap_tls).await.unwrap();
    let host = ServerName::try_from(HOST).unwrap();
    let stream = TlsConnector::from(SERVERS.tls()).connect(host, stream).await.unwrap();
    let mut client = async_imap::Client::new(stream);
    client.read_response().await.unwrap();
    let mut session = client.login(address, &SERVERS.password).await.unwrap();
    let inbox = session.examine("INBOX").await.unwrap();
    let mut found = Vec::new();
    if inbox.exists > 0 {
        let fetched: Vec<_> =
            session.fetch("1:*", "BODY.PEEK[]").await.unwrap().try_collect().await.unwrap();
        found.extend(
            fetched.iter().map(|one| String::from_utf8_lossy(one.body().unwrap()).into_owned()),
        );
    }
    session.logout().await.unwrap();
    found
}

/// The first message in the inbox of `address` that contains `words`, as soon as it is there.
pub(crate) async fn message_with(address: &str, words: &str) -> String {
    let what = format!("a message with {words:?} in the inbox of {address}");
    eventually(&what, async || {
        messages(address).await.into_iter().find(|message| message.contains(words))
    })
    .await
}
