//! Several folders: the watched one comes first, and one slice of older mail is read at a time.

use super::rounds::{BODIES, Story, messages, once};
use super::server::{Fault, Folder};
use crate::source::imap::end::End;
use crate::source::imap::error::{ConnectError, WireError};
use crate::store::mailboxes::{self, Kind, Mailbox, State};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// A server with INBOX and News, at which something may come to INBOX.
#[derive(Clone)]
struct Server {
    inbox: Vec<u32>,
    news: Vec<u32>,
    is_news_open: bool,
}

impl Server {
    fn new(inbox: impl IntoIterator<Item = u32>, news: impl IntoIterator<Item = u32>) -> Self {
        let (inbox, news) = (inbox.into_iter().collect(), news.into_iter().collect());
        Self { inbox, news, is_news_open: false }
    }

    /// What it answers, rightly.
    fn answer(&mut self, command: &str) -> Fault {
        if command.starts_with("EXAMINE") {
            self.is_news_open = command.contains("News");
        }
        let messages = if self.is_news_open { self.news.clone() } else { self.inbox.clone() };
        let answer = Folder { uid_validity: 7, messages }.answer(command);
        Fault::Say(answer.leak())
    }
}

async fn with_news_folder() -> Story {
    let mut story = Story::new().await;
    story.read_folders("INBOX", "News").await;
    story
}

impl Story {
    /// Watches a folder from now on, and reads another one.
    async fn read_folders(&mut self, watched: &str, other: &str) {
        let mut tx = self.watch.db.begin_write().await.unwrap();
        let mailbox = Mailbox { folder: watched.to_owned(), ..self.watch.held.mailbox.clone() };
        let now = self.watch.clock.now();
        mailboxes::set_folders(&mut tx, &mailbox, &[other.to_owned()], now).await.unwrap();
        // Whoever watches it begins anew.
        let held = mailboxes::claim(&mut tx, Kind::Imap, "worker", now.plus_secs(60), 1).await;
        self.watch.held = held.unwrap().pop().unwrap();
        tx.commit().await.unwrap();
        self.watch.limits.poll = Duration::from_mins(1);
        self.watch.limits.idle = Duration::from_mins(1);
    }
}

/// Serves until the server is idled with after it has nothing more to tell.
async fn serve(story: &mut Story, script: impl FnMut(&str) -> Option<Fault> + Send + 'static) {
    let unused = Folder { uid_validity: 7, messages: Vec::new() };
    let end = story.connection_for(Duration::from_secs(20), &unused, script).await;
    assert!(matches!(end, Some(End::Wire(WireError::Lost))), "{end:?}");
    assert_eq!(story.state(), State::Healthy);
}

fn all(parts: &[RangeInclusive<u32>]) -> Vec<String> {
    messages(&parts.iter().cloned().flatten().collect::<Vec<u32>>())
}

#[tokio::test]
async fn a_further_folder_with_much_new_mail_does_not_hold_the_watched_one_up() {
    let mut story = with_news_folder().await;
    let mut empty = Server::new([], []);
    let close = |asked: &str| (asked == "IDLE").then_some(Fault::Close(""));
    serve(&mut story, move |asked| close(asked).or_else(|| Some(empty.answer(asked)))).await;

    let mut server = Server::new(3..=3, 1001..=1450);
    let mut looks = 0;
    serve(&mut story, move |asked| {
        looks += usize::from(asked.contains("EXAMINE") && asked.contains("INBOX"));
        if looks == 2 {
            server.inbox = vec![3, 5];
        }
        close(asked).or_else(|| Some(server.answer(asked)))
    })
    .await;
    assert_eq!(story.read(), all(&[3..=3, 1001..=1020, 5..=5, 1021..=1450]));
}

#[tokio::test]
async fn a_watched_folder_that_is_gone_holds_no_other_up() {
    let mut story = with_news_folder().await;
    let mut server = Server::new([], 1001..=1030);
    serve(&mut story, move |asked| match asked {
        "IDLE" => Some(Fault::Close("")),
        _ => Some(server.answer(asked)),
    })
    .await;
    let unused = Folder { uid_validity: 7, messages: Vec::new() };
    let mut ill_since = None;
    for last in [1060, 1120, 1180] {
        let mut server = Server::new([], 1001..=last);
        let gone = move |asked: &str| {
            let is_of_inbox = asked.contains("INBOX");
            let refusal = Fault::Say("TAG NO no such folder\r\n");
            Some(if is_of_inbox { refusal } else { server.answer(asked) })
        };
        let end = story.connection_for(Duration::from_secs(20), &unused, gone).await.unwrap();
        assert!(matches!(end, End::Connect(ConnectError::NoFolder)), "{end:?}");
        assert_eq!(story.told(&end).await, State::NoFolder);
        assert_eq!(story.read(), all(&[1001..=last]));
        let since = story.mailbox().await.ill_since.unwrap();
        assert_eq!(*ill_since.get_or_insert(since), since, "one illness, up to {last}");
        story.watch.clock.advance_secs(60);
    }
}

