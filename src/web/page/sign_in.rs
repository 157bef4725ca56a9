//! Signing in and out.

use super::assets::Links;
use super::render::page;
use crate::contact::EmailAddress;
use crate::store::users;
use crate::web::State;
use crate::web::auth::{ClientAddress, SignedForm, SignedIn, session};
use crate::web::problem::Problem;
use askama::Template;
use axum::extract;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use secrecy::SecretString;
use serde::Deserialize;

pub(super) fn router() -> Router<State> {
    Router::new().route("/sign-in", get(show).post(sign_in)).route("/sign-out", post(sign_out))
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    links: Links,
    email: &'a str,
    failure: Option<&'a str>,
}

async fn show(signed_in: Result<SignedIn, Problem>) -> Response {
    if signed_in.is_ok() {
        return Redirect::to("/review").into_response();
    }
    page(StatusCode::OK, &SignInPage { links: Links::new(), email: "", failure: None })
}

#[derive(Deserialize)]
struct Credentials {
    email: String,
    password: SecretString,
}

/// The same answer, after the same work, whether the account is unknown or the password wrong.
const REFUSED: &str = "This address and password do not belong together. Check both and try again.";

async fn sign_in(
    extract::State(state): extract::State<State>,
    ClientAddress(from): ClientAddress,
    Form(sent): Form<Credentials>,
) -> Result<Response, Problem> {
    let email = EmailAddress::parse(&sent.email);
    let account = email.as_ref().map(EmailAddress::key).unwrap_or_default();
    if let Err(problem) = state.attempts.count(&account, from) {
        tracing::warn!(account = email.as_ref().map(EmailAddress::masked), "too many sign-ins");
        return Err(problem);
    }
    let found = match &email {
        Some(email) => {
            let mut conn = state.db.read().await?;
            users::to_sign_in(&mut conn, email).await?
        }
        None => None,
    };
    let (user, hash) = found.filter(|(user, _)| !user.disabled).unzip();
    let right = state.verifier.verify(hash, sent.password).await;
    let Some(user) = user.filter(|_| right) else {
        tracing::info!(account = email.as_ref().map(EmailAddress::masked), "refused a sign-in");
        let refused =
            SignInPage { links: Links::new(), email: &sent.email, failure: Some(REFUSED) };
        return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &refused));
    };
    state.attempts.succeeded(&account);
    tracing::info!(user = user.id.as_str(), "signed in");
    let cookie = session::begin(&state, &user).await?;
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/review")).into_response())
}

async fn sign_out(
    extract::State(state): extract::State<State>,
    form: SignedForm,
) -> Result<Response, Problem> {
    let cookie = session::end(&state, &form.signed_in).await?;
    tracing::info!(user = form.signed_in.user().id.as_str(), "signed out");
    Ok((cookie.map(|cookie| [(header::SET_COOKIE, cookie)]), Redirect::to("/sign-in"))
        .into_response())
}
