//! What a rep decides, and what becomes of it when the person writes again.

use crate::support::databases::on_each_database;
use crate::support::desk::{Desk, letter};
use std::collections::BTreeMap;
use undersigned::config::Retention;
use undersigned::contact::{Contact, Origin};
use undersigned::matching::Level;
use undersigned::store::audit::{self, Actor};
use undersigned::store::suggestions::{Kind, State, Suggestion};
use undersigned::store::{ContactId, SuggestionId, contacts};
use undersigned::suggestion::{
    Choice, DecideError, Outcome, Take, accept, compare, dismiss, retention, undo,
};

const ANNA: &str = "Anna Müller <anna.mueller@exempla.example>";
const ANNA_SIGNS: &str = "Anna Müller\nLeiterin Einkauf\nExempla GmbH\n\
    Tel. +49 931 3000001\nMobil +49 170 1234567\nanna.mueller@exempla.example";
const REP: Actor = Actor::CommandLine;

impl Desk {
    async fn new_suggestion(&self, text: &str) -> SuggestionId {
        match self.take(text).await {
            Outcome::New(id) => id,
            other => panic!("expected a new suggestion, not {other:?}"),
        }
    }

    async fn accept(&self, id: &SuggestionId, choice: &Choice) -> Result<ContactId, DecideError> {
        self.clock.advance_secs(1);
        let mut tx = self.db.begin_write().await?;
        let done = accept(&mut tx, &self.tenant, id, choice, &REP, self.clock.now()).await?;
        tx.commit().await.unwrap();
        Ok(done)
    }

    async fn dismiss(&self, id: &SuggestionId) -> Result<(), DecideError> {
        self.clock.advance_secs(1);
        let mut tx = self.db.begin_write().await?;
        dismiss(&mut tx, &self.tenant, id, &REP, self.clock.now()).await?;
        tx.commit().await.unwrap();
        Ok(())
    }

    async fn undo(&self, id: &SuggestionId) -> Result<(), DecideError> {
        self.clock.advance_secs(1);
        let mut tx = self.db.begin_write().await?;
        undo(&mut tx, &self.tenant, id, &REP, self.clock.now()).await?;
        tx.commit().await.unwrap();
        Ok(())
    }

    async fn contact(&self, id: &ContactId) -> Option<Contact> {
        let mut conn = self.db.read().await.unwrap();
        contacts::get(&mut conn, &self.tenant, id).await.unwrap().map(|found| found.contact)
    }
}

/// The place of the row that suggests `value`.
fn place(suggestion: &Suggestion, value: &str) -> String {
    let rows = compare(suggestion);
    let row = rows.iter().find(|row| row.suggested.as_deref() == Some(value));
    row.unwrap_or_else(|| panic!("{value} in {rows:?}")).key.clone()
}

