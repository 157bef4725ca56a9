//! The way of a message: nothing is suggested twice, nothing is lost, nobody else's message waits
//! for a bad one.

use crate::support::databases::{on_each_database, on_sqlite};
use crate::support::desk::{Desk, NOON, letter, mailbox};
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::time::timeout;
use undersigned::contact::Contact;
use undersigned::mail::{Limits, Reason, Skipped};
use undersigned::signature::Hints;
use undersigned::store::exclusions::{self, Exclusion};
use undersigned::store::mailboxes::{self, Baseline, Cursor, Lane};
use undersigned::store::messages::{self, Count};
use undersigned::store::suggestions::{Kind, State};
use undersigned::store::{ListId, lists};
use undersigned::suggestion::{Fault, Intake, IntakeError, Outcome, Settings};

const ANNA: &str = "Anna Müller <anna.mueller@exempla.example>";
const ANNA_SIGNS: &str = "Anna Müller\nLeiterin Einkauf\nExempla GmbH\n\
    Tel. +49 931 3000001\nMobil +49 170 1234567\nanna.mueller@exempla.example";

const FAMILIES: [&str; 12] = [
    "Kurz", "Lang", "Berger", "Seidel", "Winter", "Sommer", "Vogt", "Brandt", "Krause", "Lorenz",
    "Pohl", "Engel",
];

