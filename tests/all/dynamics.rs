//! A tenant's environment of Dynamics 365 is its CRM: who is there is known, who is accepted goes there
//! once, and what a colleague writes there is never overwritten.

mod address;
mod admin;
mod company;
mod hidden;
mod merged;
mod moving;
mod once;
mod owner;
mod reading;
mod rights;
mod signing_in;
mod undone;

use crate::support::colleague::{Replaced, nothing_is_overwritten_unseen};
use crate::support::databases::{Database, on_each_database, on_sqlite};
use crate::support::desk::{Desk, letter};
use crate::support::dynamics::{APP, Dynamics, Fault, SECRET};
use crate::support::office::{ANNA, Office, OfficeAt};
use std::time::Duration;
use undersigned::crm::CrmError;
use undersigned::crm::connection::{self, ConnectError, Settings};
use undersigned::store::crm_connections::{self, Kind, State as Connection};
use undersigned::store::crm_writes::State;
use undersigned::store::suggestions::State as Decided;
use undersigned::suggestion::Outcome;

const SIGNATURE: &str = "Dr. Anna Müller\nLeiterin Einkauf\nExempla GmbH\nHauptstraße 5\n\
                         97070 Würzburg\nTel. +49 931 3000001";
const RECORD: [(&str, &str); 6] = [
    ("salutation", "Dr."),
    ("firstname", "Anna"),
    ("lastname", "Müller"),
    ("jobtitle", "Leiterin Einkauf"),
    ("telephone1", "0931 3000001"),
    ("emailaddress1", "anna.mueller@exempla.example"),
];

/// An office whose CRM is an environment of Dynamics 365.
type Environment = OfficeAt<Dynamics>;

impl Environment {
    async fn open(database: &Database) -> Self {
        let Office { desk, http } = Office::open(database).await;
        let dynamics = Dynamics::start(&desk.clock).await;
        let http = http.with_identity(&dynamics.identity()).unwrap();
        Self { office: Office { desk, http }, crm: dynamics }
    }

    /// Connects it and reads it.
    async fn begin(&self) {
        self.office.connect(&self.settings(SECRET)).await;
        self.read().await.unwrap();
    }

    fn settings(&self, secret: &str) -> Settings {
        Settings {
            kind: Kind::Dynamics,
            // As it stands in the browser's address bar.
            url: format!("{}/main.aspx?appid=1#x", self.crm.url).parse().unwrap(),
            username: APP.to_owned(),
            password: Some(secret.to_owned().into()),
        }
    }

    /// Anna, as a contact of her company.
    fn add_anna(&self) -> String {
        let mut world = self.world();
        let company = world.add_company("Exempla GmbH", "https://www.exempla.example/");
        let anna = world.add(&RECORD);
        world.change(&anna, &[("parentcustomerid", &company)]);
        anna
    }

