//! Faults in the middle of reading.

use super::notes::Notes;
use super::server::{Fault, Folder, serve};
use crate::clock::{Clock, Millis};
use crate::source::imap::connect::Connector;
use crate::source::imap::end::End;
use crate::source::imap::error::{ConnectError, WireError};
use crate::source::imap::hosts::Before;
use crate::source::imap::hurry::Hurry;
use crate::source::imap::keys::Keys;
use crate::source::imap::proof::Doubts;
use crate::source::imap::session;
use crate::source::imap::suspicion::Suspicion;
use crate::source::imap::watch::{Limits, Watch};
use crate::source::imap::wire::Wire;
use crate::source::oauth::Exchanges;
use crate::store::mailboxes::{self, Held, Kind, Mailbox, NewMailbox, State};
use crate::store::tenants::{self, NewTenant};
use crate::store::{Db, Security, lists};
use crate::vault::Vault;
use secrecy::SecretString;
use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// A mailbox that is held.
pub(super) struct Story {
    pub(super) watch: Watch<Notes>,
    pub(super) keys: Keys,
    pub(super) _dir: TempDir,
}

impl Story {
    pub(super) async fn new() -> Self {
        Self::at("mail.example.test", 993).await
    }

    /// A mailbox on this server.
    pub(super) async fn at(host: &str, port: u16) -> Self {
        let dir = TempDir::new().unwrap();
        let url = format!("sqlite://{}", dir.path().join("db").display());
        let db = Db::open(&url, 2).await.unwrap();
        let clock = Clock::fixed(Millis(1_790_000_000_000));
        let vault = Vault::ephemeral();
        let held = held(&db, &vault, (host, port), clock.now()).await;
        let connector = Connector::new(None, true).unwrap();
        let exchanges = Exchanges::new(db.clone(), vault.clone(), clock.clone());
        let keys = Keys::new(db.clone(), vault, clock.clone(), &connector, exchanges);
        let watch = Watch {
            reader: Arc::new(Notes {
                db: db.clone(),
                read: Mutex::default(),
                given_up: Mutex::default(),
            }),
            db,
            clock,
            limits: Limits {
                max_message_bytes: 1024 * 1024,
                poll: Duration::from_millis(50),
                idle: Duration::from_millis(50),
                connecting_per_host: 1,
                backfill_per_minute: 1_000_000,
                backfill_bytes_per_day: 1 << 40,
            },
            before: Before::Well,
            room: Arc::default(),
            held,
            stop: CancellationToken::new(),
            reported: None,
            aside: None,
            gone: BTreeSet::new(),
            suspicion: Suspicion::default(),
            doubts: Doubts::default(),
            progress: AtomicBool::default(),
            hurry: Hurry::default(),
            pushes: true,
            token: None,
        };
        Self { watch, keys, _dir: dir }
    }

    /// Serves the mailbox over one connection, until it ends or nothing is left to be done: it idles, looks,
    /// idles again.
    pub(super) async fn connection(
        &mut self,
        folder: &Folder,
        mut fault: impl FnMut(&str) -> Option<Fault> + Send + 'static,
    ) -> Option<End> {
        let at_rest = Arc::new(Notify::new());
        let (told, mut idles) = (Arc::clone(&at_rest), 0);
        let counted = move |asked: &str| {
            idles += usize::from(asked == "IDLE");
            if idles == 3 {
                told.notify_one();
            }
            fault(asked)
        };
        tokio::select! {
            end = self.connection_for(Duration::from_secs(20), folder, counted) => {
                Some(end.expect("it does not hang"))
            }
            () = at_rest.notified() => None,
        }
    }

    pub(super) async fn connection_for(
        &mut self,
        time: Duration,
        folder: &Folder,
        fault: impl FnMut(&str) -> Option<Fault> + Send + 'static,
    ) -> Option<End> {
        let mut wire = Wire::new(serve(folder.clone(), fault));
        let serve = session::serve(&mut wire, &mut self.watch);
        tokio::time::timeout(time, serve).await.ok()
    }

    /// Serves the mailbox until there is nothing left to do.
    pub(super) async fn until_idle(&mut self, folder: &Folder) {
        let close = |asked: &str| (asked == "IDLE").then_some(Fault::Close(""));
        let end = self.connection_for(Duration::from_secs(20), folder, close).await;
        assert!(matches!(end, Some(End::Wire(WireError::Lost))), "{end:?}");
    }

    /// The mailbox as it is kept.
    pub(super) async fn mailbox(&self) -> Mailbox {
        let held = &self.watch.held.mailbox;
        let mut conn = self.watch.db.read().await.unwrap();
        mailboxes::get(&mut conn, &held.tenant, &held.id).await.unwrap().unwrap()
    }

    pub(super) fn read(&self) -> Vec<String> {
        self.watch.reader.read.lock().unwrap().clone()
    }

    /// Everything up to this message is done.
    pub(super) async fn done(&self) -> u32 {
        let mut conn = self.watch.db.read().await.unwrap();
        let position = mailboxes::position(&mut conn, &self.watch.held, "INBOX").await.unwrap();
        let position = position.unwrap();
        if position.is_backfilling() { position.backfill_uid } else { position.last_uid }
    }

