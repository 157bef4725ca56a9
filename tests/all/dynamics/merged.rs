//! A contact that a colleague merges into another is out of use, and whoever was known as it is known as the
//! other, which is neither changed nor removed in its place.

use super::{Environment, SIGNATURE};
use crate::support::databases::on_each_database;
use undersigned::store::crm_writes::State;
use undersigned::store::suggestions::{Kind, State as Decided};

const DAY: i64 = 24 * 3600;
const MOBILE: &str = "+49 170 1234567";
const FAX: &str = "+49 931 3000009";

impl Environment {
    /// A second contact of Anna, of a colleague who has not seen the first, is read.
    async fn twin(&self, number: usize, title: &str) -> String {
        let email = format!("anna{number}@exempla.example");
        let twin = self.world().add(&[
            ("firstname", "Anna"),
            ("lastname", "Müller"),
            ("emailaddress1", email.as_str()),
            ("jobtitle", title),
            ("telephone1", "0931 3000001"),
            ("mobilephone", MOBILE),
        ]);
        self.read().await.unwrap();
        twin
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_colleague_merges_is_known_as_the_one_that_is_kept_and_follows_it() {
    for is_tracked in [true, false] {
        Box::pin(on_each_database(async |database| {
            let dynamics = Environment::open(database).await;
            dynamics.world().tracks = is_tracked;
            let anna = dynamics.add_anna();
            dynamics.begin().await;
            let lines = format!("{SIGNATURE}\nMobil {MOBILE}");
            let first = dynamics.suggested(1, &lines).await;
            dynamics.accept(&first.id).await;
            assert_eq!(dynamics.write(&first.id).await.state, State::Written);
            let second = dynamics.suggested(2, &format!("{lines}\nFax {FAX}")).await;
            let is_known_as = async |record: &String, title: &str| {
                assert_eq!(dynamics.known().await, 1);
                let contact = dynamics.contact_of(&first.id).await;
                assert!(!contact.gone, "nobody has deleted her");
                assert_eq!(contact.contact.titles[0].value, title);
                assert_eq!(dynamics.record_of(&first.id).await.as_ref(), Some(record));
                let open = dynamics.desk.suggestion(&second.id).await;
                assert_eq!((open.state, open.kind), (Decided::Open, Kind::Update));
            };

            // Since the last reading of what changed, once and twice.
            let one = dynamics.twin(1, "Prokuristin").await;
            dynamics.desk.clock.advance_secs(3600);
            dynamics.world().merge(&anna, &one);
            dynamics.read().await.unwrap();
            is_known_as(&one, "Prokuristin").await;
            let (two, three) =
                (dynamics.twin(2, "Leiterin").await, dynamics.twin(3, "Vorständin").await);
            dynamics.desk.clock.advance_secs(3600);
            dynamics.world().merge(&one, &two);
            dynamics.world().merge(&two, &three);
            dynamics.read().await.unwrap();
            is_known_as(&three, "Vorständin").await;

            // Since that, but the next reading is of everything.
            let four = dynamics.twin(4, "Beirätin").await;
            dynamics.desk.clock.advance_secs(8 * DAY);
            dynamics.world().merge(&three, &four);
            dynamics.read().await.unwrap();
            is_known_as(&four, "Beirätin").await;

            // At the moment of a write: it is compared with the one that is kept.
            let five = dynamics.twin(5, "Rätin").await;
            dynamics.accept(&second.id).await;
            dynamics.world().merge(&four, &five);
            let conflict = dynamics.write(&second.id).await;
            assert_eq!(conflict.state, State::Conflict);
            assert!(conflict.detail.contains("merged"), "{}", conflict.detail);
            assert_eq!(dynamics.world().text(&five, "fax"), "");
            is_known_as(&five, "Rätin").await;
            dynamics.accept(&second.id).await;
            let written = dynamics.write(&second.id).await;
            assert_eq!((written.state, &written.external_id), (State::Written, &five));
            assert_eq!(dynamics.world().text(&five, "fax"), FAX);
        }))
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_we_made_is_not_removed_with_the_one_that_it_was_merged_with() {
    for is_kept in [true, false] {
        on_each_database(async |database| {
            let dynamics = Environment::open(database).await;
            dynamics.begin().await;
            let new = dynamics.suggested(1, SIGNATURE).await;
            dynamics.accept(&new.id).await;
            let made = dynamics.write(&new.id).await.external_id;
            let by_hand = dynamics.twin(1, "Leiterin").await;
            let (gone, kept) = if is_kept { (&by_hand, &made) } else { (&made, &by_hand) };
            dynamics.world().merge(gone, kept);
            dynamics.undo(&new.id).await;
            let failed = dynamics.write(&new.id).await;
            assert_eq!(failed.state, State::Failed, "{}", failed.detail);
            assert_eq!(dynamics.world().there().len(), 2);
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_we_made_is_not_removed_after_a_colleague_has_changed_it_and_a_number_of_theirs_stays()
{
    on_each_database(async |database| {
        let dynamics = Environment::open(database).await;
        dynamics.begin().await;
        let new = dynamics.suggested(1, SIGNATURE).await;
        dynamics.accept(&new.id).await;
        let made = dynamics.write(&new.id).await.external_id;
        dynamics.read().await.unwrap();
        let update = dynamics.suggested(2, &format!("{SIGNATURE}\nMobil {MOBILE}")).await;
        dynamics.accept(&update.id).await;
        // A colleague types the same number right before us.
        dynamics.world().change(&made, &[("mobilephone", "0170 1234567")]);
        assert_eq!(dynamics.write(&update.id).await.state, State::Written);
        dynamics.undo(&update.id).await;
        let undone = dynamics.write(&update.id).await;
        assert_eq!((undone.state, undone.detail.as_str()), (State::Undone, ""));
        assert_eq!(dynamics.world().text(&made, "mobilephone"), "0170 1234567");

        // Taken out again, the record says what we have made it with; what else they did, we do not see.
        dynamics.world().change(&made, &[("mobilephone", "")]);
        dynamics.undo(&new.id).await;
        let failed = dynamics.write(&new.id).await;
        assert_eq!(failed.state, State::Failed, "{}", failed.detail);
        assert!(failed.detail.contains("worked with"), "{}", failed.detail);
        assert_eq!(dynamics.world().there(), [made]);
    })
    .await;
}
