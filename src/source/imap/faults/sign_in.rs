//! What servers say to a sign-in, and what that means.

use super::lines::{pair, settings};
use crate::source::imap::error::ConnectError;
use crate::source::imap::settings::{Credential, Settings};
use crate::source::imap::sign_in::sign_in;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

#[tokio::test]
async fn what_the_server_says_to_a_sign_in_is_shown_without_the_password() {
    for (answer, shown) in [
        ("U1 NO [AUTHENTICATIONFAILED] Invalid credentials\r\n", "Invalid credentials"),
        ("U1 NO \u{1b}[31mred\u{7} alert\r\n", "?[31mred? alert"),
        ("U1 NO wrong: hunter2\r\n", "or IMAP to be switched on first"),
        ("U1 NO wrong: HUNTER2\r\n", "or IMAP to be switched on first"),
        ("U1 NO rep@acme.example: disabled\r\n", "(the server says: disabled)"),
    ] {
        let (mut wire, mut server) = pair();
        server.write_all(answer.as_bytes()).await.unwrap();
        let error = sign_in(&mut wire, &settings("hunter2")).await.unwrap_err();
        assert!(matches!(error, ConnectError::WrongPassword(_)), "{error}");
        let text = error.to_string();
        assert!(text.contains(shown), "{text}");
        assert!(!text.to_lowercase().contains("hunter2") && !text.contains('@'), "{text}");
        assert!(text.len() < 400 && !text.contains(char::is_control), "{text}");
    }
}

#[tokio::test]
async fn a_server_that_is_busy_does_not_make_the_password_wrong() {
    for answer in [
        "U1 NO [UNAVAILABLE] Temporary authentication failure.\r\n",
        "U1 NO [LIMIT] Too many simultaneous connections. (Failure)\r\n",
        // Exchange Online, to an account that makes too many connections.
        "U1 BAD User is authenticated but not connected.\r\n",
    ] {
        let (mut wire, mut server) = pair();
        server.write_all(answer.as_bytes()).await.unwrap();
        let error = sign_in(&mut wire, &settings("hunter2")).await.unwrap_err();
        assert!(matches!(error, ConnectError::SignInRefused(_)), "{error}");
        let token = Credential::AccessToken(SecretString::from("token"));
        let (mut wire, mut server) = pair();
        server.write_all(answer.as_bytes()).await.unwrap();
        let settings = Settings { credential: token, ..settings("") };
        let error = sign_in(&mut wire, &settings).await.unwrap_err();
        assert!(matches!(error, ConnectError::SignInRefused(_)), "{error}");
    }
}

/// What a client sends, line by line, to a server that answers so to each.
async fn recited(settings: &Settings, answers: &'static [&'static str]) -> (Vec<String>, String) {
    recited_to("", settings, answers).await
}

/// The same, to a server that greets so.
async fn recited_to(
    greeting: &'static str,
    settings: &Settings,
    answers: &'static [&'static str],
) -> (Vec<String>, String) {
    let (mut wire, mut server) = pair();
    if !greeting.is_empty() {
        server.write_all(greeting.as_bytes()).await.unwrap();
        assert_eq!(wire.greeting().await, Ok(()));
    }
    let (heard, mut say) = tokio::io::split(server);
    let script = tokio::spawn(async move {
        let mut lines = BufReader::new(heard).lines();
        let mut sent = Vec::new();
        for answer in answers {
            sent.push(lines.next_line().await.unwrap().unwrap());
            say.write_all(answer.as_bytes()).await.unwrap();
        }
        sent
    });
    let outcome = sign_in(&mut wire, settings).await;
    let said =
        outcome.map_or_else(|error| format!("{:?} {error}", error.state()), |()| String::new());
    (script.await.unwrap(), said)
}

const REFUSAL: &str = "U1 NO [AUTHENTICATIONFAILED] expired\r\n";

#[tokio::test]
async fn a_token_is_sent_once_and_an_error_challenge_is_answered_with_an_empty_line() {
    let token = "t".repeat(5000);
    let settings = Settings {
        credential: Credential::AccessToken(SecretString::from(token.as_str())),
        ..settings("")
    };
    let (sent, said) = recited(&settings, &["+ \r\n", "U1 OK welcome\r\n"]).await;
    assert_eq!((sent[0].as_str(), said.as_str()), ("U1 AUTHENTICATE XOAUTH2", ""));
    let message = String::from_utf8(STANDARD.decode(&sent[1]).unwrap()).unwrap();
    assert_eq!(message, format!("user=nora\u{1}auth=Bearer {token}\u{1}\u{1}"));

    let (sent, said) =
        recited(&settings, &["+ \r\n", "+ eyJzdGF0dXMiOiI0MDAifQ==\r\n", REFUSAL]).await;
    assert_eq!(sent[2], "");
    assert!(said.starts_with("NeedsConsent") && !said.contains(&token), "{said}");
}

