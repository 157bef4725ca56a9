//! Faults of a connection, without a folder: silence, floods, injected lines.

use crate::source::imap::connect::enter;
use crate::source::imap::error::{ConnectError, WireError};
use crate::source::imap::idle::{Woken, idle};
use crate::source::imap::settings::{Credential, Settings};
use crate::source::imap::special::list;
use crate::source::imap::wire::{Answer, SMALL, Wire};
use crate::store::Security;
use crate::store::mailboxes::State;
use secrecy::SecretString;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{Instant, sleep, timeout};

/// A connection to a server that only does what is told.
pub(super) fn pair() -> (Wire<DuplexStream>, DuplexStream) {
    let (client, server) = duplex(1024 * 1024);
    (Wire::new(client), server)
}

pub(super) fn settings(password: &str) -> Settings {
    Settings {
        host: "mail.example.test".to_owned(),
        port: 993,
        security: Security::Tls,
        username: "nora".to_owned(),
        credential: Credential::Password(SecretString::from(password)),
        folder: "INBOX".to_owned(),
    }
}

#[tokio::test(start_paused = true)]
async fn silence_ends_a_command() {
    let (mut wire, _server) = pair();
    let began = Instant::now();
    assert_eq!(wire.run("NOOP", SMALL, |_| ()).await, Err(WireError::Timeout));
    assert!(began.elapsed() <= Duration::from_secs(61));
}

#[tokio::test(start_paused = true)]
async fn dripping_bytes_do_not_prolong_a_command_for_ever() {
    let (mut wire, mut server) = pair();
    tokio::spawn(async move {
        while server.write_all(b"* OK still here\r\n").await.is_ok() {
            sleep(Duration::from_secs(50)).await;
        }
    });
    let began = Instant::now();
    assert_eq!(wire.run("NOOP", SMALL, |_| ()).await, Err(WireError::Timeout));
    assert!(began.elapsed() <= Duration::from_secs(601));
}

#[tokio::test(start_paused = true)]
async fn a_silent_server_does_not_hold_idle() {
    let five_minutes = Duration::from_mins(5);
    let (mut wire, _server) = pair();
    assert_eq!(idle(&mut wire, five_minutes, true, &mut false).await, Err(WireError::Timeout));

    // It begins to idle and then dies without a word.
    let (mut wire, mut server) = pair();
    server.write_all(b"+ idling\r\n").await.unwrap();
    let began = Instant::now();
    assert_eq!(idle(&mut wire, five_minutes, true, &mut false).await, Err(WireError::Timeout));
    assert!(began.elapsed() <= Duration::from_secs(316));
}

#[tokio::test(start_paused = true)]
async fn keepalives_do_not_prolong_idle() {
    let (mut wire, server) = pair();
    let (mut heard, mut say) = tokio::io::split(server);
    tokio::spawn(async move {
        say.write_all(b"+ idling\r\n").await.unwrap();
        let mut line = String::new();
        while !line.ends_with("DONE\r\n") {
            say.write_all(b"* OK Still here\r\n").await.unwrap();
            let mut byte = [0];
            while let Ok(Ok(1)) = timeout(Duration::from_secs(1), heard.read(&mut byte)).await {
                line.push(char::from(byte[0]));
            }
        }
        say.write_all(b"U1 OK idled\r\n").await.unwrap();
    });
    let began = Instant::now();
    assert_eq!(
        idle(&mut wire, Duration::from_mins(2), true, &mut false).await,
        Ok(Woken::TimeIsUp)
    );
    assert!(began.elapsed() < Duration::from_secs(130), "{:?}", began.elapsed());
}

#[tokio::test]
async fn the_end_of_the_handing_over_is_told_whenever_the_server_likes() {
    let (mut wire, mut server) = pair();
    let said = b"U1 OK notified\r\n+ idling\r\n* 1 EXISTS\r\nU2 OK idled\r\nU4 OK done\r\nU3 OK \
                 notified\r\nU5 OK done\r\n";
    server.write_all(said).await.unwrap();
    let mut pushes = true;
    let woken = idle(&mut wire, Duration::from_mins(1), true, &mut pushes).await;
    assert_eq!((woken, pushes), (Ok(Woken::ByNews), true));
    for _ in 0..2 {
        assert_eq!(wire.run("NOOP", 1024, |_| ()).await, Ok(()));
    }
}

#[tokio::test]
async fn what_is_still_owed_when_another_command_ends_idle_is_news_again() {
    let (mut wire, mut server) = pair();
    let said =
        b"* 4 EXISTS\r\nU1 OK opened\r\nU2 OK notified\r\n+ idling\r\n* 6 EXISTS\r\n* 5 FETCH \
                 (UID 5 BODY[] {4}\r\nnora)\r\nU3 OK idled\r\nU4 OK notified\r\nU5 OK done\r\n";
    server.write_all(said).await.unwrap();
    wire.run("EXAMINE INBOX", 1024, |_| ()).await.unwrap();
    wire.take_exists();
    let woken = idle(&mut wire, Duration::from_mins(1), true, &mut true).await;
    assert!(matches!(woken, Ok(Woken::ByMessage(_))), "{woken:?}");
    wire.run("NOOP", 1024, |_| ()).await.unwrap();
    assert_eq!(wire.take_exists(), Some(6));
}

