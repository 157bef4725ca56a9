//! A tenant's address book on a CardDAV server is its CRM: what is there is known, what is accepted
//! goes there, and what somebody else writes there is never overwritten.

mod killed;
mod large;
mod once;
mod undone;

use crate::support::address_book::{AddressBook, Server};
use crate::support::colleague::{Replaced, nothing_is_overwritten_unseen};
use crate::support::databases::{Database, on_each_database, on_sqlite};
use crate::support::desk::{Desk, letter};
use crate::support::office::Office;
use crate::support::servers::SERVERS;
use std::ops::Deref;
use undersigned::config;
use undersigned::crm::CrmError;
use undersigned::crm::connection::{self, Accepting, ConnectError, Settings};
use undersigned::crm::http::Http;
use undersigned::crm::mapping::Edit;
use undersigned::crm::write;
use undersigned::store::SuggestionId;
use undersigned::store::audit::Actor;
use undersigned::store::crm_connections::{self, Kind as CrmKind, State as ConnectionState};
use undersigned::store::crm_writes::State;
use undersigned::store::suggestions::{State as Decided, Suggestion};
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

/// An office whose CRM is an address book.
struct Customers {
    office: Office,
    book: AddressBook,
    server: Server,
}

impl Deref for Customers {
    type Target = Office;

    fn deref(&self) -> &Office {
        &self.office
    }
}

impl Customers {
    async fn open(database: &Database, server: Server) -> Self {
        let office = Office::open(database).await;
        Self { office, book: AddressBook::make(server, "crm", &uuid()).await, server }
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
        let found = self.office.connect(&self.settings(&SERVERS.password)).await;
        // SOGo names a new one as its path does.
        assert!(found.name == "Customers" || self.server == Server::Sogo, "{}", found.name);
    }

    async fn suggested(&self, number: usize, signature: &str) -> Suggestion {
        self.office.suggested(number, ANNA, signature).await
    }

    /// What accepting a suggestion would change in the book.
    async fn previewed(&self, id: &SuggestionId) -> Vec<Edit> {
        let Desk { db, vault, tenant, clock, .. } = &self.desk;
        let mut conn = db.read().await.unwrap();
        let choice = Choice::default();
        let (record, known, after) =
            suggestion::preview(&mut conn, tenant, id, &choice).await.unwrap();
        drop(conn);
        let (record, known) = (record.as_ref(), known.as_ref());
        let (by, now) = (&Actor::CommandLine, clock.now());
        let accepting = Accepting { record, known, after: &after, apart: &[], by, now };
        let preview = connection::preview(&self.http, db, vault, tenant, &accepting).await.unwrap();
        assert_eq!(preview.change.left_out, [""; 0]);
        preview.change.edits
    }
}

/// Tells a story at Radicale on each database, and at the other servers on SQLite.
async fn at_each_server(story: impl AsyncFn(Customers)) {
    on_each_database(async |database| {
        story(Customers::open(database, Server::Radicale).await).await;
    })
    .await;
    for server in [Server::Xandikos, Server::Sogo] {
        eprintln!("at {server:?}");
        on_sqlite(async |database| story(Customers::open(database, server).await).await).await;
    }
}

