//! Mailboxes at Microsoft 365: the tenant's app registration, when it ends and whether it works; picking
//! whose mailboxes are read, one by one or by group; and how they fare.

mod app;
mod view;

use super::mailboxes::access;
use crate::web::State;
use crate::web::api::graph::{SentMailbox, connect_as_app};
use crate::web::api::graph_groups::{self as api, PersonView, connect_people};
use crate::web::auth::{SignedForm, SignedIn};
use crate::web::problem::Problem;
use axum::Router;
use axum::extract::{self, Path, Query};
use axum::response::{Redirect, Response};
use axum::routing::get;
use serde::Deserialize;
use std::num::ParseIntError;
use view::render;

/// Where the page is.
pub(super) const PATH: &str = "/connect/microsoft";

pub(super) fn router() -> Router<State> {
    Router::new()
        .route(PATH, get(show))
        .route("/connect/microsoft/app", get(anew).post(app::save))
        .route("/connect/microsoft/test", get(anew).post(app::test))
        .route("/connect/microsoft/mailboxes", get(anew).post(connect))
        .route("/connect/microsoft/groups", get(anew).post(follow))
        .route("/connect/microsoft/groups/{id}/remove", get(anew).post(unfollow))
}

/// Who comes back to what was answered to a form sees the page as it is now.
async fn anew() -> Redirect {
    Redirect::to(PATH)
}

/// What came of what was asked.
#[derive(Default)]
struct Outcome {
    said: Option<String>,
    failure: Option<Failure>,
    /// What was typed of the app registration, to be sent again.
    app: Option<app::Typed>,
    /// What was typed of mailboxes and groups, to be sent again.
    typed: Typed,
    /// The people who were found.
    people: Option<Vec<PersonView>>,
}

/// Why nothing came of it.
struct Failure {
    /// The field that is meant.
    field: String,
    words: String,
}

/// What was typed to connect mailboxes.
#[derive(Default)]
struct Typed {
    beginning: String,
    address: String,
    group: String,
    list: String,
    days: String,
}

impl Typed {
    fn sent(form: &SignedForm) -> Self {
        let text = |name| form.field(name).unwrap_or_default().trim().to_owned();
        Self {
            beginning: text("beginning"),
            address: text("address"),
            group: text("group"),
            list: text("list"),
            days: text("backfill_days"),
        }
    }

    /// How many days back to read at first.
    fn backfill_days(&self) -> Result<Option<u32>, Problem> {
        let days = Some(self.days.as_str()).filter(|days| !days.is_empty());
        let wrong = |_: ParseIntError| {
            Problem::invalid("backfill_days", "Enter the days to read back as a number.")
        };
        days.map(str::parse).transpose().map_err(wrong)
    }
}

impl Outcome {
    fn said(words: impl Into<String>) -> Self {
        Self { said: Some(words.into()), ..Self::default() }
    }

    /// What the sender can mend is said on the page; the rest is a problem.
    fn failed(problem: Problem) -> Result<Self, Problem> {
        if !problem.kind.is_sayable() {
            return Err(problem);
        }
        let field = problem.field.unwrap_or_default();
        let failure = Failure { field, words: problem.detail.to_string() };
        Ok(Self { failure: Some(failure), ..Self::default() })
    }
}

/// What part of the page is looked at.
#[derive(Debug, Deserialize)]
struct Look {
    /// How the names of the people begin who are looked for; empty: anybody.
    beginning: Option<String>,
}

async fn show(
    extract::State(state): extract::State<State>,
    signed_in: SignedIn,
    Query(look): Query<Look>,
) -> Result<Response, Problem> {
    let access = access(&signed_in)?;
    let outcome = match look.beginning {
        None => Outcome::default(),
        Some(beginning) => {
            let beginning = beginning.trim().to_owned();
            let asked = Some(beginning.as_str()).filter(|text| !text.is_empty());
            let found = match api::find_people(&state, &access, asked).await {
                Ok(people) => Outcome { people: Some(people), ..Outcome::default() },
                Err(problem) => Outcome::failed(problem)?,
            };
            Outcome { typed: Typed { beginning, ..Typed::default() }, ..found }
        }
    };
    render(&state, &signed_in, outcome).await
}

/// Connects those who were ticked, or the mailbox of an address.
async fn connect(
    extract::State(state): extract::State<State>,
    form: SignedForm,
) -> Result<Response, Problem> {
    let access = access(&form.signed_in)?;
    let typed = Typed::sent(&form);
    let done = async {
        let backfill_days = typed.backfill_days()?;
        if form.field("do") == Some("people") {
            let ticked = form.fields.iter().filter(|(name, _)| name == "person");
            let ticked: Vec<(&str, &str)> =
                ticked.filter_map(|(_, person)| person.split_once(' ')).collect();
            let wanted = (typed.list.as_str(), backfill_days);
            let new = connect_people(&state, &access, &ticked, wanted).await?;
            let plural = if new == 1 { "mailbox is" } else { "mailboxes are" };
            return Ok::<_, Problem>(format!(
                "{new} {plural} connected. How each fares is told below."
            ));
        }
        let sent = SentMailbox {
            address: typed.address.clone(),
            list: typed.list.clone(),
            folder: None,
            backfill_days,
        };
        let mailbox = connect_as_app(&state, &access, &sent).await?;
        Ok(format!("{} is connected. How it fares is told below.", mailbox.address))
    };
    let outcome = match done.await {
        Ok(said) => Outcome::said(said),
        Err(problem) => Outcome { typed, ..Outcome::failed(problem)? },
    };
    render(&state, &form.signed_in, outcome).await
}

async fn follow(
    extract::State(state): extract::State<State>,
    form: SignedForm,
) -> Result<Response, Problem> {
    let access = access(&form.signed_in)?;
    let typed = Typed::sent(&form);
    let done = async {
        let (group, list) = (typed.group.clone(), typed.list.clone());
        let sent = api::Sent { group, list, backfill_days: typed.backfill_days()? };
        api::follow(&state, &access, &sent).await
    };
    let outcome = match done.await {
        Ok(group) => {
            let count = group.mailboxes;
            let plural = if count == 1 { "mailbox is" } else { "mailboxes are" };
            let words = format!("The group is followed: {count} {plural} connected because of it.");
            Outcome::said(words)
        }
        Err(problem) => Outcome { typed, ..Outcome::failed(problem)? },
    };
    render(&state, &form.signed_in, outcome).await
}

async fn unfollow(
    extract::State(state): extract::State<State>,
    Path(id): Path<String>,
    form: SignedForm,
) -> Result<Response, Problem> {
    api::unfollow(&state, &access(&form.signed_in)?, &id).await?;
    let said = "The group is not followed any more. The mailboxes of its members stay connected.";
    render(&state, &form.signed_in, Outcome::said(said)).await
}
