//! Two records of one person that a colleague merges are one from then on: whoever was known as the one that
//! went is known as the one that was kept.

use super::{Org, SIGNATURE};
use crate::support::databases::on_each_database;
use crate::support::salesforce::SECRET;
use undersigned::store::SuggestionId;
use undersigned::store::crm_writes::State;
use undersigned::store::suggestions::{Kind, State as Decided};

const DAY: i64 = 24 * 3600;

impl Org {
    /// Whether whoever was accepted is of this record, and nobody has deleted them.
    async fn is_of(&self, accepted: &SuggestionId, record: &str) -> bool {
        !self.contact_of(accepted).await.gone
            && self.record_of(accepted).await.as_deref() == Some(record)
    }

    /// A second record of Anna, of a colleague who has not seen the first, is read.
    async fn twin(&self, number: usize) -> String {
        let email = format!("anna{number}@exempla.example");
        let twin = [("FirstName", "Anna"), ("LastName", "Müller"), ("Email", email.as_str())];
        let twin = self.world().add(&twin);
        self.read().await.unwrap();
        twin
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_colleague_merges_is_known_as_the_record_that_was_kept() {
    Box::pin(on_each_database(async |database| {
        let (org, anna, _) = Org::with_anna(database).await;
        let mobile = format!("{SIGNATURE}\nMobil +49 170 1234567");
        let first = org.suggested(1, &mobile).await;
        org.accept(&first.id).await;
        assert_eq!(org.write(&first.id).await.external_id, anna);
        let second = org.suggested(2, &format!("{mobile}\nFax +49 931 3000009")).await;

        // Since the last reading of what changed; and since that, but the next one is of everything.
        let kept = org.twin(1).await;
        org.desk.clock.advance_secs(3600);
        org.world().merge(&anna, &kept);
        org.read().await.unwrap();
        assert!(org.is_of(&first.id, &kept).await);
        assert_eq!(org.desk.suggestion(&second.id).await.kind, Kind::Update);
        // Twice between two readings.
        let (between, next) = (org.twin(2).await, org.twin(3).await);
        org.desk.clock.advance_secs(3600);
        org.world().merge(&kept, &between);
        org.world().merge(&between, &next);
        org.read().await.unwrap();
        assert_eq!(org.known().await, 1);
        assert!(org.is_of(&first.id, &next).await);
        assert_eq!(org.desk.suggestion(&second.id).await.kind, Kind::Update);
        let last = org.twin(4).await;
        org.desk.clock.advance_secs(DAY + 60);
        org.world().merge(&next, &last);
        org.read().await.unwrap();
        assert_eq!(org.known().await, 1);
        assert!(org.is_of(&first.id, &last).await);
        assert_eq!(org.desk.suggestion(&second.id).await.kind, Kind::Update);

        // At the moment of a write: it is compared with the one that was kept.
        let other = org.twin(5).await;
        org.accept(&second.id).await;
        org.world().merge(&last, &other);
        let conflict = org.write(&second.id).await;
        assert_eq!(conflict.state, State::Conflict, "{}", conflict.detail);
        assert_eq!(org.world().text(&other, "Fax"), "");
        let open = org.desk.suggestion(&second.id).await;
        assert_eq!((open.state, open.kind), (Decided::Open, Kind::Update));
        org.accept(&second.id).await;
        let written = org.write(&second.id).await;
        assert_eq!((written.state, &written.external_id), (State::Written, &other));
        assert_eq!(org.world().text(&other, "Fax"), "+49 931 3000009");
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_we_made_is_not_taken_back_out_of_the_record_that_was_kept() {
    Box::pin(on_each_database(async |database| {
        let org = Org::open(database).await;
        org.connect(&org.settings(SECRET)).await;
        let new = org.suggested(1, SIGNATURE).await;
        org.accept(&new.id).await;
        let made = org.write(&new.id).await;
        let kept = org.twin(1).await;
        org.world().merge(&made.external_id, &kept);
        org.undo(&new.id).await;
        let failed = org.write(&new.id).await;
        assert_eq!(failed.state, State::Failed, "{}", failed.detail);
        assert_eq!(org.world().there(), [kept]);
    }))
    .await;
}