fn uuid() -> String {
    undersigned::store::JobId::new().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_in_the_address_book_is_known_and_what_is_new_goes_there() {
    at_each_server(async |office: Customers| {
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
        let told = office.previewed(&update.id).await;
        let goes = told.iter().filter(|edit| !edit.from.is_empty());
        assert_eq!(goes.count(), 0, "{told:?}");
        for (property, text) in [("TEL", "+49 170 1234567"), ("ADR", "Hauptstraße 5")] {
            let is_told = |it: &Edit| it.property == property && it.to.contains(text);
            assert!(told.iter().any(is_told), "{property}: {told:?}");
        }
        assert_eq!(told.len(), 2, "{told:?}");
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
    Box::pin(at_each_server(async |office: Customers| {
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
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_somebody_changed_meanwhile_is_compared_anew() {
    at_each_server(async |office: Customers| {
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
        // Her title was none of what the rep was asked about, and what the colleague typed is newer.
        let rows = suggestion::compare(&open);
        let differ: Vec<&str> =
            rows.iter().filter(|row| row.differs).map(|row| row.key.as_str()).collect();
        assert_eq!(differ, ["phones/2", "addresses/1"], "{rows:?}");

        // Decided with that in view, it goes through.
        office.accept(&update.id).await;
        let written = office.write(&update.id).await;
        assert_eq!(written.state, State::Written, "{}", written.detail);
        let anna = office.book.cards().await.remove(0);
        assert!(anna.contains("1701234567") && anna.contains("Geschäftsführerin"), "{anna}");

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
async fn two_changes_of_one_person_are_taken_back_at_once() {
    on_each_database(async |database| {
        let office = Customers::open(database, Server::Radicale).await;
        office.book.write("anna.vcf", &CARD).await;
        office.connect().await;
        office.read().await.unwrap();
        let mobile = office.suggested(1, &format!("{SIGNATURE}\nMobil +49 170 1234567")).await.id;
        office.accept(&mobile).await;
        let fax = office.suggested(2, &format!("{SIGNATURE}\nFax +49 931 3000009")).await.id;
        office.accept(&fax).await;
        for id in [&mobile, &fax] {
            assert_eq!(office.write(id).await.state, State::Written);
        }
        for id in [&fax, &mobile] {
            office.undo(id).await;
        }
        for id in [&fax, &mobile] {
            let undone = office.write(id).await;
            assert_eq!((undone.state, undone.detail.as_str()), (State::Undone, ""));
        }
        let anna = office.book.cards().await.remove(0);
        assert!(!anna.contains("1701234567") && !anna.contains("3000009"), "{anna}");
        assert!(anna.contains("Likes tea"), "{anna}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_colleague_typed_since_the_rep_looked_is_never_overwritten_unseen() {
    on_sqlite(async |database| {
        let office = Customers::open(database, Server::Radicale).await;
        office.book.write("anna.vcf", &CARD).await;
        office.connect().await;
        office.read().await.unwrap();
        let colleague = async |title: &str| {
            let title = format!("TITLE:{title}");
            let mut card = CARD;
            card[2] = &title;
            office.book.write("anna.vcf", &card).await;
        };
        let record = async || {
            let card = office.book.cards().await.remove(0);
            let title = card.lines().find(|line| line.starts_with("TITLE"));
            title.unwrap_or(&card).rsplit(':').next().unwrap().to_owned()
        };
        nothing_is_overwritten_unseen(&office, Replaced::Title, colleague, record).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_told_and_disconnecting_forgets_the_records() {
    on_each_database(async |database| {
        let office = Customers::open(database, Server::Radicale).await;
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
        // While a write waits, what the record said stands with the contact.
        let update = office.suggested(1, &format!("{SIGNATURE}\nMobil +49 170 1234567")).await;
        office.accept(&update.id).await;
        let theirs =
            CARD.map(|line| if line.starts_with("TITLE") { "TITLE:Vorständin" } else { line });
        office.book.write("anna.vcf", &theirs).await;
        office.read().await.unwrap();
        let copies = async || {
            let mut conn = db.read().await.unwrap();
            let copies = "SELECT COUNT(*) FROM contacts WHERE behind <> ''";
            sqlx::query_scalar::<_, i64>(copies).fetch_one(&mut *conn).await.unwrap()
        };
        assert_eq!(copies().await, 1);
        let mut tx = db.begin_write().await.unwrap();
        assert!(connection::remove(&mut tx, tenant, clock.now()).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(office.known().await, 0, "what was kept is not seen any more");
        office.read().await.unwrap();
        let mut conn = db.read().await.unwrap();
        for left in [
            "SELECT COUNT(*) FROM crm_records",
            "SELECT COUNT(*) FROM match_keys WHERE owner_kind = 'record'",
        ] {
            let left: i64 = sqlx::query_scalar(left).fetch_one(&mut *conn).await.unwrap();
            assert_eq!(left, 0, "and then it is gone");
        }
        drop(conn);
        assert_eq!(copies().await, 0, "also what stood with the contact");
    })
    .await;
}
