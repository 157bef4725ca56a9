//! Several folders: the watched one comes first, and one slice of older mail is read at a time.

use super::rounds::{Story, messages};
use super::server::{Fault, Folder};
use crate::source::imap::end::End;
use crate::source::imap::error::WireError;
use crate::store::mailboxes::{self, Kind, State};
use std::ops::RangeInclusive;
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
    let mut tx = story.watch.db.begin_write().await.unwrap();
    let mailbox = &story.watch.held.mailbox;
    let now = story.watch.clock.now();
    mailboxes::set_folders(&mut tx, mailbox, &["News".to_owned()], now).await.unwrap();
    // Whoever watches it begins anew.
    let held = mailboxes::claim(&mut tx, Kind::Imap, "worker", now.plus_secs(60), 1).await;
    story.watch.held = held.unwrap().pop().unwrap();
    tx.commit().await.unwrap();
    story.watch.limits.poll = Duration::from_mins(1);
    story.watch.limits.idle = Duration::from_mins(1);
    story
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
    assert_eq!(story.read(), all(&[3..=3, 1001..=1200, 5..=5, 1201..=1450]));
}

#[tokio::test]
async fn older_mail_of_all_folders_keeps_one_pace_and_new_mail_is_heard_of_meanwhile() {
    let mut story = with_news_folder().await;
    story.watch.limits.backfill_per_minute = 5000; // a slice in 600 ms
    let mut server = Server::new(1..=60, 1001..=1060);
    let mut idles = 0;
    let began = std::time::Instant::now();
    serve(&mut story, move |asked| {
        idles += usize::from(asked == "IDLE");
        match (asked, idles) {
            ("IDLE", 1) => {
                server.inbox.push(61);
                Some(Fault::Say("+ idling\r\n* 61 EXISTS\r\n"))
            }
            // Waiting for the next slice; the last wait is for whatever may come.
            ("IDLE", 2..=3) => Some(Fault::Say("+ idling\r\n")),
            ("IDLE", _) => Some(Fault::Close("")),
            ("DONE", _) => Some(Fault::Say("TAG OK done\r\n")),
            _ => Some(server.answer(asked)),
        }
    })
    .await;
    assert_eq!(
        story.read(),
        all(&[1..=50, 61..=61, 51..=60, 1001..=1050, 1051..=1060]),
        "INBOX first, and what comes meanwhile at once"
    );
    assert!(began.elapsed() >= Duration::from_millis(1200), "{:?}", began.elapsed());
}

#[tokio::test]
async fn whoever_goes_on_with_older_mail_fetches_no_more_of_it_in_a_day() {
    let mut story = Story::new().await;
    story.watch.limits.backfill_bytes_per_day = 4000;
    let folder = Folder { uid_validity: 7, messages: (1..=120).collect() };
    for (day, read) in [50, 100, 120].into_iter().enumerate() {
        for connection in 0..2 {
            let end = story.connection(&folder, |_| None).await;
            assert!(end.is_none(), "{end:?}");
            assert_eq!(story.read().len(), read, "day {day}, connection {connection}");
        }
        story.watch.clock.advance_secs(2 * 86_400);
    }
}
