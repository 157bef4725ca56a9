//! The CRM's table comes in, and what reps accepted goes out again.

use crate::support::api::Api;
use crate::support::daemon::Home;
use crate::support::databases::{on_each_database, on_sqlite};
use crate::support::desk::{Desk, letter};
use crate::support::office::ANNA;
use crate::support::patience::eventually;
use std::fmt::Write as _;
use std::time::Instant;
use undersigned::crm::table::{
    Chosen, ImportError, Imported, Order, Room, TableError, Writer, import,
};
use undersigned::matching::Level;
use undersigned::store::audit::Actor;
use undersigned::store::suggestions::State;
use undersigned::store::{contacts, records};
use undersigned::suggestion::{Choice, Outcome, accept, compare};

const TABLE: &str = "Contact ID;Anrede;Titel;Vorname;Name;Funktion;Firma;E-Mail-Adresse;Telefon;Mobil;Strasse;PLZ;Ort;Land\r\n\
    1001;Frau;Dr.;Anna;Müller;Leiterin Einkauf;Exempla GmbH & Co. KG;anna.mueller@exempla.example;0931 3000001;;Hauptstr. 5;97070;Würzburg;Deutschland\r\n\
    1002;Herr;;Jörg;Weiß;;Probe AG;info@probe.example;+41 44 668 18 00;;;;;\r\n\
    1003;;;;;;Nur Firma GmbH;;;;;;;\r\n";