#[tokio::test]
async fn a_server_without_login_is_asked_for_plain() {
    let (sent, said) =
        recited(&settings("secret"), &["U1 BAD LOGIN is disabled\r\n", "+\r\n", "U2 OK in\r\n"])
            .await;
    assert_eq!(said, "");
    assert_eq!(sent[1], "U2 AUTHENTICATE PLAIN");
    assert_eq!(STANDARD.decode(&sent[2]).unwrap(), b"\0nora\0secret");
}

#[tokio::test(start_paused = true)]
async fn where_the_greeting_disables_login_the_password_goes_with_plain_or_not_at_all() {
    let sent_to = async |greeting: &'static str, answers: &'static [&'static str]| {
        recited_to(greeting, &settings("secret"), answers).await
    };
    for greeting in [
        "* OK [CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=PLAIN] ready\r\n",
        "* OK [capability  imap4rev1  logindisabled]  ready\r\n",
        "* OK [CAPABILITY IMAP4rev2 LOGINDISABLED] ready\r\n",
    ] {
        let (sent, said) = sent_to(greeting, &["+\r\n", "U1 OK in\r\n"]).await;
        assert_eq!((sent[0].as_str(), said.as_str()), ("U1 AUTHENTICATE PLAIN", ""), "{greeting}");
        let (_, said) = sent_to(greeting, &["+\r\n", "U1 NO who?\r\n"]).await;
        assert!(said.starts_with("WrongPassword"), "{said}");
        let (sent, said) = sent_to(greeting, &["U1 NO [CANNOT] no such mechanism\r\n"]).await;
        assert_eq!(sent, ["U1 AUTHENTICATE PLAIN"]);
        assert!(said.starts_with("Refused") && said.contains("no such mechanism"), "{said}");
    }
    for greeting in [
        "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] no LOGINDISABLED\r\n",
        "* OK [CAPABILITY  IMAP4rev1 XLOGINDISABLED] LOGINDISABLED\r\n",
        "* OK LOGINDISABLED\r\n",
    ] {
        let (sent, said) = sent_to(greeting, &["U1 OK in\r\n"]).await;
        assert_eq!((sent[0].as_str(), said.as_str()), ("U1 LOGIN \"nora\" \"secret\"", ""));
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_is_not_of_the_password_does_not_make_it_wrong() {
    let token = Credential::AccessToken(SecretString::from("token"));
    let token = Settings { credential: token, ..settings("") };
    let (plain, odd) = (settings("secret"), settings("größe"));
    for (settings, answers, expected) in [
        (&plain, &["U1 NO [PRIVACYREQUIRED] not so\r\n"] as &[_], "Refused"),
        (&plain, &["U1 NO LOGINDISABLED\r\n"], "Refused"),
        (&plain, &["U1 BAD LOGIN is disabled\r\n", "U2 NO what mechanism?\r\n"], "Refused"),
        (&plain, &["U1 BAD what?\r\n", "U2 BAD what?\r\n"], "Refused"),
        (&plain, &["U1 BAD what?\r\n", "U2 NO [UNAVAILABLE] later\r\n"], "Refused"),
        (&token, &["U1 NO what mechanism?\r\n"], "Refused"),
        (&token, &["U1 BAD what?\r\n"], "Refused"),
        // It says nothing else.
        (&plain, &["U1 NO LOGIN failed\r\n"], "WrongPassword"),
        (&plain, &["U1 BAD what?\r\n", "+\r\n", "U2 NO who?\r\n"], "WrongPassword"),
        // LOGIN would take another one.
        (&odd, &["U1 NO what mechanism?\r\n"], "WrongPassword"),
    ] {
        let (_, said) = recited(settings, answers).await;
        assert!(said.starts_with(expected), "{answers:?}: {said}");
        let of = if answers.concat().contains("UNAVAILABLE") {
            "for now"
        } else if expected == "WrongPassword" {
            "enter them again"
        } else if matches!(settings.credential, Credential::AccessToken(_)) {
            "XOAUTH2"
        } else {
            "right or wrong"
        };
        assert!(said.contains(of), "{answers:?}: {said}");
    }
}

#[tokio::test]
async fn a_server_that_wants_to_know_who_we_are_is_told() {
    let settings = Settings { host: "imap.163.com".to_owned(), ..settings("secret") };
    let (sent, said) = recited(&settings, &["U1 OK in\r\n", "* ID NIL\r\nU2 OK hello\r\n"]).await;
    assert_eq!(said, "");
    assert!(sent[1].starts_with("U2 ID (\"name\" \"undersigned\""), "{sent:?}");
}
