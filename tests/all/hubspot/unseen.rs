//! A try whose answer was lost, a colleague who works on the record, and a rep who takes it back before anybody
//! has looked: it is taken back, or the rep hears that it was not.

use super::known::titled;
use super::turns::MOBILE;
use super::{Account, RECORD, SIGNATURE};
use crate::support::databases::on_each_database;
use crate::support::hubspot::TOKEN;
use undersigned::store::SuggestionId;
use undersigned::store::crm_writes::State;

impl Account {
    /// A change of Anna is accepted, and nobody hears what HubSpot makes of it.
    async fn lose(&self, update: &SuggestionId, done: bool) {
        self.accept(update).await;
        self.fault("PATCH", 502, done);
        assert!(self.try_write(update).await.is_err());
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
