//! The servers of the tests behave as the other stories take for granted.

use crate::support::databases::{Database, on_each_database};
use crate::support::servers::{HOST, SERVERS};
use crate::support::{lmtp, mailbox};
use lettre::message::Mailbox;
use lettre::transport::smtp::AsyncSmtpTransportBuilder;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::response::Response;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use std::net::SocketAddr;
use undersigned::store::Backend;

#[tokio::test]
async fn what_is_delivered_is_in_the_mailbox() {
    let message = b"Subject: dots\n\n.\n..two\nlast line";
    lmtp::deliver("delivered@example.test", message).await;
    let found = mailbox::message_with("delivered@example.test", "Subject: dots").await;
    assert!(found.ends_with("\r\n\r\n.\r\n..two\r\nlast line\r\n"), "{found}");
}

#[tokio::test]
async fn what_is_submitted_is_in_the_mailbox_of_whom_it_is_for() {
    for (name, sent) in [
        ("starttls", submit(starttls(), "anna@customer.example", "starttls").await),
        ("tls", submit(tls(), "anna@customer.example", "tls").await),
    ] {
        assert!(sent.unwrap().is_positive());
        mailbox::message_with("anna@customer.example", &format!("Subject: {name}")).await;
    }
}

#[tokio::test]
async fn postfix_refuses_puts_off_and_relays_nothing() {
    let refused = submit(starttls(), "refused@customer.example", "no").await.unwrap_err();
    assert!(refused.is_permanent(), "{refused}");
    let later = submit(starttls(), "later@customer.example", "later").await.unwrap_err();
    assert!(later.is_transient(), "{later}");
    let elsewhere = submit(starttls(), "someone@elsewhere.invalid", "no").await.unwrap_err();
    assert!(elsewhere.is_permanent(), "{elsewhere}");
}

#[tokio::test]
async fn each_story_has_an_empty_database() {
    on_each_database(async |database: &Database| {
        let db = database.open().await;
        db.ping().await.unwrap();
        assert_eq!(db.backend(), database.backend);
        let in_directory = database.dir.path().join("undersigned.db").exists();
        assert_eq!(in_directory, database.backend == Backend::Sqlite);
    })
    .await;
}

#[tokio::test]
async fn imap_offers_starttls() {
    let stream = tokio::net::TcpStream::connect(SERVERS.imap_starttls).await.unwrap();
    let mut client = async_imap::Client::new(stream);
    let greeting = client.read_response().await.unwrap().unwrap();
    assert!(format!("{:?}", greeting.parsed()).contains("STARTTLS"));
    assert!(SERVERS.dir.join("dovecot/log").exists());
}

fn starttls() -> AsyncSmtpTransportBuilder {
    transport(SERVERS.smtp_starttls).tls(Tls::Required(trusted()))
}

fn tls() -> AsyncSmtpTransportBuilder {
    transport(SERVERS.smtp_tls).tls(Tls::Wrapper(trusted()))
}

fn transport(address: SocketAddr) -> AsyncSmtpTransportBuilder {
    AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(address.ip().to_string())
        .port(address.port())
}

fn trusted() -> TlsParameters {
    let ca = Certificate::from_pem(&std::fs::read(&SERVERS.ca).unwrap()).unwrap();
    TlsParameters::builder(HOST.to_owned()).add_root_certificate(ca).build().unwrap()
}

async fn submit(
    transport: AsyncSmtpTransportBuilder,
    to: &str,
    subject: &str,
) -> Result<Response, lettre::transport::smtp::Error> {
    let from: Mailbox = "crm@example.test".parse().unwrap();
    let credentials = Credentials::new(from.email.to_string(), SERVERS.password.clone());
    let message = Message::builder()
        .from(from)
        .to(to.parse().unwrap())
        .subject(subject)
        .body("hello".to_owned())
        .unwrap();
    transport.credentials(credentials).build::<Tokio1Executor>().send(message).await
}
