//! A message that always ends its connection, or the command that asks for it.

use super::rounds::{BODIES, SIZES, Story, messages, three};
use super::server::{Fault, Folder, members};
use crate::clock::Millis;
use crate::source::imap::backoff::Backoff;
use crate::source::imap::end::End;
use crate::source::imap::error::WireError;
use crate::store::mailboxes::{self, State};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Longer than a connection lasts that ends by itself.
const LONG: Duration = Duration::from_secs(20);

impl Story {
    /// Connects again and again until there is nothing left to do; says how often in vain.
    pub(super) async fn ends_until_idle(
        &mut self,
        folder: &Folder,
        fault: impl FnMut(&str) -> Option<Fault> + Clone + Send + 'static,
    ) -> usize {
        for ends in 0..10 {
            let mut fault = fault.clone();
            let is_idle = Arc::new(AtomicBool::new(false));
            let idles = Arc::clone(&is_idle);
            let script = move |asked: &str| match asked {
                "IDLE" => {
                    idles.store(true, Ordering::Relaxed);
                    Some(Fault::Close(""))
                }
                asked => fault(asked),
            };
            let end = self.connection_for(LONG, folder, script).await;
            let end = end.expect("it does not hang");
            if is_idle.load(Ordering::Relaxed) {
                assert_eq!(self.state(), State::Healthy);
                return ends;
            }
            assert!(self.told(&end).await.is_ill(), "{end:?}");
        }
        panic!("it never comes to rest; read: {:?}", self.read());
    }

    /// Which messages are put aside.
    pub(super) async fn aside(&self) -> Vec<u32> {
        self.aside_until(Millis(i64::MAX)).await
    }

    /// How many of them are to be asked for again by now.
    async fn due(&self) -> usize {
        self.aside_until(self.watch.clock.now()).await.len()
    }

    async fn aside_until(&self, at: Millis) -> Vec<u32> {
        let mut conn = self.watch.db.read().await.unwrap();
        let due = mailboxes::withheld_due(&mut conn, &self.watch.held, "INBOX", at, 99).await;
        due.unwrap().into_iter().map(|aside| aside.uid).collect()
    }
}

/// A server that answers so whenever the message 5 is asked for with these words.
pub(super) fn poisoned(
    words: &'static str,
    fault: Fault,
) -> impl Fn(&str) -> Option<Fault> + Clone + Send + 'static {
    move |asked| {
        let is_among = uids(asked).contains(&5) || asked.starts_with("FETCH 2 ");
        (is_among && asked.contains(words)).then_some(fault)
    }
}

/// Which messages are fetched by their numbers.
fn uids(asked: &str) -> Vec<u32> {
    let set = asked.strip_prefix("UID FETCH ").and_then(|it| it.split(' ').next());
    set.map(members).unwrap_or_default()
}

/// The message 5, so long.
pub(super) fn of_length(bytes: usize) -> Fault {
    let body = "x".repeat(bytes);
    let answer = format!("* 2 FETCH (UID 5 BODY[]<0> {{{bytes}}}\r\n{body})\r\nTAG OK\r\n");
    Fault::Say(answer.leak())
}

