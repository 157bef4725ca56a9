//! The technical user's account: where its password goes, and what is wrong with it.

use super::{Office, address, settings, way, way_to};
use crate::support::databases::on_each_database;
use crate::support::servers::{HOST, SERVERS};
use crate::support::smtp::{Fault, Smtp, recite};
use undersigned::config::Smtp as Config;
use undersigned::followup::smtp::{Account, SmtpError, Way};
use undersigned::followup::technical_user::{self, SettingsError};
use undersigned::store::Security;

#[tokio::test]
async fn a_stored_password_goes_only_where_it_was_entered_for() {
    on_each_database(async |database| {
        let smtp = Smtp::start(Fault::Nothing).await;
        let office = Office::open(database.open().await, smtp.port, Security::Tls).await;
        let mut changed = settings(smtp.port, Security::Tls);
        changed.password = None;
        changed.from_name = "Somebody else".into();
        office.save(&changed).await.unwrap();
        changed.host = "mallory.example".into();
        assert!(matches!(office.save(&changed).await, Err(SettingsError::PasswordNeeded)));
        changed = settings(smtp.port, Security::Tls);
        changed.body_template = "Hello {{ nmae }}".into();
        let error = office.save(&changed).await.unwrap_err().to_string();
        assert!(error.contains("`nmae`") && error.contains("name, given"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn checking_an_account_says_what_to_do() {
    let account = |port, security| Account {
        host: HOST,
        port,
        security,
        username: "rep@holm.test",
        password: &SERVERS.password,
    };
    let from = address("rep@holm.test");
    let check =
        async |way: &Way, account: &Account<'_>| technical_user::check(way, account, &from).await;
    let (starttls, tls) = (SERVERS.smtp_starttls.port(), SERVERS.smtp_tls.port());
    assert_eq!(check(&way_to(starttls), &account(starttls, Security::StartTls)).await, Ok(()));
    assert_eq!(check(&way_to(tls), &account(tls, Security::Tls)).await, Ok(()));

    let wrong = Account { password: "guessed", ..account(tls, Security::Tls) };
    let refused = check(&way_to(tls), &wrong).await.unwrap_err();
    assert!(matches!(&refused, SmtpError::WrongPassword(_)), "{refused:?}");
    assert!(refused.to_string().contains("535"), "{refused}");

    // TLS where plain text is spoken and the other way round, and a port where nobody listens.
    assert_eq!(
        check(&way_to(starttls), &account(starttls, Security::Tls)).await,
        Err(SmtpError::Tls)
    );
    assert!(check(&way(), &account(tls, Security::StartTls)).await.is_err());
    assert_eq!(check(&way(), &account(1, Security::Tls)).await, Err(SmtpError::NotReached));

    let strict = Config { allow_private_hosts: true, ..Config::default() };
    let strict = Way::new(&strict).unwrap();
    assert_eq!(check(&strict, &account(tls, Security::Tls)).await, Err(SmtpError::Tls));
    let guarded = Way::new(&Config::default()).unwrap();
    let inside = Account { port: 465, ..account(tls, Security::Tls) };
    assert_eq!(check(&guarded, &inside).await, Err(SmtpError::NotFound));
}

#[tokio::test]
async fn nothing_is_said_in_plain_text_and_nothing_believed_that_was_slipped_in() {
    for (lines, expected) in [
        (&["220 hi\r\n", "250 no tls\r\n", "502 what?\r\n"][..], SmtpError::NoStartTls),
        (&["220 hi\r\n", "250 STARTTLS\r\n", "220 go\r\n250 AUTH PLAIN\r\n"][..], SmtpError::Tls),
        (&["220 hi\r\n", "250 STARTTLS\r\n", "220 go\r\n"][..], SmtpError::TimedOut),
        (&["HTTP/1.1 400 Bad Request\r\n"][..], SmtpError::NotSmtp),
    ] {
        let (port, heard) = recite(lines).await;
        let account = Account {
            host: HOST,
            port,
            security: Security::StartTls,
            username: "rep@holm.test",
            password: "a secret",
        };
        let from = address("rep@holm.test");
        let error = technical_user::check(&way(), &account, &from).await.unwrap_err();
        assert!(error == expected || expected == SmtpError::TimedOut, "{lines:?}: {error:?}");
        let heard = heard.await.unwrap();
        assert!(!heard.contains("AUTH") && !heard.contains("secret"), "{heard}");
    }
}
