//! The directory: it gives the app a token for this environment, and for no other. Its clock is that of
//! the machine.

use super::world::World;
use super::{APP, SECRET};
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::collections::BTreeMap;
use undersigned::clock::Clock;
use url::form_urlencoded;

pub(super) fn token(world: &mut World, path: &str, body: &[u8]) -> Response {
    let form: BTreeMap<String, String> = form_urlencoded::parse(body).into_owned().collect();
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    world.signed_in += 1;
    let (client, directory) = APP.split_once('@').unwrap();
    let refuse = |error: &str, code: u32| {
        let words = format!("AADSTS{code}: words that nobody shows: secretword");
        let body = json!({"error": error, "error_description": words, "error_codes": [code]});
        (StatusCode::BAD_REQUEST, Json(body)).into_response()
    };
    if path != format!("{directory}/oauth2/v2.0/token") {
        return refuse("invalid_request", 90002);
    }
    if field("client_id") != client {
        return refuse("unauthorized_client", 700_016);
    }
    let endpoint = format!("{}/login/{path}", world.base);
    let now = Clock::system().now();
    if let Err(code) = world.uploaded.prove(&form, (client, SECRET), &endpoint, now) {
        return refuse("invalid_client", code);
    }
    if field("grant_type") != "client_credentials" {
        return refuse("unsupported_grant_type", 70003);
    }
    if field("scope") != format!("{}/.default", world.base) {
        return refuse("invalid_resource", 500_011);
    }
    let token = format!("token-{}", world.signed_in);
    world.tokens.insert(token.clone());
    Json(json!({"token_type": "Bearer", "expires_in": 3599, "access_token": token})).into_response()
}