async fn read(desk: &Desk, bytes: &[u8]) -> Result<Imported, ImportError> {
    let order = Order {
        tenant: &desk.tenant,
        actor: &Actor::CommandLine,
        chosen: &Chosen::new(),
        region: "DE",
        now: desk.clock.now(),
    };
    import(&desk.db, order, bytes.to_vec(), |_| {}).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_person_is_an_update_with_what_differs_or_nothing() {
    on_each_database(async |database| {
        let desk = Desk::of(&database.open().await, "Kugellager").await;
        let (latin, _, _) = encoding_rs::WINDOWS_1252.encode(TABLE);
        let done = read(&desk, &latin).await.unwrap();
        assert_eq!((done.new, done.again), (2, 0));
        assert_eq!(done.problems.len(), 1);
        assert_eq!(done.problems[0].line, 4);

        let anna = "Anna Müller <anna.mueller@exempla.example>";
        let known = "Dr. Anna Mueller\nLeiterin Einkauf\nExempla GmbH & Co. KG\n\
            Hauptstraße 5\n97070 Würzburg\nTel. +49 931 3000001";
        let outcome = desk.take(&letter(1, anna, known)).await;
        let differing = desk.suggestions(State::Open).await.iter().map(compare).collect::<Vec<_>>();
        assert_eq!(outcome, Outcome::Known, "{differing:?}");
        let news = format!("{known}\nMobil +49 170 1234567");
        let Outcome::Update(id) = desk.take(&letter(2, anna, &news)).await else {
            panic!("a new number is an update")
        };
        let update = desk.suggestion(&id).await;
        assert_eq!(update.match_level, Level::Exact);
        let differing: Vec<_> =
            compare(&update).into_iter().filter(|row| row.differs).map(|row| row.key).collect();
        assert_eq!(differing.len(), 1, "{differing:?}");

        let mut tx = desk.db.begin_write().await.unwrap();
        let actor = Actor::CommandLine;
        let now = desk.clock.now();
        accept(&mut tx, &desk.tenant, &id, &Choice::default(), &actor, now).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(desk.take(&letter(3, anna, &news)).await, Outcome::Known);

        // The table comes again: nothing is lost and nobody is there twice.
        let done = read(&desk, TABLE.as_bytes()).await.unwrap();
        assert_eq!((done.new, done.again), (0, 2));
        let mut conn = desk.db.read().await.unwrap();
        assert_eq!(records::count(&mut conn, &desk.tenant).await.unwrap(), 2);
        let weiss = records::by_external_id(&mut conn, &desk.tenant, "id:1002").await.unwrap();
        let weiss = weiss.unwrap().contact;
        assert_eq!(weiss.phones[0].value.number(), "+41446681800");
        drop(conn);
        assert_eq!(desk.take(&letter(4, anna, &news)).await, Outcome::Known);
        assert!(desk.suggestions(State::Open).await.is_empty());

        // What was accepted goes out with the columns that come in.
        let mut csv = Vec::new();
        let mut conn = desk.db.read().await.unwrap();
        let accepted = contacts::page(&mut conn, &desk.tenant, None, None, 10).await.unwrap();
        drop(conn);
        let mut table = Writer::new(&mut csv, Room::default()).unwrap();
        for contact in &accepted {
            table.write(contact.id.as_str(), &contact.contact).unwrap();
        }
        table.finish().unwrap();
        let other = Desk::of(&desk.db, "Another").await;
        let done = read(&other, &csv).await.unwrap();
        assert_eq!((done.new, done.problems), (1, Vec::new()));
        let from_her_phone = anna.replace("Müller", "M.");
        assert_eq!(other.take(&letter(1, &from_her_phone, &news)).await, Outcome::Known);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_rep_is_compared_with_a_table_that_comes_without_any_crm() {
    on_sqlite(async |database| {
        let home = Home::in_(database);
        home.run(&["admin", "create-tenant", "Kugellager", "--region", "DE"]);
        let token = home.run(&["admin", "create-token", "--tenant", "Kugellager", "story"]);
        let lines = "Anna Müller\nLeiterin Einkauf\nExempla GmbH\nTel. +49 931 3000002";
        let letters = home.dir.join("letters");
        std::fs::create_dir(&letters).unwrap();
        std::fs::write(letters.join("1.eml"), letter(1, ANNA, lines)).unwrap();
        home.run(&["import", "--tenant", "Kugellager", letters.to_str().unwrap()]);
        let daemon = home.start().await;
        let api = Api::of(&daemon, token.trim());
        let open = api.get("/suggestions?state=open").await;
        assert_eq!(open["items"][0]["kind"], "new");

        let table = home.dir.join("crm.csv");
        let import = ["crm", "import", "--tenant", "Kugellager", table.to_str().unwrap()];
        for (number, kind) in [("0931 3000001", Some("update")), ("0931 3000002", None)] {
            let row = "Anna;Müller;Leiterin Einkauf;Exempla GmbH;anna.mueller@exempla.example";
            let columns = "Vorname;Name;Funktion;Firma;E-Mail-Adresse;Telefon";
            std::fs::write(&table, format!("{columns}\r\n{row};{number}\r\n")).unwrap();
            home.run(&import);
            eventually("the suggestion to be compared anew", async || {
                let open = api.get("/suggestions?state=open").await;
                (open["items"][0]["kind"].as_str() == kind).then_some(())
            })
            .await;
        }
        assert!(daemon.stop().await.success());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_something_else_is_refused() {
    on_each_database(async |database| {
        let desk = Desk::of(&database.open().await, "Kugellager").await;
        let tables = [
            (&b""[..], TableError::Empty),
            (b"colour,taste\nred,sweet\n", TableError::NoColumns),
            (b"\0\xff\xfe", TableError::NoColumns),
            (b"BEGIN:VCARD\r\n", TableError::Other),
        ];
        for (bytes, expected) in tables {
            let refused = read(&desk, bytes).await;
            let Err(ImportError::Table(error)) = refused else { panic!("{refused:?}") };
            assert_eq!(error, expected);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_contacts_come_in_within_seconds() {
    const ROWS: usize = 5_000;
    on_each_database(async |database| {
        let desk = Desk::of(&database.open().await, "Kugellager").await;
        let mut table = String::from("First name,Last name,Company,E-mail,Phone\n");
        for row in 0..ROWS {
            writeln!(
                table,
                "Eva,Person{row},Company {row} Ltd,eva@company{row}.example,0931 3{row:05}"
            )
            .unwrap();
        }
        let start = Instant::now();
        let done = read(&desk, table.as_bytes()).await.unwrap();
        assert_eq!((done.new, done.problems.len()), (ROWS, 0));
        eprintln!("{ROWS} rows in {:?}", start.elapsed());
        assert!(start.elapsed().as_secs() < 60);
    })
    .await;
}
