//! A company's account at Pipedrive is the tenant's CRM: who is there is known, a further number takes
//! no other's place, and who is accepted goes there once, to their organization.

mod address;
mod company;
mod hidden;
mod merged;
mod moving;
mod once;
mod rights;
mod undone;

use crate::support::colleague::{Replaced, nothing_is_overwritten_unseen};
use crate::support::databases::{Database, on_each_database, on_sqlite};
use crate::support::desk::{Desk, letter};
use crate::support::hubspot::Fault;
use crate::support::office::{ANNA, Office, OfficeAt};
use crate::support::pipedrive::{BUDGET_SPENT, Pipedrive, SOURCE, TOKEN};
use serde_json::{Value, json};
use std::time::Duration;
use undersigned::crm::CrmError;
use undersigned::crm::connection::{self, Accepting, ConnectError, Settings};
use undersigned::crm::mapping::{Field, Mapping};
use undersigned::store::audit::Actor;
use undersigned::store::crm_connections::{Kind, State as Connection};
use undersigned::store::crm_writes::State;
use undersigned::store::policies::NewOwner;
use undersigned::store::suggestions::State as Decided;
use undersigned::suggestion::{self, Choice, Outcome};

const SIGNATURE: &str = "Anna Müller\nLeiterin Einkauf\nExempla GmbH\nTel. +49 931 3000001";
const ADDRESS: &str = "Hauptstraße 5\n97070 Würzburg";
const MOBILE: &str = "Mobil +49 171 7654321";

/// An office whose CRM is an account at Pipedrive.
type Account = OfficeAt<Pipedrive>;

impl Account {
    async fn open(database: &Database) -> Self {
        let office = Office::open(database).await;
        let pipedrive = Pipedrive::start(&office.desk.clock).await;
        Self { office, crm: pipedrive }
    }

    /// Connected and read.
    async fn connect(&self) {
        let found = self.office.connect(&self.settings(TOKEN)).await;
        assert_eq!(found.name, "Pipedrive account of Kugellager");
        self.read().await.unwrap();
    }

    fn settings(&self, token: &str) -> Settings {
        Settings {
            kind: Kind::Pipedrive,
            url: self.crm.url.parse().unwrap(),
            username: String::new(),
            password: Some(token.to_owned().into()),
        }
    }

    /// Anna, as a colleague entered her.
    fn add_anna(&self, organization: u64) -> u64 {
        self.world().add(&json!({
            "name": "Anna Müller", "org_id": organization, "job_title": "Leiterin Einkauf",
            "emails": [{"value": "anna.mueller@exempla.example", "label": "work", "primary": true}],
            "phones": [
                {"value": "0931 3000001", "label": "work", "primary": false},
                {"value": "0170 1234567", "label": "mobile", "primary": true},
            ],
            "custom_fields": {SOURCE: 12},
        }))
    }

