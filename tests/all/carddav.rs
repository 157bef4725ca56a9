//! A tenant's address book on a CardDAV server is its CRM: what is there is known, what is accepted
//! goes there, and what somebody else writes there is never overwritten.

use crate::support::address_book::AddressBook;
use crate::support::api::Api;
use crate::support::daemon::Home;
use crate::support::databases::{Database, on_each_database};
use crate::support::desk::{Desk, letter};
use crate::support::patience::eventually_within;
use crate::support::servers::SERVERS;
use serde_json::json;
use std::time::Duration;
use undersigned::config;
use undersigned::crm::CrmError;
use undersigned::crm::connection::{self, ConnectError, Settings};
use undersigned::crm::http::Http;
use undersigned::crm::{sync, write};
use undersigned::store::audit::Actor;
use undersigned::store::crm_connections::{self, Kind as CrmKind, State as ConnectionState};
use undersigned::store::crm_writes::{self, CrmWrite, State};
use undersigned::store::suggestions::{State as Decided, Suggestion};
use undersigned::store::{SuggestionId, records};
use undersigned::suggestion::{self, Choice, Outcome};

const ANNA: &str = "Anna Müller <anna.mueller@exempla.example>";
const SIGNATURE: &str = "Dr. Anna Müller\nLeiterin Einkauf\nExempla GmbH\nHauptstraße 5\n\
                         97070 Würzburg\nTel. +49 931 3000001";
const CARD: [&str; 7] = [
    "N:Müller;Anna;;Dr.;",
    "FN:Dr. Anna Müller",
    "TITLE:Leiterin Einkauf",
    "ORG:Exempla GmbH",
    "TEL;TYPE=WORK:+49 931 3000001",
    "EMAIL:anna.mueller@exempla.example",
    "NOTE:Likes tea",
];

/// A desk whose tenant has an address book.
struct Office {
    desk: Desk,
    http: Http,
    book: AddressBook,
}

impl Office {
    async fn open(database: &Database, user: &'static str) -> Self {
        let desk = Desk::of(&database.open().await, "Kugellager").await;
        let settings = config::Crm { ca_file: Some(SERVERS.ca.clone()), allow_private_hosts: true };
        let http = Http::new(&settings).unwrap();
        let tag = uuid();
        let book = AddressBook::make(user, &tag).await;
        Self { desk, http, book }
    }

    fn settings(&self, password: &str) -> Settings {
        Settings {
            kind: CrmKind::CardDav,
            url: self.book.url.parse().unwrap(),
            username: "crm".into(),
            password: Some(password.to_owned().into()),
        }
    }

