//! A server that does not idle, or ends it badly.

use super::rounds::{Story, is_lost, messages, once, three};
use super::server::Fault;
use crate::source::imap::end::End;
use crate::source::imap::error::WireError;
use crate::store::mailboxes::State;
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[tokio::test]
async fn a_server_that_cannot_idle_is_asked_again_and_again() {
    for refusal in ["TAG NO not here\r\n", "TAG BAD unknown command\r\n"] {
        let mut story = Story::new().await;
        let mut idles = 0;
        let mut looks = 0;
        let asked = Arc::new(Mutex::new((0, 0)));
        let counts = Arc::clone(&asked);
        let end = story
            .connection_for(Duration::from_secs(20), &three(), move |command| {
                looks += usize::from(command.starts_with("EXAMINE"));
                idles += usize::from(command == "IDLE");
                *counts.lock().unwrap() = (idles, looks);
                match (command, looks) {
                    (_, 4) => Some(Fault::Close("")),
                    ("IDLE", _) => Some(Fault::Say(refusal)),
                    _ => None,
                }
            })
            .await;
        assert!(end.as_ref().is_some_and(is_lost), "{end:?}");
        assert_eq!(*asked.lock().unwrap(), (1, 4));
    }
}

#[tokio::test]
async fn what_ends_idle_badly_ends_the_connection() {
    for (fault, expected) in [
        (Fault::Close(""), WireError::Lost),
        (Fault::Close("+ idling\r\n"), WireError::Lost),
        (Fault::Say("+ idling\r\n* BYE\r\n"), WireError::Bye),
        (Fault::Say("+ idling\r\nTAG OK over\r\n"), WireError::Malformed),
        (Fault::Say("TAG OK over\r\n"), WireError::Malformed),
    ] {
        let mut story = Story::new().await;
        let end = story.connection(&three(), once("IDLE", fault)).await;
        assert!(matches!(&end, Some(End::Wire(error)) if *error == expected), "{end:?}");
        assert_eq!(story.told(&end.unwrap()).await, State::Unreachable);
        assert_eq!((story.read(), story.done().await), (messages(&[3, 5, 9]), 9));
    }
}
