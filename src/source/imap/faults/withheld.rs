//! Messages that a server lists and does not hand over, and older mail beside new mail.

use super::rounds::{BODIES, SIZES, Story, messages, once, three};
use super::server::{Fault, Folder};
use crate::source::imap::end::End;
use crate::store::mailboxes::State;
use std::time::Duration;

#[tokio::test]
async fn what_came_before_a_withheld_message_is_read() {
    let mut story = Story::new().await;
    let only_first = "* 1 FETCH (UID 3 BODY[] {9}\r\nmessage 3)\r\n\
                      * 3 FETCH (UID 9 BODY[] {9}\r\nmessage 9)\r\nTAG OK\r\n";
    let end = story.connection(&three(), once(BODIES, Fault::Say(only_first))).await;
    assert!(matches!(end, Some(End::Withheld(5))), "{end:?}");
    assert_eq!((story.read(), story.done().await), (messages(&[3]), 3));
    story.until_idle(&three()).await;
    assert_eq!(story.read(), messages(&[3, 5, 9]));
}

/// A server that never hands over the message 5, in whatever way it is asked for.
fn withholds(asked: &str) -> Option<Fault> {
    let all = "* 1 FETCH (UID 3 RFC822.SIZE 9)\r\n* 2 FETCH (UID 5 RFC822.SIZE 9)\r\n\
               * 3 FETCH (UID 9 RFC822.SIZE 9)\r\nTAG OK\r\n";
    let others = "* 1 FETCH (UID 3 BODY[] {9}\r\nmessage 3)\r\n\
                  * 3 FETCH (UID 9 BODY[] {9}\r\nmessage 9)\r\nTAG OK\r\n";
    match asked.split(' ').nth(2) {
        Some("3,5,9" | "5,9") if asked.contains(SIZES) => Some(Fault::Say(all)),
        Some("3,5,9" | "5,9") if asked.contains(BODIES) => Some(Fault::Say(others)),
        Some("5") if asked.contains("FETCH") => Some(Fault::Say("TAG OK\r\n")),
        _ => None,
    }
}

#[tokio::test]
async fn a_message_that_is_never_handed_over_is_put_aside_and_blocks_nothing() {
    for mut story in [Story::new().await, Story::of_new_mail().await] {
        let mut ends = 0;
        while let Some(end) = story.connection(&three(), withholds).await {
            assert!(matches!(end, End::Withheld(5)), "{end:?}");
            ends += 1;
        }
        assert_eq!(ends, 2, "the third time it is put aside");
        assert_eq!((story.read(), story.done().await), (messages(&[3, 9]), 9));
        // Later the server has come to its senses.
        story.watch.clock.advance_secs(601);
        assert!(story.connection(&three(), |_| None).await.is_none());
        assert_eq!(story.read(), messages(&[3, 9, 5]));
        story.watch.clock.advance_secs(7 * 86_400);
        assert!(story.connection(&three(), |_| None).await.is_none());
        assert_eq!(story.read(), messages(&[3, 9, 5]));
    }
}

#[tokio::test]
async fn a_message_that_is_not_handed_over_for_days_is_quarantined_once() {
    let mut story = Story::new().await;
    while story.connection(&three(), withholds).await.is_some() {}
    for hours in [1, 2, 7, 25, 49, 100] {
        assert_eq!(story.watch.reader.given_up.lock().unwrap().len(), 0, "after {hours} h");
        story.watch.clock.advance_secs(hours * 3600);
        assert!(story.connection(&three(), withholds).await.is_none());
        if hours == 49 {
            break;
        }
    }
    assert_eq!(*story.watch.reader.given_up.lock().unwrap(), [5]);
    story.watch.clock.advance_secs(7 * 86_400);
    assert!(story.connection(&three(), withholds).await.is_none());
    assert_eq!(*story.watch.reader.given_up.lock().unwrap(), [5]);
    assert_eq!(story.read(), messages(&[3, 9]));
}

#[tokio::test]
async fn older_mail_is_read_in_slices_that_new_mail_does_not_wait_for() {
    let mut story = Story::new().await;
    story.watch.limits.backfill_per_minute = 12_000; // a slice in 100 ms
    let old = Folder { uid_validity: 7, messages: (1..=120).collect() };
    story.until_idle(&old).await;
    assert_eq!(story.read(), messages(&(1..=120).collect::<Vec<u32>>()));

    // The connection breaks after the first slice; meanwhile something new has come.
    let mut story = Story::new().await;
    story.watch.limits.backfill_per_minute = 12_000;
    let mut bodies = 0;
    let fault = move |asked: &str| {
        bodies += usize::from(asked.contains(BODIES));
        (bodies == 2).then_some(Fault::Close(""))
    };
    let end = story.connection_for(Duration::from_secs(20), &old, fault).await;
    assert!(end.is_some());
    assert_eq!((story.read().len(), story.done().await), (20, 20));
    let (state, detail, _) = story.watch.reported.clone().unwrap();
    assert_eq!(state, State::CatchingUp);
    assert!(detail.starts_with("20 of 120 older messages"), "{detail}");
    let newer = Folder { uid_validity: 7, messages: (1..=121).collect() };
    story.until_idle(&newer).await;
    let mut expected: Vec<u32> = (1..=20).collect();
    expected.push(121);
    expected.extend(21..=120);
    assert_eq!(story.read(), messages(&expected));
    assert_eq!(story.watch.reported.clone().unwrap().0, State::Healthy);
}