#[tokio::test]
async fn a_watched_folder_of_which_nothing_is_handed_over_holds_no_other_up() {
    let refusal = Fault::Say("TAG NO [SERVERBUG] storage is away\r\n");
    for (silence, is_all_away) in
        [(refusal, false), (Fault::Close(""), false), (Fault::Close(""), true)]
    {
        let mut story = with_news_folder().await;
        let mut empty = Server::new([], []);
        serve(&mut story, move |asked| match asked {
            "IDLE" => Some(Fault::Close("")),
            _ => Some(empty.answer(asked)),
        })
        .await;
        let unused = Folder { uid_validity: 7, messages: Vec::new() };
        // Where each fetch ends the connection, the next one goes on with the question.
        let (mut ends, mut ill_since) = (Vec::new(), None);
        while ends.len() < 9 && !matches!(ends.last(), Some(End::NothingHandedOver)) {
            let mut server = Server::new(1..=5, 1001..=1030);
            let away = move |asked: &str| {
                let answer = server.answer(asked);
                let is_away = is_all_away || !server.is_news_open;
                Some(if asked.contains("FETCH") && is_away { silence } else { answer })
            };
            let end = story.connection_for(Duration::from_secs(20), &unused, away).await.unwrap();
            assert!(story.told(&end).await.is_ill(), "{end:?}");
            let since = story.mailbox().await.ill_since.unwrap();
            assert_eq!(*ill_since.get_or_insert(since), since, "one illness: {end:?}");
            story.watch.clock.advance_secs(60);
            ends.push(end);
        }
        assert!(matches!(ends.last(), Some(End::NothingHandedOver)), "{ends:?}");
        assert_eq!(story.state(), State::Refused);
        let news = if is_all_away { vec![] } else { all(&[1001..=1030]) };
        assert_eq!(story.read(), news);
    }
}

#[tokio::test]
async fn a_further_folder_that_is_gone_is_an_illness_and_the_watched_one_is_read() {
    let mut story = with_news_folder().await;
    let unused = Folder { uid_validity: 7, messages: Vec::new() };
    for (is_gone, state) in [(true, State::NoFolder), (false, State::Healthy)] {
        let mut server = Server::new(1..=3, 1001..=1003);
        let script = move |asked: &str| match asked {
            "IDLE" => Some(Fault::Close("")),
            asked if is_gone && asked.contains("News") => {
                Some(Fault::Say("TAG NO [NONEXISTENT] no such folder\r\n"))
            }
            asked => Some(server.answer(asked)),
        };
        let end = story.connection_for(Duration::from_secs(20), &unused, script).await.unwrap();
        assert!(matches!(end, End::Wire(WireError::Lost)), "{end:?}");
        assert_eq!(story.state(), state);
        let detail = story.watch.reported.clone().unwrap().1;
        let said = "the folder News cannot be read: choose another one; the other folders are read";
        assert_eq!(detail, if is_gone { said } else { "" });
    }
    assert_eq!(story.read(), all(&[1..=3, 1001..=1003]));
}

#[tokio::test]
async fn a_folder_that_is_gone_is_gone_also_where_its_name_sounds_as_if_it_came_back() {
    let unused = Folder { uid_validity: 7, messages: Vec::new() };
    for refusal in [
        "TAG NO [NONEXISTENT] Mailbox doesn't exist: Acme Limited\r\n",
        "TAG NO Mailbox doesn't exist: Acme Limited\r\n",
    ] {
        for watched in ["INBOX", "Acme Limited"] {
            let mut story = Story::new().await;
            let other = if watched == "INBOX" { "Acme Limited" } else { "INBOX" };
            story.read_folders(watched, other).await;
            let mut server = Server::new(1..=3, []);
            let script = move |asked: &str| match asked {
                "IDLE" => Some(Fault::Close("")),
                asked if asked.contains("Acme Limited") => Some(Fault::Say(refusal)),
                asked => Some(server.answer(asked)),
            };
            let end = story.connection_for(Duration::from_secs(20), &unused, script).await;
            let state = match end.unwrap() {
                End::Wire(WireError::Lost) => story.state(),
                end => story.told(&end).await,
            };
            assert_eq!(state, State::NoFolder, "{watched}: {refusal}");
            assert_eq!(story.read(), all(&[1..=3]), "{watched}: {refusal}");
        }
    }
}

