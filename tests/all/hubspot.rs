//! A tenant's account at HubSpot is its CRM: who is there is known, who is accepted goes there once,
//! and what a colleague writes there is never overwritten.

mod abroad;
mod apart;
mod company;
mod dated;
mod disconnected;
mod fields;
mod follow;
mod former;
mod hidden;
mod killed;
mod known;
mod meanwhile;
mod merged;
mod moved;
mod once;
mod owner;
mod pages;
mod paused;
mod reopened;
mod rights;
mod room;
mod same;
mod shared;
mod stalled;
mod turns;
mod undone;
mod unseen;

use crate::support::databases::{Database, on_each_database};
use crate::support::desk::{Desk, letter};
use crate::support::hubspot::{Fault, HubSpot, TOKEN};
use crate::support::office::{ANNA, Office, OfficeAt};
use undersigned::crm::CrmError;
use undersigned::crm::connection::{self, ConnectError, Settings};
use undersigned::store::crm_connections::{self, Kind, State as Connection};
use undersigned::store::crm_writes::State;
use undersigned::store::suggestions::State as Decided;
use undersigned::suggestion::{self, Outcome};

const SIGNATURE: &str = "Dr. Anna Müller\nLeiterin Einkauf\nExempla GmbH\nHauptstraße 5\n\
                         97070 Würzburg\nTel. +49 931 3000001";
const RECORD: [(&str, &str); 7] = [
    ("salutation", "Dr."),
    ("firstname", "Anna"),
    ("lastname", "Müller"),
    ("jobtitle", "Leiterin Einkauf"),
    ("company", "Exempla GmbH"),
    ("phone", "0931 3000001"),
    ("email", "anna.mueller@exempla.example"),
];

/// Somebody whom nobody knows, and what she signs with.
const EVA: &str = "Eva Braunschweig <eva@probe.example>";
const EVA_SIGNS: &str = "Eva Braunschweig\nLeiterin Vertrieb\nProbe AG\nTel. +49 911 3000021";

/// An office whose CRM is an account at HubSpot.
type Account = OfficeAt<HubSpot>;

impl Account {
    async fn open(database: &Database) -> Self {
        let office = Office::open(database).await;
        let hubspot = HubSpot::start(&office.desk.clock).await;
        Self { office, crm: hubspot }
    }

    /// Opened, connected and read.
    async fn connected(database: &Database) -> Self {
        let account = Self::open(database).await;
        account.office.connect(&account.settings(TOKEN)).await;
        account.read().await.unwrap();
        account
    }

    fn settings(&self, token: &str) -> Settings {
        Settings {
            kind: Kind::HubSpot,
            url: self.crm.url.parse().unwrap(),
            username: String::new(),
            password: Some(token.to_owned().into()),
        }
    }