fn numbers(contact: &Contact) -> Vec<&str> {
    contact.phones.iter().map(|phone| phone.value.number()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn accepted_then_changed_then_undone() {
    on_each_database(async |database| {
        let desk = Desk::of(&database.open().await, "Kugellager").await;
        let first = desk.new_suggestion(&letter(1, ANNA, ANNA_SIGNS)).await;
        let contact = desk.accept(&first, &Choice::default()).await.unwrap();
        assert!(matches!(
            desk.accept(&first, &Choice::default()).await,
            Err(DecideError::NotOpen(State::Accepted))
        ));
        assert_eq!(desk.take(&letter(2, ANNA, ANNA_SIGNS)).await, Outcome::Known);

        // A new number is an update that shows what differs, and nothing else does.
        let moved = ANNA_SIGNS.replace("+49 170 1234567", "+49 171 7654321");
        let Outcome::Update(second) = desk.take(&letter(3, ANNA, &moved)).await else {
            panic!("the new number is an update")
        };
        let update = desk.suggestion(&second).await;
        assert_eq!((update.kind, update.match_level), (Kind::Update, Level::Exact));
        let differing: Vec<_> = compare(&update)
            .into_iter()
            .filter(|row| row.differs)
            .map(|row| row.suggested)
            .collect();
        assert_eq!(differing, [Some("+49 171 7654321".into())]);
        assert_eq!(desk.accept(&second, &Choice::default()).await.unwrap(), contact);
        let both = desk.contact(&contact).await.unwrap();
        assert_eq!(numbers(&both), ["+499313000001", "+491701234567", "+491717654321"]);

        // Undone in the wrong order it says so; in the right one the contact is as it was.
        assert!(matches!(desk.undo(&first).await, Err(DecideError::ContactChanged)));
        desk.undo(&second).await.unwrap();
        let before = desk.contact(&contact).await.unwrap();
        assert_eq!(numbers(&before), ["+499313000001", "+491701234567"]);
        assert_eq!(desk.suggestion(&second).await.state, State::Open);
        desk.undo(&first).await.unwrap();
        assert_eq!(desk.contact(&contact).await, None);
        assert!(matches!(desk.undo(&first).await, Err(DecideError::NotDecided(State::Open))));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn field_by_field_with_typed_values() {
    on_each_database(async |database| {
        let desk = Desk::of(&database.open().await, "Kugellager").await;
        let id = desk.new_suggestion(&letter(1, ANNA, ANNA_SIGNS)).await;
        let suggestion = desk.suggestion(&id).await;
        let mobile = place(&suggestion, "+49 170 1234567");
        let title = place(&suggestion, "Leiterin Einkauf");
        let bad = Choice {
            typed: BTreeMap::from([(mobile.clone(), "call me".into())]),
            ..Choice::default()
        };
        assert!(matches!(desk.accept(&id, &bad).await, Err(DecideError::Choice(_))));
        let stale = Choice { seen: Some(suggestion.changed_at.0 - 1), ..Choice::default() };
        assert!(matches!(desk.accept(&id, &stale).await, Err(DecideError::Changed)));
        let choice = Choice {
            take: Take::Keys(["name".to_owned(), "emails/1".into()].into()),
            typed: BTreeMap::from([
                (mobile, "0170 9999999".into()),
                (title.clone(), "Head of Purchasing".into()),
            ]),
            seen: Some(suggestion.changed_at.0),
            ..Choice::default()
        };
        let contact = desk.accept(&id, &choice).await.unwrap();
        let contact = desk.contact(&contact).await.unwrap();
        assert_eq!(numbers(&contact), ["+491709999999"], "a typed number, and no other");
        assert_eq!(contact.phones[0].origin, Origin::User);
        assert_eq!(contact.titles[0].value, "Head of Purchasing");
        assert!(contact.organizations.is_empty(), "what was not taken is not there");
        // What she left out stays out, and is not offered again.
        assert_eq!(desk.take(&letter(2, ANNA, ANNA_SIGNS)).await, Outcome::Known);
        let without_company = ANNA_SIGNS.replace("Exempla GmbH\n", "");
        assert_eq!(desk.take(&letter(3, ANNA, &without_company)).await, Outcome::Known);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_turned_down_stays_turned_down() {
    on_each_database(async |database| {
        let desk = Desk::of(&database.open().await, "Kugellager").await;
        let id = desk.new_suggestion(&letter(1, ANNA, ANNA_SIGNS)).await;
        desk.dismiss(&id).await.unwrap();
        assert_eq!(desk.take(&letter(2, ANNA, ANNA_SIGNS)).await, Outcome::Known);
        let shorter = ANNA_SIGNS.replace("Leiterin Einkauf\n", "");
        assert_eq!(desk.take(&letter(3, ANNA, &shorter)).await, Outcome::Known);
        let news = ANNA_SIGNS.replace("+49 170 1234567", "+49 171 7654321");
        let again = desk.new_suggestion(&letter(4, ANNA, &news)).await;
        assert_ne!(again, id);
        desk.undo(&id).await.unwrap();
        assert_eq!(desk.suggestions(State::Open).await.len(), 2);
        let mut conn = desk.db.read().await.unwrap();
        let log = audit::page(&mut conn, &desk.tenant, None, 10).await.unwrap();
        let log: Vec<(&str, &str)> =
            log.iter().map(|entry| (entry.actor.as_str(), entry.action.as_str())).collect();
        assert_eq!(
            log,
            [
                ("cli", "suggestion.undo"),
                ("worker", "suggestion.create"),
                ("cli", "suggestion.dismiss"),
                ("worker", "suggestion.create"),
            ]
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suggestion_that_nobody_looks_at_expires_and_comes_again_with_the_next_letter() {
    on_each_database(async |database| {
        let desk = Desk::of(&database.open().await, "Kugellager").await;
        let id = desk.new_suggestion(&letter(1, ANNA, ANNA_SIGNS)).await;
        let keep = Retention { suggestion_days: 30, message_key_days: 60, ..Retention::default() };
        let forget = async || {
            retention::forget(&desk.db, &desk.tenant, &keep, desk.clock.now()).await.unwrap()
        };
        assert_eq!(forget().await.suggestions, 0);
        desk.clock.advance_secs(31 * 24 * 60 * 60);
        assert_eq!((forget().await.suggestions, forget().await.suggestions), (1, 0));
        let expired = desk.suggestion(&id).await;
        assert_eq!((expired.state, expired.contact), (State::Expired, Contact::default()));
        assert_eq!(desk.take(&letter(1, ANNA, ANNA_SIGNS)).await, Outcome::AlreadyRead);
        assert_eq!(desk.take(&letter(2, ANNA, ANNA_SIGNS)).await, Outcome::New(id.clone()));
        assert_eq!(desk.suggestion(&id).await.contact.phones.len(), 2);
        desk.clock.advance_secs(61 * 24 * 60 * 60);
        assert_eq!(forget().await.messages, 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_know_nothing_of_each_other() {
    on_each_database(async |database| {
        let db = database.open().await;
        let (ours, theirs) = (Desk::of(&db, "Ours").await, Desk::of(&db, "Theirs").await);
        let our_id = ours.new_suggestion(&letter(1, ANNA, ANNA_SIGNS)).await;
        let contact = ours.accept(&our_id, &Choice::default()).await.unwrap();
        let their_id = theirs.new_suggestion(&letter(1, ANNA, ANNA_SIGNS)).await;
        assert_eq!(theirs.suggestion(&their_id).await.known, None);
        for result in [theirs.dismiss(&our_id).await, theirs.undo(&our_id).await] {
            assert!(matches!(result, Err(DecideError::NotFound)));
        }
        let stolen = theirs.accept(&our_id, &Choice::default()).await;
        assert!(matches!(stolen, Err(DecideError::NotFound)));
        assert_eq!(theirs.contact(&contact).await, None);
    })
    .await;
}
