//! The way of a suggestion.

use super::{URL, clara, refused};
use crate::support::databases::on_each_database;
use crate::support::site::Site;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use undersigned::store::tokens::Scope;

#[tokio::test]
async fn a_suggestion_is_accepted_by_field_undone_and_dismissed_and_asking_twice_changes_nothing() {
    on_each_database(async |database| {
        let site = Site::open(database, URL).await;
        let (tenant, list) = site.tenant("Acme").await;
        let (_, token) = site.token(&tenant.id, &Scope::ALL).await;
        let id = site.suggest(&tenant.id, &list, clara(), None).await;
        let get = async |path: &str| site.call(&token, Method::GET, path, None).await;
        let post = async |path: &str, body: Value| {
            site.call(&token, Method::POST, &format!("/suggestions/{id}/{path}"), Some(body)).await
        };
        let detail = get(&format!("/suggestions/{id}")).await.json();
        assert_eq!(detail["card"]["@type"], "Card", "{detail}");
        assert_eq!(detail["confidences"]["titles/1"]["origin"], "layout");
        let keys: Vec<&str> = detail["rows"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|row| row["key"].as_str())
            .collect();
        assert_eq!(keys, ["name", "titles/1", "phones/1", "phones/2", "emails/1"]);

        let choice = json!({
            "take": ["name", "phones/1", "emails/1"], "typed": {"titles/1": "Head of Purchasing"},
            "seen": detail["version"],
        });
        let stale = json!({"seen": 1});
        refused(&post("accept", stale).await, StatusCode::CONFLICT, "conflict");
        let wrong = json!({"take": ["name"], "typed": {"phones/1": "not a number"}});
        refused(&post("accept", wrong).await, StatusCode::UNPROCESSABLE_ENTITY, "invalid");
        let accepted = post("accept", choice.clone()).await;
        assert_eq!(accepted.json()["state"], "accepted", "{accepted:?}");
        assert_eq!(post("accept", choice).await.json(), accepted.json());

        let path = format!("/contacts/{}", accepted.json()["contact"].as_str().unwrap());
        let contact = get(&path).await.json();
        assert_eq!(contact["card"]["titles"]["1"]["name"], "Head of Purchasing", "{contact}");
        assert_eq!(contact["card"]["phones"].as_object().unwrap().len(), 1, "{contact}");

        assert_eq!(post("undo", json!({})).await.json()["state"], "open");
        assert_eq!(post("undo", json!({})).await.json()["state"], "open");
        assert_eq!(get("/contacts").await.json()["items"], json!([]));
        assert_eq!(post("dismiss", json!({})).await.json()["state"], "dismissed");
        assert_eq!(post("dismiss", json!({})).await.json()["state"], "dismissed");
        refused(&post("accept", json!({})).await, StatusCode::CONFLICT, "conflict");
    })
    .await;
}
