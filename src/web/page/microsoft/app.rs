//! The app registration: entering it, and trying whether Microsoft lets it in.

use super::{Outcome, access, render};
use crate::source::graph::{self, Fault};
use crate::store::graph::{Credential, app_view};
use crate::web::State;
use crate::web::api::graph::{SentApp, opened_app, save_app};
use crate::web::auth::{Access, SignedForm};
use crate::web::problem::Problem;
use axum::extract;
use axum::response::Response;
use secrecy::SecretString;

/// What was typed, without the secret.
pub(super) struct Typed {
    pub(super) directory: String,
    pub(super) client_id: String,
    /// The day on which the secret ends.
    pub(super) expires: String,
}

impl Typed {
    fn sent(form: &SignedForm) -> Self {
        let text = |name| form.field(name).unwrap_or_default().trim().to_owned();
        Self {
            directory: text("directory"),
            client_id: text("client_id"),
            expires: text("secret_expires_at"),
        }
    }
}

/// What is to be saved. The present secret or certificate stays if none is typed, but only for the app that
/// it was entered for.
async fn wanted(state: &State, access: &Access, form: &SignedForm) -> Result<SentApp, Problem> {
    let Typed { directory, client_id, expires } = Typed::sent(form);
    let secret = |name| {
        let typed = form.field(name).map(str::trim).filter(|text| !text.is_empty());
        typed.map(SecretString::from)
    };
    let (mut client_secret, mut certificate) = (secret("client_secret"), secret("certificate"));
    let invalid = |words: &'static str| Problem::invalid("client_secret", words);
    match (&client_secret, &certificate) {
        (Some(_), Some(_)) => {
            return Err(invalid("Enter either a client secret or a certificate, not both."));
        }
        (None, None) => {
            let present = app_view(&mut *state.db.read().await?, &access.tenant).await?;
            let is_same =
                present.is_some_and(|app| app.directory == directory && app.client_id == client_id);
            if !is_same {
                return Err(invalid("Enter the client secret or the certificate of this app."));
            }
            let app = opened_app(state, &access.tenant).await?;
            match app.credential {
                Credential::Secret => client_secret = Some(app.secret),
                Credential::Certificate => certificate = Some(app.secret),
            }
        }
        _ => {}
    }
    let day = Some(expires).filter(|day| !day.is_empty());
    let secret_expires_at = day.map(|day| format!("{day}T00:00:00Z"));
    Ok(SentApp { directory, client_id, client_secret, certificate, secret_expires_at })
}

/// Saves what was typed, and tries it.
pub(super) async fn save(
    extract::State(state): extract::State<State>,
    form: SignedForm,
) -> Result<Response, Problem> {
    let access = access(&form.signed_in)?;
    let saved = async {
        let wanted = wanted(&state, &access, &form).await?;
        save_app(&state, &access, wanted).await
    };
    let outcome = match saved.await {
        Ok(_) => match admitted(&state, &access).await {
            Ok(words) => Outcome::said(format!("The app registration is saved. {words}")),
            Err(problem) => {
                let failed = Outcome::failed(problem)?;
                Outcome { said: Some("The app registration is saved.".to_owned()), ..failed }
            }
        },
        Err(problem) => Outcome { app: Some(Typed::sent(&form)), ..Outcome::failed(problem)? },
    };
    render(&state, &form.signed_in, outcome).await
}

/// Tries what is saved.
pub(super) async fn test(
    extract::State(state): extract::State<State>,
    form: SignedForm,
) -> Result<Response, Problem> {
    let access = access(&form.signed_in)?;
    let outcome = match admitted(&state, &access).await {
        Ok(words) => Outcome::said(words),
        Err(problem) => Outcome::failed(problem)?,
    };
    render(&state, &form.signed_in, outcome).await
}

/// How far Microsoft lets the app in.
async fn admitted(state: &State, access: &Access) -> Result<&'static str, Problem> {
    state.probes.count(access)?;
    let app = opened_app(state, &access.tenant).await?;
    let now = state.clock.now();
    graph::sign_in(&state.graph, &app, now).await?;
    match graph::people(&state.graph, &app, "", now).await {
        Ok(_) => Ok("Microsoft lets the app in, and it may list the people of the directory."),
        Err(Fault::NoDirectory) => Ok(
            "Microsoft lets the app in. It may not list people and groups: to pick them here, grant it \
             User.ReadBasic.All and GroupMember.Read.All (application) and consent as an admin; \
             mailboxes can be connected by address without.",
        ),
        Err(fault) => Err(fault.into()),
    }
}
