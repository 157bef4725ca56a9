//! Whoever tries the technical user has us connect to a host of their choice, and does so as seldom as at
//! any other.

use crate::support::databases::on_sqlite;
use crate::support::site::Site;
use axum::http::{Method, StatusCode};
use serde_json::json;
use undersigned::store::tokens::Scope;

#[tokio::test]
async fn a_program_tries_the_technical_user_but_not_without_end() {
    on_sqlite(async |database| {
        let site = Site::open(database, "http://localhost:8080").await;
        let (tenant, _) = site.tenant("Acme").await;
        let scopes = [Scope::FollowupsWrite, Scope::MailboxesWrite];
        let (_, token) = site.token(&tenant.id, &scopes).await;
        let user = json!({
            "host": "10.0.0.1", "security": "tls", "username": "rep@acme.example", "password": "x",
            "from_name": "Acme", "from_address": "rep@acme.example", "subject_template": "Hello",
            "body_template": "Hello", "enabled": false,
        });
        let put = site.call(&token, Method::PUT, "/technical-user", Some(user)).await;
        assert_eq!(put.status, StatusCode::OK, "{put:?}");
        let check =
            async |token: &str| site.call(token, Method::POST, "/technical-user/check", None).await;
        let discover = async || {
            let body = Some(json!({"address": "nora@web.de"}));
            site.call(&token, Method::POST, "/mailboxes/discover", body).await
        };
        // Tries of either kind count together; setting it up is none.
        for _ in 0..15 {
            let refused = check(&token).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
            assert_eq!(discover().await.status, StatusCode::OK);
        }
        for refused in [check(&token).await, discover().await] {
            assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{refused:?}");
            let seconds: u64 = refused.header("retry-after").parse().unwrap();
            assert!((1..=20).contains(&seconds), "{seconds}");
        }
        // Another program of the tenant is not made to wait for it.
        let (_, other) = site.token(&tenant.id, &[Scope::FollowupsWrite]).await;
        let refused = check(&other).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
    })
    .await;
}
