//! Large messages: what is asked of them, and what becomes of a server that does not hand it over.

use super::poison::{of_length, poisoned};
use super::rounds::{BODIES, SIZES, Story, messages, three};
use super::server::Fault;
use crate::store::mailboxes::State;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{sleep, timeout};

const HEAD: &str =
    "From: nora@customer.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n";

const STRUCTURE: &str = "* 2 FETCH (UID 5 BODYSTRUCTURE (((\"TEXT\" \"PLAIN\" NIL NIL NIL \"8bit\" 5)\
     (\"TEXT\" \"HTML\" NIL NIL NIL \"8bit\" 900000) \"ALTERNATIVE\")(\"APPLICATION\" \"PDF\" (\"NAME\" \
     {5}\r\na\"b.c) NIL NIL \"BASE64\" 8000000)(\"TEXT\" \"PLAIN\" NIL NIL NIL \"8bit\" 11) \"MIXED\"))\r\n\
     TAG OK\r\n";

fn section(name: &str, text: &str) -> Fault {
    let size = text.len();
    let answer = format!("* 2 FETCH (UID 5 BODY[{name}]<0> {{{size}}}\r\n{text})\r\nTAG OK\r\n");
    Fault::Say(answer.leak())
}

/// A server whose message 5 is large.
fn large(asked: &str) -> Option<Fault> {
    let sizes = "* 1 FETCH (UID 3 RFC822.SIZE 9)\r\n* 2 FETCH (UID 5 RFC822.SIZE 9000000)\r\n\
                 * 3 FETCH (UID 9 RFC822.SIZE 9)\r\nTAG OK\r\n";
    let (_, item) = asked.split_once("(UID ")?;
    match item.split_once(['<', ')'])?.0 {
        "RFC822.SIZE" => Some(Fault::Say(sizes)),
        "BODY.PEEK[HEADER]" => Some(section("HEADER", HEAD)),
        "BODYSTRUCTURE" => Some(Fault::Say(STRUCTURE)),
        "BODY.PEEK[1.1]" => Some(section("1.1", "Hello")),
        "BODY.PEEK[3]" => Some(section("3", "Nora Brandt")),
        _ => None,
    }
}

/// What was asked of the message 5, for itself, without its frame.
type Asked = Arc<Mutex<Vec<String>>>;

/// The server, which answers `words` otherwise.
fn noted(
    asked: &Asked,
    words: &'static str,
    fault: Option<Fault>,
) -> impl FnMut(&str) -> Option<Fault> + Clone + Send + 'static {
    let asked = Arc::clone(asked);
    move |command: &str| {
        if let Some(item) = command.strip_prefix("UID FETCH 5 (UID ") {
            asked.lock().unwrap().push(item.to_owned());
        }
        fault.filter(|_| command.contains(words)).or_else(|| large(command))
    }
}

#[tokio::test]
async fn of_a_large_message_the_texts_are_fetched_and_nothing_else() {
    for mut story in [Story::new().await, Story::of_new_mail().await] {
        let asked = Asked::default();
        assert_eq!(story.ends_until_idle(&three(), noted(&asked, "", None)).await, 0);
        let read = story.read();
        assert_eq!((read.len(), story.done().await), (3, 9));
        assert!(read[1].starts_with("From: nora@customer.example\r\n"), "{}", read[1]);
        assert!(read[1].contains("Hello") && read[1].contains("Nora Brandt"), "{}", read[1]);
        let parts = ["BODY.PEEK[HEADER]<0.262145>)", "BODYSTRUCTURE)"].map(str::to_owned);
        let texts = ["BODY.PEEK[1.1]<0.1048576>)", "BODY.PEEK[3]<0.1048571>)"].map(str::to_owned);
        assert_eq!(*asked.lock().unwrap(), [parts, texts].concat());
    }
}

#[tokio::test]
async fn of_a_text_that_there_is_no_room_for_the_end_is_fetched_as_well() {
    let long = STRUCTURE.replace("8bit\" 11", "8bit\" 600001");
    let long = Fault::Say(long.leak());
    let end = "* 2 FETCH (UID 5 BODY[3]<468932> {12}\r\n\nNora Brandt)\r\nTAG OK\r\n";
    let mut story = Story::of_new_mail().await;
    // All that there is room for is taken.
    let _taken: Vec<_> = (0..100).map(|_| story.watch.room.share()).collect();
    let asked = Asked::default();
    let mut server = noted(&asked, "BODYSTRUCTURE", Some(long));
    let server = move |command: &str| match server(command) {
        _ if command.contains("BODY.PEEK[3]<468932.") => Some(Fault::Say(end)),
        Some(Fault::Say(said)) if command.contains("BODY.PEEK[3]<0.") => {
            Some(Fault::Say(said.replace("Nora Brandt", "Dear Sirs,\n").leak()))
        }
        answer => answer,
    };
    assert_eq!(story.ends_until_idle(&three(), server).await, 0);
    let read = &story.read()[1];
    assert!(read.contains("Dear Sirs,") && read.contains("Nora Brandt"), "{read}");
    let asked = asked.lock().unwrap();
    assert!(asked[3].starts_with("BODY.PEEK[3]<0.13") && asked.len() == 5, "{asked:?}");
}

