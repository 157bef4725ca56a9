//! What the page of Microsoft 365 shows.

use super::{Failure, Outcome, Typed, app};
use crate::clock::Millis;
use crate::followup::notice;
use crate::store::endings::{self, Ending, Subject};
use crate::store::graph::{self, AppView, Credential};
use crate::store::lists::{self, ContactList};
use crate::store::mailboxes::{self, Kind, Mailbox};
use crate::web::State;
use crate::web::api::graph_groups::{GroupView, PersonView, followed};
use crate::web::auth::SignedIn;
use crate::web::page::assets::Links;
use crate::web::page::ending::{WARN_SECS, Warning, day};
use crate::web::page::mailbox_line::Line;
use crate::web::page::mailboxes::access;
use crate::web::page::render::page;
use crate::web::problem::Problem;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

#[derive(Template)]
#[template(path = "microsoft.html")]
struct MicrosoftPage<'a> {
    links: Links,
    csrf: &'a str,
    user: &'a str,
    said: Option<String>,
    failure: Option<Failure>,
    app: Option<AppShown>,
    form: app::Typed,
    /// Whether the form is open.
    is_asked: bool,
    /// Where an admin of the directory consents.
    consent: String,
    /// Where Microsoft sends people back to.
    back: String,
    warnings: Vec<Warning>,
    /// Why admins may not hear by mail of what ends; empty: they do.
    unheard: &'static str,
    lists: Vec<ContactList>,
    typed: Typed,
    people: Option<Vec<PersonView>>,
    groups: Vec<GroupShown>,
    mailboxes: Vec<Line>,
}

impl MicrosoftPage<'_> {
    /// What an input says of itself when it is what cannot be right.
    fn wrong(&self, field: &str) -> &'static str {
        match &self.failure {
            Some(failure) if failure.field == field => {
                " aria-invalid=\"true\" aria-describedby=\"failure\""
            }
            _ => "",
        }
    }
}

/// The app registration.
struct AppShown {
    directory: String,
    client_id: String,
    credential: &'static str,
    ends: Option<Warning>,
}

/// A group that is followed.
struct GroupShown {
    id: String,
    group: String,
    list: String,
    mailboxes: usize,
    detail: String,
    looked_at: Option<String>,
}

impl GroupShown {
    fn new(view: GroupView, lists: &[ContactList]) -> Self {
        let list = lists.iter().find(|list| list.id.as_str() == view.list);
        Self {
            id: view.id,
            group: view.group,
            list: list.map(|list| list.name.clone()).unwrap_or_default(),
            mailboxes: view.mailboxes,
            detail: view.detail,
            looked_at: view.looked_at,
        }
    }
}

fn of_app(app: &AppView, now: Millis) -> Option<Warning> {
    let (what, heal) = match app.credential {
        Credential::Secret => (
            "The client secret",
            "Make a new one at Microsoft Entra and enter it below; the mailboxes go on.",
        ),
        Credential::Certificate => (
            "The certificate",
            "Upload another one at Microsoft Entra and enter it below; the mailboxes go on.",
        ),
    };
    Some(Warning::new(what, app.secret_expires_at?, heal, now))
}

fn of_consent(ending: &Ending, mailboxes: &[Mailbox], now: Millis) -> Option<Warning> {
    let Subject::Consent(id) = &ending.subject else { return None };
    let mailbox = mailboxes.iter().find(|mailbox| mailbox.id == *id)?;
    let heal = "It lasts longer as soon as the mailbox is read; if it cannot be, heal it below.";
    Some(Warning::new(format!("The consent to read {}", mailbox.address), ending.at, heal, now))
}

impl AppShown {
    fn new(app: AppView, now: Millis) -> Self {
        Self {
            ends: of_app(&app, now),
            credential: match app.credential {
                Credential::Secret => "client secret",
                Credential::Certificate => "certificate",
            },
            directory: app.directory,
            client_id: app.client_id,
        }
    }
}

/// The form of the app registration: as it was typed, else as it is saved.
fn form(typed: Option<app::Typed>, saved: Option<&AppView>) -> app::Typed {
    typed.unwrap_or_else(|| app::Typed {
        directory: saved.map(|app| app.directory.clone()).unwrap_or_default(),
        client_id: saved.map(|app| app.client_id.clone()).unwrap_or_default(),
        expires: saved.and_then(|app| app.secret_expires_at).map(day).unwrap_or_default(),
    })
}

/// The page after an outcome.
pub(super) async fn render(
    state: &State,
    signed_in: &SignedIn,
    outcome: Outcome,
) -> Result<Response, Problem> {
    let tenant = access(signed_in)?.tenant;
    let now = state.clock.now();
    let mut conn = state.db.read().await?;
    let app = graph::app_view(&mut conn, &tenant).await?;
    let endings = endings::endings(&mut conn, &tenant, Millis(0), Millis(i64::MAX)).await?;
    let mut mailboxes = mailboxes::list(&mut conn, &tenant).await?;
    mailboxes.retain(|mailbox| mailbox.kind == Kind::Graph);
    let lists = lists::list(&mut conn, &tenant).await?;
    let groups = followed(&mut conn, &tenant).await?;
    let unheard = notice::reach(&mut conn, &tenant, state.has_operator).await?.detail;
    drop(conn);
    let Outcome { said, failure, app: typed_app, typed, people } = outcome;
    let status = if failure.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let back = state.consent_url();
    let consent = app.as_ref().map(|app| {
        let url = state.graph.admin_consent_url(&app.directory, &app.client_id, &back);
        String::from(url)
    });
    let soon = endings.iter().filter(|end| end.at <= now.plus_secs(WARN_SECS));
    let shown = MicrosoftPage {
        links: Links::new(),
        csrf: signed_in.csrf_token(),
        user: &signed_in.user().name,
        said,
        failure,
        is_asked: app.is_none() || typed_app.is_some(),
        form: form(typed_app, app.as_ref()),
        app: app.map(|app| AppShown::new(app, now)),
        consent: consent.unwrap_or_default(),
        back,
        warnings: soon.filter_map(|end| of_consent(end, &mailboxes, now)).collect(),
        unheard,
        groups: groups.into_iter().map(|group| GroupShown::new(group, &lists)).collect(),
        lists,
        typed,
        people,
        mailboxes: mailboxes.into_iter().map(|mailbox| Line::new(mailbox, &endings, now)).collect(),
    };
    Ok(page(status, &shown))
}
