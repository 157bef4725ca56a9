//! Signing in with client credentials.

use super::Shared;
use super::world::{APP_USER, KEY, ORG, World};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Form, Json, Router};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Credentials {
    grant_type: String,
    client_id: String,
    client_secret: String,
}

pub(super) fn router() -> Router<Shared> {
    Router::new().route("/services/oauth2/token", post(token))
}

async fn token(State(shared): State<Shared>, Form(sent): Form<Credentials>) -> Response {
    // Long enough for another one to come meanwhile.
    tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    let mut world = shared.lock().unwrap();
    if let Some((error, words)) = world.closed {
        return refused(error, words);
    }
    match sent {
        Credentials { grant_type, .. } if grant_type != "client_credentials" => {
            refused("unsupported_grant_type", "grant type not supported")
        }
        Credentials { client_id, .. } if client_id != KEY => {
            refused("invalid_client_id", "client identifier invalid: secretword")
        }
        Credentials { client_secret, .. } if client_secret != world.secret => {
            refused("invalid_client", "invalid client credentials: secretword")
        }
        _ => world.session().into_response(),
    }
}

fn refused(error: &str, words: &str) -> Response {
    let body = json!({"error": error, "error_description": words});
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

impl World {
    fn session(&mut self) -> Json<serde_json::Value> {
        self.sign_ins += 1;
        let token = format!("{ORG}!AQ{:06}.session", self.sign_ins);
        self.sessions.insert(token.clone());
        Json(json!({
            "access_token": token,
            "signature": "c2lnbmF0dXJl",
            "scope": "api",
            "instance_url": self.instance,
            "id": format!("https://login.salesforce.com/id/{ORG}/{APP_USER}"),
            "token_type": "Bearer",
            "issued_at": self.now().to_string(),
        }))
    }
}
