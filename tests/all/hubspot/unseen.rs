//! A try whose answer was lost, a colleague who works on the record, and a rep who takes it back before anybody
//! has looked: it is taken back, or the rep hears that it was not.

use super::known::titled;
use super::turns::MOBILE;
use super::{Account, EVA, EVA_SIGNS, RECORD, SIGNATURE};
use crate::support::databases::on_each_database;
use crate::support::desk::Desk;
use crate::support::hubspot::TOKEN;
use sqlx::AssertSqlSafe;
use undersigned::clock::Millis;
use undersigned::crm::write;
use undersigned::store::crm_writes::State;
use undersigned::store::{Backend, SuggestionId};

const MIGRATIONS: [&str; 2] = [
    include_str!("../../../src/store/migrations/sqlite/0315_updates_begun.sql"),
    include_str!("../../../src/store/migrations/postgres/0315_updates_begun.sql"),
];

impl Account {
    /// A change of Anna is accepted, and nobody hears what HubSpot makes of it.
    async fn lose(&self, update: &SuggestionId, done: bool) {
        self.accept(update).await;
        self.fault("PATCH", 502, done);
        assert!(self.try_write(update).await.is_err());
    }

    async fn change_database(&self, sql: &str) {
        let mut tx = self.desk.db.begin_write().await.unwrap();
        sqlx::query(AssertSqlSafe(sql)).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// How many jobs are to make a write, or to take it back.
    async fn jobs(&self) -> i64 {
        let mut conn = self.desk.db.read().await.unwrap();
        let jobs = sqlx::query_scalar("SELECT COUNT(*) FROM jobs WHERE kind = 'write-crm'");
        jobs.fetch_one(&mut *conn).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_colleague_has_changed_half_of_is_not_said_never_to_have_been_written() {
    on_each_database(async |database| {
        let account = Account::open(database).await;
        let anna = account.world().add(&RECORD);
        account.office.connect(&account.settings(TOKEN)).await;
        account.read().await.unwrap();
        let text = |property: &str| account.world().text(anna, property);

        // Another field: what is ours is taken out, the colleague's stays.
        let lines = format!("{}\nMobil {MOBILE}", titled("Einkaufsdirektorin"));
        let update = account.suggested(1, &lines).await.id;
        account.lose(&update, true).await;
        account.world().change(anna, &[("fax", "0931 3000009")]);
        account.undo(&update).await;
        let undone = account.write(&update).await;
        assert_eq!((undone.state, undone.detail.as_str()), (State::Undone, ""));
        assert_eq!((text("mobilephone"), text("fax")), (String::new(), "0931 3000009".into()));
        assert_eq!(text("jobtitle"), "Leiterin Einkauf");

        // The title is otherwise by now, and stays so; the number is taken out.
        account.lose(&update, true).await;
        account.world().change(anna, &[("jobtitle", "Geschäftsführerin")]);
        account.undo(&update).await;
        assert_eq!(account.write(&update).await.state, State::Undone);
        assert_eq!(
            (text("jobtitle"), text("mobilephone")),
            ("Geschäftsführerin".into(), String::new())
        );

        // The number was taken out by the colleague: the title is left, and the rep hears of it.
        account.world().change(anna, &[("jobtitle", "Leiterin Einkauf")]);
        account.read().await.unwrap();
        account.lose(&update, true).await;
        assert_eq!(text("mobilephone"), MOBILE);
        account.world().change(anna, &[("mobilephone", "")]);
        account.undo(&update).await;
        let left = account.write(&update).await;
        assert_eq!(left.state, State::Failed, "{}", left.detail);
        assert!(left.detail.contains("left as it is"), "{}", left.detail);
        assert_eq!(text("jobtitle"), "Einkaufsdirektorin");

        // They put it in order by hand, and try again: nothing of ours is there.
        account.world().change(anna, &[("jobtitle", "Leiterin Einkauf")]);
        assert!(account.undo_again(&update).await);
        assert_eq!(account.write(&update).await.state, State::Cancelled);
        assert_eq!(text("jobtitle"), "Leiterin Einkauf");

        // What HubSpot never got is not there either, whatever the colleague does.
        account.read().await.unwrap();
        account.lose(&update, false).await;
        account.world().change(anna, &[("jobtitle", "Vorständin")]);
        account.undo(&update).await;
        assert_eq!(account.write(&update).await.state, State::Cancelled);
        assert_eq!(text("jobtitle"), "Vorständin");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_colleague_has_added_to_is_not_removed_unseen() {
    on_each_database(async |database| {
        let account = Account::connected(database).await;
        let new = account.suggested(1, SIGNATURE).await.id;
        account.accept(&new).await;
        account.fault("contacts/batch/upsert$", 502, true);
        assert!(account.try_write(&new).await.is_err());
        let there = account.world().there();
        let [anna] = there[..] else { panic!("{there:?}") };
        account.world().change(anna, &[("mobilephone", MOBILE)]);
        account.undo(&new).await;
        let left = account.write(&new).await;
        assert_eq!(left.state, State::Failed, "{}", left.detail);
        assert!(left.detail.contains("left as it is"), "{}", left.detail);
        assert_eq!(account.world().there(), [anna]);

        // They take that out again: now it is nothing but ours.
        account.world().change(anna, &[("mobilephone", "")]);
        assert!(account.undo_again(&new).await);
        assert_eq!(account.write(&new).await.state, State::Undone);
        assert!(account.world().there().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_record_had_when_a_change_was_handed_on_stays_where_that_is_taken_back_unseen() {
    on_each_database(async |database| {
        let account = Account::connected(database).await;
        let new = account.suggested(1, SIGNATURE).await.id;
        account.accept(&new).await;
        account.fault("contacts/batch/upsert$", 502, true);
        assert!(account.try_write(&new).await.is_err());
        let there = account.world().there();
        let [anna] = there[..] else { panic!("{there:?}") };

        // The number that her next letter brings a colleague has written into what was made, before we know of it.
        account.world().change(anna, &[("mobilephone", MOBILE)]);
        let more = format!("{SIGNATURE}\nMobil {MOBILE}\nFax +49 931 3000009");
        let update = account.suggested(2, &more).await.id;
        account.accept(&update).await;
        assert_eq!(account.write(&new).await.state, State::Written);
        account.fault("PATCH", 502, true);
        assert!(account.try_write(&update).await.is_err());
        let text = |property: &str| account.world().text(anna, property);
        assert_eq!(
            (text("mobilephone").as_str(), text("fax").as_str()),
            (MOBILE, "+49 931 3000009")
        );

        account.undo(&update).await;
        let undone = account.write(&update).await;
        assert_eq!((undone.state, undone.detail.as_str()), (State::Undone, ""));
        assert_eq!((text("mobilephone").as_str(), text("fax").as_str()), (MOBILE, ""));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_earlier_try_has_written_is_looked_for_where_a_later_one_fails_after_the_undo() {
    Box::pin(on_each_database(async |database| {
        let account = Account::open(database).await;
        let anna = account.world().add(&RECORD);
        account.office.connect(&account.settings(TOKEN)).await;
        account.read().await.unwrap();
        let lines = format!("{}\nMobil {MOBILE}", titled("Einkaufsdirektorin"));
        let update = account.suggested(1, &lines).await.id;
        account.lose(&update, true).await;
        account.world().change(anna, &[("mobilephone", "")]);

        // The second try finds that the number was taken out, and the rep is faster than what comes of that.
        let Desk { db, vault, tenant, clock, .. } = &account.desk;
        let planned = account.last_write(&update).await.id;
        let tried = write::make(&account.http, db, vault, clock, tenant, &planned);
        let made = Box::pin(tried).await.unwrap().unwrap();
        account.undo(&update).await;
        let jobs = account.jobs().await;
        let mut tx = db.begin_write().await.unwrap();
        let anew = write::settle(&mut tx, tenant, made, clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        assert!(anew.is_empty());
        assert_eq!(account.last_write(&update).await.state, State::Undoing);
        assert_eq!(account.jobs().await, jobs + 1, "one that takes it back");
        let left = account.write(&update).await;
        assert_eq!(left.state, State::Failed, "{}", left.detail);
        assert!(left.detail.contains("before anybody saw"), "{}", left.detail);

        // They take her title out too: nothing of ours is there.
        account.world().change(anna, &[("jobtitle", "Leiterin Einkauf")]);
        assert!(account.undo_again(&update).await);
        assert_eq!(account.write(&update).await.state, State::Cancelled);
    }))
    .await;
}

/// The version before noted when the CRM was asked only of those that it was to make.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_the_version_before_has_begun_is_taken_back_too() {
    on_each_database(async |database| {
        let account = Account::open(database).await;
        let anna = account.world().add(&RECORD);
        account.office.connect(&account.settings(TOKEN)).await;
        account.read().await.unwrap();
        let update = account.signed(1, &format!("Mobil {MOBILE}")).await;
        account.lose(&update, true).await;
        let new = account.office.suggested(2, EVA, EVA_SIGNS).await.id;
        account.accept(&new).await;
        account.change_database("UPDATE crm_writes SET tried_at = 0").await;
        let steps = MIGRATIONS[usize::from(database.backend == Backend::Postgres)];
        account.change_database(steps).await;
        assert_eq!(account.last_write(&new).await.tried_at, Millis(0), "nothing of it was begun");

        account.taken_back(&update).await;
        assert_eq!(account.world().text(anna, "mobilephone"), "");
        assert_eq!(account.world().text(anna, "jobtitle"), "Leiterin Einkauf");
    })
    .await;
}