    /// A mailbox that was looked at when it was empty: what comes now is new mail.
    pub(super) async fn of_new_mail() -> Self {
        let mut story = Self::new().await;
        let empty = Folder { messages: Vec::new(), ..three() };
        story.until_idle(&empty).await;
        story
    }
}

async fn held(db: &Db, vault: &Vault, (host, port): (&str, u16), now: Millis) -> Held {
    let new = NewTenant { name: "Example Ltd", region: "GB" };
    let mut tx = db.begin_write().await.unwrap();
    let tenant = tenants::create(&mut tx, vault, &new, now).await.unwrap().id;
    let list = lists::create(&mut tx, &tenant, "Sales", now).await.unwrap().id;
    let new = NewMailbox {
        tenant,
        list,
        kind: Kind::Imap,
        address: "nora@example.test".to_owned(),
        host: host.to_owned(),
        port,
        security: Security::Tls,
        username: "nora".to_owned(),
        password: SecretString::from("secret"),
        folder: "INBOX".to_owned(),
        backfill_days: 30,
    };
    mailboxes::create(&mut tx, vault, &new, now).await.unwrap();
    let held =
        mailboxes::claim(&mut tx, Kind::Imap, "worker", now, 1).await.unwrap().pop().unwrap();
    tx.commit().await.unwrap();
    held
}

pub(super) fn three() -> Folder {
    Folder { uid_validity: 7, messages: vec![3, 5, 9] }
}

pub(super) fn messages(uids: &[u32]) -> Vec<String> {
    uids.iter().map(|uid| format!("message {uid}")).collect()
}

/// A fault at the first command that contains `words`.
pub(super) fn once(
    words: &'static str,
    fault: Fault,
) -> impl FnMut(&str) -> Option<Fault> + Send + 'static {
    let mut fault = Some(fault);
    move |command| if command.contains(words) { fault.take() } else { None }
}

pub(super) const SIZES: &str = "RFC822.SIZE";
pub(super) const BODIES: &str = "BODY.PEEK[]";

type Expected = fn(&End) -> bool;

impl Story {
    /// What people are told of a mailbox whose connection ended so again.
    pub(super) async fn told(&mut self, end: &End) -> State {
        self.watch.tell(end, u32::MAX, Duration::ZERO).await;
        self.state()
    }

    /// What people were told last.
    pub(super) fn state(&self) -> State {
        self.watch.reported.clone().unwrap().0
    }
}

#[tokio::test]
async fn whatever_the_server_does_no_message_is_lost_or_read_twice() {
    let one_and_a_half = "* 1 FETCH (UID 3 BODY[]<0> {9}\r\nmessage 3)\r\n\
                          * 2 FETCH (UID 5 BODY[]<0> {9}\r\nmess";
    let huge = "* 1 FETCH (UID 3 BODY[]<0> {400000000}\r\n";
    let hidden = "* OK x {1000}\r\n* 1 FETCH (UID 3 BODY[]<0> {400000000}\r\n";
    let faults: [(&str, Fault, Expected, State); 22] = [
        ("EXAMINE", Fault::Say("TAG NO [NONEXISTENT] gone\r\n"), is_no_folder, State::NoFolder),
        ("EXAMINE", Fault::Say("TAG NO [UNAVAILABLE] later\r\n"), is_for_now, State::Refused),
        ("EXAMINE", Fault::Say("TAG NO [INUSE] locked\r\n"), is_for_now, State::Refused),
        (
            "EXAMINE",
            Fault::Say("TAG BAD User is authenticated but not connected.\r\n"),
            is_for_now,
            State::Refused,
        ),
        ("EXAMINE", Fault::Close(""), is_lost, State::Unreachable),
        ("EXAMINE", Fault::Say("* 3 EXISTS\r\nTAG OK\r\n"), is_no_numbering, State::NoFolder),
        (
            "EXAMINE",
            Fault::Say("* OK [UIDVALIDITY 0] x\r\nTAG OK\r\n"),
            is_no_numbering,
            State::NoFolder,
        ),
        ("SEARCH", Fault::Say("TAG NO [SERVERBUG] no\r\n"), is_refused, State::Refused),
        ("SEARCH", Fault::Close("* SEARCH 3 5\r\n"), is_lost, State::Unreachable),
        (SIZES, Fault::Say("TAG NO [THROTTLED] later\r\n"), is_throttled, State::Throttled),
        (SIZES, Fault::Say("TAG BAD Request is throttled.\r\n"), is_throttled, State::Throttled),
        (SIZES, Fault::Say("TAG OK\r\n"), is_withheld, State::Refused),
        (SIZES, Fault::Close("* 1 FETCH (UID 3 RFC822.SIZE 9)\r\n"), is_lost, State::Unreachable),
        (BODIES, Fault::Say("TAG BAD what?\r\n"), is_refused, State::Refused),
        (BODIES, Fault::Say("TAG OK\r\n"), is_withheld, State::Refused),
        (BODIES, Fault::Close(one_and_a_half), is_lost, State::Unreachable),
        (BODIES, Fault::Say("* BYE shutting down\r\nTAG OK\r\n"), is_bye, State::Unreachable),
        (
            BODIES,
            Fault::Say("* 1 FETCH (UID 3 BODY[] ~{9}\r\nmessage 3)\r\nTAG OK\r\n"),
            is_malformed,
            State::Unreachable,
        ),
        (BODIES, Fault::Say(huge), is_too_much, State::Unreachable),
        (BODIES, Fault::Say(hidden), is_malformed, State::Unreachable),
        (BODIES, Fault::Say("U99 OK of another\r\n"), is_malformed, State::Unreachable),
        (BODIES, Fault::Say("HTTP/1.1 400 Bad Request\r\n"), is_malformed, State::Unreachable),
    ];
    for (command, fault, expected, state) in faults {
        let said = match fault {
            Fault::Say(text) | Fault::Close(text) => text,
        };
        for mut story in [Story::new().await, Story::of_new_mail().await] {
            let end = story.connection(&three(), once(command, fault)).await.expect(said);
            assert!(expected(&end), "{command} {said:?}: {end:?}");
            assert_eq!(story.told(&end).await, state, "{command} {said:?}");
            assert_eq!((story.read(), story.done().await), (Vec::new(), 0), "{said:?}");
            story.until_idle(&three()).await;
            assert_eq!((story.read(), story.done().await), (messages(&[3, 5, 9]), 9), "{said:?}");
            assert_eq!(story.state(), State::Healthy, "{said:?}");
        }
    }
}

