//! Faults while messages are read that the server told of in IDLE.

use super::rounds::{BODIES, Story, messages};
use super::server::{Fault, Folder, serve};
use crate::source::imap::end::End;
use crate::source::imap::session;
use crate::source::imap::wire::Wire;
use crate::store::mailboxes::State;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::timeout;

/// How long a worker may take to read what has come.
const LONG: Duration = Duration::from_secs(20);

/// Two messages that are known, and those that come while the client idles.
fn with_news(news: &[u32]) -> Folder {
    Folder { uid_validity: 7, messages: [&[3, 5], news].concat() }
}

/// Serves a mailbox that is told of news in its first IDLE, with one fault at the first command after
/// it that contains `words`.
async fn told_of_news(
    story: &mut Story,
    news: &[u32],
    fault: (&'static str, Fault),
) -> Option<End> {
    let (words, fault) = fault;
    let mut fault = Some(fault);
    let once = move |command: &str| fault.take_if(|_| command.contains(words));
    told_of_news_with(story, news, once).await
}

/// Likewise, with whatever faults after it.
async fn told_of_news_with(
    story: &mut Story,
    news: &[u32],
    mut fault: impl FnMut(&str) -> Option<Fault> + Send + 'static,
) -> Option<End> {
    story.watch.limits.poll = Duration::from_mins(1);
    story.watch.limits.idle = Duration::from_mins(1);
    let at_rest = Arc::new(Notify::new());
    let (mut is_told, rests) = (false, Arc::clone(&at_rest));
    let script = move |command: &str| match command {
        "IDLE" if !is_told => {
            is_told = true;
            Some(Fault::Say("+ idling\r\n* 9 EXISTS\r\n"))
        }
        command if is_told => {
            let fault = fault(command);
            if command == "IDLE" && fault.is_none() {
                rests.notify_one();
            }
            fault
        }
        // They have not come yet.
        command if command.contains("SEARCH") => Some(Fault::Say("* SEARCH\r\nTAG OK\r\n")),
        _ => None,
    };
    let mut wire = Wire::new(serve(with_news(news), script));
    let serve = session::serve(&mut wire, &mut story.watch);
    // Everything is read before the server is listened to again.
    tokio::select! {
        end = timeout(LONG, serve) => Some(end.expect("it does not hang")),
        () = at_rest.notified() => None,
    }
}

async fn knowing_two() -> Story {
    let mut story = Story::of_new_mail().await;
    story.until_idle(&with_news(&[])).await;
    assert_eq!(story.read(), messages(&[3, 5]));
    story
}

const NO_FAULT: (&str, Fault) = ("no such words", Fault::Say(""));

#[tokio::test]
async fn news_are_read_however_many_there_are() {
    for news in [&[6][..], &[6, 7, 8], &[8, 90], &[6, 7, 8, 9, 10, 11, 12]] {
        let mut story = knowing_two().await;
        let end = told_of_news(&mut story, news, NO_FAULT).await;
        assert!(end.is_none(), "{end:?}");
        assert_eq!(story.read(), messages(&[&[3, 5], news].concat()));
        assert_eq!(story.done().await, *news.last().unwrap());
    }
}

#[tokio::test]
async fn a_server_that_fails_where_it_was_hurried_is_not_hurried_again() {
    let mut story = knowing_two().await;
    assert!(story.watch.hurry.is_on());
    told_of_news(&mut story, &[6], ("SEARCH", Fault::Close(""))).await;
    assert!(!story.watch.hurry.is_on());
    let end = told_of_news(&mut story, &[6, 7], NO_FAULT).await;
    assert!(end.is_none(), "{end:?}");
    assert_eq!(story.read(), messages(&[3, 5, 6, 7]));
}

#[tokio::test]
async fn a_server_that_takes_no_range_keeps_its_connection_at_the_next_news() {
    let refuses = |command: &str| {
        let is_range = command.contains("FETCH") && command.contains(':');
        is_range.then_some(Fault::Say("TAG NO [CANNOT] one at a time\r\n"))
    };
    let mut story = knowing_two().await;
    let end = told_of_news_with(&mut story, &[6], refuses).await;
    assert!(matches!(end, Some(End::Wire(_))), "{end:?}");
    story.until_idle(&with_news(&[6])).await;
    for news in [&[6, 7][..], &[6, 7, 9]] {
        let end = told_of_news_with(&mut story, news, refuses).await;
        assert!(end.is_none(), "{end:?}");
    }
    assert_eq!(story.read(), messages(&[3, 5, 6, 7, 9]));
}

#[tokio::test]
async fn whatever_the_server_does_with_news_none_is_lost_or_read_twice() {
    let second = "* 4 FETCH (UID 7 BODY[]<0> {9}\r\nmessage 7)\r\n";
    let cut =
        "* 3 FETCH (UID 6 BODY[]<0> {9}\r\nmessage 6)\r\n* 4 FETCH (UID 7 BODY[]<0> {9}\r\nmess";
    let only_second = "* 4 FETCH (UID 7 BODY[]<0> {9}\r\nmessage 7)\r\nTAG OK\r\n";
    for (words, fault, state) in [
        (BODIES, Fault::Say("TAG NO [SERVERBUG] no\r\n"), Some(State::Refused)),
        (BODIES, Fault::Say("TAG NO [THROTTLED] later\r\n"), Some(State::Throttled)),
        (BODIES, Fault::Say("TAG OK\r\n"), None),
        (BODIES, Fault::Say(only_second), None),
        (BODIES, Fault::Close(second), Some(State::Unreachable)),
        (BODIES, Fault::Close(cut), Some(State::Unreachable)),
        (BODIES, Fault::Say("* BYE shutting down\r\nTAG OK\r\n"), Some(State::Unreachable)),
        (BODIES, Fault::Say("U99 OK of another\r\n"), Some(State::Unreachable)),
        (
            BODIES,
            Fault::Say("* 3 FETCH (UID 6 BODY[]<0> {400000000}\r\n"),
            Some(State::Unreachable),
        ),
        ("SEARCH", Fault::Say("TAG NO no\r\n"), Some(State::Refused)),
        ("SEARCH", Fault::Say("TAG BAD what?\r\n"), Some(State::Refused)),
        ("SEARCH", Fault::Say("TAG OK\r\n"), None),
        ("SEARCH", Fault::Close("* SEARCH 6\r\n"), Some(State::Unreachable)),
    ] {
        let (Fault::Say(said) | Fault::Close(said)) = fault;
        let mut story = knowing_two().await;
        let end = told_of_news(&mut story, &[6, 7], (words, fault)).await;
        let told = match &end {
            Some(end) => Some(story.told(end).await),
            None => None,
        };
        assert_eq!(told, state, "{said:?}: {end:?}");
        let read = story.read();
        assert!(messages(&[3, 5, 6, 7]).starts_with(&read), "{said:?}: {read:?}");
        story.until_idle(&with_news(&[6, 7])).await;
        assert_eq!((story.read(), story.done().await), (messages(&[3, 5, 6, 7]), 7), "{said:?}");
    }
}
