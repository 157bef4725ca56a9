//! A tenant's org at Salesforce is its CRM: who is there is known, who is accepted goes there once and
//! to the right account, and the org's own rules are heard.

mod address;
mod company;
mod duplicates;
mod leads;
mod merged;
mod once;
mod owner;
mod rights;
mod settings;
mod telling;
mod undone;

use crate::support::colleague::{Replaced, nothing_is_overwritten_unseen};
use crate::support::databases::{Database, on_each_database, on_sqlite};
use crate::support::desk::{Desk, letter};
use crate::support::office::{ANNA, Office, OfficeAt};
use crate::support::salesforce::{AtLeads, Fault, KEY, SECRET, Salesforce};
use undersigned::crm::CrmError;
use undersigned::crm::connection::{self, Settings};
use undersigned::crm::mapping::Mapping;
use undersigned::store::crm_connections::{Kind, State as Connection};
use undersigned::store::crm_writes::State;
use undersigned::store::suggestions::State as Decided;
use undersigned::suggestion::{self, Outcome};

const SIGNATURE: &str = "Dr. Anna Müller\nLeiterin Einkauf\nExempla GmbH\nHauptstraße 5\n\
                         97070 Würzburg\nTel. +49 931 3000001";
const RECORD: [(&str, &str); 6] = [
    ("Salutation", "Dr."),
    ("FirstName", "Anna"),
    ("LastName", "Müller"),
    ("Title", "Leiterin Einkauf"),
    ("Phone", "0931 3000001"),
    ("Email", "anna.mueller@exempla.example"),
];

/// An office whose CRM is an org at Salesforce.
type Org = OfficeAt<Salesforce>;

impl Org {
    /// Connected and read; with Anna at her account, whose ids are answered.
    async fn with_anna(database: &Database) -> (Self, String, String) {
        let org = Self::open(database).await;
        let account = org.world().add_account("Exempla GmbH", "www.exempla.example");
        let anna = org.world().add(&RECORD);
        org.world().change(&anna, "AccountId", &account);
        org.connect(&org.settings(SECRET)).await;
        org.read().await.unwrap();
        (org, anna, account)
    }

    async fn open(database: &Database) -> Self {
        let office = Office::open(database).await;
        let salesforce = Salesforce::start(&office.desk.clock).await;
        Self { office, crm: salesforce }
    }

    fn settings(&self, secret: &str) -> Settings {
        Settings {
            kind: Kind::Salesforce,
            url: self.crm.url.parse().unwrap(),
            username: KEY.into(),
            password: Some(secret.to_owned().into()),
        }
    }

