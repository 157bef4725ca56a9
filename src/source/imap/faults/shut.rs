//! A server whose storage is away: it signs in, opens folders and searches, and hands over no message.

use super::poison::poisoned;
use super::rounds::{BODIES, Story, messages, three};
use super::server::{Fault, Folder};
use crate::clock::Millis;
use crate::source::imap::backoff::Backoff;
use crate::source::imap::end::End;
use crate::store::mailboxes::State;
use std::sync::atomic::Ordering;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(20);

/// What such servers say to FETCH.
const SILENCES: [Fault; 6] = [
    Fault::Say("TAG NO [SERVERBUG] Internal error occurred\r\n"),
    Fault::Say("TAG NO [UNAVAILABLE] storage is away\r\n"),
    Fault::Say("TAG OK\r\n"),
    Fault::Say("* 1 FETCH (UID 1 BODY[]<0> NIL)\r\nTAG OK\r\n"),
    Fault::Say("* BYE Internal error occurred\r\n"),
    Fault::Close(""),
];

/// Whatever is fetched, it says that.
fn hands_over_nothing(silence: Fault) -> impl Fn(&str) -> Option<Fault> + Clone + Send + 'static {
    move |asked| match asked {
        "IDLE" => Some(Fault::Close("")),
        asked => asked.contains("FETCH").then_some(silence),
    }
}

impl Story {
    /// When the last message was read, as the mailbox says.
    async fn message_at(&self) -> Option<Millis> {
        self.mailbox().await.message_at
    }

    fn given_up(&self) -> Vec<u32> {
        self.watch.reader.given_up.lock().unwrap().clone()
    }
}

#[tokio::test]
async fn a_server_that_hands_over_nothing_is_ill_and_no_message_is_held_to_be_the_cause() {
    let folder = Folder { uid_validity: 7, messages: (1..=40).collect() };
    for silence in SILENCES {
        for mut story in [Story::new().await, Story::of_new_mail().await] {
            let (mut backoff, mut waited, mut is_said) = (Backoff::default(), Vec::new(), false);
            let mut ill_since = None;
            for _ in 0..14 {
                let end = story.connection_for(LONG, &folder, hands_over_nothing(silence)).await;
                let end = end.expect("it does not hang");
                assert!(story.told(&end).await.is_ill(), "{end:?}");
                let since = story.mailbox().await.ill_since.unwrap();
                assert_eq!(*ill_since.get_or_insert(since), since, "one illness: {end:?}");
                story.watch.clock.advance_secs(60);
                if matches!(end, End::NothingHandedOver) {
                    is_said = true;
                    let (state, detail, _) = story.watch.reported.clone().unwrap();
                    assert_eq!(state, State::Refused);
                    assert!(detail.contains("hands over none of them"), "{detail}");
                }
                let progress = story.watch.progress.swap(false, Ordering::Relaxed);
                assert!(!progress, "nothing was brought further: {end:?}");
                backoff.note(&end, Duration::ZERO, progress);
                waited.push(backoff.delay(&end, 0.5).as_secs());
            }
            assert!(is_said);
            assert_eq!(waited.last(), Some(&600), "ever less often: {waited:?}");
            assert_eq!((story.aside().await, story.message_at().await), (vec![], None));
            assert_eq!(story.read(), [""; 0]);

            story.until_idle(&folder).await;
            assert_eq!(story.read(), messages(&folder.messages), "each whole, and in order");
            assert_eq!((story.state(), story.given_up()), (State::Healthy, vec![]));
            assert!(story.message_at().await.is_some());
        }
    }
}

#[tokio::test]
async fn while_nothing_is_handed_over_no_try_of_what_was_put_aside_counts() {
    for silence in SILENCES {
        let mut story = Story::of_new_mail().await;
        let refused = Fault::Say("TAG NO [SERVERBUG] cannot fetch\r\n");
        story.ends_until_idle(&three(), poisoned(BODIES, refused)).await;
        assert_eq!(story.aside().await, [5]);
        let read_at = story.message_at().await;
        let mut is_said = false;
        for _ in 0..12 {
            story.watch.clock.advance_secs(49 * 3600);
            let end = story.connection_for(LONG, &three(), hands_over_nothing(silence)).await;
            let end = end.expect("it does not hang");
            is_said |= matches!(end, End::NothingHandedOver);
            assert!(story.told(&end).await.is_ill(), "{end:?}");
        }
        assert!(is_said);
        assert_eq!((story.aside().await, story.given_up()), (vec![5], vec![]));
        assert_eq!(story.message_at().await, read_at, "nothing was read since");
        story.until_idle(&three()).await;
        assert_eq!((story.read(), story.aside().await), (messages(&[3, 9, 5]), vec![]));
    }
}

#[tokio::test]
async fn a_message_that_nothing_can_be_compared_with_comes_to_an_end_all_the_same() {
    for silence in SILENCES {
        let mut story = Story::of_new_mail().await;
        let one = Folder { messages: vec![5], ..three() };
        for _ in 0..24 {
            story.watch.clock.advance_secs(49 * 3600);
            let end = story.connection_for(LONG, &one, hands_over_nothing(silence)).await;
            end.expect("it does not hang");
        }
        assert_eq!((story.given_up(), story.aside().await), (vec![5], vec![]));
        assert_eq!((story.read(), story.message_at().await), (vec![], None));
    }
}

#[tokio::test]
async fn three_damaged_messages_are_put_aside_where_another_one_is_handed_over() {
    let bad = |asked: &str| {
        let is_witness = ["FETCH 4 ", "FETCH 1 "].iter().any(|named| asked.starts_with(named));
        let set = asked.strip_prefix("UID FETCH ").and_then(|it| it.split(' ').next());
        let is_asked = set.is_some_and(|set| {
            super::server::members(set).iter().any(|uid| [3, 9, 12].contains(uid))
        });
        match asked {
            "IDLE" => None,
            asked => (is_witness || is_asked && asked.contains(BODIES)).then_some(Fault::Close("")),
        }
    };
    // The newest and the oldest are damaged, and end each connection; the one between them is not.
    let mut story = Story::of_new_mail().await;
    let folder = Folder { messages: vec![3, 5, 9, 12], ..three() };
    let ends = story.ends_until_idle(&folder, bad).await;
    assert!(ends <= 9, "{ends}");
    assert_eq!((story.read(), story.aside().await), (messages(&[5]), vec![3, 9, 12]));
}
