//! What an admin is told who types something wrong.

use super::house::{connector, fresh_address, settings};
use super::reading::doveadm;
use crate::support::servers::{HOST, SERVERS};
use secrecy::SecretString;
use undersigned::source::imap::{ConnectError, Connector, Credential, Settings, check};
use undersigned::store::Security;

#[tokio::test]
async fn a_mailbox_that_works_says_so() {
    let address = fresh_address("check");
    super::house::deliver(&address, "one").await;
    let by_starttls = Settings {
        port: SERVERS.imap_starttls.port(),
        security: Security::StartTls,
        ..settings(&address)
    };
    for settings in [settings(&address), by_starttls] {
        assert_eq!(check(&connector(), &settings).await.unwrap().messages, 1);
    }
}

#[tokio::test]
async fn each_mistake_has_its_sentence() {
    let good = settings(&fresh_address("check"));
    let connector = connector();
    let wrong_password =
        Settings { credential: Credential::Password(SecretString::from("not it")), ..good.clone() };
    let error = check(&connector, &wrong_password).await.unwrap_err();
    assert!(matches!(error, ConnectError::WrongPassword(_)), "{error}");
    assert!(error.to_string().contains("enter them again"), "{error}");
    assert!(!error.to_string().contains("not it"), "{error}");

    let foreign = Settings {
        credential: Credential::Password(SecretString::from("pässwört")),
        ..good.clone()
    };
    let error = check(&connector, &foreign).await.unwrap_err();
    assert!(matches!(error, ConnectError::WrongPassword(_)), "{error}");

    let mistakes = [
        (Settings { folder: "Nowhere".to_owned(), ..good.clone() }, ConnectError::NoFolder),
        (
            Settings { folder: "x\r\nA9 DELETE INBOX".to_owned(), ..good.clone() },
            ConnectError::NoFolder,
        ),
        (Settings { port: SERVERS.imap_starttls.port(), ..good.clone() }, ConnectError::Tls),
        (Settings { host: "nowhere.invalid".to_owned(), ..good.clone() }, ConnectError::NotFound),
        (Settings { port: 1, ..good.clone() }, ConnectError::NotReached),
    ];
    for (settings, expected) in mistakes {
        assert_eq!(check(&connector, &settings).await.unwrap_err(), expected);
    }
}

#[tokio::test]
async fn a_folder_where_no_mail_comes_in_is_refused() {
    let address = fresh_address("special");
    // Dovecot's configuration marks two of them: the name of the one tells nothing.
    for (folder, is_special) in [
        ("Anfragen", false),
        ("Papierkorb", true),
        ("Papierkorb/Kunden/2026", true),
        ("Sent", true),
        ("Ablage/2026", false),
        ("Ablage/Verworfen", true),
        ("Ablage/Verworfen/2026", true),
    ] {
        if folder != "Sent" {
            doveadm(&["mailbox", "create", "-u", &address, folder]);
        }
        let settings = Settings { folder: folder.to_owned(), ..settings(&address) };
        let checked = check(&connector(), &settings).await;
        let is_refused = matches!(checked, Err(ConnectError::SpecialFolder));
        assert_eq!(is_refused, is_special, "{folder}: {checked:?}");
    }
}

#[tokio::test]
async fn a_certificate_of_nobody_known_is_refused() {
    let connector = Connector::new(None, true).unwrap();
    let settings = settings(&fresh_address("check"));
    assert_eq!(check(&connector, &settings).await.unwrap_err(), ConnectError::Tls);
}

#[tokio::test]
async fn a_tenant_cannot_name_this_machine() {
    let connector = Connector::new(Some(&SERVERS.ca), false).unwrap();
    let error = async |host: &str, port| {
        let settings =
            Settings { host: host.to_owned(), port, ..settings(&fresh_address("check")) };
        check(&connector, &settings).await.unwrap_err()
    };
    assert_eq!(error(HOST, SERVERS.imap_tls.port()).await, ConnectError::NotAllowed);
    // Nor learn which names our resolver knows.
    for host in [HOST, "127.0.0.1", "nowhere.invalid"] {
        assert_eq!(error(host, 993).await, ConnectError::NotFound, "{host}");
    }
}