    fn fault(&self, path: &'static str, status: u16, done: bool) {
        self.world().faults.push(Fault { path, status, done, times: 1 });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_mobile_phone_is_added_and_taken_back_and_nothing_else_is_touched() {
    on_each_database(async |database| {
        let account = Account::open(database).await;
        let exempla = account.world().add_organization("Exempla GmbH");
        let anna = account.add_anna(exempla);
        for number in 0..520 {
            account.world().add(&json!({"name": format!("Nobody{number}")}));
        }
        let before = account.world().person(anna);
        account.connect().await;
        assert_eq!(account.known().await, 521, "both pages are read");
        assert_eq!(account.desk.take(&letter(1, ANNA, SIGNATURE)).await, Outcome::Known);

        let update = account.suggested(2, &format!("{SIGNATURE}\n{MOBILE}")).await;
        let rows = suggestion::compare(&update);
        assert_eq!(rows.iter().filter(|row| row.differs).count(), 1, "{rows:?}");
        account.accept(&update.id).await;
        account.fault("PATCH", 502, true);
        let lost = account.try_write(&update.id).await;
        assert!(matches!(lost, Err(CrmError::Unreachable(_))), "{lost:?}");
        let written = account.write(&update.id).await;
        assert_eq!((written.state, written.detail.as_str()), (State::Written, ""));
        let after = account.world().person(anna);
        assert_eq!(
            after["phones"],
            json!([
                {"value": "0931 3000001", "label": "work", "primary": false},
                {"value": "0170 1234567", "label": "mobile", "primary": true},
                {"value": "+49 171 7654321", "label": "mobile", "primary": false},
            ])
        );

        account.undo(&update.id).await;
        assert_eq!(account.write(&update.id).await.state, State::Undone);
        let mut undone = account.world().person(anna);
        undone["update_time"] = before["update_time"].clone();
        assert_eq!(undone, before);
        assert_eq!(account.world().too_fast, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_contact_is_made_once_at_its_organization_and_can_be_taken_back() {
    on_each_database(async |database| {
        let account = Account::open(database).await;
        let exempla = account.world().add_organization("Exempla");
        let holding = account.world().add_organization("Exempla Holding");
        for (number, organization) in [holding, holding, exempla].into_iter().enumerate() {
            let email = format!("nobody{number}@exempla.example");
            account.world().add(&json!({
                "name": format!("Nobody{number}"), "org_id": organization,
                "emails": [{"value": email, "label": "work", "primary": true}],
            }));
        }
        account.desk.clock.advance_secs(3600);
        account.connect().await;
        let new = account.suggested(1, &format!("{SIGNATURE}\n{ADDRESS}")).await;
        account.accept(&new.id).await;
        // It is made, but nobody hears of it, and the search does not know it yet.
        account.world().search_lag = 60;
        account.fault("POST /api/v2/persons", 502, true);
        assert!(account.try_write(&new.id).await.is_err());
        assert_eq!(account.state().await.0, Connection::Unreachable);
        let written = account.write(&new.id).await;
        assert_eq!((written.state, written.detail.as_str()), (State::Written, ""));
        assert_eq!(account.world().there().len(), 4);
        let id = *account.world().there().last().unwrap();
        let anna = account.world().person(id);
        account.world().search_lag = 0;
        // Two colleagues are with the holding; the employer's name decides, its legal form does not.
        assert_eq!(anna["org_id"], exempla);
        assert_eq!(
            (&anna["name"], &anna["job_title"]),
            (&json!("Anna Müller"), &json!("Leiterin Einkauf"))
        );
        assert_eq!(anna["emails"][0]["primary"], true);
        assert_eq!(
            anna["phones"],
            json!([{"value": "+49 931 3000001", "label": "work", "primary": true}])
        );
        let whole = "Hauptstraße 5, 97070 Würzburg";
        assert!(anna["postal_address"]["value"].as_str().unwrap().starts_with(whole), "{anna}");

        account.undo(&new.id).await;
        let undone = account.write(&new.id).await;
        assert_eq!(undone.state, State::Undone, "{}", undone.detail);
        assert_eq!(account.world().there().len(), 3);
        let again = account
            .office
            .suggested(
                2,
                "Eva Braun <eva@exempla.example>",
                "Eva Braun\nVertrieb\nExempla GmbH\nTel. +49 931 3000002",
            )
            .await;
        account.accept(&again.id).await;
        assert_eq!(account.write(&again.id).await.state, State::Written);
        let id = *account.world().there().last().unwrap();
        assert_eq!(account.world().person(id)["org_id"], exempla);
        assert_eq!(account.world().too_fast, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_is_read_and_what_a_colleague_did_meanwhile_is_compared_anew() {
    on_each_database(async |database| {
        let account = Account::open(database).await;
        let exempla = account.world().add_organization("Exempla GmbH");
        let anna = account.add_anna(exempla);
        let other = account.world().add(&json!({"name": "Otto Neumann"}));
        account.connect().await;
        account.desk.clock.advance_secs(3600);
        account.world().add(&json!({"name": "Nina Neu"}));
        account.world().remove(other);
        account.read().await.unwrap();
        assert_eq!(account.known().await, 3, "what is removed says nothing of itself");

        let update = account.suggested(1, &format!("{SIGNATURE}\n{MOBILE}")).await;
        account.accept(&update.id).await;
        account.desk.clock.advance_secs(60);
        account.world().change(anna, &json!({"job_title": "Geschäftsführerin"}));
        assert_eq!(account.write(&update.id).await.state, State::Conflict);
        assert_eq!(account.world().person(anna)["phones"].as_array().unwrap().len(), 2);
        let open = account.desk.suggestion(&update.id).await;
        assert_eq!(open.state, Decided::Open);
        assert_eq!(open.known.as_ref().unwrap().titles[0].value, "Geschäftsführerin");
        account.accept(&update.id).await;
        assert_eq!(account.write(&update.id).await.state, State::Written);
        account.world().change(anna, &json!({"emails": []}));
        account.undo(&update.id).await;
        let undone = account.write(&update.id).await;
        assert_eq!(undone.state, State::Failed);
        assert!(undone.detail.contains("changed"), "{}", undone.detail);
        account.desk.clock.advance_secs(24 * 3600);
        account.read().await.unwrap();
        assert_eq!(account.known().await, 2, "the daily reading misses who was removed");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_colleague_typed_since_the_rep_looked_is_never_overwritten_unseen() {
    on_sqlite(async |database| {
        let account = Account::open(database).await;
        let exempla = account.world().add_organization("Exempla GmbH");
        let anna = account.add_anna(exempla);
        account.connect().await;
        let colleague =
            async |title: &str| account.world().change(anna, &json!({"job_title": title}));
        let record =
            async || account.world().person(anna)["job_title"].as_str().unwrap().to_owned();
        nothing_is_overwritten_unseen(&account, Replaced::Title, colleague, record).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_person_is_of_the_rep_who_accepts() {
    on_sqlite(async |database| {
        let account = Account::open(database).await;
        account.connect().await;
        let sam = account.rep("sam@kugellager.test").await;
        account.assign(NewOwner::Rep).await;
        let new = account.suggested(1, SIGNATURE).await;
        account.accept_as(&sam, &new.id).await;
        let written = account.write(&new.id).await;
        assert_eq!((written.state, written.owner.as_str()), (State::Written, "79"));
        let anna = account.world().person(written.external_id.parse().unwrap());
        assert_eq!(anna["owner_id"], 79);
        account.undo(&new.id).await;
        assert_eq!(account.write(&new.id).await.state, State::Undone);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_is_told_in_one_sentence_and_disconnecting_forgets() {
    on_each_database(async |database| {
        let account = Account::open(database).await;
        account.world().add(&json!({"name": "Otto Neumann"}));
        let Desk { db, vault, tenant, clock, .. } = &account.desk;
        let wrong = account.settings("wrong");
        let refused = connection::check(&account.http, db, vault, tenant, &wrong).await;
        assert!(matches!(refused, Err(ConnectError::Crm(CrmError::WrongPassword))), "{refused:?}");
        account.connect().await;
        let new = account.suggested(1, SIGNATURE).await;
        account.accept(&new.id).await;

        for (status, seconds) in [(429, 2), (BUDGET_SPENT, 3600)] {
            account.fault("/persons", status, false);
            let told = account.try_write(&new.id).await;
            let wait = Duration::from_secs(seconds);
            assert!(matches!(told, Err(CrmError::Throttled(Some(it))) if it == wait), "{told:?}");
        }
        for (told, words) in [
            ("Scope and URL mismatch", "contacts:full"),
            ("User is not allowed: secretword", "permission"),
        ] {
            account.world().forbidden = Some(told);
            let told = account.try_write(&new.id).await.unwrap_err().to_string();
            assert!(told.contains(words) && !told.contains("secretword"), "{told}");
            assert_eq!(account.state().await.0, Connection::Refused);
            account.desk.clock.advance_secs(120);
        }
        account.world().forbidden = None;
        account.world().token = None;
        assert!(matches!(account.read().await, Err(CrmError::WrongPassword)));
        assert_eq!(account.state().await.0, Connection::WrongPassword);
        account.world().token = Some("another".into());
        account.office.connect(&account.settings("another")).await;

        // There is no such organization: the person is made all the same, and the write says so.
        let written = account.write(&new.id).await;
        assert_eq!(written.state, State::Written);
        assert!(written.detail.contains("organization"), "{}", written.detail);
        assert_eq!(account.state().await, (Connection::Healthy, String::new()));
        let mut tx = db.begin_write().await.unwrap();
        assert!(connection::remove(&mut tx, tenant, clock.now()).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(account.known().await, 0);
        assert_eq!(account.world().there().len(), 2, "Pipedrive keeps its own");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_admin_says_which_field_holds_what_and_sees_it_before_it_is_written() {
    on_each_database(async |database| {
        let account = Account::open(database).await;
        account.world().contact_sync = false;
        let exempla = account.world().add_organization("Exempla GmbH");
        account.connect().await;
        let Desk { db, vault, tenant, clock, .. } = &account.desk;
        let preset = |property: &str, value: &str| {
            let field = json!({"property": property, "default": value});
            serde_json::from_value::<Field>(field).unwrap()
        };
        let mut mapping = Mapping::usual(Kind::Pipedrive).unwrap();
        let owners = connection::owners(&account.http, db, vault, tenant).await.unwrap();
        assert_eq!(owners.len(), 2, "who left owns nothing");
        mapping.fields.push(preset("owner_id", &owners[0].id));
        mapping.fields.push(preset("nonsense", "1"));
        let check = async |mapping: &Mapping| {
            let checked = connection::check_mapping(&account.http, db, vault, tenant, mapping);
            checked.await.unwrap().map_err(|error| error.to_string())
        };
        let refused = check(&mapping).await.unwrap_err();
        assert!(refused.contains("`nonsense`"), "{refused}");
        mapping.fields.pop();
        mapping.fields.push(preset(SOURCE, "13"));
        check(&mapping).await.unwrap();
        let mut tx = db.begin_write().await.unwrap();
        connection::save_mapping(&mut tx, tenant, Some(&mapping), clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        account.read().await.unwrap();

        let new = account.suggested(1, SIGNATURE).await;
        let mut conn = db.read().await.unwrap();
        let choice = Choice::default();
        let (record, known, after) =
            suggestion::preview(&mut conn, tenant, &new.id, &choice).await.unwrap();
        drop(conn);
        let (http, record, known) = (&account.http, record.as_ref(), known.as_ref());
        let by = &Actor::CommandLine;
        let now = clock.now();
        let accepting = Accepting { record, known, after: &after, apart: &[], by, now };
        let preview = connection::preview(http, db, vault, tenant, &accepting).await.unwrap();
        assert_eq!(preview.account.unwrap().id, exempla.to_string());
        let change = preview.change;
        let fields = change.fields();
        assert_eq!(fields["phones.work"], "+49 931 3000001");
        assert_eq!((&*fields["org_id"], &*fields[SOURCE]), ("Exempla GmbH", "13"));
        assert!(change.remark().unwrap().contains("job title"), "{change:?}");
        assert!(account.world().there().is_empty(), "nothing is written yet");

        account.accept(&new.id).await;
        let written = account.write(&new.id).await;
        assert_eq!((written.state, &written.detail), (State::Written, &change.remark().unwrap()));
        let id = account.world().there()[0];
        let anna: Value = account.world().person(id);
        assert_eq!((&anna["owner_id"], &anna["custom_fields"]), (&json!(77), &json!({SOURCE: 13})));
        assert_eq!(anna["org_id"], exempla);
        let lists = account.world().asked_for("GET /api/v2/persons");
        assert!(lists <= 12, "{lists}");
    })
    .await;
}