#[tokio::test]
async fn a_flood_ends_the_connection() {
    let (mut wire, mut server) = pair();
    tokio::spawn(async move {
        server.write_all(b"+ idling\r\n").await.unwrap();
        while server.write_all(&b"* OK Still here\r\n".repeat(1000)).await.is_ok() {}
    });
    assert_eq!(
        idle(&mut wire, Duration::from_mins(5), true, &mut false).await,
        Err(WireError::TooMuch)
    );

    let (mut wire, mut server) = pair();
    tokio::spawn(async move { drop(server.write_all(&vec![b'x'; 64 * 1024]).await) });
    assert_eq!(wire.greeting().await, Err(WireError::TooMuch));
}

#[tokio::test]
async fn only_a_greeting_is_a_greeting() {
    for greeting in ["* PREAUTH hello\r\n", "* BYE no\r\n", "+ OK POP3\r\n", "220 mail ESMTP\r\n"] {
        let (mut wire, mut server) = pair();
        server.write_all(greeting.as_bytes()).await.unwrap();
        assert!(wire.greeting().await.is_err(), "{greeting}");
    }
    let (mut wire, mut server) = pair();
    server.write_all(b"* OK [CAPABILITY  IMAP4rev1  IDLE]  h\xe9llo\r\n").await.unwrap();
    assert_eq!(wire.greeting().await, Ok(()));
}

#[tokio::test]
async fn a_server_that_turns_connections_away_is_an_imap_server() {
    for (greeting, shown, state) in [
        ("* BYE Too many connections from your address\r\n", "Too many", State::Unreachable),
        ("* bye [UNAVAILABLE] maintenance until 4\r\n", "maintenance", State::Unreachable),
        ("* BYE\r\n", "turns connections away for now", State::Unreachable),
        ("* BYE Account exceeded command or bandwidth limits.\r\n", "", State::Throttled),
    ] {
        let (client, mut server) = duplex(1024);
        server.write_all(greeting.as_bytes()).await.unwrap();
        let error = enter(client, &settings("hunter2")).await.unwrap_err();
        assert_eq!(error.state(), state, "{greeting}");
        let said = error.to_string();
        assert!(said.contains(shown) && !said.contains("check host"), "{said}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_drips_is_not_waited_for_at_the_door() {
    let greeting = "* OK ready\r\n";
    let in_time = [greeting, "U1 OK welcome\r\n"].concat();
    for (at_once, dripped) in [
        ("", "* OK a greeting of many letters that come one by one\r\n".to_owned()),
        (greeting, "* OK still here\r\n".repeat(20)),
        (greeting, "* 1 EXISTS\r\n".repeat(20)),
    ] {
        for credential in [
            Credential::Password(SecretString::from("hunter2")),
            Credential::AccessToken(SecretString::from("token")),
        ] {
            let settings = Settings { credential, ..settings("") };
            let (client, mut server) = duplex(1024 * 1024);
            let dripped = dripped.clone();
            tokio::spawn(async move {
                server.write_all(at_once.as_bytes()).await.unwrap();
                for byte in dripped.bytes() {
                    sleep(Duration::from_secs(50)).await;
                    if server.write_all(&[byte]).await.is_err() {
                        return;
                    }
                }
            });
            let began = Instant::now();
            let error = enter(client, &settings).await.unwrap_err();
            assert_eq!(error, ConnectError::NotImap(WireError::Timeout));
            assert!(began.elapsed() <= Duration::from_secs(121), "{:?}", began.elapsed());
        }
    }
    let (client, mut server) = duplex(1024);
    server.write_all(in_time.as_bytes()).await.unwrap();
    assert!(enter(client, &settings("hunter2")).await.is_ok());
}

#[tokio::test]
async fn folders_are_listed_however_the_server_writes_their_names() {
    let (mut wire, mut server) = pair();
    let listing = "* LIST (\\HasNoChildren) \"\\\\\" \"INBOX\"\r\n\
                   * LIST () NIL {12}\r\nR&-D \"new\" \\\r\n\
                   * LIST () \"/\" \"Entw&APw-rfe \\\"alt\\\"\"\r\n\
                   * LIST () \"/\" {27}\r\nx\r\n* LIST () \"/\" \"injected\"\r\n\
                   U1 OK\r\n";
    tokio::spawn(async move {
        for bytes in listing.as_bytes().chunks(3) {
            server.write_all(bytes).await.unwrap();
            tokio::task::yield_now().await;
        }
        server
    });
    let mut names = Vec::new();
    let each = |answer| {
        if let Answer::Listed(listed) = answer {
            names.push((listed.name, listed.separator));
        }
    };
    assert_eq!(list(&mut wire, "*", SMALL, each).await, Ok(()));
    let names: Vec<_> = names.iter().map(|(name, separator)| (name.as_str(), *separator)).collect();
    let slash = Some('/');
    let expected = [("INBOX", Some('\\')), ("R&D \"new\" \\", None), ("Entwürfe \"alt\"", slash)];
    assert_eq!(names, expected);
}

#[tokio::test]
async fn a_command_cannot_be_smuggled_in() {
    let (mut wire, mut server) = pair();
    assert_eq!(
        wire.run("EXAMINE x\r\nU9 DELETE INBOX", SMALL, |_| ()).await,
        Err(WireError::Unsendable)
    );
    drop(wire);
    let mut sent = String::new();
    server.read_to_string(&mut sent).await.unwrap();
    assert_eq!(sent, "");
}
