//! A tenant's Tryton, a real one, is its CRM: the same door as to the clouds' leads to a system with
//! locks of its own, rows instead of fields, and no people apart from companies.

mod address;
mod connecting;
mod left;
mod moving;
mod undone;

use crate::support::colleague::{Replaced, nothing_is_overwritten_unseen};
use crate::support::databases::{Database, on_each_database, on_sqlite};
use crate::support::desk::{Desk, letter};
use crate::support::office::{ANNA, Office, OfficeAt};
use crate::support::servers::SERVERS;
use crate::support::tryton::Tryton;
use serde_json::json;
use undersigned::crm::connection::{self, ConnectError, Settings, check_mapping, save_mapping};
use undersigned::crm::mapping::Mapping;
use undersigned::crm::{CrmError, write};
use undersigned::store::crm_connections::{Kind, State as Connection};
use undersigned::store::crm_writes::State;
use undersigned::store::suggestions::State as Decided;
use undersigned::suggestion::{self, Outcome};

const SIGNATURE: &str = "Anna Müller\nHauptstraße 5\n97070 Würzburg\nTel. +49 931 3000001";
const MECHANISMS: [(&str, &str); 3] = [
    ("phone", "+49 931 3000002"),
    ("email", "Anna.Mueller@exempla.example"),
    ("phone", "+49 931 3000001"),
];

/// An office whose CRM is a database of Tryton.
type Works = OfficeAt<Tryton>;

impl Works {
    async fn open(database: &Database) -> Self {
        Self { office: Office::open(database).await, crm: Tryton::start().await }
    }

    fn settings(&self, password: &str) -> Settings {
        Settings {
            kind: Kind::Tryton,
            url: self.crm.url.parse().unwrap(),
            username: Tryton::USER.into(),
            password: Some(password.to_owned().into()),
        }
    }

    /// Connects it and reads what there is.
    async fn connect(&self) {
        let found = self.office.connect(&self.settings(&SERVERS.password)).await;
        assert_eq!(found.name, "Tryton database crm");
        self.read().await.unwrap();
    }

