//! Who is meant, when many have one name, one town or one firm.

mod many_lists;
mod thresholds;

use crate::support::databases::on_each_database;
use crate::support::desk::{Desk, letter};
use crate::support::site::Site;
use axum::http::{Method, StatusCode};
use serde_json::json;
use std::fmt::Write as _;
use undersigned::crm::table::{Chosen, Order, import};
use undersigned::jobs;
use undersigned::matching::{Level, Thresholds};
use undersigned::store::audit::Actor;
use undersigned::store::suggestions::Kind;
use undersigned::store::tokens::Scope;
use undersigned::store::{ListId, SuggestionId, lists, match_models};
use undersigned::suggestion::{Choice, Outcome, RawMessage, accept, undo};

/// How many people of no importance the CRM has.
const CROWD: usize = 500;

/// A table of people of one town, each with a name and a firm of their own, and some lines more.
fn town(more: &str) -> String {
    const SYLLABLES: [&str; 10] =
        ["ba", "der", "fin", "gos", "hul", "kem", "lor", "mit", "nau", "ros"];
    let mut table = String::from("Vorname;Name;Firma;E-Mail-Adresse;PLZ;Ort\r\n");
    table.push_str(more);
    for number in 0..CROWD {
        let given = ["Bernd", "Clara", "David", "Emma", "Felix", "Greta"][number % 6];
        let digits = format!("{number:04}");
        let family: String =
            digits.bytes().map(|digit| SYLLABLES[usize::from(digit - b'0')]).collect();
        let _ = write!(
            table,
            "{given};{family};{family} Bau GmbH;{given}@{family}.example;97070;Würzburg\r\n"
        );
    }
    table
}

/// Somebody of the town who works at a firm, as a row.
fn row(given: &str, family: &str, firm: &str) -> String {
    format!("{given};{family};{firm} AG;{given}.{family}@{firm}.example;97070;Würzburg\r\n")
}

/// A letter of somebody of the town who works at the firm `neu`.
fn from_new_firm(number: usize, given: &str, family: &str) -> String {
    let email = format!("{given}.{family}@neu.example");
    let signature = format!(
        "{given} {family}\nNeu Maschinenbau GmbH\n97070 Würzburg\nTel. +49 931 4{number:05}\n{email}"
    );
    letter(number, &format!("{given} {family} <{email}>"), &signature)
}

impl Desk {
    async fn import(&self, table: &str) {
        let order = Order {
            tenant: &self.tenant,
            actor: &Actor::CommandLine,
            chosen: &Chosen::new(),
            region: "DE",
            now: self.clock.now(),
        };
        let done = import(&self.db, order, table.as_bytes().to_vec(), |_| {}).await;
        assert!(done.unwrap().problems.is_empty());
    }