#[tokio::test]
async fn older_mail_of_a_folder_that_goes_is_not_looked_for_in_another() {
    let mut story = with_news_folder().await;
    story.watch.limits.backfill_per_minute = 2000; // a slice in 600 ms
    story.watch.limits.poll = Duration::from_secs(1);
    let mut server = Server::new(1..=50, 1..=50);
    let unused = Folder { uid_validity: 7, messages: Vec::new() };
    let (mut is_begun, handed_over) = (false, Arc::new(AtomicU32::new(0)));
    let noted = Arc::clone(&handed_over);
    let goes = move |asked: &str| {
        let is_gone = is_begun && asked.contains("INBOX");
        if !server.is_news_open
            && let Some((range, _)) =
                asked.strip_prefix("UID FETCH ").and_then(|it| it.split_once(" (UID BODY"))
        {
            is_begun = true;
            let last = range.rsplit(':').next().unwrap();
            noted.store(last.parse().unwrap(), Ordering::Relaxed);
        }
        Some(match asked {
            "IDLE" => Fault::Say("+ idling\r\n"),
            "DONE" => Fault::Say("TAG OK done\r\n"),
            _ if is_gone => Fault::Say("TAG NO no such folder\r\n"),
            _ => server.answer(asked),
        })
    };
    let end = story.connection_for(Duration::from_secs(20), &unused, goes).await.unwrap();
    assert!(matches!(end, End::Connect(ConnectError::NoFolder)), "{end:?}");
    let mut conn = story.watch.db.read().await.unwrap();
    let position =
        mailboxes::position(&mut conn, &story.watch.held, "INBOX").await.unwrap().unwrap();
    assert!(position.is_backfilling(), "{position:?}");
    assert_eq!(
        position.backfill_done,
        handed_over.load(Ordering::Relaxed),
        "what INBOX has handed over"
    );
}

#[tokio::test]
async fn older_mail_of_the_others_is_read_while_the_watched_folder_is_gone() {
    let mut story = with_news_folder().await;
    let mut server = Server::new([], 1001..=1060);
    let unused = Folder { uid_validity: 7, messages: Vec::new() };
    let gone = move |asked: &str| {
        let is_of_inbox = asked.contains("INBOX");
        let refusal = Fault::Say("TAG NO no such folder\r\n");
        Some(if is_of_inbox { refusal } else { server.answer(asked) })
    };
    let end = story.connection_for(Duration::from_secs(20), &unused, gone).await.unwrap();
    assert!(matches!(end, End::Connect(ConnectError::NoFolder)), "{end:?}");
    assert_eq!(story.read(), all(&[1001..=1060]));
}

#[tokio::test]
async fn a_further_folder_that_cannot_be_searched_costs_the_watched_one_nothing() {
    let mut story = with_news_folder().await;
    let mut server = Server::new(3..=3, 1001..=1003);
    let search = |asked: &str| asked.contains("SEARCH");
    serve(&mut story, move |asked| match asked {
        "IDLE" => Some(Fault::Close("")),
        asked if search(asked) && server.is_news_open => {
            Some(Fault::Say("TAG NO [SERVERBUG] the index is damaged\r\n"))
        }
        _ => Some(server.answer(asked)),
    })
    .await;
    assert_eq!(story.read(), messages(&[3]));
    let (_, detail, _) = story.watch.reported.clone().unwrap();
    assert!(detail.starts_with("the folder News cannot be read"), "{detail}");
}