#[tokio::test]
async fn whatever_a_message_does_to_its_connection_it_is_put_aside_and_blocks_nothing() {
    let half = "* 2 FETCH (UID 5 BODY[]<0> {9}\r\nmess";
    let odd = "* 2 FETCH (UID 5 BODY[] ~{9}\r\nmessage 5)\r\nTAG OK\r\n";
    for (words, fault) in [
        (BODIES, Fault::Say("TAG NO [SERVERBUG] cannot fetch\r\n")),
        (BODIES, Fault::Say("TAG BAD what?\r\n")),
        (BODIES, Fault::Say("* BYE internal error\r\n")),
        (BODIES, Fault::Close("")),
        (BODIES, Fault::Close(half)),
        (BODIES, Fault::Say(odd)),
        (BODIES, Fault::Say("* 2 FETCH (UID 5 BODY[]<0> {400000000}\r\n")),
        (BODIES, of_length(512 << 10)), // twice what was asked for
        // It has nine bytes.
        (BODIES, Fault::Say("* 2 FETCH (UID 5 BODY[]<0> NIL)\r\nTAG OK\r\n")),
        (BODIES, Fault::Say("* 2 FETCH (UID 5 BODY[]<0> {0}\r\n)\r\nTAG OK\r\n")),
    ] {
        let (Fault::Say(said) | Fault::Close(said)) = fault;
        let said = said.get(..60).unwrap_or(said);
        for mut story in [Story::new().await, Story::of_new_mail().await] {
            let ends = story.ends_until_idle(&three(), poisoned(words, fault)).await;
            assert!(ends <= 3, "{said:?} ended {ends} connections");
            assert_eq!((story.read(), story.done().await), (messages(&[3, 9]), 9), "{said:?}");
            assert_eq!(story.aside().await, [5], "{said:?}");
            let detail = story.watch.reported.clone().unwrap().1;
            assert!(detail.starts_with("1 message"), "{detail}");
            // Later the server has come to its senses.
            story.watch.clock.advance_secs(601);
            assert_eq!(story.ends_until_idle(&three(), |_| None).await, 0);
            assert_eq!((story.read(), story.aside().await), (messages(&[3, 9, 5]), vec![]));
            assert_eq!(story.watch.reported.clone().unwrap().1, "");
        }
    }
}

#[tokio::test]
async fn a_server_that_tells_too_small_a_size_or_none_is_read() {
    for (words, fault) in [
        (BODIES, of_length(200_000)),
        (BODIES, of_length(256 << 10)),
        (SIZES, Fault::Say("TAG NO cannot tell\r\n")),
        (SIZES, Fault::Close("")),
    ] {
        for mut story in [Story::new().await, Story::of_new_mail().await] {
            let ends = story.ends_until_idle(&three(), poisoned(words, fault)).await;
            assert_eq!((ends, story.read().len(), story.done().await), (1, 3, 9));
            assert_eq!(story.aside().await, [0; 0]);
        }
    }
    // A single message may be as long as is asked for.
    let mut story = Story::of_new_mail().await;
    let one = Folder { messages: vec![5], ..three() };
    assert_eq!(story.ends_until_idle(&one, poisoned(BODIES, of_length(256 << 10))).await, 0);
    assert_eq!(story.read()[0].len(), 256 << 10);
}

#[tokio::test]
async fn several_such_messages_are_put_aside_one_after_the_other() {
    let mut story = Story::of_new_mail().await;
    let folder = Folder { messages: (1..=40).collect(), ..three() };
    let bad = [7, 8, 31];
    let fault = move |asked: &str| {
        let is_asked = uids(asked).iter().any(|uid| bad.contains(uid));
        (is_asked && asked.contains(BODIES)).then_some(Fault::Say("TAG NO not these\r\n"))
    };
    let ends = story.ends_until_idle(&folder, fault).await;
    assert!(ends <= 4, "{ends}");
    assert_eq!((story.aside().await, story.done().await), (bad.to_vec(), 40));
    let good: Vec<u32> = (1..=40).filter(|uid| !bad.contains(uid)).collect();
    assert_eq!(story.read(), messages(&good));
}