    async fn levels_begin(&self, possible: f64, exact: f64) {
        let mut tx = self.db.begin_write().await.unwrap();
        let thresholds = Thresholds::new(possible, exact).unwrap();
        match_models::set_thresholds(&mut tx, &self.tenant, thresholds).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn another_list(&self, name: &str) -> ListId {
        let mut tx = self.db.begin_write().await.unwrap();
        let list = lists::create(&mut tx, &self.tenant, name, self.clock.now()).await.unwrap().id;
        tx.commit().await.unwrap();
        list
    }

    async fn take_to(&self, list: &ListId, text: &str) -> Outcome {
        self.clock.advance_secs(1);
        let message = RawMessage { list: list.clone(), ..self.message(text) };
        self.intake.take(message, None).await.unwrap()
    }

    async fn accept_apart(&self, id: &SuggestionId) {
        let mut tx = self.db.begin_write().await.unwrap();
        let choice = Choice { apart: true, ..Choice::default() };
        let (actor, now) = (Actor::CommandLine, self.clock.now());
        accept(&mut tx, &self.tenant, id, &choice, &actor, now).await.unwrap();
        tx.commit().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namesake_elsewhere_is_offered_only_where_hardly_anybody_has_the_name() {
    on_each_database(async |database| {
        let desk = Desk::of(&database.open().await, "Kugellager").await;
        let mut people = row("Ottokar", "Quandtmeier", "alt") + &row("Adelgunde", "Zwackel", "alt");
        for firm in ["eins", "zwei", "drei", "vier", "fuenf", "sechs"] {
            people += &row("Anna", "Schneider", firm);
        }
        desk.import(&town(&people)).await;

        let Outcome::New(anna) = desk.take(&from_new_firm(1, "Anna", "Schneider")).await else {
            panic!("one more of that name is somebody else")
        };
        assert_eq!(desk.suggestion(&anna).await.match_level, Level::None);

        let Outcome::Update(moved) = desk.take(&from_new_firm(2, "Ottokar", "Quandtmeier")).await
        else {
            panic!("nobody else is called so: he may work elsewhere now")
        };
        let moved = desk.suggestion(&moved).await;
        assert_eq!((moved.kind, moved.match_level), (Kind::Update, Level::Possible));
        let reasons = moved.match_reasons.join("; ");
        assert!(reasons.contains("this person may have changed jobs"), "{reasons}");

        // A tenant that wants to see the likely ones only.
        desk.levels_begin(0.9999, 0.99999).await;
        let outcome = desk.take(&from_new_firm(3, "Adelgunde", "Zwackel")).await;
        assert!(matches!(outcome, Outcome::New(_)), "{outcome:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_crm_of_one_town_the_town_says_nothing_once_that_was_learned() {
    on_each_database(async |database| {
        let desk = Desk::of(&database.open().await, "Kugellager").await;
        let twice = |given, family| row(given, family, "eins") + &row(given, family, "zwei");
        desk.import(&town(&(twice("Jana", "Kirchhof") + &twice("Nora", "Feldkamp")))).await;

        let outcome = desk.take(&from_new_firm(1, "Jana", "Kirchhof")).await;
        assert!(
            matches!(outcome, Outcome::Update(_)),
            "the same town, as far as is known: {outcome:?}"
        );
        jobs::learn(&desk.db, &desk.tenant, desk.clock.now()).await.unwrap();
        let outcome = desk.take(&from_new_firm(2, "Nora", "Feldkamp")).await;
        assert!(matches!(outcome, Outcome::New(_)), "everybody is of that town: {outcome:?}");

        let mut conn = desk.db.read().await.unwrap();
        let learned = match_models::get(&mut conn, &desk.tenant).await.unwrap().unwrap();
        drop(conn);
        assert_eq!(learned.records, i64::try_from(CROWD + 4).unwrap());
        let weights = learned.weights.clone().unwrap().to_lowercase();
        for personal in ["97070", "würzburg", "kirchhof", "example", "bernd"] {
            assert!(!weights.contains(personal), "{personal} is kept");
        }
        // It is not learned again until there is more to learn.
        desk.clock.advance_secs(3600);
        jobs::learn(&desk.db, &desk.tenant, desk.clock.now()).await.unwrap();
        let again = async || {
            let mut conn = desk.db.read().await.unwrap();
            match_models::get(&mut conn, &desk.tenant).await.unwrap().unwrap()
        };
        assert_eq!(again().await, learned);
        desk.clock.advance_secs(86_400);
        jobs::learn(&desk.db, &desk.tenant, desk.clock.now()).await.unwrap();
        assert!(again().await.learned_at > learned.learned_at);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_kept_apart_is_not_offered_again_until_that_is_undone() {
    on_each_database(async |database| {
        let desk = Desk::of(&database.open().await, "Kugellager").await;
        desk.import(&(String::from("Vorname;Name;Firma;E-Mail-Adresse\r\n")
            + "Anna;Müller;Exempla GmbH;anna.mueller@exempla.example\r\n")).await;
        let other_anna = |number: usize, title: &str| {
            let signature = format!("Anna Müller\n{title}\nExempla GmbH\nTel. +49 931 300000{number}\nanna.mueller2@exempla.example");
            letter(number, "Anna Müller <anna.mueller2@exempla.example>", &signature)
        };
        let Outcome::Update(first) = desk.take(&other_anna(1, "Leiterin Einkauf")).await else {
            panic!("two of one name at one firm may be one")
        };
        assert_eq!(desk.suggestion(&first).await.match_level, Level::Possible);
        desk.accept_apart(&first).await;

        // She writes to colleagues of the rep, whose list has never heard of her.
        let north = desk.another_list("North").await;
        let outcome = desk.take_to(&north, &other_anna(2, "Einkaufsleitung")).await;
        assert!(matches!(outcome, Outcome::New(_)), "{outcome:?}");
        // And so does the Anna whom the CRM has.
        let known = "Anna Müller\nBuchhaltung\nExempla GmbH\nanna.mueller@exempla.example";
        let known = letter(3, "Anna Müller <anna.mueller@exempla.example>", known);
        let Outcome::Update(update) = desk.take_to(&north, &known).await else {
            panic!("the CRM has her")
        };
        assert_eq!(desk.suggestion(&update).await.match_level, Level::Exact);

        let mut tx = desk.db.begin_write().await.unwrap();
        desk.clock.advance_secs(1);
        let (actor, now) = (Actor::CommandLine, desk.clock.now());
        undo(&mut tx, &desk.tenant, &first, &actor, now).await.unwrap();
        tx.commit().await.unwrap();
        let south = desk.another_list("South").await;
        let outcome = desk.take_to(&south, &other_anna(4, "Einkauf")).await;
        assert!(matches!(outcome, Outcome::Update(_)), "{outcome:?}");
    })
    .await;
}

#[tokio::test]
async fn an_admin_sets_where_the_levels_begin() {
    on_each_database(async |database| {
        let site = Site::open(database, "http://localhost:8080").await;
        let (tenant, _) = site.tenant("Acme").await;
        let (_, token) = site.token(&tenant.id, &[Scope::CrmRead, Scope::CrmWrite]).await;
        let usual = site.call(&token, Method::GET, "/matching", None).await.json();
        assert_eq!(usual, json!({"possible": 0.5, "exact": 0.995, "learned": false}));
        let put = async |possible: f64, exact: f64| {
            let body = json!({"possible": possible, "exact": exact});
            site.call(&token, Method::PUT, "/matching", Some(body)).await
        };
        for (possible, exact) in [(0.9, 0.8), (-0.1, 0.5), (0.5, 1.5)] {
            let refused = put(possible, exact).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
        }
        assert_eq!(put(0.8, 0.999).await.status, StatusCode::OK);
        let set = site.call(&token, Method::GET, "/matching", None).await.json();
        assert_eq!((&set["possible"], &set["exact"]), (&json!(0.8), &json!(0.999)));
    })
    .await;
}