    /// Says which field of a contact holds what.
    async fn map(&self, mapping: &Mapping) {
        let mut tx = self.desk.db.begin_write().await.unwrap();
        let now = self.desk.clock.now();
        connection::save_mapping(&mut tx, &self.desk.tenant, Some(mapping), now).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// The next request with this in it is answered so; with `done` only the answer is lost.
    fn fault(&self, path: &'static str, status: u16, code: &'static str, done: bool) {
        self.world().faults.push(Fault { path, status, code, done });
    }

    async fn owners(&self) -> Vec<String> {
        let Desk { db, vault, tenant, .. } = &self.desk;
        let owners = connection::owners(&self.http, db, vault, tenant).await.unwrap();
        owners.into_iter().map(|owner| owner.name).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_are_read_once_then_what_changed_and_what_was_deleted() {
    on_each_database(async |database| {
        let org = Org::open(database).await;
        let account = org.world().add_account("Exempla GmbH", "");
        let anna = org.world().add(&RECORD);
        org.world().change(&anna, "AccountId", &account);
        for number in 0..120 {
            org.world().add(&[("LastName", &format!("Nobody{number}"))]);
        }
        let found = org.connect(&org.settings(SECRET)).await;
        assert_eq!(found.name, "Salesforce org 00D7Q000000ABCDUA2");
        // A page that Salesforce does not keep any more is not the end of reading.
        org.fault("GET /query/", 400, "INVALID_QUERY_LOCATOR", false);
        org.read().await.unwrap();
        assert_eq!(org.known().await, 121);
        let known = SIGNATURE.split("\nHaupt").next().unwrap();
        assert_eq!(org.desk.take(&letter(1, ANNA, known)).await, Outcome::Known);

        org.desk.clock.advance_secs(3600);
        org.world().change(&anna, "MobilePhone", "+49 170 1234567");
        let neumann = org.world().add(&[("LastName", "Neumann"), ("Email", "n@probe.example")]);
        let nobody = org.world().there()[7].clone();
        org.world().delete(&nobody);
        org.world().queries.clear();
        org.read().await.unwrap();
        assert_eq!(org.known().await, 121, "one more, one less");
        let queries = org.world().queries.clone();
        assert_eq!(queries.len(), 2, "contacts and leads: {queries:?}");
        assert!(queries.iter().all(|it| it.contains("WHERE SystemModstamp >= 20")), "{queries:?}");
        let known = format!("{known}\nMobil +49 170 1234567");
        assert_eq!(org.desk.take(&letter(2, ANNA, &known)).await, Outcome::Known);

        // A session that has ended is asked for anew, once for all who need it.
        org.world().end_sessions();
        let before = org.world().sign_ins;
        let (one, two) = tokio::join!(org.owners(), org.owners());
        assert_eq!((one.as_slice(), one == two), (["Rita Rep".to_owned()].as_slice(), true));
        assert_eq!(org.world().sign_ins, before + 1);

        // Who is deleted for good says nothing of it; the daily reading misses them.
        org.world().contacts.remove(&neumann);
        org.read().await.unwrap();
        assert_eq!(org.known().await, 121);
        org.desk.clock.advance_secs(24 * 3600);
        org.read().await.unwrap();
        assert_eq!(org.known().await, 120);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_while_a_reading_is_interrupted_is_read_with_the_next() {
    on_sqlite(async |database| {
        let (org, anna, _) = Org::with_anna(database).await;
        let lead = org.world().add_lead(&[("LastName", "Neumann"), ("Company", "Neu AG")]);
        org.desk.clock.advance_secs(3600);
        org.read().await.unwrap();
        // Contacts are read when Salesforce goes down; it is back hours later.
        org.world().at_leads = Some(AtLeads::Down);
        assert!(org.read().await.is_err());
        org.desk.clock.advance_secs(3600);
        org.world().change(&anna, "MobilePhone", "+49 170 1234567");
        org.desk.clock.advance_secs(3600);
        org.world().change(&lead, "Title", "Leiterin Vertrieb");
        org.read().await.unwrap();
        org.desk.clock.advance_secs(5 * 60);
        org.read().await.unwrap();
        let known = SIGNATURE.split("\nHaupt").next().unwrap();
        let known = format!("{known}\nMobil +49 170 1234567");
        assert_eq!(org.desk.take(&letter(1, ANNA, &known)).await, Outcome::Known);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_contact_is_made_once_at_its_account_and_can_be_taken_back() {
    on_each_database(async |database| {
        let org = Org::open(database).await;
        org.world().add_account("Somebody else", "https://not-exempla.example");
        org.world().add_account("Exempla (old)", "exempla.example");
        let account = org.world().add_account("Exempla", "https://www.exempla.example/kontakt");
        org.world().add(&[("LastName", "O'Neill"), ("AccountId", &account)]);
        org.connect(&org.settings(SECRET)).await;
        org.read().await.unwrap();
        let new = org.suggested(1, SIGNATURE).await;
        org.accept(&new.id).await;
        // It is made, but nobody hears of it.
        org.fault("POST /sobjects/Contact", 502, "", true);
        let lost = org.try_write(&new.id).await;
        assert!(matches!(lost, Err(CrmError::Unreachable(_))), "{lost:?}");
        assert_eq!(org.state().await.0, Connection::Unreachable);
        let written = org.write(&new.id).await;
        assert_eq!((written.state, written.detail.as_str()), (State::Written, ""));
        assert_eq!(org.write(&new.id).await.state, State::Written);
        let there = org.world().there();
        assert_eq!(there.len(), 2);
        let anna = &there[1];
        for (field, text) in [
            ("AccountId", account.as_str()),
            ("LastName", "Müller"),
            ("MailingPostalCode", "97070"),
            ("Title", "Leiterin Einkauf"),
        ] {
            assert_eq!(org.world().text(anna, field), text);
        }

        // The next letter updates that record; both are taken back, the newer first.
        org.read().await.unwrap();
        let lines = SIGNATURE.replace("Exempla GmbH", "Exempla");
        let update = org.suggested(2, &format!("{lines}\nMobil +49 170 1234567")).await;
        let rows = suggestion::compare(&update);
        assert_eq!(rows.iter().filter(|row| row.differs).count(), 1, "{rows:?}");
        org.accept(&update.id).await;
        org.fault("PATCH", 500, "UNKNOWN_EXCEPTION", true);
        assert!(org.try_write(&update.id).await.is_err());
        assert_eq!(org.write(&update.id).await.state, State::Written);
        assert_eq!(org.world().text(anna, "MobilePhone"), "+49 170 1234567");
        assert_eq!(org.world().text(anna, "Phone"), "+49 931 3000001");
        for id in [&update.id, &new.id] {
            assert_eq!(org.world().there(), there);
            org.undo(id).await;
            let undone = org.write(id).await;
            assert_eq!(undone.state, State::Undone, "{}", undone.detail);
            assert_eq!(org.world().text(anna, "MobilePhone"), "");
        }
        assert_eq!(org.world().there().len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_colleague_changes_even_in_that_moment_is_never_overwritten() {
    on_each_database(async |database| {
        let (org, anna, _) = Org::with_anna(database).await;
        let mobile = format!("{SIGNATURE}\nMobil +49 170 1234567");
        let update = org.suggested(1, &mobile).await;
        org.accept(&update.id).await;
        org.world().change(&anna, "Title", "Geschäftsführerin");
        assert_eq!(org.write(&update.id).await.state, State::Conflict);
        assert_eq!(org.world().text(&anna, "MobilePhone"), "");
        let open = org.desk.suggestion(&update.id).await;
        assert_eq!(open.state, Decided::Open);
        assert_eq!(open.known.as_ref().unwrap().titles[0].value, "Geschäftsführerin");

        // Between our look at the record and our write, a colleague writes.
        org.accept(&update.id).await;
        org.desk.clock.advance_secs(5);
        org.world().meanwhile = Some((anna.clone(), "Department", "Vorstand"));
        assert_eq!(org.write(&update.id).await.state, State::Conflict);
        assert_eq!(org.world().text(&anna, "MobilePhone"), "");
        // What is none of ours does not matter: it is looked at again, and written.
        org.accept(&update.id).await;
        org.desk.clock.advance_secs(5);
        org.world().meanwhile = Some((anna.clone(), "OwnerId", "0057Q000000newUQAQ"));
        let written = org.write(&update.id).await;
        assert_eq!(written.state, State::Written, "{}", written.detail);
        assert_eq!(org.world().text(&anna, "MobilePhone"), "+49 170 1234567");
        assert_eq!(org.world().text(&anna, "Department"), "Vorstand");

        // What was changed after the write is not taken back with it.
        org.world().change(&anna, "Phone", "0931 3000009");
        org.undo(&update.id).await;
        let undone = org.write(&update.id).await;
        assert_eq!(undone.state, State::Failed);
        assert!(undone.detail.contains("changed"), "{}", undone.detail);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_colleague_typed_since_the_rep_looked_is_never_overwritten_unseen() {
    on_sqlite(async |database| {
        let (org, anna, _) = Org::with_anna(database).await;
        let colleague = async |title: &str| org.world().change(&anna, "Title", title);
        let record = async || org.world().text(&anna, "Title");
        nothing_is_overwritten_unseen(&org, Replaced::Title, colleague, record).await;
    })
    .await;
}