#[tokio::test]
async fn ten_damaged_messages_that_end_their_connections_make_new_mail_wait_a_minute_or_two() {
    let mut story = Story::of_new_mail().await;
    let folder = Folder { messages: (1..=40).collect(), ..three() };
    let bad: Vec<u32> = (11..=20).collect();
    let damaged = {
        let bad = bad.clone();
        move |asked: &str| {
            let is_among = uids(asked).iter().any(|uid| bad.contains(uid));
            let is_asked = is_among && asked.contains(BODIES);
            (is_asked || asked == "IDLE").then_some(Fault::Close(""))
        }
    };
    let (mut backoff, mut waited) = (Backoff::default(), Duration::ZERO);
    // Once when they come, once when they are asked for again.
    for reads in [40 - bad.len(), 0] {
        let before = story.read().len();
        while story.read().len() < before + reads || story.due().await > 0 {
            let end = story.connection_for(LONG, &folder, damaged.clone()).await.unwrap();
            let progress = story.watch.progress.swap(false, Ordering::Relaxed);
            backoff.note(&end, Duration::ZERO, progress);
            waited += backoff.delay(&end, 0.5);
            assert!(waited < Duration::from_mins(3), "{waited:?}: {:?}", story.read().len());
        }
        assert_eq!(story.aside().await, bad);
        story.watch.clock.advance_secs(601);
    }
}

#[tokio::test]
async fn asked_for_again_in_vain_it_is_a_try_that_new_mail_does_not_wait_for() {
    for fault in [Fault::Close(""), Fault::Say("TAG NO [SERVERBUG] still not\r\n")] {
        let mut story = Story::of_new_mail().await;
        story.ends_until_idle(&three(), poisoned(BODIES, fault)).await;
        let newer = Folder { messages: vec![3, 5, 9, 12], ..three() };
        story.watch.clock.advance_secs(601);
        let poison = poisoned(BODIES, fault);
        let once = move |asked: &str| match asked {
            "IDLE" => Some(Fault::Close("")),
            asked => poison(asked),
        };
        assert!(story.connection_for(LONG, &newer, once).await.is_some());
        assert_eq!(story.read(), messages(&[3, 9, 12]));
        assert_eq!(story.ends_until_idle(&newer, poisoned(BODIES, fault)).await, 0, "not due");
        for _ in 0..4 {
            assert_eq!(*story.watch.reader.given_up.lock().unwrap(), [0; 0]);
            story.watch.clock.advance_secs(49 * 3600);
            story.ends_until_idle(&newer, poisoned(BODIES, fault)).await;
        }
        assert_eq!(*story.watch.reader.given_up.lock().unwrap(), [5]);
        assert_eq!((story.read(), story.aside().await), (messages(&[3, 9, 12]), vec![]));
    }
}

#[tokio::test]
async fn a_server_that_asks_for_a_pause_holds_it_against_no_message() {
    let mut story = Story::of_new_mail().await;
    let fault = Fault::Say("TAG NO [THROTTLED] later\r\n");
    for _ in 0..4 {
        let end = story.connection_for(LONG, &three(), poisoned(BODIES, fault)).await;
        assert!(matches!(end, Some(End::Wire(WireError::Throttled(_)))), "{end:?}");
    }
    assert_eq!(story.ends_until_idle(&three(), |_| None).await, 0);
    assert_eq!((story.read(), story.aside().await), (messages(&[3, 5, 9]), vec![]));
}

#[tokio::test]
async fn one_that_its_owner_removed_is_forgotten_also_where_searches_are_answered_with_silence() {
    for left in [vec![3, 9], vec![]] {
        let mut story = Story::of_new_mail().await;
        story.ends_until_idle(&three(), poisoned(BODIES, Fault::Close(""))).await;
        assert_eq!(story.aside().await, [5]);
        story.watch.clock.advance_secs(601);
        let (left, is_empty) = (Folder { messages: left.clone(), ..three() }, left.is_empty());
        let refused = poisoned(BODIES, Fault::Say("TAG NO there is no such message\r\n"));
        let silent = move |asked: &str| {
            let finds_nothing = is_empty || !asked.contains(",*");
            let silence = Fault::Say("TAG OK\r\n");
            (asked.contains("SEARCH") && finds_nothing)
                .then_some(silence)
                .or_else(|| refused(asked))
        };
        assert_eq!(story.ends_until_idle(&left, silent).await, 0);
        assert_eq!((story.read(), story.aside().await), (messages(&[3, 9]), vec![]));
    }
}
