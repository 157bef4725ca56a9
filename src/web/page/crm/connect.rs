//! Connecting the CRM with a password or a token, and disconnecting it: what each kind asks for.

use super::{Outcome, access, render};
use crate::store::crm_connections::{CrmConnection, Kind};
use crate::web::State;
use crate::web::api::crm as api;
use crate::web::auth::SignedForm;
use crate::web::page::ending::day;
use crate::web::problem::Problem;
use axum::extract;
use axum::response::{IntoResponse as _, Redirect, Response};
use secrecy::SecretString;

/// The kinds in the order in which they are offered, and what people call them.
pub(super) const KINDS: [(Kind, &str); 6] = [
    (Kind::CardDav, "Address book (CardDAV)"),
    (Kind::HubSpot, "HubSpot"),
    (Kind::Pipedrive, "Pipedrive"),
    (Kind::Salesforce, "Salesforce"),
    (Kind::Dynamics, "Microsoft Dynamics 365"),
    (Kind::Tryton, "Tryton"),
];

/// What a kind asks for.
struct Asked {
    /// The label of the address and an example; none where it is always the same.
    url: Option<(&'static str, &'static str)>,
    username: Option<&'static str>,
    password: &'static str,
}

const fn asked(kind: Kind) -> Asked {
    let (url, username, password) = match kind {
        Kind::CardDav => {
            let example = "https://dav.your-company.example/sales/customers/";
            (
                Some(("Address of the address book, or of its server", example)),
                "User name",
                "Password",
            )
        }
        Kind::HubSpot => (None, "", "Token of the private app"),
        Kind::Pipedrive => (None, "", "API token"),
        Kind::Salesforce => {
            let example = "https://your-company.my.salesforce.com";
            (Some(("My Domain", example)), "Consumer key", "Consumer secret")
        }
        Kind::Dynamics => {
            let example = "https://your-company.crm4.dynamics.com";
            let username = "Client id, an @ and the directory";
            (
                Some(("Address of the environment", example)),
                username,
                "Value of the secret, or certificate and key as PEM",
            )
        }
        Kind::Tryton => {
            let example = "https://tryton.your-company.example/sales/";
            (Some(("Address of the database", example)), "User name", "Password")
        }
    };
    Asked { url, username: if username.is_empty() { None } else { Some(username) }, password }
}

/// A field to type in.
pub(super) struct Field {
    pub(super) label: &'static str,
    pub(super) example: &'static str,
    pub(super) value: String,
}

/// The form of one kind.
pub(super) struct Form {
    pub(super) kind: &'static str,
    pub(super) title: &'static str,
    pub(super) url: Option<Field>,
    pub(super) username: Option<Field>,
    pub(super) password: &'static str,
    /// Whether the password may be of several lines.
    pub(super) has_lines: bool,
    /// The day on which the secret ends, where one does; empty: it is not known.
    pub(super) expires: Option<String>,
    /// Whether one of this kind is connected, so that its password stays if none is typed.
    pub(super) keeps: bool,
}

impl Form {
    fn new(kind: Kind, url: String, username: String, keeps: bool) -> Self {
        let asked = asked(kind);
        let title = KINDS.into_iter().find(|(known, _)| *known == kind).map(|(_, title)| title);
        Self {
            kind: kind.as_str(),
            title: title.unwrap_or_default(),
            url: asked.url.map(|(label, example)| Field { label, example, value: url }),
            username: asked.username.map(|label| Field { label, example: "", value: username }),
            password: asked.password,
            has_lines: kind == Kind::Dynamics,
            expires: (kind == Kind::Dynamics).then(String::new),
            keeps,
        }
    }

    /// With the day on which the secret ends, where one does.
    fn ending(self, day: String) -> Self {
        Self { expires: self.expires.map(|_| day), ..self }
    }

    /// The form of a kind, with the settings of what is connected.
    pub(super) fn of(kind: Kind, connected: Option<&CrmConnection>) -> Self {
        match connected.filter(|it| it.kind == kind) {
            Some(it) => {
                let keeps = it.oauth_service.is_empty();
                let form = Self::new(kind, it.url.clone(), it.username.clone(), keeps);
                form.ending(it.secret_expires_at.map(day).unwrap_or_default())
            }
            None => Self::new(kind, String::new(), String::new(), false),
        }
    }
}

/// Tries what was typed, and connects it.
pub(super) async fn save(
    extract::State(state): extract::State<State>,
    form: SignedForm,
) -> Result<Response, Problem> {
    let access = access(&form.signed_in)?;
    let text = |name| form.field(name).map(|text| text.trim().to_owned());
    let typed = |name| text(name).filter(|text| !text.is_empty());
    let sent = api::Sent {
        kind: text("kind").unwrap_or_default(),
        url: typed("url"),
        username: typed("username"),
        password: form.field("password").filter(|it| !it.is_empty()).map(SecretString::from),
        secret_expires_at: typed("secret_expires_at").map(|day| format!("{day}T00:00:00Z")),
    };
    let kind = Kind::parse(&sent.kind);
    let outcome = match api::save(&state, &access, sent).await {
        Ok(_) => return Ok(Redirect::to("/connect/crm").into_response()),
        Err(problem) if problem.kind.is_sayable() => {
            let (url, username) = (text("url"), text("username"));
            let again = |kind| {
                let keeps = form.field("keeps").is_some();
                let (url, username) = (url.unwrap_or_default(), username.unwrap_or_default());
                let again = Form::new(kind, url, username, keeps);
                again.ending(text("secret_expires_at").unwrap_or_default())
            };
            Outcome {
                form: kind.map(again),
                failure: Some(problem.detail.to_string()),
                ..Outcome::default()
            }
        }
        Err(problem) => return Err(problem),
    };
    render(&state, &form.signed_in, outcome).await
}

/// Sets what accepting makes of new people.
pub(super) async fn set_new_people(
    extract::State(state): extract::State<State>,
    form: SignedForm,
) -> Result<Response, Problem> {
    let access = access(&form.signed_in)?;
    let new_people = form.field("new_people").unwrap_or_default();
    match api::new_people::set(&state, &access, new_people).await {
        Ok(_) => Ok(Redirect::to("/connect/crm").into_response()),
        Err(problem) if problem.kind.is_sayable() => {
            let failure = Some(problem.detail.to_string());
            render(&state, &form.signed_in, Outcome { failure, ..Outcome::default() }).await
        }
        Err(problem) => Err(problem),
    }
}

/// Disconnects it, and forgets its records.
pub(super) async fn remove(
    extract::State(state): extract::State<State>,
    form: SignedForm,
) -> Result<Response, Problem> {
    api::forget(&state, &access(&form.signed_in)?).await?;
    Ok(Redirect::to("/connect/crm").into_response())
}