    fn fault(&self, asked: &'static str, status: u16, code: &'static str, done: bool) {
        self.world().faults.push(Fault { asked, status, code, done });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_in_dynamics_is_known_and_one_value_is_added_and_taken_back() {
    on_each_database(async |database| {
        let dynamics = Environment::open(database).await;
        let anna = dynamics.add_anna();
        for number in 0..120 {
            dynamics.world().add(&[("lastname", &format!("Nobody{number}"))]);
        }
        let found = dynamics.office.connect(&dynamics.settings(SECRET)).await;
        assert_eq!(found.url.as_str(), format!("{}/", dynamics.crm.url));
        assert_eq!(found.name, "Dynamics 365 at 127.0.0.1");
        dynamics.read().await.unwrap();
        assert_eq!(dynamics.known().await, 121);
        assert_eq!(dynamics.world().signed_in, 1);
        let known = SIGNATURE.split("\nHaupt").next().unwrap();
        assert_eq!(dynamics.desk.take(&letter(1, ANNA, known)).await, Outcome::Known);

        // All tokens end; the app signs in again by itself.
        dynamics.world().end_tokens();
        let update = dynamics.suggested(2, &format!("{known}\nMobil +49 170 1234567")).await;
        dynamics.accept(&update.id).await;
        let written = dynamics.write(&update.id).await;
        assert_eq!((written.state, written.detail.as_str()), (State::Written, ""));
        assert_eq!(dynamics.world().text(&anna, "mobilephone"), "+49 170 1234567");
        assert_eq!(dynamics.world().text(&anna, "telephone1"), "0931 3000001");
        assert_eq!(dynamics.world().signed_in, 2);

        dynamics.undo(&update.id).await;
        assert_eq!(dynamics.write(&update.id).await.state, State::Undone);
        assert_eq!(dynamics.world().text(&anna, "mobilephone"), "");
        assert_eq!(dynamics.world().text(&anna, "telephone1"), "0931 3000001");
        assert_eq!(dynamics.world().text(&anna, "parentcustomerid"), "Exempla GmbH");
        assert_eq!(dynamics.world().too_fast, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_a_colleague_changed_meanwhile_is_compared_anew() {
    on_each_database(async |database| {
        let dynamics = Environment::open(database).await;
        let anna = dynamics.add_anna();
        dynamics.begin().await;
        let update = dynamics.suggested(1, &format!("{SIGNATURE}\nMobil +49 170 1234567")).await;
        dynamics.accept(&update.id).await;
        dynamics.world().change(&anna, &[("jobtitle", "Geschäftsführerin")]);
        assert_eq!(dynamics.write(&update.id).await.state, State::Conflict);
        let open = dynamics.desk.suggestion(&update.id).await;
        assert_eq!(open.state, Decided::Open);
        assert_eq!(open.known.as_ref().unwrap().titles[0].value, "Geschäftsführerin");

        // In the very moment of the write: what is compared is compared anew …
        dynamics.accept(&update.id).await;
        let race = (anna.clone(), "department", "Einkauf");
        dynamics.world().just_before.push(race);
        assert_eq!(dynamics.write(&update.id).await.state, State::Conflict);
        assert_eq!(dynamics.world().text(&anna, "mobilephone"), "");

        // … and what is not, like what a flow of the environment writes, is no conflict.
        dynamics.accept(&update.id).await;
        let race = (anna.clone(), "new_mobile2", "by a flow");
        dynamics.world().just_before.push(race);
        let written = dynamics.write(&update.id).await;
        assert_eq!(written.state, State::Written, "{}", written.detail);
        assert_eq!(dynamics.world().text(&anna, "mobilephone"), "+49 170 1234567");
        assert_eq!(dynamics.world().text(&anna, "new_mobile2"), "by a flow");

        // What was changed after the write is not taken back with it.
        dynamics.world().change(&anna, &[("telephone1", "0931 3000009")]);
        dynamics.undo(&update.id).await;
        let undone = dynamics.write(&update.id).await;
        assert_eq!(undone.state, State::Failed);
        assert!(undone.detail.contains("changed"), "{}", undone.detail);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_colleague_typed_since_the_rep_looked_is_never_overwritten_unseen() {
    on_sqlite(async |database| {
        let dynamics = Environment::open(database).await;
        let anna = dynamics.add_anna();
        dynamics.begin().await;
        let colleague = async |title: &str| dynamics.world().change(&anna, &[("jobtitle", title)]);
        let record = async || dynamics.world().text(&anna, "jobtitle");
        nothing_is_overwritten_unseen(&dynamics, Replaced::Title, colleague, record).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_colleague_made_meanwhile_is_not_made_again() {
    Box::pin(on_each_database(async |database| {
        let dynamics = Environment::open(database).await;
        dynamics.begin().await;
        dynamics.world().names_are_unique = true;
        let people = [
            // Found by the address, although it is the second one there.
            (1, "Eva Braunschweig", "eva.o'neill@probe.example", "emailaddress2"),
            // Found by a rule of the environment: the same name.
            (2, "Jörg Winterfeld", "joerg@probe.example", "fax"),
        ];
        for (number, name, address, column) in people {
            let from = format!("{name} <{address}>");
            let lines = format!("{name}\nLeiterin Vertrieb\nTel. +49 911 300000{number}");
            let new = dynamics.office.suggested(number, &from, &lines).await;
            dynamics.accept(&new.id).await;
            let (given, family) = name.split_once(' ').unwrap();
            let address = if column == "fax" { "1" } else { address };
            let hers = [("firstname", given), ("lastname", family), (column, address)];
            let by_hand = dynamics.world().add(&hers);
            let refused = dynamics.write(&new.id).await;
            assert_eq!(refused.state, State::Conflict, "{}", refused.detail);
            assert!(refused.detail.contains("already"), "{}", refused.detail);
            let open = dynamics.desk.suggestion(&new.id).await;
            assert_eq!(open.state, Decided::Open);
            assert!(open.known.is_some(), "it is an update now");
            dynamics.accept(&new.id).await;
            let written = dynamics.write(&new.id).await;
            assert_eq!(written.state, State::Written, "{}", written.detail);
            assert_eq!(dynamics.world().text(&by_hand, "jobtitle"), "Leiterin Vertrieb");
        }
        assert_eq!(dynamics.world().there().len(), 2);
        assert_eq!(dynamics.world().asked_for("RetrieveDuplicates"), 1);

        // Who is a lead there, by a rule of the environment, is told.
        dynamics.world().leads.push("ida@probe.example");
        let lines = "Ida Sommerfeld\nEinkauf\nTel. +49 911 3000009";
        let new = dynamics.office.suggested(3, "Ida Sommerfeld <ida@probe.example>", lines).await;
        dynamics.accept(&new.id).await;
        let failed = dynamics.write(&new.id).await;
        assert_eq!(failed.state, State::Failed);
        assert!(failed.detail.contains("duplicate rules"), "{}", failed.detail);
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_change_would_make_a_duplicate_by_any_rule_of_the_environment_is_told() {
    on_each_database(async |database| {
        let dynamics = Environment::open(database).await;
        let anna = dynamics.add_anna();
        dynamics.begin().await;
        dynamics.world().mobiles_are_unique = true;
        let lines = format!("{SIGNATURE}\nMobil +49 170 1234567");
        let update = dynamics.suggested(1, &lines).await;
        dynamics.accept(&update.id).await;
        let by_hand = [("lastname", "Kurz"), ("mobilephone", "+49 170 1234567")];
        dynamics.world().add(&by_hand);
        let failed = dynamics.write(&update.id).await;
        assert_eq!(failed.state, State::Failed, "{}", failed.detail);
        assert!(failed.detail.contains("duplicate rules"), "{}", failed.detail);
        assert!(failed.detail.contains("merge them there"), "{}", failed.detail);
        assert_eq!(dynamics.world().text(&anna, "mobilephone"), "");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_is_told_in_one_sentence_and_goes_on_when_it_is_mended() {
    on_each_database(async |database| {
        let dynamics = Environment::open(database).await;
        let Desk { db, vault, tenant, clock, .. } = &dynamics.desk;
        let wrong = dynamics.settings("another");
        let refused = connection::check(&dynamics.http, db, vault, tenant, &wrong).await;
        let refused = refused.unwrap_err();
        assert!(matches!(refused, ConnectError::Crm(CrmError::SignIn(_))), "{refused:?}");
        assert!(refused.to_string().contains("AADSTS7000215"), "{refused}");
        dynamics.office.connect(&dynamics.settings(SECRET)).await;
        dynamics.read().await.unwrap();
        let mut conn = db.read().await.unwrap();
        let connected = crm_connections::get(&mut conn, tenant).await.unwrap().unwrap();
        assert!(!connected.password_sealed.contains(SECRET));
        drop(conn);

        let new = dynamics.suggested(1, SIGNATURE).await;
        dynamics.accept(&new.id).await;
        dynamics.fault("PATCH contacts", 429, "0x80072322", false);
        let told = dynamics.try_write(&new.id).await;
        let seven = Duration::from_secs(7);
        assert!(matches!(told, Err(CrmError::Throttled(Some(it))) if it == seven), "{told:?}");
        dynamics.fault("PATCH contacts", 500, "0x80040216", false);
        assert!(matches!(dynamics.try_write(&new.id).await, Err(CrmError::Unreachable(_))));
        assert_eq!(dynamics.state().await.0, Connection::Unreachable);

        for (privilege, told) in
            [("prvCreateContact", "prvCreateContact"), ("prvReadContact", "organ")]
        {
            dynamics.world().lacks = Some(privilege);
            let refused = dynamics.try_write(&new.id).await.unwrap_err().to_string();
            assert!(refused.contains(told) && !refused.contains("secretword"), "{refused}");
            assert_eq!(dynamics.state().await.0, Connection::Refused);
        }
        dynamics.world().lacks = None;
        dynamics.fault("PATCH contacts", 403, "0x80072560", false);
        let refused = dynamics.try_write(&new.id).await.unwrap_err().to_string();
        assert!(refused.contains("application user"), "{refused}");

        assert_eq!(dynamics.write(&new.id).await.state, State::Written);
        assert_eq!(dynamics.state().await, (Connection::Healthy, String::new()));
        assert_eq!(dynamics.world().there().len(), 1);

        // The same again, without the secret, keeps what is there; another app needs its own.
        dynamics.read().await.unwrap();
        let again = Settings { password: None, ..dynamics.settings("") };
        dynamics.office.connect(&again).await;
        assert_eq!(dynamics.known().await, 1);
        let username = APP.replace("6731", "0000");
        let other = Settings { password: None, username, ..dynamics.settings("") };
        let refused = connection::check(&dynamics.http, db, vault, tenant, &other).await;
        assert!(matches!(refused, Err(ConnectError::PasswordNeeded)), "{refused:?}");
        let mut tx = db.begin_write().await.unwrap();
        assert!(connection::remove(&mut tx, tenant, clock.now()).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(dynamics.known().await, 0);
        assert_eq!(dynamics.world().there().len(), 1, "Dynamics keeps its own");
    })
    .await;
}
