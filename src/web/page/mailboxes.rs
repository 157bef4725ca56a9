//! The mailboxes of a tenant: how each fares, what heals it, and connecting another one.

use super::assets::Links;
use super::ending::Warning;
use super::mailbox_form::Form;
use super::mailbox_line::{Line, Server};
use super::microsoft;
use super::render::page;
use crate::clock::Millis;
use crate::contact::EmailAddress;
use crate::followup::notice;
use crate::store::endings;
use crate::store::lists::{self, ContactList};
use crate::store::mailboxes;
use crate::store::oauth;
use crate::store::users::Role;
use crate::web::State;
use crate::web::api::mailboxes as api;
use crate::web::auth::{Access, SignedForm, SignedIn};
use crate::web::problem::{self, Problem};
use askama::Template;
use axum::Router;
use axum::extract::{self, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use secrecy::SecretString;

pub(super) fn router() -> Router<State> {
    Router::new()
        .route("/mailboxes", get(show))
        .route("/mailboxes/connect", post(connect))
        .route("/mailboxes/{id}", post(change))
}

#[derive(Template)]
#[template(path = "mailboxes.html")]
struct MailboxesPage {
    links: Links,
    csrf: String,
    user: String,
    mailboxes: Vec<Line>,
    /// When the secrets of the apps end that people consent to at sign-in services.
    ends: Vec<Warning>,
    /// Why admins may not hear by mail how they fare; empty: they do.
    unheard: &'static str,
    lists: Vec<ContactList>,
    form: Form,
    failure: Option<String>,
}

/// Who may change mailboxes.
pub(super) fn access(signed_in: &SignedIn) -> Result<Access, Problem> {
    let user = signed_in.user();
    if user.role == Role::Admin {
        let actor = crate::store::audit::Actor::User(user.id.clone());
        return Ok(Access { tenant: user.tenant.clone(), actor });
    }
    Err(Problem::new(problem::Kind::Forbidden, "only an admin connects mailboxes and the CRM"))
}

/// What the form to connect a mailbox holds, and the server that was typed for one that is connected.
type Forms = (Form, Option<(String, Server)>);

async fn render(
    state: &State,
    signed_in: &SignedIn,
    (form, server): Forms,
    failure: Option<String>,
) -> Result<Response, Problem> {
    let tenant = access(signed_in)?.tenant;
    let now = state.clock.now();
    let mut conn = state.db.read().await?;
    let mailboxes = mailboxes::list(&mut conn, &tenant).await?;
    let endings = endings::endings(&mut conn, &tenant, Millis(0), Millis(i64::MAX)).await?;
    let unheard = notice::reach(&mut conn, &tenant, state.has_operator).await?.detail;
    let lists = lists::list(&mut conn, &tenant).await?;
    let apps = oauth::apps(&mut conn, &tenant).await?;
    let has_app = |service: &str| apps.iter().any(|app| app.service == service);
    let form = Form { service: form.service.filter(|(service, _)| has_app(service)), ..form };
    let status = if failure.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let shown = MailboxesPage {
        links: Links::new(),
        csrf: signed_in.csrf_token().to_owned(),
        user: signed_in.user().name.clone(),
        mailboxes: mailboxes
            .into_iter()
            .map(|mailbox| Line::new(mailbox, &endings, now).typed(server.as_ref()))
            .collect(),
        ends: Warning::of_apps(&apps, false, now),
        unheard,
        lists,
        form,
        failure,
    };
    Ok(page(status, &shown))
}

async fn show(
    extract::State(state): extract::State<State>,
    signed_in: SignedIn,
) -> Result<Response, Problem> {
    render(&state, &signed_in, Forms::default(), None).await
}

/// The first time an address comes, how it is connected is found out and asked back; the second time
/// it is connected.
async fn connect(
    extract::State(state): extract::State<State>,
    form: SignedForm,
) -> Result<Response, Problem> {
    let access = access(&form.signed_in)?;
    let typed = form.field("address").unwrap_or_default().trim().to_owned();
    let Some(address) = EmailAddress::parse(&typed) else {
        let failure = "This is not an e-mail address.".to_owned();
        return render(&state, &form.signed_in, (Form::sent(&form), None), Some(failure)).await;
    };
    if form.field("host").unwrap_or_default().is_empty() {
        if let Err(problem) = state.probes.count(&access) {
            return refuse_with(&state, &form, Form::sent(&form), problem).await;
        }
        let found = state.discoverer.discover(&address).await;
        return render(&state, &form.signed_in, (Form::of(&typed, found), None), None).await;
    }
    let text = |name| form.field(name).filter(|text| !text.is_empty()).map(str::to_owned);
    let sent = api::Sent {
        address: typed,
        list: text("list").unwrap_or_default(),
        host: text("host").unwrap_or_default(),
        port: text("port").and_then(|port| port.parse().ok()),
        security: if form.field("security") == Some("starttls") {
            crate::store::Security::StartTls
        } else {
            crate::store::Security::Tls
        },
        username: text("username"),
        password: SecretString::from(form.field("password").unwrap_or_default()),
        folder: None,
        backfill_days: text("backfill_days").and_then(|days| days.parse().ok()),
    };
    match api::save(&state, &access, sent).await {
        Ok(_) => Ok(Redirect::to("/mailboxes").into_response()),
        Err(problem) => refuse_with(&state, &form, Form::sent(&form), problem).await,
    }
}

/// A new password, another server, a pause or its end, or the end of all reading.
async fn change(
    extract::State(state): extract::State<State>,
    Path(id): Path<String>,
    form: SignedForm,
) -> Result<Response, Problem> {
    let access = access(&form.signed_in)?;
    let done = match form.field("do") {
        Some("pause") => api::set_paused(&state, &access, &id, true).await.map(drop),
        Some("resume") => api::set_paused(&state, &access, &id, false).await.map(drop),
        Some("server") => return change_server(&state, &access, &id, &form).await,
        Some("disconnect") => api::disconnect(&state, &access, &id).await,
        _ => {
            let password = SecretString::from(form.field("password").unwrap_or_default());
            api::replace_password(&state, &access, &id, &password).await
        }
    };
    // The same line stands on two pages.
    let at = form.field("at").filter(|at| *at == microsoft::PATH).unwrap_or("/mailboxes");
    match done {
        Ok(()) => Ok(Redirect::to(at).into_response()),
        Err(problem) => refuse(&state, &form, problem).await,
    }
}

/// What was typed stays when it is refused.
async fn change_server(
    state: &State,
    access: &Access,
    id: &str,
    form: &SignedForm,
) -> Result<Response, Problem> {
    let password = SecretString::from(form.field("password").unwrap_or_default());
    let typed = Server::sent(form);
    match api::move_to(state, access, id, typed.clone().with_password(password)).await {
        Ok(_) => Ok(Redirect::to("/mailboxes").into_response()),
        Err(problem) => {
            let forms = (Form::default(), Some((id.to_owned(), typed)));
            say(state, form, forms, problem).await
        }
    }
}

/// What the sender can mend is said on the page; the rest is a problem.
pub(super) async fn refuse(
    state: &State,
    sent: &SignedForm,
    problem: Problem,
) -> Result<Response, Problem> {
    refuse_with(state, sent, Form::default(), problem).await
}

/// Likewise, with the form to connect a mailbox as it was sent.
pub(super) async fn refuse_with(
    state: &State,
    sent: &SignedForm,
    form: Form,
    problem: Problem,
) -> Result<Response, Problem> {
    say(state, sent, (form, None), problem).await
}

async fn say(
    state: &State,
    sent: &SignedForm,
    forms: Forms,
    problem: Problem,
) -> Result<Response, Problem> {
    if problem.kind.is_sayable() {
        return render(state, &sent.signed_in, forms, Some(problem.detail.to_string())).await;
    }
    Err(problem)
}
