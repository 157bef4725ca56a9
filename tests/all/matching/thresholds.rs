//! An admin wants to be surer of who is known: what lies open is no surer than that, too.

use crate::support::databases::on_each_database;
use crate::support::desk::{Desk, letter};
use crate::support::site::Site;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use undersigned::matching::Level;
use undersigned::store::tokens::Scope;
use undersigned::store::{SuggestionId, jobs, outdated};
use undersigned::suggestion::{Outcome, renew};

const CRM: &str = "Vorname;Name;Firma;E-Mail-Adresse\r\n\
    Anna;Müller;Exempla GmbH;anna.mueller@exempla.example\r\n\
    Bernd;Kurz;Exempla GmbH;kurz@exempla.example\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn new_levels_reach_what_lies_open_before_anybody_accepts_it() {
    on_each_database(async |database| {
        let site = Site::open(database, "http://localhost:8080").await;
        let desk = Desk::of(&site.db, "Kugellager").await;
        let (_, token) = site.token(&desk.tenant, &Scope::ALL).await;
        desk.import(CRM).await;
        let mut ids: Vec<SuggestionId> = Vec::new();
        for (number, name, local) in [(1, "Anna Müller", "anna.mueller"), (2, "Bernd Kurz", "kurz")]
        {
            let address = format!("{local}@exempla.example");
            let lines = format!("{name}\nExempla GmbH\nTel. +49 931 300000{number}\n{address}");
            let letter = letter(number, &format!("{name} <{address}>"), &lines);
            let Outcome::Update(id) = desk.take(&letter).await else { panic!("{name} is known") };
            assert_eq!(desk.suggestion(&id).await.match_level, Level::Exact);
            ids.push(id);
        }
        let (anna, bernd) = (&ids[0], &ids[1]);
        let set = async |exact: f64| {
            let body = json!({"possible": 0.5, "exact": exact});
            let set = site.call(&token, Method::PUT, "/matching", Some(body)).await;
            assert_eq!(set.status, StatusCode::OK, "{set:?}");
        };
        let accept = async |id: &SuggestionId| -> Value {
            let body = json!({"ids": [id.as_str()]});
            let answer = site.call(&token, Method::POST, "/suggestions/accept", Some(body)).await;
            answer.json()["items"][0].clone()
        };
        let marked = async || {
            let mut conn = site.db.read().await.unwrap();
            outdated::some(&mut conn, &desk.tenant, None, 9).await.unwrap()
        };
        let now = site.clock.now();
        let is_due = async || {
            let mut conn = site.db.read().await.unwrap();
            jobs::any_due(&mut conn, now).await.unwrap()
        };
        let mut tx = site.db.begin_write().await.unwrap();
        let later = now.plus_secs(300);
        let compares = jobs::NewJob::recurring(&desk.tenant, jobs::Kind::ReadCrm, later);
        jobs::enqueue(&mut tx, &compares, now).await.unwrap();
        tx.commit().await.unwrap();

        // What is so already is nothing new.
        set(0.995).await;
        assert_eq!((marked().await, is_due().await), (Vec::new(), false));
        set(1.0).await;
        assert_eq!((marked().await, is_due().await), (ids.clone(), true));
        assert_eq!(accept(anna).await["reason"], "changed", "it was compared anew just now");
        assert_eq!(accept(anna).await["reason"], "uncertain");
        Box::pin(renew(&site.db, &desk.tenant, &desk.clock)).await.unwrap();
        for id in [anna, bernd] {
            assert_eq!(desk.suggestion(id).await.match_level, Level::Possible);
        }

        set(0.995).await;
        Box::pin(renew(&site.db, &desk.tenant, &desk.clock)).await.unwrap();
        for id in [anna, bernd] {
            assert_eq!(desk.suggestion(id).await.match_level, Level::Exact);
            assert_eq!(accept(id).await["done"], true);
        }
    })
    .await;
}