    fn fault(&self, path: &'static str, status: u16, done: bool) {
        self.world().faults.push(Fault { path, status, done, times: 1 });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_at_hubspot_is_known_and_one_value_is_added_and_taken_back() {
    on_each_database(async |database| {
        let account = Account::open(database).await;
        let anna = account.world().add(&RECORD);
        for number in 0..120 {
            account.world().add(&[("lastname", &format!("Nobody{number}"))]);
        }
        let found = account.office.connect(&account.settings(TOKEN)).await;
        assert_eq!(found.name, "HubSpot account 4711");
        account.read().await.unwrap();
        assert_eq!(account.known().await, 121);
        let known = SIGNATURE.split("\nHaupt").next().unwrap();
        assert_eq!(account.desk.take(&letter(1, ANNA, known)).await, Outcome::Known);

        let update = account.suggested(2, &format!("{known}\nMobil +49 170 1234567")).await;
        let rows = suggestion::compare(&update);
        assert_eq!(rows.iter().filter(|row| row.differs).count(), 1, "{rows:?}");
        account.accept(&update.id).await;
        let written = account.write(&update.id).await;
        assert_eq!((written.state, written.detail.as_str()), (State::Written, ""));
        assert_eq!(account.world().text(anna, "mobilephone"), "+49 170 1234567");
        assert_eq!(account.world().text(anna, "phone"), "0931 3000001");

        account.undo(&update.id).await;
        assert_eq!(account.write(&update.id).await.state, State::Undone);
        assert_eq!(account.world().text(anna, "mobilephone"), "");
        assert_eq!(account.world().text(anna, "phone"), "0931 3000001");
        assert_eq!(account.world().too_fast, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_changed_is_read_and_once_a_day_everything() {
    on_each_database(async |database| {
        let account = Account::open(database).await;
        let anna = account.world().add(&RECORD);
        account.office.connect(&account.settings(TOKEN)).await;
        account.read().await.unwrap();
        account.desk.clock.advance_secs(3600);
        let listed = account.world().asked_for("GET /crm/v3/objects/contacts");
        account.world().change(anna, &[("mobilephone", "+49 170 1234567")]);
        account.world().add(&[("lastname", "Neumann"), ("email", "n@probe.example")]);
        account.world().search_lag = 60_000;
        account.read().await.unwrap();
        assert_eq!(account.known().await, 1, "the search does not see it yet");
        account.desk.clock.advance_secs(120);
        account.read().await.unwrap();
        assert_eq!(account.known().await, 2);
        assert_eq!(account.world().asked_for("GET /crm/v3/objects/contacts"), listed);
        let known = format!("{SIGNATURE}\nMobil +49 170 1234567").replace("\nHauptstraße 5", "");
        let known = known.replace("\n97070 Würzburg", "");
        assert_eq!(account.desk.take(&letter(1, ANNA, &known)).await, Outcome::Known);

        // What goes to the bin says nothing of itself; the daily reading misses it.
        account.world().contacts.get_mut(&anna).unwrap().archived = true;
        account.read().await.unwrap();
        assert_eq!(account.known().await, 2);
        account.desk.clock.advance_secs(24 * 3600);
        account.read().await.unwrap();
        assert_eq!(account.known().await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_contact_is_made_once_at_its_company_and_can_be_taken_back() {
    on_each_database(async |database| {
        let account = Account::open(database).await;
        account.world().add_company("Exempla (old)", "exempla.example", "1");
        let company = account.world().add_company("Exempla GmbH", "exempla.example", "12");
        account.office.connect(&account.settings(TOKEN)).await;
        account.read().await.unwrap();
        let new = account.suggested(1, SIGNATURE).await;
        account.accept(&new.id).await;
        // It is made, but nobody hears of it: first the connection breaks, then the process dies.
        account.fault("contacts/batch/upsert$", 502, true);
        let lost = account.try_write(&new.id).await;
        assert!(matches!(lost, Err(CrmError::Unreachable(_))), "{lost:?}");
        assert_eq!(account.state().await.0, Connection::Unreachable);
        let written = account.write(&new.id).await;
        assert_eq!((written.state, written.detail.as_str()), (State::Written, ""));
        assert_eq!(account.write(&new.id).await.state, State::Written);
        let there = account.world().there();
        assert_eq!(there.len(), 1);
        let anna = there[0];
        assert_eq!(account.world().contacts[&anna].company(), Some(company));
        for (property, text) in
            [("lastname", "Müller"), ("zip", "97070"), ("jobtitle", "Leiterin Einkauf")]
        {
            assert_eq!(account.world().text(anna, property), text);
        }

        // The next letter updates that record; both are taken back, the newer first.
        account.read().await.unwrap();
        let update = account.suggested(2, &format!("{SIGNATURE}\nMobil +49 170 1234567")).await;
        account.accept(&update.id).await;
        account.fault("PATCH", 500, true);
        assert!(account.try_write(&update.id).await.is_err());
        assert_eq!(account.write(&update.id).await.state, State::Written);
        assert_eq!(account.world().there(), [anna]);
        for id in [&update.id, &new.id] {
            account.undo(id).await;
            let undone = account.write(id).await;
            assert_eq!(undone.state, State::Undone, "{}", undone.detail);
        }
        assert!(account.world().there().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_a_colleague_changed_meanwhile_is_compared_anew() {
    on_each_database(async |database| {
        let account = Account::open(database).await;
        let anna = account.world().add(&RECORD);
        account.office.connect(&account.settings(TOKEN)).await;
        account.read().await.unwrap();
        let update = account.suggested(1, &format!("{SIGNATURE}\nMobil +49 170 1234567")).await;
        account.accept(&update.id).await;
        account.world().change(anna, &[("jobtitle", "Geschäftsführerin")]);
        assert_eq!(account.write(&update.id).await.state, State::Conflict);
        assert_eq!(account.world().text(anna, "mobilephone"), "");
        let open = account.desk.suggestion(&update.id).await;
        assert_eq!(open.state, Decided::Open);
        assert_eq!(open.known.as_ref().unwrap().titles[0].value, "Geschäftsführerin");
        account.accept(&update.id).await;
        assert_eq!(account.write(&update.id).await.state, State::Written);
        assert_eq!(account.world().text(anna, "mobilephone"), "+49 170 1234567");
        // Her former title, which nobody was asked about, is not what the letter brings.
        assert_eq!(account.world().text(anna, "jobtitle"), "Geschäftsführerin");

        // What was changed after the write is not taken back with it.
        account.world().change(anna, &[("phone", "0931 3000009")]);
        account.undo(&update.id).await;
        let undone = account.write(&update.id).await;
        assert_eq!(undone.state, State::Failed);
        assert!(undone.detail.contains("changed"), "{}", undone.detail);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_colleague_made_meanwhile_is_not_made_again() {
    on_each_database(async |database| {
        let account = Account::connected(database).await;
        let lines = "Eva Braunschweig\nLeiterin Vertrieb\nProbe AG\nTel. +49 911 3000001";
        let new = account.office.suggested(1, EVA, lines).await;
        account.accept(&new.id).await;
        let hers = [("lastname", "Braunschweig"), ("email", "Eva@probe.example"), ("fax", "1")];
        let by_hand = account.world().add(&hers);
        let refused = account.write(&new.id).await;
        assert_eq!(refused.state, State::Conflict);
        assert!(refused.detail.contains("already"), "{}", refused.detail);
        let open = account.desk.suggestion(&new.id).await;
        assert_eq!(open.state, Decided::Open);
        assert!(open.known.is_some(), "it is an update now");
        account.accept(&new.id).await;
        let written = account.write(&new.id).await;
        assert_eq!(written.state, State::Written, "{}", written.detail);
        assert_eq!(account.world().there(), [by_hand]);
        assert_eq!(account.world().text(by_hand, "jobtitle"), "Leiterin Vertrieb");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_is_told_in_one_sentence_and_goes_on_when_it_is_mended() {
    on_each_database(async |database| {
        let account = Account::connected(database).await;
        let new = account.suggested(1, SIGNATURE).await;
        account.accept(&new.id).await;

        account.fault("objects/contacts", 429, false);
        let told = account.try_write(&new.id).await;
        let ten = std::time::Duration::from_secs(10);
        assert!(matches!(told, Err(CrmError::Throttled(Some(it))) if it == ten), "{told:?}");
        account.fault("objects/contacts", 500, false);
        assert!(matches!(account.try_write(&new.id).await, Err(CrmError::Unreachable(_))));

        account.world().token = None;
        assert!(matches!(account.try_write(&new.id).await, Err(CrmError::WrongPassword)));
        assert!(matches!(account.read().await, Err(CrmError::WrongPassword)));
        assert_eq!(account.state().await.0, Connection::WrongPassword);
        account.world().token = Some("pat-eu1-another".into());
        account.office.connect(&account.settings("pat-eu1-another")).await;

        account.world().lacks = Some("crm.objects.contacts.write");
        let told = account.try_write(&new.id).await.unwrap_err().to_string();
        assert!(told.contains("crm.objects.contacts.write"), "{told}");
        assert_eq!(account.state().await.0, Connection::Refused);
        account.world().lacks = None;

        assert_eq!(account.write(&new.id).await.state, State::Written);
        assert_eq!(account.state().await, (Connection::Healthy, String::new()));
        assert_eq!(account.world().there().len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_is_refused_and_disconnecting_forgets_the_records() {
    on_each_database(async |database| {
        let account = Account::open(database).await;
        account.world().add(&RECORD);
        let Desk { db, vault, tenant, clock, .. } = &account.desk;
        let wrong = account.settings("pat-eu1-wrong");
        let refused = connection::check(&account.http, db, vault, tenant, &wrong).await;
        assert!(matches!(refused, Err(ConnectError::Crm(CrmError::WrongPassword))), "{refused:?}");

        account.office.connect(&account.settings(TOKEN)).await;
        account.read().await.unwrap();
        assert_eq!(account.known().await, 1);
        let mut conn = db.read().await.unwrap();
        let connected = crm_connections::get(&mut conn, tenant).await.unwrap().unwrap();
        assert!(!connected.password_sealed.contains(TOKEN));
        drop(conn);
        // The same again, without the token, keeps what is there.
        let again = Settings { password: None, ..account.settings("") };
        account.office.connect(&again).await;
        assert_eq!(account.known().await, 1);
        let mut tx = db.begin_write().await.unwrap();
        assert!(connection::remove(&mut tx, tenant, clock.now()).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(account.known().await, 0);
        assert_eq!(account.world().there().len(), 1, "HubSpot keeps its own");
    })
    .await;
}
