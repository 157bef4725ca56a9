//! A team without a connected CRM takes the accepted contacts to theirs as a table, and brings that back: who
//! was known by an earlier file is known by the same record, and nobody is known twice.

use crate::support::databases::{Database, on_each_database};
use crate::support::desk::{Desk, letter};
use crate::support::office::ANNA;
use crate::support::site::Site;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};
use undersigned::store::records;
use undersigned::store::tokens::Scope;
use undersigned::suggestion::Outcome;

const WITH_IDS: &str = "Id,First name,Last name,E-mail,Phone\n\
    =A-7,Anna,Müller,anna.mueller@exempla.example,0931 3000001\n";
const WITHOUT: &str = "First name,Last name,E-mail,Phone\n\
    Bernd,Kurz,kurz@probe.example,0911 3000002\n";
const PEOPLE: [(&str, &str); 3] = [
    (ANNA, "Anna Müller\nExempla GmbH\nTel. +49 931 3000001\nMobil +49 170 1234567"),
    (
        "Bernd Kurz <kurz@probe.example>",
        "Bernd Kurz\nProbe AG\nTel. +49 911 3000002\nMobil +49 170 7654321",
    ),
    // In no file.
    ("Eva Lang <lang@probe.example>", "Eva Lang\nEinkauf\nProbe AG\nTel. +49 911 3000003"),
];

#[tokio::test(flavor = "multi_thread")]
async fn contacts_that_leave_as_a_table_and_come_back_are_known_once() {
    on_each_database(async |database| Box::pin(goes_and_comes_back(database)).await).await;
}

async fn goes_and_comes_back(database: &Database) {
    let site = Site::open(database, "http://localhost:8080").await;
    let desk = Desk::of(&site.db, "Kugellager").await;
    let (_, token) = site.token(&desk.tenant, &Scope::ALL).await;
    let import = async |table: &str| {
        let request = Request::post("/api/v1/crm/records")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "text/csv")
            .body(Body::from(table.to_owned()));
        let done = site.send(request.unwrap()).await.json();
        (done["new"].clone(), done["again"].clone())
    };
    let export = async || {
        let path = "/contacts/export?format=csv";
        site.call(&token, Method::GET, path, None).await.text
    };
    for table in [WITH_IDS, WITHOUT] {
        assert_eq!(import(table).await, (json!(1), json!(0)));
    }
    for (nth, (from, lines)) in PEOPLE.iter().enumerate() {
        let (Outcome::Update(id) | Outcome::New(id)) = desk.take(&letter(nth, from, lines)).await
        else {
            panic!("{from}")
        };
        let path = format!("/suggestions/{id}/accept");
        let answer = site.call(&token, Method::POST, &path, Some(json!({}))).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    }

    let table = export().await;
    let of = |name: &str| table.lines().find(|line| line.contains(name)).unwrap();
    assert!(of("Anna").starts_with("'=A-7,"), "the id that the file had: {table}");
    assert!(of("Bernd").starts_with(',') && of("Eva").starts_with(','), "none: {table}");
    assert_eq!(import(&table).await, (json!(1), json!(2)), "only Eva was in no file");
    assert_eq!(import(&export().await).await, (json!(0), json!(3)));
    let mut conn = site.db.read().await.unwrap();
    assert_eq!(records::count(&mut conn, &desk.tenant).await.unwrap(), 3);
    drop(conn);
    for (nth, (from, lines)) in (10..).zip(PEOPLE) {
        assert_eq!(desk.take(&letter(nth, from, lines)).await, Outcome::Known, "{from}");
    }
    let contacts: Value = site.call(&token, Method::GET, "/contacts", None).await.json();
    assert_eq!(contacts["items"].as_array().unwrap().len(), 3);
}
