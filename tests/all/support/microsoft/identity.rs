//! The sign-in service: app tokens, codes with PKCE, refresh tokens that rotate and work once.

use super::Shared;
use super::world::{CLIENT, CONSUMERS, Code, DIRECTORY, SECRET, Token, World};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Form, Json, Router};
use serde_json::json;
use std::collections::BTreeMap;
use undersigned::clock::Millis;
use undersigned::source::oauth::challenge;
use undersigned::store::Id;
use url::Url;

const HOUR: i64 = 3_600_000;

pub(super) fn router() -> Router<Shared> {
    Router::new().route("/{directory}/oauth2/v2.0/token", post(token))
}

fn refuse(error: &str, code: u32) -> Response {
    let words = format!("AADSTS{code}: words that nobody shows: secretword");
    let body = json!({"error": error, "error_description": words, "error_codes": [code]});
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

async fn token(
    State(shared): State<Shared>,
    Path(directory): Path<String>,
    Form(form): Form<BTreeMap<String, String>>,
) -> Response {
    let (response, delay) = {
        let mut world = shared.lock().unwrap();
        world.asked.push("POST token".to_owned());
        (given(&mut world, &directory, &form), world.delay("POST token"))
    };
    tokio::time::sleep(delay).await;
    response
}

fn given(world: &mut World, directory: &str, form: &BTreeMap<String, String>) -> Response {
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    if let Some(seconds) = world.sign_in_pause {
        return (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, seconds.to_string())])
            .into_response();
    }
    if let Some((error, code)) = world.sign_in_fault {
        return refuse(error, code);
    }
    if ![DIRECTORY, CONSUMERS].contains(&directory) {
        return refuse("invalid_request", 90002);
    }
    let is_admitted = directory == DIRECTORY || world.admits_personal;
    if field("client_id") != CLIENT || !is_admitted {
        return refuse("unauthorized_client", 700_016);
    }
    let endpoint = format!("{}/{directory}/oauth2/v2.0/token", world.base);
    let now = Millis(world.now());
    if let Err(code) = world.uploaded.prove(form, (CLIENT, SECRET), &endpoint, now) {
        return refuse("invalid_client", code);
    }
    let is_at_home = |world: &World, person: &String| {
        world.personal.contains(person) == (directory == CONSUMERS)
    };
    world.grants.push(field("grant_type").to_owned());
    match field("grant_type") {
        "client_credentials" if directory == CONSUMERS => refuse("unauthorized_client", 700_016),
        "client_credentials" => {
            if !field("scope").ends_with("/.default") {
                return refuse("invalid_scope", 1_002_012);
            }
            let access = grant(world, None);
            Json(json!({"token_type": "Bearer", "expires_in": 3599, "access_token": access}))
                .into_response()
        }
        "authorization_code" => {
            let code = world.codes.remove(field("code"));
            let Some(code) = code.filter(|code| {
                code.challenge == challenge(field("code_verifier"))
                    && code.redirect == field("redirect_uri")
                    && is_at_home(world, &code.person)
            }) else {
                return refuse("invalid_grant", 70008);
            };
            both(world, &code.person)
        }
        "refresh_token" => {
            let person = world
                .refresh
                .iter()
                .find(|(_, token)| *token == field("refresh_token"))
                .map(|(person, _)| person.clone());
            match person {
                Some(person) if is_at_home(world, &person) => both(world, &person),
                Some(_) => refuse("invalid_grant", 50020),
                None => refuse("invalid_grant", 50173),
            }
        }
        _ => refuse("unsupported_grant_type", 70003),
    }
}

fn grant(world: &mut World, person: Option<&str>) -> String {
    let access = format!("access-{}", Id::<()>::new());
    let token = Token { person: person.map(str::to_owned), until: world.now() + HOUR };
    world.tokens.insert(access.clone(), token);
    access
}

/// An access token, and a refresh token that ends the one before.
fn both(world: &mut World, person: &str) -> Response {
    let access = grant(world, Some(person));
    let refresh = format!("refresh-{}", Id::<()>::new());
    world.refresh.insert(person.to_owned(), refresh.clone());
    Json(json!({
        "token_type": "Bearer", "expires_in": 3599, "access_token": access, "refresh_token": refresh,
    }))
    .into_response()
}

/// Checks a link as the service does, and answers where the person is sent.
pub(super) fn consent(world: &mut World, link: &str, address: &str) -> String {
    let link = Url::parse(link).unwrap();
    let is_personal = world.personal.contains(address);
    let directory = if is_personal { CONSUMERS } else { DIRECTORY };
    assert_eq!(link.path(), format!("/{directory}/oauth2/v2.0/authorize"));
    assert!(!is_personal || world.admits_personal, "who is sent there ends at a page of errors");
    let query: BTreeMap<String, String> = link.query_pairs().into_owned().collect();
    assert_eq!(query["client_id"], CLIENT);
    assert_eq!(query["response_type"], "code");
    assert_eq!(query["code_challenge_method"], "S256");
    for scope in ["offline_access", "User.Read", "Mail.Read"] {
        assert!(query["scope"].split(' ').any(|asked| asked == scope), "{scope}");
    }
    let code = format!("code-{}", Id::<()>::new());
    let (challenge, redirect) = (query["code_challenge"].clone(), query["redirect_uri"].clone());
    let mut back = Url::parse(&redirect).unwrap();
    world.codes.insert(code.clone(), Code { person: address.to_owned(), challenge, redirect });
    back.query_pairs_mut().append_pair("code", &code).append_pair("state", &query["state"]);
    back.into()
}
