//! Templates to answers.

use super::assets::Links;
use crate::web::problem::{Kind, Problem};
use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

/// A page with its status. Pages are not compressed: they mix a secret (the form token) with what
/// strangers wrote, and the compressed size would tell of both (BREACH).
pub(super) fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => Problem::internal(error).into_response(),
    }
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    links: Links,
    title: &'a str,
    detail: &'a str,
    request: &'a str,
    ours: bool,
}

/// A problem as a page.
pub(in crate::web) fn problem_page(problem: &Problem, request: &str) -> Response {
    let page = ProblemPage {
        links: Links::new(),
        title: problem.kind.title(),
        detail: &problem.detail,
        request,
        ours: problem.kind == Kind::Internal,
    };
    let text = page.render().unwrap_or_else(|_| problem.kind.title().to_owned());
    (problem.kind.status(), Html(text)).into_response()
}
