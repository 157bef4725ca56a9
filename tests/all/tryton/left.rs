//! A party that a colleague merges into another is known as that; one that a rule hides is there all the same.

use super::{MECHANISMS, Works};
use crate::support::databases::{Database, on_each_database};
use serde_json::json;
use undersigned::store::SuggestionId;
use undersigned::store::crm_writes::State;
use undersigned::store::suggestions::{Kind, State as Decided};

const DAY: i64 = 24 * 3600;
const ANNA_SIGNS: &str = "Anna Müller\nTel. +49 931 3000001";
const MOBILE: &str = "Mobil +49 170 1234567";

impl Works {
    /// Anna is on the list, with a number of hers that was written, and another one is suggested.
    async fn with_anna_on_the_list(database: &Database) -> (Self, i64, [SuggestionId; 2]) {
        let works = Self::open(database).await;
        let anna = works.crm.add("Anna Müller", &MECHANISMS).await;
        works.connect().await;
        let first = works.suggested(1, &format!("{ANNA_SIGNS}\n{MOBILE}")).await;
        works.accept(&first.id).await;
        assert_eq!(works.write(&first.id).await.state, State::Written);
        let lines = format!("{ANNA_SIGNS}\n{MOBILE}\nFax +49 931 3000009");
        let second = works.suggested(2, &lines).await;
        (works, anna, [first.id, second.id])
    }

    /// A second party of Anna, of a colleague who has not seen the first, is read.
    async fn twin(&self, number: usize) -> i64 {
        let email = format!("anna{number}@exempla.example");
        let mechanisms = [("phone", "+49 931 3000001"), ("email", email.as_str())];
        let twin = self.crm.add("Anna Müller", &mechanisms).await;
        self.read().await.unwrap();
        twin
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_colleague_merges_is_known_as_the_one_that_is_kept_and_follows_it() {
    Box::pin(on_each_database(async |database| {
        let (works, anna, [first, second]) = Works::with_anna_on_the_list(database).await;
        let is_known_as = async |record: i64, email: &str| {
            assert_eq!(works.known().await, 1);
            let contact = works.contact_of(&first).await;
            assert!(!contact.gone, "nobody has deleted her");
            let emails: Vec<&str> =
                contact.contact.emails.iter().map(|email| email.value.as_str()).collect();
            assert_eq!(emails, [email]);
            assert_eq!(works.record_of(&first).await, Some(record.to_string()));
            let open = works.desk.suggestion(&second).await;
            assert_eq!((open.state, open.kind), (Decided::Open, Kind::Update));
        };
        // Since the last reading of what changed, once and twice.
        let one = works.twin(1).await;
        works.crm.merge(anna, one).await;
        works.read().await.unwrap();
        is_known_as(one, "anna1@exempla.example").await;
        let (two, three) = (works.twin(2).await, works.twin(3).await);
        works.crm.merge(one, two).await;
        works.crm.merge(two, three).await;
        works.read().await.unwrap();
        is_known_as(three, "anna3@exempla.example").await;
        // Since that, but the next reading is of everything.
        let four = works.twin(4).await;
        works.desk.clock.advance_secs(DAY + 60);
        works.crm.merge(three, four).await;
        works.read().await.unwrap();
        is_known_as(four, "anna4@exempla.example").await;

        // At the moment of a write, and of taking one back.
        let five = works.twin(5).await;
        works.accept(&second).await;
        works.crm.merge(four, five).await;
        let conflict = works.write(&second).await;
        assert_eq!(conflict.state, State::Conflict);
        assert!(conflict.detail.contains("merged"), "{}", conflict.detail);
        assert!(works.crm.values(five, "fax").await.is_empty());
        works.accept(&second).await;
        let written = works.write(&second).await;
        assert_eq!((written.state, written.external_id), (State::Written, five.to_string()));
        let six = works.twin(6).await;
        works.crm.merge(five, six).await;
        works.undo(&second).await;
        assert_eq!(works.write(&second).await.state, State::Undone, "nothing of it is there");
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_we_made_is_not_removed_with_the_one_that_was_merged_into_it() {
    on_each_database(async |database| {
        let works = Works::open(database).await;
        works.connect().await;
        let new = works.suggested(1, ANNA_SIGNS).await;
        works.accept(&new.id).await;
        let made = works.write(&new.id).await.external_id;
        let by_hand = works.twin(1).await;
        works.crm.merge(by_hand, made.parse().unwrap()).await;
        works.undo(&new.id).await;
        let failed = works.write(&new.id).await;
        assert_eq!(failed.state, State::Failed, "{}", failed.detail);
        assert_eq!(works.crm.parties().await.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_rule_hides_is_kept_for_thirty_days_and_never_told_to_be_deleted() {
    Box::pin(on_each_database(async |database| {
        let (works, anna, [first, second]) = Works::with_anna_on_the_list(database).await;
        let removed = works.crm.add("Nina Neu", &[]).await;
        works.read().await.unwrap();
        assert_eq!(works.known().await, 2);
        works.crm.call("party.party.delete", json!([[removed]])).await;
        let rule = works.crm.hide("Anna Müller").await;
        works.desk.clock.advance_secs(DAY + 60);
        works.read().await.unwrap();
        assert_eq!(works.known().await, 1, "who is removed is gone");
        assert!(!works.contact_of(&first).await.gone);
        assert_eq!(works.record_of(&first).await, Some(anna.to_string()));
        works.accept(&second).await;
        let failed = works.write(&second).await;
        assert_eq!(failed.state, State::Failed);
        assert!(failed.detail.contains("does not show"), "{}", failed.detail);

        works.desk.clock.advance_secs(31 * DAY);
        works.read().await.unwrap();
        assert_eq!(works.known().await, 0);
        assert!(!works.contact_of(&first).await.gone);
        // Who is shown again is known again.
        works.crm.show(rule).await;
        works.desk.clock.advance_secs(DAY + 60);
        works.read().await.unwrap();
        assert_eq!(works.record_of(&first).await, Some(anna.to_string()));
    }))
    .await;
}
