//! Contacts that a colleague merges become one that is new: whoever was known as one of them is known as that,
//! and it is neither changed nor removed in the place of one of them.

use super::{Account, EVA, RECORD, SIGNATURE};
use crate::support::databases::{Database, on_each_database};
use crate::support::hubspot::TOKEN;
use undersigned::store::SuggestionId;
use undersigned::store::crm_writes::State;
use undersigned::store::suggestions::{Kind, State as Decided};

const DAY: i64 = 24 * 3600;
const MOBILE: &str = "+49 170 1234567";
const FAX: &str = "+49 931 3000009";

impl Account {
    /// Anna is on the list, with a number of hers that was written, and another one is suggested.
    async fn with_anna_on_the_list(database: &Database) -> (Self, u64, [SuggestionId; 2]) {
        let account = Self::open(database).await;
        let anna = account.world().add(&RECORD);
        account.office.connect(&account.settings(TOKEN)).await;
        account.read().await.unwrap();
        let lines = format!("{SIGNATURE}\nMobil {MOBILE}");
        let first = account.suggested(1, &lines).await;
        account.accept(&first.id).await;
        assert_eq!(account.write(&first.id).await.state, State::Written);
        let second = account.suggested(2, &format!("{lines}\nFax {FAX}")).await;
        assert_eq!(second.kind, Kind::Update);
        (account, anna, [first.id, second.id])
    }

    /// A second record of Anna, of a colleague who has not seen the first.
    fn twin(&self, number: usize, title: &str) -> u64 {
        let email = format!("anna{number}@exempla.example");
        self.world().add(&[
            ("firstname", "Anna"),
            ("lastname", "Müller"),
            ("email", &email),
            ("jobtitle", title),
        ])
    }

    /// Whoever was accepted is of this record and of no other, which is all that is known.
    async fn is_only(&self, [accepted, open]: &[SuggestionId; 2], record: u64) {
        assert_eq!(self.known().await, 1);
        let contact = self.contact_of(accepted).await;
        assert!(!contact.gone, "nobody has deleted her");
        assert_eq!(self.record_of(accepted).await, Some(record.to_string()));
        let open = self.desk.suggestion(open).await;
        assert_eq!((open.state, open.kind), (Decided::Open, Kind::Update));
    }

    async fn titled(&self, accepted: &SuggestionId) -> String {
        self.contact_of(accepted).await.contact.titles[0].value.clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_colleague_merges_is_known_as_what_they_have_become_and_follows_it() {
    Box::pin(on_each_database(async |database| {
        let (account, anna, both) = Account::with_anna_on_the_list(database).await;
        let (first, second) = (&both[0], &both[1]);

        // Since the last reading of what changed.
        let twin = account.twin(1, "Prokuristin");
        account.read().await.unwrap();
        account.desk.clock.advance_secs(3600);
        let one = account.world().merge(twin, anna);
        account.read().await.unwrap();
        account.is_only(&both, one).await;
        assert_eq!(account.titled(first).await, "Prokuristin");

        // Since that, but the next reading is of everything; with one more that it has become meanwhile.
        let (twin, other) = (account.twin(2, "Vorständin"), account.twin(3, "Leiterin"));
        account.read().await.unwrap();
        account.desk.clock.advance_secs(DAY + 60);
        let two = account.world().merge(twin, one);
        let three = account.world().merge(two, other);
        account.read().await.unwrap();
        account.is_only(&both, three).await;
        assert_eq!(account.titled(first).await, "Vorständin");

        // At the moment of a write: what they have become is compared, and not changed before.
        let twin = account.twin(4, "Beirätin");
        account.accept(second).await;
        let last = account.world().merge(twin, three);
        let conflict = account.write(second).await;
        assert_eq!(conflict.state, State::Conflict);
        assert!(conflict.detail.contains("merged"), "{}", conflict.detail);
        assert_eq!(account.world().text(last, "fax"), "");
        account.is_only(&both, last).await;
        account.accept(second).await;
        let written = account.write(second).await;
        assert_eq!((written.state, written.external_id), (State::Written, last.to_string()));
        assert_eq!(account.world().text(last, "fax"), FAX);
        account.read().await.unwrap();
        assert_eq!(account.known().await, 1);
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_is_not_taken_back_out_of_what_a_record_has_become() {
    Box::pin(on_each_database(async |database| {
        let (account, anna, both) = Account::with_anna_on_the_list(database).await;
        let twin = account.twin(1, "Prokuristin");
        let one = account.world().merge(anna, twin);
        account.undo(&both[0]).await;
        let failed = account.write(&both[0]).await;
        assert_eq!(failed.state, State::Failed);
        assert!(failed.detail.contains("merged"), "{}", failed.detail);
        assert_eq!(account.world().text(one, "mobilephone"), MOBILE);

        // Nor is what a record of ours has become removed, whoever saw that it was made.
        let lines = "Eva Braunschweig\nLeiterin Vertrieb\nProbe AG\nTel. +49 911 3000001";
        for (number, is_lost) in [(3, false), (4, true)] {
            let (eva, lines) = if is_lost {
                (EVA.replace("Eva", "Ina").replace("eva", "ina"), lines.replace("Eva", "Ina"))
            } else {
                (EVA.to_owned(), lines.to_owned())
            };
            let new = account.office.suggested(number, &eva, &lines).await;
            account.accept(&new.id).await;
            if is_lost {
                account.fault("batch/upsert", 500, true);
                assert!(account.try_write(&new.id).await.is_err());
            } else {
                assert_eq!(account.write(&new.id).await.state, State::Written);
            }
            let made = *account.world().there().last().unwrap();
            let by_hand = account.twin(number, "Leiterin");
            let merged = account.world().merge(made, by_hand);
            account.undo(&new.id).await;
            let failed = account.write(&new.id).await;
            assert_eq!(failed.state, State::Failed, "{}", failed.detail);
            assert!(account.world().there().contains(&merged), "{}", failed.detail);
        }
    }))
    .await;
}