    /// Replaces the mapping by the usual one with another field; says why not.
    async fn map(&self, property: &str, holds: &str) -> Result<(), String> {
        let Desk { db, vault, tenant, clock, .. } = &self.desk;
        let mut mapping = serde_json::to_value(Mapping::usual(Kind::Tryton).unwrap()).unwrap();
        let field = json!({"property": property, "holds": holds});
        mapping["field"].as_array_mut().unwrap().push(field);
        let mapping: Mapping = serde_json::from_value(mapping).unwrap();
        let checked = check_mapping(&self.http, db, vault, tenant, &mapping).await.unwrap();
        let mapping = checked.map_err(|error| error.to_string())?;
        let mut tx = db.begin_write().await.unwrap();
        assert!(save_mapping(&mut tx, tenant, Some(&mapping), clock.now()).await.unwrap());
        tx.commit().await.unwrap();
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_in_tryton_is_known_and_one_value_is_added_and_taken_back() {
    on_each_database(async |database| {
        let works = Works::open(database).await;
        let anna = works.crm.add("Anna Müller", &MECHANISMS).await;
        let bert = works.crm.add("Bert Klein", &[("email", "bert@exempla.example")]).await;
        works.connect().await;
        assert_eq!(works.known().await, 2);
        let known = "Anna Müller\nTel. +49 931 3000001";
        assert_eq!(works.desk.take(&letter(1, ANNA, known)).await, Outcome::Known);

        let update = works.suggested(2, &format!("{known}\nMobil +49 170 1234567")).await;
        let rows = suggestion::compare(&update);
        assert_eq!(rows.iter().filter(|row| row.differs).count(), 1, "{rows:?}");
        works.accept(&update.id).await;
        let written = works.write(&update.id).await;
        assert_eq!((written.state, written.detail.as_str()), (State::Written, ""));
        assert_eq!(works.crm.values(anna, "mobile").await, ["+491701234567"]);
        works.undo(&update.id).await;
        let undone = works.write(&update.id).await;
        assert_eq!(undone.state, State::Undone, "{}", undone.detail);
        assert!(works.crm.values(anna, "mobile").await.is_empty());
        assert_eq!(works.crm.values(anna, "phone").await, ["+499313000002", "+499313000001"]);

        // What changes is read: a number among the contact mechanisms, and who is put away.
        let mobile = json!({"party": anna, "type": "mobile", "value": "+49 170 7654321"});
        works.crm.call("party.contact_mechanism.create", json!([[mobile]])).await;
        works.crm.change(bert, json!({"active": false})).await;
        works.read().await.unwrap();
        assert_eq!(works.known().await, 1);
        let more = format!("{known}\nMobil +49 170 7654321");
        assert_eq!(works.desk.take(&letter(3, ANNA, &more)).await, Outcome::Known);
        // Who is removed is missed by the daily reading.
        works.crm.call("party.party.delete", json!([[anna]])).await;
        works.desk.clock.advance_secs(24 * 3600);
        works.read().await.unwrap();
        assert_eq!(works.known().await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_contact_is_made_once_at_its_employer_and_can_be_taken_back() {
    Box::pin(on_each_database(async |database| {
        let works = Works::open(database).await;
        let site = [("website", "https://www.exempla.example/"), ("phone", "+49 931 3000000")];
        let company = works.crm.add("Exempla GmbH", &site).await;
        works.connect().await;
        assert_eq!(works.known().await, 1, "nothing says yet that it is a company");
        let unknown = works.map("relation.99", "organization").await.unwrap_err();
        assert!(unknown.contains("`relation.99`"), "{unknown}");
        let unknown = works.map("job_title", "title").await.unwrap_err();
        assert!(unknown.contains("`job_title`"), "{unknown}");
        let relation = json!([[{"name": "works for"}]]);
        let relation = works.crm.call("party.relation.type.create", relation).await;
        works.map(&format!("relation.{}", relation[0]), "organization").await.unwrap();
        works.read().await.unwrap();

        let lines = SIGNATURE.replacen('\n', "\nLeiterin Einkauf\nExempla GmbH\n", 1);
        let new = works.suggested(1, &lines).await;
        works.accept(&new.id).await;
        // A try that the process did not live to note: the record is there, the write waits.
        let Desk { db, vault, tenant, clock, .. } = &works.desk;
        let planned = works.last_write(&new.id).await;
        let made = write::make(&works.http, db, vault, clock, tenant, &planned.id);
        let lost = Box::pin(made).await.unwrap();
        drop(lost);
        let written = works.write(&new.id).await;
        assert_eq!(written.state, State::Written);
        assert_eq!(written.detail, "the CRM has no field for a job title");
        let parties = works.crm.parties().await;
        let [_, anna] = parties.as_slice() else { panic!("{parties:?}") };
        assert_eq!(anna["name"], "Anna Müller");
        assert_eq!(anna["addresses."][0]["street"], "Hauptstraße 5");
        assert_eq!(anna["relations."][0]["to."]["id"], company);
        let id = anna["id"].as_i64().unwrap();
        assert_eq!(works.crm.values(id, "email").await, ["anna.mueller@exempla.example"]);
        assert_eq!(works.crm.values(id, "phone").await, ["+499313000001"]);
        works.read().await.unwrap();
        works.desk.clock.advance_secs(24 * 3600);
        works.read().await.unwrap();
        assert_eq!(works.known().await, 1, "the company is none of the people");

        // The next letter updates that record; both are taken back, the newer first.
        let update = works.suggested(2, &format!("{lines}\nMobil +49 170 1234567")).await;
        works.accept(&update.id).await;
        assert_eq!(works.write(&update.id).await.state, State::Written);
        assert_eq!(works.crm.values(id, "mobile").await, ["+491701234567"]);
        for id in [&update.id, &new.id] {
            works.undo(id).await;
            let undone = works.write(id).await;
            assert_eq!(undone.state, State::Undone, "{}", undone.detail);
        }
        assert_eq!(works.crm.parties().await.len(), 1);
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_policy_says_so_a_company_that_is_not_there_is_made_once() {
    on_sqlite(async |database| {
        let works = Works::open(database).await;
        works.connect().await;
        let relation = json!([[{"name": "works for"}]]);
        let relation = works.crm.call("party.relation.type.create", relation).await;
        works.map(&format!("relation.{}", relation[0]), "organization").await.unwrap();
        works.make_companies().await;
        let lines = SIGNATURE.replacen('\n', "\nExempla GmbH\n", 1);
        let anna = works.suggested(1, &lines).await;
        works.accept(&anna.id).await;
        let made = works.write(&anna.id).await;
        assert_eq!(made.state, State::Written, "{}", made.detail);
        assert!(!made.detail.contains("company"), "{}", made.detail);
        // An hour later nothing but the database of Tryton knows it.
        works.desk.clock.advance_secs(3_700);
        let lines = "Bernd Kurz\nEinkauf\nExempla GmbH\nTel. +49 931 3000002";
        let bernd = works.office.suggested(2, "Bernd Kurz <kurz@exempla.example>", lines).await;
        works.accept(&bernd.id).await;
        let found = works.write(&bernd.id).await;
        assert_eq!((found.state, found.account.as_str()), (State::Written, ""));
        let (anna_id, bernd_id) = (anna.id, bernd.id);
        let parties = works.crm.parties().await;
        let [company, anna, bernd] = parties.as_slice() else { panic!("{parties:?}") };
        assert_eq!(
            (&company["name"], company["id"].to_string()),
            (&json!("Exempla GmbH"), made.account)
        );
        assert_eq!(company["addresses."][0]["city"], "Würzburg");
        for person in [anna, bernd] {
            assert_eq!(person["relations."][0]["to."]["id"], company["id"]);
        }

        // By the name of an employer it is found however it is written, and nobody is moved for that.
        let sons = works.crm.add("Müller & Söhne KG", &[]).await;
        let lines = "Fritz Frei\nEinkauf\nMueller Soehne GmbH\nTel. +49 931 3000003";
        let fritz = works.office.suggested(3, "Fritz Frei <fritz.frei@gmail.com>", lines).await;
        works.accept(&fritz.id).await;
        assert_eq!(works.write(&fritz.id).await.state, State::Written);
        let parties = works.crm.parties().await;
        assert_eq!(parties[4]["relations."][0]["to."]["id"], sons);

        // Its people are gone, and it is no person all the same, whatever a colleague adds to it.
        for id in [&anna_id, &bernd_id, &fritz.id] {
            works.undo(id).await;
            let undone = works.write(id).await;
            assert_eq!(undone.state, State::Undone, "{}", undone.detail);
        }
        works.crm.change(sons, json!({"active": false})).await;
        let phone = json!({"party": company["id"], "type": "phone", "value": "+49 931 3000000"});
        works.crm.call("party.contact_mechanism.create", json!([[phone]])).await;
        works.desk.clock.advance_secs(24 * 3600);
        works.read().await.unwrap();
        assert_eq!(works.known().await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_colleague_did_meanwhile_is_compared_anew() {
    on_each_database(async |database| {
        let works = Works::open(database).await;
        let anna = works.crm.add("Anna Müller", &MECHANISMS).await;
        works.connect().await;
        let update = works.suggested(1, &format!("{SIGNATURE}\nMobil +49 170 1234567")).await;
        works.accept(&update.id).await;
        let address =
            json!({"addresses": [["create", [{"street": "Am Markt 1", "city": "Gotha"}]]]});
        works.crm.change(anna, address).await;
        assert_eq!(works.write(&update.id).await.state, State::Conflict);
        assert!(works.crm.values(anna, "mobile").await.is_empty());
        let open = works.desk.suggestion(&update.id).await;
        assert_eq!(open.state, Decided::Open);
        let there = &open.known.as_ref().unwrap().addresses[0].value;
        assert_eq!(there.city.as_deref(), Some("Gotha"));
        works.accept(&update.id).await;
        let written = works.write(&update.id).await;
        assert_eq!(written.state, State::Written, "{}", written.detail);
        let parties = works.crm.parties().await;
        assert_eq!(parties[0]["addresses."][0]["city"], "Würzburg");

        // What was changed after the write is not taken back with it.
        works.crm.change(anna, json!({"name": "Anna Müller-Lüdenscheidt"})).await;
        works.undo(&update.id).await;
        let undone = works.write(&update.id).await;
        assert_eq!(undone.state, State::Failed);
        assert!(undone.detail.contains("changed"), "{}", undone.detail);

        Box::pin(whom_a_colleague_makes_is_not_made_again(&works)).await;
    })
    .await;
}

/// Tryton has no job titles: it is where she works.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_colleague_typed_since_the_rep_looked_is_never_overwritten_unseen() {
    on_sqlite(async |database| {
        let works = Works::open(database).await;
        let anna = works.crm.add("Anna Müller", &MECHANISMS).await;
        works.crm.lives(anna, "Hauptstraße 5").await;
        works.connect().await;
        let colleague = async |street: &str| works.crm.lives(anna, street).await;
        let record = async || {
            let parties = works.crm.parties().await;
            parties[0]["addresses."][0]["street"].as_str().unwrap().to_owned()
        };
        nothing_is_overwritten_unseen(&works, Replaced::Street, colleague, record).await;
    })
    .await;
}

/// It is an update then, whatever the case of the letters in the address.
async fn whom_a_colleague_makes_is_not_made_again(works: &Works) {
    let eva = "Eva Braunschweig <eva_b@probe.example>";
    let lines = "Eva Braunschweig\nTel. +49 911 3000001\nMobil +49 170 1112223";
    let new = works.office.suggested(2, eva, lines).await;
    works.accept(&new.id).await;
    works.crm.add("Eva Bx", &[("email", "evaxb@probe.example")]).await;
    let hers = [("email", "Eva_B@probe.example"), ("phone", "+49 911 3000001")];
    let by_hand = works.crm.add("Eva Braunschweig", &hers).await;
    let refused = works.write(&new.id).await;
    assert_eq!(refused.state, State::Conflict, "{}", refused.detail);
    assert!(refused.detail.contains("already"), "{}", refused.detail);
    assert!(works.desk.suggestion(&new.id).await.known.is_some());
    works.accept(&new.id).await;
    assert_eq!(works.write(&new.id).await.state, State::Written);
    assert_eq!(works.crm.values(by_hand, "mobile").await, ["+491701112223"]);
    assert_eq!(works.crm.parties().await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_is_told_and_goes_on_when_it_is_mended() {
    Box::pin(on_each_database(async |database| {
        let mut works = Works::open(database).await;
        works.crm.add("Bert Klein", &[("email", "bert@probe.example")]).await;
        let Desk { db, vault, tenant, .. } = &works.desk;
        let wrong = works.settings("not this one");
        let refused = connection::check(&works.http, db, vault, tenant, &wrong).await;
        assert!(matches!(refused, Err(ConnectError::Crm(CrmError::WrongPassword))), "{refused:?}");
        works.connect().await;
        let new = works.suggested(1, SIGNATURE).await;
        works.accept(&new.id).await;

        // Down, and up again: nobody is signed in any more.
        works.crm.stop();
        let down = works.try_write(&new.id).await;
        assert!(matches!(down, Err(CrmError::Unreachable(_))), "{down:?}");
        assert_eq!(works.state().await.0, Connection::Unreachable);
        works.crm.start_again().await;
        let written = works.write(&new.id).await;
        assert_eq!(written.state, State::Written, "{}", written.detail);
        assert_eq!(works.state().await, (Connection::Healthy, String::new()));

        // A value that Tryton does not take, and rights that the user has no more.
        let eva = "Eva Braunschweig <eva@probe.example>";
        let lines = "Eva Braunschweig\nTel. +1 555 0100 123";
        let odd = works.office.suggested(2, eva, lines).await;
        works.accept(&odd.id).await;
        let failed = works.write(&odd.id).await;
        assert_eq!(failed.state, State::Failed);
        assert!(failed.detail.contains("does not take"), "{}", failed.detail);
        assert!(!failed.detail.contains("555"), "{}", failed.detail);
        let rights = json!({
            "model": "party.party", "perm_read": true, "perm_write": false, "perm_create": false,
            "perm_delete": false,
        });
        works.crm.call("ir.model.access.create", json!([[rights]])).await;
        let Desk { db, vault, tenant, .. } = &works.desk;
        let right = works.settings(&SERVERS.password);
        let refused = connection::check(&works.http, db, vault, tenant, &right).await;
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains("create party.party"), "{refused}");
        assert_eq!(works.crm.parties().await.len(), 2);

        assert_eq!(works.known().await, 2);
        let mut tx = db.begin_write().await.unwrap();
        assert!(connection::remove(&mut tx, tenant, works.desk.clock.now()).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(works.known().await, 0);
        assert_eq!(works.crm.parties().await.len(), 2, "Tryton keeps its own");
    }))
    .await;
}
