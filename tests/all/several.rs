//! Many suggestions at once: what would be written is shown first, and taken back in one go.

use crate::support::databases::{on_each_database, on_postgres, until_one_waits};
use crate::support::site::Site;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::join;
use undersigned::contact::{Contact, EmailAddress, Found, Origin, PersonName};
use undersigned::matching::Match;
use undersigned::store::tokens::Scope;
use undersigned::store::{lists, suggestions};

/// Somebody whose title is so sure.
fn person(name: &str, sure: f64) -> Contact {
    let email = format!("{}@fabrik.example", name.to_lowercase().replace(' ', "."));
    Contact {
        name: Some(Found::new(PersonName::of(name), 0.98, Origin::Header)),
        titles: vec![Found::new("Einkauf".into(), sure, Origin::Layout)],
        emails: vec![Found::certain(EmailAddress::parse(&email).unwrap(), Origin::Header)],
        ..Contact::default()
    }
}

/// The reasons of an answer, in its order; an empty one is no reason.
fn reasons(answer: &Value) -> Vec<&str> {
    let items = answer["items"].as_array().unwrap_or_else(|| panic!("{answer}"));
    items.iter().map(|one| one["reason"].as_str().unwrap_or_default()).collect()
}

#[tokio::test]
async fn what_the_preview_says_is_what_is_accepted_once_and_undone() {
    on_each_database(async |database| {
        let site = Site::open(database, "http://localhost:8080").await;
        let (tenant, list) = site.tenant("Acme").await;
        let (_, token) = site.token(&tenant.id, &Scope::ALL).await;
        let mut ids = Vec::new();
        for (name, sure) in [("Eva Klein", 0.9), ("Jan Groß", 0.95), ("Ida Kurz", 0.4)] {
            ids.push(site.suggest(&tenant.id, &list, person(name, sure), None).await.to_string());
        }
        let namesake = person("Ute Lang", 0.9);
        let uncertain = site.suggest(&tenant.id, &list, namesake.clone(), None).await;
        let mut tx = site.db.begin_write().await.unwrap();
        let known = Contact { titles: Vec::new(), ..namesake };
        let (known, matched) = (Some(("somebody", &known)), Match::none());
        suggestions::compare_anew(&mut tx, &tenant.id, &uncertain, known, &matched).await.unwrap();
        tx.commit().await.unwrap();
        let dismissed = site.suggest(&tenant.id, &list, person("Max Zorn", 0.9), None).await;
        let path = format!("/suggestions/{dismissed}/dismiss");
        assert_eq!(site.call(&token, Method::POST, &path, None).await.status, StatusCode::OK);

        let post = async |what: &str, body: Value| {
            let path = format!("/suggestions/{what}");
            let answer = site.call(&token, Method::POST, &path, Some(body)).await;
            assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
            answer.json()
        };
        let contacts = async || {
            let page = site.call(&token, Method::GET, "/contacts", None).await.json();
            page["items"].as_array().unwrap().len()
        };
        let (eva, jan, ida) = (&ids[0], &ids[1], &ids[2]);
        let all = json!([eva, jan, uncertain.as_str(), dismissed.as_str(), "nobody", eva]);
        let preview = post("accept", json!({"ids": all, "dry_run": true})).await;
        let expected = ["", "", "uncertain", "already-decided", "not-found"];
        assert_eq!(reasons(&preview), expected, "{preview}");
        assert_eq!((&preview["done"], &preview["left_out"]), (&json!(2), &json!(3)));
        let rows = preview["items"][0]["rows"].as_array().unwrap();
        let values: Vec<_> = rows.iter().map(|row| row["suggested"].as_str().unwrap()).collect();
        assert_eq!(values, ["Eva Klein", "Einkauf", "eva.klein@fabrik.example"]);
        assert_eq!(contacts().await, 0, "a preview changes nothing");
        let open = site.call(&token, Method::GET, "/suggestions?state=open", None).await.json();
        assert_eq!(open["items"].as_array().unwrap().len(), 4);

        // By a filter: who is new, and sure enough.
        let sure = json!({"kind": "new", "confidence": 0.9, "list": list.id.as_str()});
        let preview = post("accept", json!({"filter": sure, "dry_run": true})).await;
        let named = |answer: &Value| -> Vec<String> {
            let items = answer["items"].as_array().unwrap();
            items.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(named(&preview), [jan.clone(), eva.clone()], "{preview}");
        let both = json!({"filter": {}, "ids": [eva]});
        let refused = site.call(&token, Method::POST, "/suggestions/accept", Some(both)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");

        // Ida was looked at before her last signature.
        let seen = json!({"ids": [eva, jan, ida], "seen": {ida.as_str(): 1}});
        let accepted = post("accept", seen).await;
        assert_eq!(reasons(&accepted), ["", "", "changed"], "{accepted}");
        assert_eq!(accepted["items"][0]["rows"], preview["items"][1]["rows"]);
        assert_eq!(contacts().await, 2);
        let again = post("accept", json!({"ids": [eva, jan]})).await;
        assert_eq!((again["done"].as_i64(), contacts().await), (Some(2), 2), "twice is once");

        for _ in 0..2 {
            let undone = post("undo", json!({"ids": [eva, jan]})).await;
            assert_eq!((undone["done"].as_i64(), contacts().await), (Some(2), 0), "{undone}");
        }

        // Where admins only may accept, a rep's program is told before anything is looked at.
        let policies = json!({"fill_blanks": null, "who_may_accept": "admins"});
        site.call(&token, Method::PUT, "/policies", Some(policies)).await;
        let (_, rep) = site.token(&tenant.id, &[Scope::SuggestionsWrite]).await;
        let body = json!({"ids": [eva], "dry_run": true});
        let refused = site.call(&rep, Method::POST, "/suggestions/accept", Some(body)).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{refused:?}");
    })
    .await;
}

#[tokio::test]
async fn a_decision_that_postgresql_ends_for_a_deadlock_is_made_again() {
    on_postgres(async |database| {
        let site = Site::open(database, "http://localhost:8080").await;
        let (tenant, list) = site.tenant("Acme").await;
        let (_, token) = site.token(&tenant.id, &Scope::ALL).await;
        for (name, many) in [("Eva Klein", false), ("Jan Groß", true)] {
            let id = site.suggest(&tenant.id, &list, person(name, 0.9), None).await;
            // Somebody else has the suggestion and wants the list, which the rep has.
            let mut other = site.db.begin_write().await.unwrap();
            let nobody = Match::none();
            suggestions::compare_anew(&mut other, &tenant.id, &id, None, &nobody).await.unwrap();
            let (path, body) = if many {
                ("/suggestions/accept".to_owned(), json!({"ids": [id.as_str()]}))
            } else {
                (format!("/suggestions/{id}/accept"), json!({}))
            };
            let accepting = site.call(&token, Method::POST, &path, Some(body));
            let (answer, ()) = join!(accepting, async {
                until_one_waits(&site.db).await;
                // On a machine that is busy PostgreSQL may end this one.
                if lists::touch(&mut other, &tenant.id, &list.id).await.is_ok() {
                    other.commit().await.unwrap();
                } else {
                    other.rollback().await.unwrap();
                }
            });
            assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
            let path = format!("/suggestions/{id}");
            let decided = site.call(&token, Method::GET, &path, None).await.json();
            assert_eq!(decided["state"], "accepted", "{decided}");
        }
    })
    .await;
}