    async fn connect(&self) {
        let Desk { db, vault, tenant, clock, .. } = &self.desk;
        let settings = self.settings(&SERVERS.password);
        let found = connection::check(&self.http, db, vault, tenant, &settings).await.unwrap();
        assert_eq!(found.name, "Customers");
        let mut tx = db.begin_write().await.unwrap();
        connection::save(&mut tx, vault, tenant, &settings, &found, clock.now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Reads what changed, as the daemon does every few minutes.
    async fn read(&self) -> Result<(), CrmError> {
        let Desk { db, vault, tenant, clock, .. } = &self.desk;
        clock.advance_secs(1);
        sync::sync(&self.http, db, vault, clock, tenant).await
    }

    async fn known(&self) -> i64 {
        let mut conn = self.desk.db.read().await.unwrap();
        records::count(&mut conn, &self.desk.tenant).await.unwrap()
    }

    async fn accept(&self, id: &SuggestionId) {
        let Desk { db, tenant, clock, .. } = &self.desk;
        clock.advance_secs(1);
        let mut tx = db.begin_write().await.unwrap();
        let (choice, actor) = (Choice::default(), Actor::CommandLine);
        suggestion::accept(&mut tx, tenant, id, &choice, &actor, clock.now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn undo(&self, id: &SuggestionId) {
        let Desk { db, tenant, clock, .. } = &self.desk;
        clock.advance_secs(1);
        let mut tx = db.begin_write().await.unwrap();
        suggestion::undo(&mut tx, tenant, id, &Actor::CommandLine, clock.now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Makes the last write of a suggestion, as its job does.
    async fn write(&self, id: &SuggestionId) -> CrmWrite {
        let Desk { db, vault, tenant, clock, .. } = &self.desk;
        let planned = self.last_write(id).await;
        clock.advance_secs(1);
        let made = write::make(&self.http, db, vault, clock, tenant, &planned.id).await.unwrap();
        if let Some(made) = made {
            let mut tx = db.begin_write().await.unwrap();
            let anew = write::settle(&mut tx, tenant, made, clock.now()).await.unwrap();
            if let Some(anew) = anew {
                suggestion::decide_anew(&mut tx, tenant, &anew, clock.now()).await.unwrap();
            }
            tx.commit().await.unwrap();
        }
        self.last_write(id).await
    }

    async fn last_write(&self, id: &SuggestionId) -> CrmWrite {
        let mut conn = self.desk.db.read().await.unwrap();
        crm_writes::of_suggestion(&mut conn, &self.desk.tenant, id).await.unwrap().unwrap()
    }

    async fn suggested(&self, number: usize, signature: &str) -> Suggestion {
        match self.desk.take(&letter(number, ANNA, signature)).await {
            Outcome::New(id) | Outcome::Update(id) => self.desk.suggestion(&id).await,
            other => panic!("{other:?}"),
        }
    }
}

fn uuid() -> String {
    undersigned::store::JobId::new().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_in_the_address_book_is_known_and_what_is_new_goes_there() {
    on_each_database(async |database| {
        let office = Office::open(database, "crm").await;
        office.book.write("anna.vcf", &CARD).await;
        office.book.write("club.vcf", &["FN:The club", "KIND:group"]).await;
        office.connect().await;
        office.read().await.unwrap();
        assert_eq!(office.known().await, 1);
        assert_eq!(
            office.desk.take(&letter(1, ANNA, SIGNATURE.split("\nHaupt").next().unwrap())).await,
            Outcome::Known
        );

        // A second number is added to the record; the note somebody wrote there stays.
        let update = office.suggested(2, &format!("{SIGNATURE}\nMobil +49 170 1234567")).await;
        office.accept(&update.id).await;
        let written = office.write(&update.id).await;
        assert_eq!(written.state, State::Written, "{}", written.detail);
        let cards = office.book.cards().await;
        let anna = cards.iter().find(|card| card.contains("Anna")).unwrap();
        for kept in ["Likes tea", "+49 931 3000001", "1701234567", "97070", "Exempla GmbH"] {
            assert!(anna.contains(kept), "{kept}: {anna}");
        }

        // Undone, the record is what it was.
        office.undo(&update.id).await;
        assert_eq!(office.write(&update.id).await.state, State::Undone);
        let cards = office.book.cards().await;
        let anna = cards.iter().find(|card| card.contains("Anna")).unwrap();
        assert!(anna.contains("Likes tea") && !anna.contains("1701234567"), "{anna}");
        assert!(!anna.contains("97070"), "{anna}");

        // What is removed there is known no more.
        office.book.delete("anna.vcf").await;
        office.read().await.unwrap();
        assert_eq!(office.known().await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_contact_is_made_once_and_can_be_taken_back() {
    on_each_database(async |database| {
        let office = Office::open(database, "crm").await;
        office.connect().await;
        office.read().await.unwrap();
        let new = office.suggested(1, SIGNATURE).await;
        office.accept(&new.id).await;
        let planned = office.last_write(&new.id).await;
        // A try that the process did not live to note: the record is there, the write waits.
        let Desk { db, vault, tenant, clock, .. } = &office.desk;
        let lost = write::make(&office.http, db, vault, clock, tenant, &planned.id).await.unwrap();
        drop(lost);
        assert_eq!(office.write(&new.id).await.state, State::Written);
        assert_eq!(office.write(&new.id).await.state, State::Written);
        assert_eq!(office.book.cards().await.len(), 1);
        office.read().await.unwrap();
        assert_eq!(office.known().await, 1);

        // The next letter updates that record.
        let update = office.suggested(2, &format!("{SIGNATURE}\nMobil +49 170 1234567")).await;
        office.accept(&update.id).await;
        assert_eq!(office.write(&update.id).await.state, State::Written);
        let cards = office.book.cards().await;
        assert_eq!(cards.len(), 1);
        assert!(cards[0].contains("1701234567"), "{}", cards[0]);
        office.undo(&update.id).await;
        assert_eq!(office.write(&update.id).await.state, State::Undone);
        office.undo(&new.id).await;
        let undone = office.write(&new.id).await;
        assert_eq!(undone.state, State::Undone, "{}", undone.detail);
        assert!(office.book.cards().await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_somebody_changed_meanwhile_is_compared_anew() {
    on_each_database(async |database| {
        let office = Office::open(database, "crm").await;
        office.book.write("anna.vcf", &CARD).await;
        office.connect().await;
        office.read().await.unwrap();
        let update = office.suggested(1, &format!("{SIGNATURE}\nMobil +49 170 1234567")).await;
        office.accept(&update.id).await;
        let mut changed = CARD;
        changed[2] = "TITLE:Geschäftsführerin";
        office.book.write("anna.vcf", &changed).await;
        assert_eq!(office.write(&update.id).await.state, State::Conflict);
        let anna = office.book.cards().await.remove(0);
        assert!(anna.contains("Geschäftsführerin") && !anna.contains("1701234567"), "{anna}");

        let open = office.desk.suggestion(&update.id).await;
        assert_eq!(open.state, Decided::Open);
        assert_eq!(open.known.as_ref().unwrap().titles[0].value, "Geschäftsführerin");
        let rows = suggestion::compare(&open);
        assert!(rows.iter().any(|row| row.key == "titles/1" && row.differs), "{rows:?}");

        // Decided with that in view, it goes through.
        office.accept(&update.id).await;
        let written = office.write(&update.id).await;
        assert_eq!(written.state, State::Written, "{}", written.detail);
        let anna = office.book.cards().await.remove(0);
        assert!(anna.contains("1701234567") && anna.contains("Leiterin Einkauf"), "{anna}");

        // And what was changed after the write is not taken back with it.
        let mut later = changed.to_vec();
        later[2] = "TITLE:Vorständin";
        later.push("TEL;TYPE=CELL:+49 170 1234567");
        office.book.write("anna.vcf", &later).await;
        office.undo(&update.id).await;
        let undone = office.write(&update.id).await;
        assert_eq!(undone.state, State::Failed);
        assert!(undone.detail.contains("changed"), "{}", undone.detail);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_told_and_disconnecting_forgets_the_records() {
    on_each_database(async |database| {
        let office = Office::open(database, "crm").await;
        assert_eq!(office.book.answer().await.status(), 207);
        office.book.write("anna.vcf", &CARD).await;
        let Desk { db, vault, tenant, clock, .. } = &office.desk;
        let wrong = office.settings("not this one");
        let refused = connection::check(&office.http, db, vault, tenant, &wrong).await;
        assert!(matches!(refused, Err(ConnectError::Crm(CrmError::WrongPassword))), "{refused:?}");
        let closed = Http::new(&config::Crm::default()).unwrap();
        let right = office.settings(&SERVERS.password);
        let refused = connection::check(&closed, db, vault, tenant, &right).await;
        assert!(matches!(refused, Err(ConnectError::Crm(CrmError::Refused(_)))), "{refused:?}");

        office.connect().await;
        office.read().await.unwrap();
        let mut conn = db.read().await.unwrap();
        let connected = crm_connections::get(&mut conn, tenant).await.unwrap().unwrap();
        assert_eq!(connected.state, ConnectionState::Healthy);
        assert!(!connected.password_sealed.contains(&SERVERS.password));
        drop(conn);
        assert_eq!(office.known().await, 1);
        let mut tx = db.begin_write().await.unwrap();
        assert!(connection::remove(&mut tx, tenant, clock.now()).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(office.known().await, 0);
        office.read().await.unwrap();
    })
    .await;
}

const CONTACTS: usize = 60;
const KILLS: usize = 6;

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_it_writes_every_contact_is_there_once_and_one_command_takes_all_back() {
    on_each_database(async |database| {
        let book = AddressBook::make("crm", &uuid()).await;
        let home = Home::in_(database);
        home.run(&["admin", "create-tenant", "Kugellager", "--region", "DE"]);
        let token = home.run(&["admin", "create-token", "--tenant", "Kugellager", "story"]);
        let letters = home.dir.join("letters");
        std::fs::create_dir(&letters).unwrap();
        for number in 0..CONTACTS {
            let name = name_of(number);
            let from = format!("{name} <ida{number}@firma{number}.example>");
            let signature = format!("{name}\nEinkauf\nTel. +49 931 30{:05}", 10_000 + number);
            std::fs::write(
                letters.join(format!("{number}.eml")),
                letter(number, &from, &signature),
            )
            .unwrap();
        }
        home.run(&["import", "--tenant", "Kugellager", letters.to_str().unwrap()]);

        let mut daemon = home.start().await;
        let settings = json!({
            "kind": "carddav", "url": book.url, "username": "crm", "password": SERVERS.password,
        });
        Api::of(&daemon, token.trim()).put("/crm", settings).await;
        let open = Api::of(&daemon, token.trim()).get("/suggestions?state=open&limit=200").await;
        let open = open["items"].as_array().unwrap().clone();
        assert_eq!(open.len(), CONTACTS);
        for (number, suggestion) in open.iter().enumerate() {
            let path = format!("/suggestions/{}/accept", suggestion["id"].as_str().unwrap());
            Api::of(&daemon, token.trim()).post(&path, json!({})).await;
            if number % (CONTACTS / KILLS) == CONTACTS / KILLS - 1 {
                daemon.kill();
                daemon = home.start().await;
            }
        }
        all_are(&Api::of(&daemon, token.trim()), "written").await;
        let cards = book.cards().await;
        assert_eq!(cards.len(), CONTACTS, "every contact is there once");
        for number in 0..CONTACTS {
            let address = format!("ida{number}@firma{number}.example");
            assert!(cards.iter().any(|card| card.contains(&address)), "{address}");
        }

        home.run(&["crm", "undo", "--tenant", "Kugellager"]);
        daemon.kill();
        daemon = home.start().await;
        all_are(&Api::of(&daemon, token.trim()), "undone").await;
        assert!(book.cards().await.is_empty());
        assert!(daemon.stop().await.success());
    })
    .await;
}

/// Names that differ in more than a digit.
fn name_of(number: usize) -> String {
    let letter = |at: usize| char::from(b'a' + u8::try_from(at % 26).unwrap());
    format!("Ida Hu{}b{}er", letter(number), letter(number / 26))
}

/// Waits until every write is in a state.
async fn all_are(api: &Api, state: &str) {
    // A killed worker's jobs wait for their leases on PostgreSQL.
    eventually_within(Duration::from_mins(3), &format!("every write to be {state}"), async || {
        let writes = api.get("/crm/writes?limit=200").await;
        let writes = writes["items"].as_array().unwrap().clone();
        (writes.len() == CONTACTS && writes.iter().all(|write| write["state"] == state))
            .then_some(())
    })
    .await;
}