#[tokio::test]
async fn new_mail_waits_for_one_fetch_of_whatever_else_is_read_at_most() {
    /// What a server says of messages whose texts are as long as these; five fit into one fetch.
    const SIZE: [&str; 2] = ["RFC822.SIZE 12", "RFC822.SIZE 50012"];
    let mut story = with_news_folder().await;
    // Something comes to INBOX while the first of these are fetched, of each kind.
    let play = |mut server: Server, coming: &'static [(&'static str, u32)]| {
        move |asked: &str| {
            let is_body = asked.contains("BODY.PEEK[]");
            for (first, uid) in coming {
                let command = format!("UID FETCH {first}:");
                if is_body && asked.starts_with(&command) && !server.inbox.contains(uid) {
                    server.inbox.push(*uid);
                }
            }
            let Fault::Say(answer) = server.answer(asked) else { return None };
            match asked {
                "IDLE" => Some(Fault::Close("")),
                _ => Some(Fault::Say(answer.replace(SIZE[0], SIZE[1]).leak())),
            }
        }
    };
    let older = Server::new(2001..=2030, 1001..=1030);
    serve(&mut story, play(older.clone(), &[("2001", 2031), ("1001", 2032)])).await;
    let with_more = Server::new(2001..=2032, 1001..=1050);
    serve(&mut story, play(with_more, &[("1031", 2033)])).await;
    assert_eq!(
        story.read(),
        all(&[
            2001..=2005,
            2031..=2031,
            2006..=2030,
            1001..=1005,
            2032..=2032,
            1006..=1030,
            1031..=1035,
            2033..=2033,
            1036..=1050,
        ])
    );
}

#[tokio::test]
async fn older_mail_of_all_folders_keeps_one_pace_and_new_mail_is_heard_of_meanwhile() {
    let mut story = with_news_folder().await;
    story.watch.limits.backfill_per_minute = 2000; // a slice in 600 ms
    let mut server = Server::new(1..=25, 1001..=1025);
    let (mut idles, mut is_last) = (0, false);
    let began = std::time::Instant::now();
    serve(&mut story, move |asked| {
        idles += usize::from(asked == "IDLE");
        is_last |= asked.starts_with("UID FETCH 1021:1025 (UID BODY");
        match (asked, idles) {
            ("IDLE", 1) => {
                server.inbox.push(26);
                Some(Fault::Say("+ idling\r\n* 26 EXISTS\r\n"))
            }
            // Waiting for the next slice; the last wait is for whatever may come.
            ("IDLE", _) if is_last => Some(Fault::Close("")),
            ("IDLE", _) => Some(Fault::Say("+ idling\r\n")),
            ("DONE", _) => Some(Fault::Say("TAG OK done\r\n")),
            _ => Some(server.answer(asked)),
        }
    })
    .await;
    assert_eq!(
        story.read(),
        all(&[1..=20, 26..=26, 21..=25, 1001..=1020, 1021..=1025]),
        "INBOX first, and what comes meanwhile at once"
    );
    assert!(began.elapsed() >= Duration::from_millis(1200), "{:?}", began.elapsed());
}

#[tokio::test]
async fn whoever_goes_on_with_older_mail_fetches_no_more_of_it_in_a_day() {
    let mut story = Story::new().await;
    story.watch.limits.backfill_bytes_per_day = 4000;
    let folder = Folder { uid_validity: 7, messages: (1..=120).collect() };
    for (day, read) in [20, 40, 60, 80, 100, 120].into_iter().enumerate() {
        for connection in 0..2 {
            let end = story.connection(&folder, |_| None).await;
            assert!(end.is_none(), "{end:?}");
            assert_eq!(story.read().len(), read, "day {day}, connection {connection}");
        }
        story.watch.clock.advance_secs(2 * 86_400);
    }
}

#[tokio::test]
async fn what_is_fetched_of_older_mail_counts_also_where_the_connection_breaks() {
    let mut story = Story::new().await;
    story.watch.limits.backfill_bytes_per_day = 4000;
    let folder = Folder { uid_validity: 7, messages: (1..=20).collect() };
    let half = format!("* 1 FETCH (UID 1 BODY[]<0> {{9000}}\r\n{}", "x".repeat(2000));
    let breaks = once(BODIES, Fault::Close(half.leak()));
    let end = story.connection(&folder, breaks).await;
    assert!(matches!(end, Some(End::Wire(WireError::Lost))), "{end:?}");
    assert!(story.connection(&folder, |_| None).await.is_none());
    assert_eq!(story.read(), [""; 0], "today's bytes are spent");
    story.watch.clock.advance_secs(2 * 86_400);
    assert!(story.connection(&folder, |_| None).await.is_none());
    assert!(!story.read().is_empty());
}
