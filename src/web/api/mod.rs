//! REST v1 for programs: JSON in, JSON out, contacts as JSContact Cards, refusals as RFC 9457
//! problems. One file a group of operations; the description at `/api/v1/openapi.json` is collected
//! from the handlers that are routed, so neither can have what the other lacks.

pub(super) mod consents;
#[expect(unused_qualifications, reason = "utoipa's macros write them")]
mod contacts;
#[expect(unused_qualifications, reason = "utoipa's macros write them")]
pub(in crate::web) mod crm;
mod edge;
mod exclusions;
#[expect(unused_qualifications, reason = "utoipa's macros write them")]
pub(in crate::web) mod export;
#[expect(unused_qualifications, reason = "utoipa's macros write them")]
mod followups;
pub(in crate::web) mod graph;
#[expect(unused_qualifications, reason = "utoipa's macros write them")]
pub(in crate::web) mod graph_groups;
mod lists;
pub(in crate::web) mod mailboxes;
mod matching;
mod notices;
mod oauth;
mod once;
mod policies;
pub(in crate::web) mod records;
#[expect(unused_qualifications, reason = "utoipa's macros write them")]
mod suggestions;
mod technical_user;
pub(super) mod webhook;

use super::problem::Document;
use super::{State, timeout};
use crate::store::tokens::Scope;
use axum::routing::get;
use axum::{Json, Router};
use std::sync::Arc;
use tower_http::compression::CompressionLayer;
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;

/// What the description says beyond its operations.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "undersigned",
        description = "Contact suggestions from the signatures in a team's mail. A contact is a \
            JSContact Card (RFC 9553); confidence and origin of its values stand beside it, keyed \
            like its entries (`phones/1`). Times are RFC 3339 in UTC. Lists are paged by key: pass \
            `next` of one page as `before` of the following one."
    ),
    components(schemas(Document<'static>)),
    tags(
        (name = "mailboxes", description = "Connected mail accounts and how they fare"),
        (name = "lists", description = "Contact lists, where suggestions land"),
        (name = "suggestions", description = "Contacts offered to a list, to be decided"),
        (name = "contacts", description = "What was accepted, and its export"),
        (name = "records", description = "The CRM's contacts that suggestions are compared with"),
        (name = "matching", description = "How sure it must be that somebody is known"),
        (name = "policies", description = "What is accepted without a rep, and who may accept"),
        (name = "crm", description = "The connected CRM, and what was written to it"),
        (name = "exclusions", description = "Addresses and domains of which nothing is read"),
        (name = "follow-ups", description = "Mail to accepted contacts, and the account that sends it"),
        (name = "webhook", description = "Where the tenant's own programs are told of events"),
    )
)]
struct Description;

/// Every operation, under `/api/v1`.
pub(super) fn router() -> Router<State> {
    let (router, description) = operations().split_for_parts();
    let description = Arc::new(description);
    router
        .route("/api/v1/openapi.json", get(async move || Json(description)))
        .layer(CompressionLayer::new())
}

fn operations() -> OpenApiRouter<State> {
    let mut description = Description::openapi();
    let scopes = Scope::ALL.map(|scope| format!("- `{}`: {}", scope.as_str(), scope.describe()));
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("und_…")
        .description(Some(format!(
            "An API token, made with `undersigned admin create-token`. Its scopes:\n\n{}",
            scopes.join("\n")
        )))
        .build();
    let components = description.components.get_or_insert_default();
    components.add_security_scheme("token", SecurityScheme::Http(token));
    let groups = OpenApiRouter::new()
        .merge(mailboxes::router())
        .merge(graph::router())
        .merge(graph_groups::router())
        .merge(oauth::router())
        .merge(consents::router())
        .merge(lists::router())
        .merge(suggestions::router())
        .merge(contacts::router())
        .merge(exclusions::router())
        .merge(technical_user::router())
        .merge(notices::router())
        .merge(followups::router())
        .merge(crm::router())
        .merge(matching::router())
        .merge(policies::router())
        .merge(webhook::router())
        .layer(timeout())
        // An import takes as long as its file is large; only who may import sends one.
        .merge(records::router());
    OpenApiRouter::with_openapi(description).nest("/api/v1", groups)
}

#[cfg(test)]
mod tests;