#[tokio::test]
async fn of_one_that_is_not_to_be_read_or_has_a_text_beyond_the_limit_no_text_is_fetched() {
    let bulk = section("HEADER", "Precedence: bulk\r\nFrom: news@shop.example\r\n\r\n");
    let giant = STRUCTURE.replace("8bit\" 11", "8bit\" 1048577");
    for (words, fault, asked_for, given_up) in
        [("HEADER", bulk, 1, vec![]), ("STRUCTURE", Fault::Say(giant.leak()), 2, vec![5])]
    {
        let mut story = Story::of_new_mail().await;
        let asked = Asked::default();
        assert_eq!(story.ends_until_idle(&three(), noted(&asked, words, Some(fault))).await, 0);
        assert_eq!((story.read(), story.done().await), (messages(&[3, 9]), 9));
        assert_eq!(asked.lock().unwrap().len(), asked_for, "{asked:?}");
        assert_eq!(*story.watch.reader.given_up.lock().unwrap(), given_up);
    }
}

#[tokio::test]
async fn what_a_server_does_not_say_of_a_large_message_can_be_done_without() {
    let empty = section("HEADER", "");
    let odd = Fault::Say("* 2 FETCH (UID 5 BODYSTRUCTURE (((\"TEXT\"))\r\nTAG OK\r\n");
    for (words, fault) in [
        ("HEADER", Fault::Say("TAG NO [SERVERBUG] no\r\n")),
        ("HEADER", Fault::Say("TAG OK\r\n")),
        ("HEADER", empty),
        ("BODYSTRUCTURE", Fault::Say("TAG BAD what?\r\n")),
        ("BODYSTRUCTURE", Fault::Say("TAG OK\r\n")),
        ("BODYSTRUCTURE", odd),
        ("PEEK[3]", Fault::Say("TAG NO no such part\r\n")),
        ("PEEK[3]", Fault::Say("TAG OK\r\n")),
    ] {
        let mut story = Story::of_new_mail().await;
        let without = noted(&Asked::default(), words, Some(fault));
        assert_eq!(story.ends_until_idle(&three(), without).await, 0, "{words}");
        assert_eq!((story.read(), story.done().await), (messages(&[3, 5, 9]), 9), "{words}");
    }
    // What breaks the connection is not asked for again.
    for words in ["HEADER", "BODYSTRUCTURE", "PEEK[3]"] {
        let huge = Fault::Say("* 2 FETCH (UID 5 BODY[HEADER]<0> {400000000}\r\n");
        for fault in [Fault::Close(""), huge] {
            let mut story = Story::of_new_mail().await;
            let broken = noted(&Asked::default(), words, Some(fault));
            assert_eq!(story.ends_until_idle(&three(), broken).await, 1, "{words}");
            assert_eq!((story.read(), story.done().await), (messages(&[3, 5, 9]), 9), "{words}");
        }
    }
}

#[tokio::test]
async fn one_that_is_suspected_is_read_to_its_end_unless_that_is_what_ends_its_connection() {
    // So often the connection ends at this; then all is well.
    for (words, times, ends) in
        [(SIZES, 1, 1), ("PEEK[3]", 1, 1), ("HEADER", 1, 1), ("PEEK[3]", 9, 2), ("HEADER", 9, 2)]
    {
        let mut story = Story::of_new_mail().await;
        let left = Arc::new(AtomicUsize::new(times));
        let beginning = poisoned(BODIES, of_length(256 << 10));
        let server = move |command: &str| {
            let is_asked = command.contains(words);
            let breaks = is_asked
                && left
                    .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
                    .is_ok();
            if breaks {
                return Some(Fault::Close(""));
            }
            beginning(command).or_else(|| large(command))
        };
        assert_eq!(story.ends_until_idle(&three(), server).await, ends, "{words}");
        let read = story.read();
        assert_eq!((read.len(), story.done().await), (3, 9), "{words}");
        let whole = read.iter().any(|one| one.contains("Hello") && one.contains("Nora Brandt"));
        let begun = read.iter().any(|one| one.len() == 256 << 10);
        assert_eq!((whole, begun), (times == 1, times > 1), "{words}");
    }
}

#[tokio::test]
async fn servers_that_drip_keep_no_other_mailbox_from_reading() {
    let (mut slow, mut good) = (Story::of_new_mail().await, Story::of_new_mail().await);
    slow.watch.room = Arc::clone(&good.watch.room);
    // As many hostile mailboxes as there is room for, and one more.
    let _taken: Vec<_> = (0..100).map(|_| good.watch.room.share()).collect();
    let half = Fault::Say("* 2 FETCH (UID 5 BODY[3]<0> {11}\r\nNora");
    let drips = noted(&Asked::default(), "PEEK[3]", Some(half));
    let folder = three();
    let notes = Arc::clone(&slow.watch.reader);
    let dripping = slow.connection_for(Duration::from_secs(5), &folder, drips);
    let reading = async {
        // Until it comes to the message that drips.
        while notes.read.lock().unwrap().is_empty() {
            sleep(Duration::from_millis(1)).await;
        }
        timeout(Duration::from_secs(4), good.ends_until_idle(&folder, large)).await
    };
    tokio::select! {
        end = dripping => panic!("the other one is kept waiting: {end:?}"),
        ends = reading => assert_eq!(ends, Ok(0)),
    }
    assert_eq!((good.read().len(), good.state()), (3, State::Healthy));
    assert_eq!(slow.read(), messages(&[3]));
}

#[tokio::test]
async fn one_that_is_not_handed_over_at_all_is_put_aside() {
    let mut story = Story::of_new_mail().await;
    let never = poisoned("BODY", Fault::Say("TAG NO [SERVERBUG] no\r\n"));
    let fault = move |asked: &str| never(asked).or_else(|| large(asked));
    assert!(story.ends_until_idle(&three(), fault).await <= 3);
    assert_eq!((story.read(), story.aside().await), (messages(&[3, 9]), vec![5]));
}
