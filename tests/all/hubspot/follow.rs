//! What a colleague writes in the CRM reaches the list's contact and the rep, whatever waits to be written
//! or is taken back meanwhile; and what the CRM has no room for stays with the list.

use super::fields::with;
use super::turns::MOBILE;
use super::{Account, RECORD, SIGNATURE};
use crate::support::databases::{Database, on_each_database, on_sqlite};
use crate::support::desk::Desk;
use crate::support::hubspot::TOKEN;
use serde_json::json;
use std::collections::BTreeMap;
use undersigned::config::Retention;
use undersigned::contact::Contact;
use undersigned::store::SuggestionId;
use undersigned::store::audit::Actor;
use undersigned::store::contacts;
use undersigned::store::crm_writes::State;
use undersigned::suggestion::{self, Choice, DecideError, retention};

const FAX: &str = "+49 931 3000009";

impl Account {
    /// Accepts somebody of whom the rep types another name.
    async fn accept_as(&self, id: &SuggestionId, name: &str) {
        let typed = BTreeMap::from([("name".to_owned(), name.to_owned())]);
        let choice = Choice { typed, ..Choice::default() };
        let Desk { db, tenant, clock, .. } = &self.desk;
        let mut tx = db.begin_write().await.unwrap();
        let (by, now) = (Actor::CommandLine, clock.now());
        let accepting = suggestion::accept(&mut tx, tenant, id, &choice, &by, now);
        Box::pin(accepting).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Read, with Anna in it.
    async fn with_anna(database: &Database) -> (Self, u64) {
        let account = Self::open(database).await;
        let anna = account.world().add(&RECORD);
        account.office.connect(&account.settings(TOKEN)).await;
        account.read().await.unwrap();
        (account, anna)
    }

    /// Her contact on the list.
    async fn listed(&self) -> Contact {
        let Desk { db, tenant, .. } = &self.desk;
        let mut conn = db.read().await.unwrap();
        let mut all = contacts::page(&mut conn, tenant, None, None, 2).await.unwrap();
        assert_eq!(all.len(), 1);
        all.remove(0).contact
    }

    /// A colleague changes her, and that is read.
    async fn colleague(&self, anna: u64, properties: &[(&str, &str)]) {
        self.world().change(anna, properties);
        self.read().await.unwrap();
    }

    /// Why accepting, or undoing, is refused.
    async fn refused(&self, id: &SuggestionId, seen: Option<i64>) -> DecideError {
        let Desk { db, tenant, clock, .. } = &self.desk;
        let mut tx = db.begin_write().await.unwrap();
        let (by, now) = (Actor::CommandLine, clock.now());
        let decided = if seen.is_some() {
            let choice = Choice { seen, ..Choice::default() };
            Box::pin(suggestion::accept(&mut tx, tenant, id, &choice, &by, now)).await.map(drop)
        } else {
            Box::pin(suggestion::undo(&mut tx, tenant, id, &by, now)).await
        };
        decided.unwrap_err()
    }
}

fn title(contact: &Contact) -> &str {
    &contact.titles[0].value
}

fn street(contact: &Contact) -> &str {
    contact.addresses[0].value.street.as_deref().unwrap_or_default()
}

fn numbers(contact: &Contact) -> Vec<&str> {
    contact.phones.iter().map(|phone| phone.value.number()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_follows_its_record_once_nothing_waits_and_also_when_that_is_taken_back() {
    on_each_database(async |database| {
        let (account, anna) = Account::with_anna(database).await;
        let mobile = account.signed(1, &format!("Mobil {MOBILE}")).await;
        account.accept(&mobile).await;
        assert_eq!(account.write(&mobile).await.state, State::Written);

        // A colleague promotes her, and enters the number that waits: nothing is left to be written.
        let fax = account.signed(2, &format!("Fax {FAX}")).await;
        account.accept(&fax).await;
        account.colleague(anna, &[("fax", FAX), ("jobtitle", "Geschäftsführerin")]).await;
        assert_eq!(title(&account.listed().await), "Leiterin Einkauf", "as the rep accepted it");
        assert_eq!(account.write(&fax).await.state, State::Written);
        let listed = account.listed().await;
        assert_eq!(title(&listed), "Geschäftsführerin");
        assert_eq!(numbers(&listed), ["+499313000001", "+491701234567", "+499313000009"]);

        // Taken back before it is written: what the colleague did meanwhile is not taken back with it.
        let lines = SIGNATURE.replace("Leiterin Einkauf\n", "").replace("ße 5", "ße 7");
        let moved = account.suggested(3, &lines).await.id;
        account.accept(&moved).await;
        account.colleague(anna, &[("jobtitle", "Vorständin")]).await;
        account.undo(&moved).await;
        assert_eq!(account.last_write(&moved).await.state, State::Cancelled);
        let listed = account.listed().await;
        assert_eq!((title(&listed), street(&listed)), ("Vorständin", "Hauptstraße 5"));
        // And taken back after it was written, where the record has changed since.
        account.accept(&moved).await;
        assert_eq!(account.write(&moved).await.state, State::Written);
        account.colleague(anna, &[("jobtitle", "Aufsichtsrätin")]).await;
        account.undo(&moved).await;
        assert_eq!(account.write(&moved).await.state, State::Failed);
        let listed = account.listed().await;
        let there = (title(&listed), street(&listed));
        assert_eq!(there, ("Aufsichtsrätin", "Hauptstraße 7"), "as HubSpot has it");

        // Long after, nobody keeps what was written, and it says so.
        let keep = Retention { crm_write_days: 30, ..Retention::default() };
        let Desk { db, tenant, clock, .. } = &account.desk;
        clock.advance_secs(29 * 24 * 3600);
        assert_eq!(retention::forget(db, tenant, &keep, clock.now()).await.unwrap().writes, 0);
        clock.advance_secs(2 * 24 * 3600);
        assert_eq!(retention::forget(db, tenant, &keep, clock.now()).await.unwrap().writes, 4);
        let erased = account.last_write(&fax).await;
        assert!(erased.erased && erased.before.is_none() && erased.after == Contact::default());
        for id in [&fax, &moved] {
            let refused = account.refused(id, None).await;
            assert!(matches!(refused, DecideError::TooLate), "{refused}");
        }
        assert_eq!(account.world().text(anna, "fax"), FAX);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rep_decides_about_what_the_crm_has_now_and_takes_back_what_was_decided_only() {
    on_sqlite(async |database| {
        let (account, anna) = Account::with_anna(database).await;
        let lines = SIGNATURE.replace("Leiterin Einkauf", "Leiterin Vertrieb");
        let open = account.suggested(1, &lines).await;
        // Read while the rep looks: what she compared with is not there any more.
        account.colleague(anna, &[("jobtitle", "Geschäftsführerin")]).await;
        let refused = account.refused(&open.id, Some(open.changed_at.0)).await;
        assert!(matches!(refused, DecideError::Changed), "{refused}");
        let now = account.desk.suggestion(&open.id).await;
        assert_eq!(title(now.known.as_ref().unwrap()), "Geschäftsführerin");

        // Two changes wait for HubSpot; the later one is taken back, and the earlier one stays.
        let mobile = account.signed(2, &format!("Mobil {MOBILE}")).await;
        account.accept(&mobile).await;
        let fax = account.signed(3, &format!("Fax {FAX}")).await;
        account.accept(&fax).await;
        for id in [&mobile, &fax] {
            assert_eq!(account.write(id).await.state, State::Written);
        }
        account.undo(&fax).await;
        assert_eq!(account.write(&fax).await.state, State::Undone);
        assert_eq!(account.world().text(anna, "mobilephone"), MOBILE);
        assert_eq!(account.world().text(anna, "fax"), "");
        assert_eq!(numbers(&account.listed().await), ["+499313000001", "+491701234567"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_crm_has_no_room_for_outlives_a_conflict() {
    on_sqlite(async |database| {
        let (account, anna) = Account::with_anna(database).await;
        account.map(&with("jobtitle", "locked", &json!(true))).await.unwrap();
        account.read().await.unwrap();
        let lines = SIGNATURE.replace("Leiterin Einkauf", "Geschäftsführerin");
        let update = account.suggested(1, &format!("{lines}\nMobil {MOBILE}")).await;
        account.accept(&update.id).await;
        assert_eq!(account.write(&update.id).await.state, State::Written);
        let second = format!("{lines}\nMobil +49 171 7654321");
        let second = account.suggested(2, &second).await;
        account.accept(&second.id).await;
        let written = account.write(&second.id).await;
        assert!(written.detail.contains("another mobile phone"), "{}", written.detail);

        let fax = account.suggested(3, &format!("{lines}\nFax {FAX}")).await;
        account.accept(&fax.id).await;
        account.world().change(anna, &[("website", "www.exempla.example")]);
        assert_eq!(account.write(&fax.id).await.state, State::Conflict);
        let listed = account.listed().await;
        assert_eq!(title(&listed), "Geschäftsführerin");
        assert_eq!(numbers(&listed), ["+499313000001", "+491701234567", "+491717654321"]);
        assert_eq!(listed.links.len(), 1, "what the colleague did came");
        // The rep sees what is known, all of it.
        let open = account.desk.suggestion(&fax.id).await;
        let rows = suggestion::compare(&open);
        assert_eq!(rows.iter().filter(|row| row.differs).count(), 1, "{rows:?}");
        account.accept(&fax.id).await;
        assert_eq!(account.write(&fax.id).await.state, State::Written);
        assert_eq!(account.world().text(anna, "jobtitle"), "Leiterin Einkauf");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_a_rep_types_goes_into_the_fields_of_its_parts() {
    on_each_database(async |database| {
        let account = Account::connected(database).await;
        let new = account.suggested(1, SIGNATURE).await;
        account.accept_as(&new.id, "Dr. Anna von Müller, MBA").await;
        assert_eq!(account.write(&new.id).await.state, State::Written);
        let made = account.world().there()[0];
        let said = ["firstname", "lastname"].map(|name| account.world().text(made, name));
        assert_eq!(said, ["Anna", "von Müller"]);
    })
    .await;
}

/// The list had her before there was a CRM, and what a colleague has written there says otherwise.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_and_an_address_that_only_the_crm_has_are_not_lost() {
    on_sqlite(async |database| {
        let account = Account::open(database).await;
        let new = account.suggested(1, SIGNATURE).await;
        account.accept(&new.id).await;
        let anna = account.world().add(&RECORD);
        let typed =
            [("firstname", "Anna Maria"), ("address", "Marktplatz 3"), ("city", "Würzburg")];
        account.world().change(anna, &typed);
        account.office.connect(&account.settings(TOKEN)).await;
        account.read().await.unwrap();
        assert_eq!(street(&account.listed().await), "Hauptstraße 5");

        let moved = account.suggested(2, &SIGNATURE.replace("Hauptstraße 5", "Domstraße 7")).await;
        account.accept_as(&moved.id, "Anna Schmidt").await;
        let written = account.write(&moved.id).await;
        assert_eq!(written.state, State::Written);
        assert!(written.detail.contains("another address"), "{}", written.detail);
        let record = |name: &str| account.world().text(anna, name);
        assert_eq!([record("firstname"), record("lastname")], ["Anna", "Schmidt"]);
        assert_eq!(record("address"), "Marktplatz 3");

        account.undo(&moved.id).await;
        assert_eq!(account.write(&moved.id).await.state, State::Undone);
        assert_eq!([record("firstname"), record("lastname")], ["Anna Maria", "Müller"]);
        assert_eq!(record("address"), "Marktplatz 3");
    })
    .await;
}