fn is_no_folder(end: &End) -> bool {
    matches!(end, End::Connect(ConnectError::NoFolder))
}

fn is_for_now(end: &End) -> bool {
    matches!(end, End::Connect(ConnectError::SignInRefused(_)))
}

fn is_no_numbering(end: &End) -> bool {
    matches!(end, End::Connect(ConnectError::NoNumbering))
}

pub(super) fn is_lost(end: &End) -> bool {
    matches!(end, End::Wire(WireError::Lost))
}

fn is_bye(end: &End) -> bool {
    matches!(end, End::Wire(WireError::Bye))
}

fn is_refused(end: &End) -> bool {
    matches!(end, End::Wire(WireError::No(_) | WireError::Bad(_)))
}

fn is_throttled(end: &End) -> bool {
    matches!(end, End::Wire(WireError::Throttled(_)))
}

pub(super) fn is_malformed(end: &End) -> bool {
    matches!(end, End::Wire(WireError::Malformed))
}

fn is_too_much(end: &End) -> bool {
    matches!(end, End::Wire(WireError::TooMuch))
}

fn is_withheld(end: &End) -> bool {
    matches!(end, End::Withheld(3))
}

#[tokio::test]
async fn a_message_that_is_deleted_meanwhile_is_passed_over() {
    for command in [SIZES, BODIES] {
        let mut story = Story::of_new_mail().await;
        // The search has found three; when they are fetched, 5 is gone.
        let mut found = Some(Fault::Say("* SEARCH 3 5 9\r\nTAG OK\r\n"));
        let mut sizes = Some(Fault::Say(
            "* 1 FETCH (UID 3 RFC822.SIZE 9)\r\n* 2 FETCH (UID 5 RFC822.SIZE 9)\r\n\
             * 3 FETCH (UID 9 RFC822.SIZE 9)\r\nTAG OK\r\n",
        ));
        let left = Folder { uid_validity: 7, messages: vec![3, 9] };
        let fault = move |asked: &str| match asked {
            asked if asked.contains("SINCE") => found.take(),
            asked if asked.contains(SIZES) && command == BODIES => sizes.take(),
            _ => None,
        };
        assert!(story.connection(&left, fault).await.is_none());
        assert_eq!((story.read(), story.done().await), (messages(&[3, 9]), 9));
    }
}

#[tokio::test]
async fn mail_that_is_told_of_while_reading_is_read_too() {
    let mut story = Story::of_new_mail().await;
    // The search runs before 9 is there; that it came is told with the answer to it.
    let early = Fault::Say("* SEARCH 3 5\r\n* 3 EXISTS\r\nTAG OK\r\n");
    let idle = |asked: &str| (asked == "IDLE").then_some(Fault::Close(""));
    let mut early = once("SINCE", early);
    story.connection(&three(), move |asked| early(asked).or_else(|| idle(asked))).await;
    assert_eq!(story.read(), messages(&[3, 5, 9]));
}

#[tokio::test]
async fn a_worker_that_lost_the_mailbox_stops() {
    let mut story = Story::new().await;
    let mut tx = story.watch.db.begin_write().await.unwrap();
    let later = story.watch.clock.now().plus_secs(60);
    mailboxes::claim(&mut tx, Kind::Imap, "another", later, 1).await.unwrap();
    tx.commit().await.unwrap();
    let end = story.connection(&three(), |_| None).await;
    assert!(matches!(end, Some(End::Stopped)), "{end:?}");
    assert_eq!(story.read(), Vec::<String>::new());
}