#[tokio::test(flavor = "multi_thread")]
async fn the_same_signature_twice_gives_one_suggestion() {
    on_each_database(async |database| {
        let db = database.open().await;
        let desk = Desk::of(&db, "Kugellager").await;
        let Outcome::New(id) = desk.take(&letter(1, ANNA, ANNA_SIGNS)).await else {
            panic!("Anna is new")
        };
        assert_eq!(desk.take(&letter(1, ANNA, ANNA_SIGNS)).await, Outcome::AlreadyRead);
        assert_eq!(desk.take(&letter(2, ANNA, ANNA_SIGNS)).await, Outcome::Known);
        // From her phone she signs with less, which takes nothing away.
        let short = "Anna Müller\nMobil +49 170 1234567";
        assert_eq!(desk.take(&letter(3, ANNA, short)).await, Outcome::Known);
        let suggestion = desk.suggestion(&id).await;
        assert_eq!((suggestion.kind, suggestion.state), (Kind::New, State::Open));
        assert_eq!(suggestion.contact.phones.len(), 2);
        assert_eq!(desk.suggestions(State::Open).await.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_suggestion_is_brought_up_to_date() {
    on_each_database(async |database| {
        let db = database.open().await;
        let desk = Desk::of(&db, "Kugellager").await;
        let Outcome::New(id) = desk.take(&letter(1, ANNA, ANNA_SIGNS)).await else {
            panic!("Anna is new")
        };
        let before = desk.suggestion(&id).await;
        let revision = revision(&desk, None).await;
        let promoted = ANNA_SIGNS
            .replace("Leiterin Einkauf", "Geschäftsführerin")
            .replace("+49 170 1234567", "+49 171 7654321");
        assert_eq!(desk.take(&letter(2, ANNA, &promoted)).await, Outcome::New(id.clone()));
        let after = desk.suggestion(&id).await;
        let titles: Vec<&str> = after.contact.titles.iter().map(|t| t.value.as_str()).collect();
        let numbers: Vec<&str> = after.contact.phones.iter().map(|p| p.value.number()).collect();
        assert_eq!(titles, ["Geschäftsführerin"], "the newest title");
        assert_eq!(numbers, ["+491717654321", "+499313000001", "+491701234567"]);
        assert!(after.changed_at > before.changed_at && after.created_at == before.created_at);
        assert!(self::revision(&desk, Some(&desk.list)).await > revision, "the page learns of it");
        assert_eq!(desk.take(&letter(3, ANNA, ANNA_SIGNS)).await, Outcome::New(id.clone()));
        assert_eq!(desk.suggestions(State::Open).await.len(), 1);
    })
    .await;
}

async fn revision(desk: &Desk, list: Option<&ListId>) -> i64 {
    lists::revision(&mut desk.db.read().await.unwrap(), &desk.tenant, list).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_mailboxes_bring_the_same_people_at_the_same_instant() {
    on_each_database(async |database| {
        let db = database.open().await;
        let desk = Desk::of(&db, "Kugellager").await;
        let mut arrivals = Vec::new();
        for (number, family) in FAMILIES.into_iter().enumerate() {
            for (place, mailbox) in desk.mailboxes.iter().enumerate() {
                // Each mailbox has another letter of each person, with another phone number.
                let from = format!("Otto {family} <otto@{family}-technik.example>");
                let signs = format!(
                    "Otto {family}\nTechniker\n{family} Technik AG\nTel. +49 931 30000{place}1",
                );
                let mut message = desk.message(&letter(number * 2 + place, &from, &signs));
                message.mailbox = mailbox.clone();
                let intake = desk.intake.clone();
                arrivals.push(tokio::spawn(async move { intake.take(message, None).await }));
            }
        }
        for arrival in arrivals {
            let outcome = arrival.await.unwrap().unwrap();
            assert!(matches!(outcome, Outcome::New(_)), "{outcome:?}");
        }
        let open = desk.suggestions(State::Open).await;
        assert_eq!(open.len(), 12, "one suggestion a person");
        assert!(open.iter().all(|one| one.contact.phones.len() == 2), "with both numbers");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wherever_it_stops_the_message_is_dealt_with_once() {
    on_each_database(async |database| {
        let db = database.open().await;
        let desk = Desk::of(&db, "Kugellager").await;
        let stops = [0, 200, 600, 1200, 2500, 5000, 9000, 20_000];
        for (number, (family, micros)) in FAMILIES.into_iter().zip(stops).enumerate() {
            let from = format!("Eva {family} <eva@{family}-bau.example>");
            let signs = format!(
                "Eva {family}\nLeiterin Einkauf\n{family} Bau KG\nTel. +49 931 400000{number}"
            );
            let letter = letter(number, &from, &signs);
            for _ in 0..2 {
                let take = desk.intake.take(desk.message(&letter), None);
                let _ = timeout(Duration::from_micros(micros), take).await;
            }
            let outcome = desk.take(&letter).await;
            assert!(matches!(outcome, Outcome::New(_) | Outcome::AlreadyRead), "{outcome:?}");
            assert_eq!(desk.take(&letter).await, Outcome::AlreadyRead);
            assert_eq!(desk.suggestions(State::Open).await.len(), number + 1);
        }
        assert_eq!(counts(&desk).await, [("new".into(), String::new(), 8)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_takes_no_suggestion_for_a_while_costs_no_message() {
    on_sqlite(async |database| {
        let db = database.open().await;
        let desk = Desk::of(&db, "Kugellager").await;
        let change = async |sql: &'static str| {
            let mut tx = db.begin_write().await.unwrap();
            sqlx::query(sql).execute(&mut *tx).await.unwrap();
            tx.commit().await.unwrap();
        };
        // As when there is no room for more rows.
        change(
            "CREATE TRIGGER full BEFORE INSERT ON suggestions
             BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END",
        )
        .await;
        let letter = letter(1, ANNA, ANNA_SIGNS);
        for _ in 0..5 {
            let taken = desk.intake.take(desk.message(&letter), None).await;
            assert!(matches!(taken, Err(IntakeError::Store(_))), "{taken:?}");
        }
        change("DROP TRIGGER full").await;
        assert!(matches!(desk.take(&letter).await, Outcome::New(_)));
        assert_eq!(desk.take(&letter).await, Outcome::AlreadyRead);
    })
    .await;
}

async fn counts(desk: &Desk) -> Vec<(String, String, i64)> {
    let mut conn = desk.db.read().await.unwrap();
    let counts = messages::counts(&mut conn, &desk.tenant, None).await.unwrap();
    counts
        .into_iter()
        .map(|Count { outcome, reason, messages }| (outcome, reason, messages))
        .collect()
}

/// Reads as a program with bugs would.
fn buggy(bytes: &[u8], _: &Limits, _: &Hints) -> Result<Contact, Skipped> {
    static TRIES: AtomicUsize = AtomicUsize::new(0);
    let text = String::from_utf8_lossy(bytes);
    if text.contains("Poison") {
        TRIES.fetch_add(1, Ordering::Relaxed);
        panic!("the words of {text}");
    }
    if text.contains("Tar") {
        std::thread::sleep(Duration::from_secs(6));
    }
    Err(Skipped::new(Reason::NoSignature, "nobody signs"))
}

/// As a server hands a message over that nobody has asked for.
async fn take_pushed(intake: &Intake, desk: &Desk, text: &str) -> Outcome {
    let guess = intake.guess(&desk.tenant);
    intake.take_with(desk.message(text), None, Some(guess)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_tenant_has_just_excluded_is_not_read_as_it_was_a_moment_ago() {
    on_sqlite(async |database| {
        let db = database.open().await;
        let desk = Desk::of(&db, "Kugellager").await;
        let intake = &desk.intake;
        let bernd = (
            "Bernd Kurz <bernd.kurz@exempla.example>",
            ANNA_SIGNS.replace("Anna Müller", "Bernd Kurz").replace("anna.mueller", "bernd.kurz"),
        );
        let first = take_pushed(intake, &desk, &letter(1, ANNA, ANNA_SIGNS)).await;
        assert!(matches!(first, Outcome::New(_)), "{first:?}");
        let excluded = Exclusion { pattern: "exempla.example".to_owned(), own: false };
        let mut tx = db.begin_write().await.unwrap();
        exclusions::put(&mut tx, &desk.tenant, &excluded, NOON).await.unwrap();
        tx.commit().await.unwrap();
        let second = take_pushed(intake, &desk, &letter(2, bernd.0, &bernd.1)).await;
        assert!(matches!(second, Outcome::Skipped(_)), "{second:?}");
        let mut tx = db.begin_write().await.unwrap();
        exclusions::remove(&mut tx, &desk.tenant, &excluded.pattern).await.unwrap();
        tx.commit().await.unwrap();
        let third = take_pushed(intake, &desk, &letter(3, bernd.0, &bernd.1)).await;
        assert!(!matches!(third, Outcome::Skipped(_)), "{third:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_cannot_be_read_is_quarantined_and_the_next_one_read() {
    on_each_database(async |database| {
        let db = database.open().await;
        let desk = Desk::of(&db, "Kugellager").await;
        let settings =
            Settings { deadline: Duration::from_millis(1_500), read: buggy, ..Settings::default() };
        let intake =
            Intake::new(db.clone(), desk.vault.clone(), desk.clock.clone(), settings.clone());
        let take = async |text: &str| intake.take(desk.message(text), None).await.unwrap();
        let take_news = async |text: &str| {
            let ahead = intake.look_ahead(&desk.tenant).await.unwrap();
            intake.take_with(desk.message(text), None, Some(ahead)).await.unwrap()
        };
        let poison = letter(1, ANNA, "Poison");
        let tar = letter(2, ANNA, "Tar");
        assert_eq!(take(&poison).await, Outcome::Quarantined(Fault::Panicked));
        assert_eq!(take(&poison).await, Outcome::AlreadyRead);
        assert_eq!(take(&tar).await, Outcome::Quarantined(Fault::TookTooLong));
        assert!(matches!(take(&letter(3, ANNA, "Fine")).await, Outcome::Skipped(_)));
        // Moved out of its folder and back, it is known before anybody reads it again.
        let came_again = Instant::now();
        assert_eq!(take_news(&tar).await, Outcome::AlreadyRead);
        assert_eq!(take_pushed(&intake, &desk, &tar).await, Outcome::AlreadyRead);
        assert!(came_again.elapsed() < settings.deadline, "it was not read");

        // A process that dies while reading counts as a try.
        let patient = Settings { deadline: Duration::from_secs(20), ..settings };
        let process =
            || Intake::new(db.clone(), desk.vault.clone(), desk.clock.clone(), patient.clone());
        let killer = letter(4, ANNA, "Tar and feathers");
        for _ in 0..3 {
            let dying = process();
            let take = dying.take(desk.message(&killer), None);
            assert!(timeout(Duration::from_millis(1_500), take).await.is_err());
        }
        let fourth = process().take(desk.message(&killer), None).await.unwrap();
        assert_eq!(fourth, Outcome::Quarantined(Fault::ProcessDied));
        assert_eq!(
            counts(&desk).await,
            [
                ("quarantined".into(), "panicked".into(), 1),
                ("quarantined".into(), "process-died".into(), 1),
                ("quarantined".into(), "took-too-long".into(), 1),
                ("skipped".into(), "no-signature".into(), 1),
            ]
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_that_does_not_end_does_not_keep_a_suspect_and_all_others_waiting() {
    on_sqlite(async |database| {
        let db = database.open().await;
        let desk = Desk::of(&db, "Kugellager").await;
        let settings = Settings {
            deadline: Duration::from_millis(600),
            lanes: NonZero::new(4).unwrap(),
            read: buggy,
            ..Settings::default()
        };
        let intake = Intake::new(db.clone(), desk.vault.clone(), desk.clock.clone(), settings);
        let take = async |text: &str| intake.take(desk.message(text), None).await.unwrap();
        // Its thread, and that of one whose reader gave up, stay behind for six seconds, and two lanes with them;
        // the suspect has the third.
        assert_eq!(take(&letter(1, ANNA, "Tar")).await, Outcome::Quarantined(Fault::TookTooLong));
        let suspect = letter(2, ANNA, "Tar, later");
        let given_up = timeout(Duration::from_millis(300), take(&suspect)).await;
        assert!(given_up.is_err());
        let begun = Instant::now();
        let fine = async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            take(&letter(3, ANNA, "Fine")).await
        };
        let (_, fine) = tokio::join!(take(&suspect), async {
            let fine = fine.await;
            (fine, begun.elapsed())
        });
        assert!(matches!(fine.0, Outcome::Skipped(_)));
        assert!(fine.1 < Duration::from_secs(3), "{:?}", fine.1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cursor_moves_with_the_message_and_only_for_whoever_holds_the_mailbox() {
    on_each_database(async |database| {
        let db = database.open().await;
        let desk = Desk::of(&db, "Kugellager").await;
        let mut tx = db.begin_write().await.unwrap();
        let new = mailbox(&desk.tenant, &desk.list, mailboxes::Kind::Imap, "west");
        let id = mailboxes::create(&mut tx, &desk.vault, &new, NOON).await.unwrap();
        let held = mailboxes::claim(&mut tx, mailboxes::Kind::Imap, "one", NOON, 1)
            .await
            .unwrap()
            .remove(0);
        let baseline =
            Baseline { uid_validity: 7, last_uid: 0, backfill_from: NOON, backfill_until: 0 };
        assert!(mailboxes::rebaseline(&mut tx, &held, &new.folder, &baseline).await.unwrap());
        tx.commit().await.unwrap();
        let cursor = |uid, fence| Cursor {
            tenant: desk.tenant.clone(),
            mailbox: id.clone(),
            fence,
            folder: new.folder.clone(),
            uid_validity: 7,
            uid,
            lane: Lane::New,
            at: NOON,
        };
        let message = |text: &str| {
            let mut message = desk.message(text);
            message.mailbox = id.clone();
            message
        };
        let at = async || {
            let mut conn = db.read().await.unwrap();
            let position = mailboxes::position(&mut conn, &held, &new.folder).await.unwrap();
            position.unwrap().last_uid
        };
        let anna = letter(1, ANNA, ANNA_SIGNS);
        let lost = desk.intake.take(message(&anna), Some(&cursor(1, held.fence + 1))).await;
        assert!(matches!(lost, Err(IntakeError::LeaseLost)), "{lost:?}");
        assert!(desk.suggestions(State::Open).await.is_empty(), "nothing was written");
        assert_eq!(at().await, 0);
        let outcome = desk.intake.take(message(&anna), Some(&cursor(1, held.fence))).await.unwrap();
        assert!(matches!(outcome, Outcome::New(_)));
        assert_eq!(at().await, 1);
        // A copy of the message further on: nothing comes of it, but it is done.
        let copy = desk.intake.take(message(&anna), Some(&cursor(2, held.fence))).await.unwrap();
        assert_eq!((copy, at().await), (Outcome::AlreadyRead, 2));
    })
    .await;
}
