//! What is said and noted of connections that fail.

use super::rounds::Story;
use crate::clock::Millis;
use crate::source::imap::connect::Connector;
use crate::source::imap::end::End;
use crate::source::imap::error::{ConnectError, WireError};
use crate::source::imap::hosts::{Before, Hosts};
use crate::store::mailboxes::State;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};

#[tokio::test]
async fn a_pause_that_the_server_asks_for_is_said_from_the_first_time_on() {
    let mut story = Story::new().await;
    let wait = Duration::from_secs(90);
    story.watch.tell(&End::Wire(WireError::Lost), 1, wait).await;
    assert_eq!(story.watch.reported.clone().unwrap().0, State::Connecting);
    story.watch.tell(&End::Wire(WireError::Throttled(wait)), 1, wait).await;
    let until = story.watch.clock.now().plus_secs(90);
    let (state, detail, retry_at) = story.watch.reported.clone().unwrap();
    assert_eq!((state, retry_at), (State::Throttled, Some(until)));
    assert!(detail.contains("asks for a pause"), "{detail}");
}

#[tokio::test]
async fn waiting_for_ones_turn_is_no_good_connection() {
    let mut story = Story::at("127.0.0.1", 1).await; // nobody listens there
    let (hosts, connector) = (Hosts::new(1), Connector::new(None, true).unwrap());
    let before = hosts.in_turn("127.0.0.1", Before::Well, sleep(Duration::from_millis(200)));
    let began = Instant::now();
    let ((), (end, lasted)) =
        tokio::join!(before, story.watch.connect_and_serve(&story.keys, &connector, &hosts));
    assert!(matches!(end, End::Connect(ConnectError::NotReached)), "{end:?}");
    assert!(began.elapsed() >= Duration::from_millis(200), "it waited");
    assert_eq!(lasted, Duration::ZERO);
}

#[tokio::test]
async fn a_pause_that_the_server_asks_for_binds_whoever_has_the_mailbox_next() {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut story = Story::at("127.0.0.1", server.local_addr().unwrap().port()).await;
    let (hosts, connector) = (Hosts::new(1), Connector::new(None, true).unwrap());
    let until = Millis(story.watch.clock.now().0 + 300);
    let mailbox = &mut story.watch.held.mailbox;
    (mailbox.state, mailbox.retry_at) = (State::Throttled, Some(until));
    let (began, stop) = (Instant::now(), story.watch.stop.clone());
    let first_connection = async {
        drop(server.accept().await);
        stop.cancel();
        began.elapsed()
    };
    let watched = story.watch.run(&story.keys, &connector, &hosts);
    let ((), waited) = tokio::join!(watched, first_connection);
    assert!(waited >= Duration::from_millis(300), "{waited:?}");
}
