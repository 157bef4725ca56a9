//! Messages that a server hands over in IDLE (RFC 5465), rightly or wrongly.

use super::rounds::{Story, messages};
use super::server::{Fault, Folder, serve};
use crate::source::imap::end::End;
use crate::source::imap::session;
use crate::source::imap::wire::Wire;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::timeout;

const NEW: &str = "21-Sep-2026 10:00:00 +0200";

/// A mailbox with messages 3 and 5, which are read.
async fn knowing_two() -> Story {
    let mut story = Story::of_new_mail().await;
    story.until_idle(&holding(&[])).await;
    assert_eq!(story.read(), messages(&[3, 5]));
    story.watch.limits.poll = Duration::from_mins(1);
    story.watch.limits.idle = Duration::from_mins(1);
    story
}

fn holding(news: &[u32]) -> Folder {
    Folder { uid_validity: 7, messages: [&[3, 5], news].concat() }
}

fn handed_over(uid: u32, at: &str) -> String {
    format!(
        "* 3 FETCH (UID {uid} INTERNALDATE \"{at}\" BODY[]<0> {{9}}\r\nmessage {uid} FLAGS ())\r\n"
    )
}

/// Serves the mailbox over a connection on which the server says this in IDLE, when `news` have come.
/// Gives how it ended, if it did, and the commands from then on.
async fn told(story: &mut Story, news: &[u32], said: &str) -> (Option<End>, Vec<String>) {
    let commands = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&commands);
    let said: &'static str = format!("+ idling\r\n{said}").leak();
    let at_rest = Arc::new(Notify::new());
    let (mut is_told, rests) = (false, Arc::clone(&at_rest));
    let script = move |command: &str| {
        if is_told {
            noted.lock().unwrap().push(command.to_owned());
            if command == "IDLE" {
                rests.notify_one();
            }
            return None;
        }
        is_told = command == "IDLE";
        match command {
            "IDLE" => Some(Fault::Say(said)),
            // They have not come yet.
            _ if command.contains("SEARCH") => Some(Fault::Say("* SEARCH\r\nTAG OK\r\n")),
            _ => None,
        }
    };
    let mut wire = Wire::new(serve(holding(news), script));
    let serve = session::serve(&mut wire, &mut story.watch);
    // One to which nothing is asked stays in its first IDLE.
    let end = tokio::select! {
        end = timeout(Duration::from_millis(1_500), serve) => end.ok(),
        () = at_rest.notified() => None,
    };
    let commands = commands.lock().unwrap().clone();
    (end, commands)
}

#[tokio::test]
async fn what_is_handed_over_in_order_is_read_without_a_question() {
    let mut story = knowing_two().await;
    let exists = |count: u32| format!("* {count} EXISTS\r\n* 1 RECENT\r\n");
    let said =
        [exists(6), handed_over(6, NEW), handed_over(7, NEW), exists(7), handed_over(8, NEW)];
    let (end, commands) = told(&mut story, &[6, 7, 8], &said.concat()).await;
    assert!(end.is_none(), "{end:?}");
    assert_eq!(commands, [""; 0]);
    assert_eq!((story.read(), story.done().await), (messages(&[3, 5, 6, 7, 8]), 8));
}

#[tokio::test]
async fn whatever_is_handed_over_none_is_lost_or_read_twice() {
    let next = handed_over(6, NEW);
    let behind_a_gap = handed_over(7, NEW);
    let old = handed_over(6, "01-Feb-2001 10:00:00 +0000");
    let undated = next.replace(&format!("INTERNALDATE \"{NEW}\" "), "");
    let odd = handed_over(6, "yesterday");
    let unnumbered = next.replace("UID 6 ", "");
    let size = 64 * 1024;
    let large = next.replace("{9}\r\nmessage 6", &format!("{{{size}}}\r\n{}", "x".repeat(size)));
    let read_before = handed_over(5, NEW);
    for said in [
        "* 5 EXISTS\r\n",                               // nothing comes of it
        &format!("* 6 EXISTS\r\n{next}"),               // half of it
        &format!("* 6 EXISTS\r\n{next}{next}"),         // one twice
        &format!("* 6 EXISTS\r\n{behind_a_gap}{next}"), // in no order
        &format!("* 5 EXISTS\r\n{behind_a_gap}"),       // the first is missing
        &format!("* 5 EXISTS\r\n{read_before}"),        // an old one
        &format!("* 5 EXISTS\r\n{old}"),                // moved here
        &format!("* 5 EXISTS\r\n{undated}"),
        &format!("* 5 EXISTS\r\n{odd}"),
        &format!("* 5 EXISTS\r\n{unnumbered}"),
        &format!("* 5 EXISTS\r\n{large}"),
        &format!("* 5 EXISTS\r\n{}", &next[..next.len() - 20]), // cut off
        &format!("{behind_a_gap}* 5 EXISTS\r\n"),
        "* 1 EXISTS\r\n",
    ] {
        let mut story = knowing_two().await;
        let (end, commands) = told(&mut story, &[6, 7], said).await;
        let end_is_known = end.as_ref().is_none_or(|end| matches!(end, End::Wire(_)));
        assert!(end_is_known, "{said:?}: {end:?}");
        assert!(commands.iter().any(|it| it.contains("SEARCH")), "{said:?}: {commands:?}");
        let read = story.read();
        assert!(messages(&[3, 5, 6, 7]).starts_with(&read), "{said:?}: {read:?}");
        story.until_idle(&holding(&[6, 7])).await;
        assert_eq!((story.read(), story.done().await), (messages(&[3, 5, 6, 7]), 7), "{said:?}");
    }
}

#[tokio::test]
async fn who_does_not_hand_over_is_asked_to_once() {
    for refusal in [
        Fault::Say("TAG BAD unknown command\r\n"),
        Fault::Say("TAG NO [BADEVENT (MessageNew)] no\r\n"),
        Fault::Close(""),
    ] {
        let mut story = knowing_two().await;
        let asked = Arc::new(Mutex::new(0));
        for _ in 0..2 {
            let asked = Arc::clone(&asked);
            let script = move |command: &str| {
                *asked.lock().unwrap() += u32::from(command.starts_with("NOTIFY"));
                match command {
                    _ if command.starts_with("NOTIFY") => Some(refusal),
                    "IDLE" => Some(Fault::Close("+ idling\r\n")),
                    _ => None,
                }
            };
            story.connection(&holding(&[]), script).await;
        }
        assert_eq!(*asked.lock().unwrap(), 1);
        assert!(!story.watch.pushes && story.watch.hurry.is_on());
    }
}
