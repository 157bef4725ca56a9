//! A folder that its server numbers anew.

use super::poison::poisoned;
use super::rounds::{BODIES, Story, messages, three};
use super::server::{Fault, Folder};
use crate::source::imap::end::End;
use crate::source::imap::error::WireError;
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[tokio::test]
async fn another_numbering_is_begun_anew_without_forgetting_where() {
    let mut story = Story::new().await;
    story.until_idle(&three()).await;
    let anew = Folder { uid_validity: 8, messages: vec![1, 2] };
    story.until_idle(&anew).await;
    assert_eq!(story.read(), messages(&[3, 5, 9, 1, 2]));
    assert_eq!(story.done().await, 2);
}

const DAY: i64 = 86_400;

/// From which day on a folder is looked through that was numbered anew.
async fn looked_through(story: &mut Story, anew: &Folder) -> String {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let days = Arc::clone(&asked);
    let note = move |command: &str| {
        if let Some((_, day)) = command.split_once("SINCE ") {
            days.lock().unwrap().push(day.to_owned());
        }
        None
    };
    assert_eq!(story.ends_until_idle(anew, note).await, 0);
    let days = asked.lock().unwrap();
    assert!(days.iter().all(|day| *day == days[0]), "{days:?}");
    days[0].clone()
}

#[tokio::test]
async fn what_an_outage_left_unread_is_found_under_another_numbering() {
    let mut story = Story::new().await;
    story.until_idle(&Folder { messages: vec![3], ..three() }).await;
    story.until_idle(&Folder { messages: vec![3], ..three() }).await; // nothing is left on 2026-09-21
    story.watch.clock.advance_secs(10 * DAY);
    let many = Folder { messages: (3..=300).collect(), ..three() };
    let mut batches = 0;
    let breaks = move |asked: &str| {
        batches += usize::from(asked.contains(BODIES));
        (batches == 2).then_some(Fault::Close(""))
    };
    let end = story.connection_for(Duration::from_secs(20), &many, breaks).await;
    assert!(end.is_some(), "it broke");
    assert_eq!(story.read().len(), 201, "some of what came meanwhile is read, ten days late");

    let anew = Folder { uid_validity: 8, messages: (1..=298).collect() };
    assert_eq!(looked_through(&mut story, &anew).await, "19-Sep-2026");
    assert_eq!((story.read().len(), story.done().await), (201 + 298, 298));
    // Now nothing is left, and what was settled then is not looked through once more.
    story.watch.clock.advance_secs(10 * DAY);
    story.until_idle(&anew).await;
    let again = Folder { uid_validity: 9, ..anew };
    assert_eq!(looked_through(&mut story, &again).await, "9-Oct-2026");
}

#[tokio::test]
async fn what_was_put_aside_is_found_under_another_numbering() {
    let mut story = Story::of_new_mail().await;
    let keeps_back = poisoned(BODIES, Fault::Say("TAG NO not this one\r\n"));
    story.ends_until_idle(&three(), keeps_back.clone()).await;
    assert_eq!((story.read(), story.aside().await), (messages(&[3, 9]), vec![5]));
    story.watch.clock.advance_secs(5 * DAY);
    story.ends_until_idle(&three(), keeps_back.clone()).await;
    assert_eq!(story.aside().await, [5]);

    let anew = Folder { uid_validity: 8, messages: vec![1, 2, 3] };
    assert_eq!(looked_through(&mut story, &anew).await, "19-Sep-2026");
    assert_eq!(story.read(), messages(&[3, 9, 1, 2, 3]));
    assert_eq!(story.aside().await, [0; 0]);
}

/// A server that was set back to a backup: the numbering is the same, but begins before what was read.
#[tokio::test]
async fn numbers_that_go_back_are_another_numbering() {
    let mut story = Story::of_new_mail().await;
    story.until_idle(&three()).await;
    // 3 was in the backup, 4 has come since.
    story.until_idle(&Folder { messages: vec![3, 4], ..three() }).await;
    assert_eq!(story.read(), messages(&[3, 5, 9, 3, 4]), "3 is known by its key");
    assert_eq!(story.done().await, 4);
    story.until_idle(&Folder { messages: vec![3, 4, 5, 6], ..three() }).await;
    assert_eq!(story.read(), messages(&[3, 5, 9, 3, 4, 5, 6]), "it goes on from there");

    story.until_idle(&Folder { messages: Vec::new(), ..three() }).await;
    story.until_idle(&Folder { messages: vec![1], ..three() }).await;
    assert_eq!(story.read(), messages(&[3, 5, 9, 3, 4, 5, 6, 1]), "also where nothing was left");
}

/// Serves over one connection with a server that is set back before the second look.
async fn set_back(story: &mut Story, before: Folder, after: Folder) {
    let mut looks = 0;
    let script = move |asked: &str| {
        looks += usize::from(asked.starts_with("EXAMINE"));
        match (asked, looks) {
            (_, ..=1) => None,
            ("IDLE", 3..) => Some(Fault::Close("")),
            _ => Some(Fault::Say(after.answer(asked).leak())),
        }
    };
    let end = story.connection_for(Duration::from_secs(20), &before, script).await;
    assert!(matches!(end, Some(End::Wire(WireError::Lost))), "{end:?}");
}

#[tokio::test]
async fn numbers_that_go_back_are_seen_by_the_next_look_of_a_connection() {
    let mut story = Story::of_new_mail().await;
    set_back(&mut story, three(), Folder { messages: vec![3, 4], ..three() }).await;
    assert_eq!(story.read(), messages(&[3, 5, 9, 3, 4]));
}

#[tokio::test]
async fn older_mail_is_found_again_when_numbers_go_back_while_it_is_read() {
    let mut story = Story::new().await;
    let before = Folder { messages: (1..=400).collect(), ..three() };
    let after = Folder { messages: (1..=10).collect(), ..three() };
    set_back(&mut story, before, after).await;
    let read = story.read();
    let again: Vec<u32> = (1..=10).collect();
    assert!(read.len() < 400, "it was set back in the middle: {}", read.len());
    assert_eq!(read[read.len() - 10..], messages(&again));
    assert_eq!(story.done().await, 10);
}

#[tokio::test]
async fn what_a_server_says_of_its_next_number_is_not_believed_against_its_messages() {
    // As the RFC has it, after the last one was removed; not told; never right.
    for next in
        ["* OK [UIDNEXT 10] next\r\n", "", "* OK [UIDNEXT 0] next\r\n", "* OK [UIDNEXT 1] next\r\n"]
    {
        let mut story = Story::of_new_mail().await;
        story.until_idle(&three()).await;
        let opened = format!(
            "* 2 EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n{next}TAG OK [READ-ONLY] opened\r\n"
        );
        let opened: &'static str = opened.leak();
        let left = Folder { messages: vec![3, 5], ..three() };
        for _ in 0..2 {
            let opens =
                move |asked: &str| asked.starts_with("EXAMINE").then_some(Fault::Say(opened));
            assert_eq!(story.ends_until_idle(&left, opens).await, 0, "{next}");
        }
        assert_eq!((story.read(), story.done().await), (messages(&[3, 5, 9]), 9), "{next}");
    }
}
