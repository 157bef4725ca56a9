//! The directory: people and groups, in pages of two.

use super::world::World;
use super::{Shared, refusal};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::BTreeMap;

type Asked = Query<BTreeMap<String, String>>;

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/users", get(people))
        .route("/groups/{group}/transitiveMembers", get(members))
}

impl World {
    /// Makes somebody who signs in as `username` and has a mailbox.
    pub(crate) fn hire(&mut self, username: &str, mail: &str) {
        self.people.insert(username.to_owned(), mail.to_owned());
        self.add_mailbox(username);
    }

    /// Somebody signs in under another name; address and mailbox stay.
    pub(crate) fn rename(&mut self, before: &str, after: &str) {
        let mail = self.people.remove(before).unwrap();
        self.people.insert(after.to_owned(), mail);
        let mailbox = self.mailboxes.remove(before).unwrap();
        self.mailboxes.insert(after.to_owned(), mailbox);
    }

    /// Sets who is in a group.
    pub(crate) fn set_group(&mut self, group: &str, members: &[&str]) {
        let members = members.iter().map(|&member| member.to_owned()).collect();
        self.groups.insert(group.to_owned(), members);
    }

    fn person(&self, username: &str) -> Value {
        let name = username.split('@').next().unwrap();
        json!({"id": format!("id-{name}"), "displayName": name, "mail": self.people[username],
               "userPrincipalName": username})
    }
}

async fn people(State(shared): State<Shared>, Query(asked): Asked) -> Response {
    let world = shared.lock().unwrap();
    assert!(asked["$select"].contains("userPrincipalName"));
    let beginning = asked.get("$filter").map_or("", |filter| {
        let inner = filter.strip_prefix("startswith(displayName,'").unwrap();
        let (beginning, rest) = inner.split_once("') or startswith(mail,'").unwrap();
        assert_eq!(rest, format!("{beginning}')"));
        beginning
    });
    let fits = |username: &&String| username.starts_with(beginning);
    let found: Vec<Value> =
        world.people.keys().filter(fits).map(|username| world.person(username)).collect();
    Json(json!({"value": found})).into_response()
}

async fn members(
    State(shared): State<Shared>,
    Path(group): Path<String>,
    Query(asked): Asked,
) -> Response {
    const PAGE: usize = 2;
    let world = shared.lock().unwrap();
    let Some(members) = world.groups.get(&group) else {
        return refusal(StatusCode::NOT_FOUND, "Request_ResourceNotFound");
    };
    let skip: usize = asked.get("$skiptoken").map_or(0, |it| it.parse().unwrap());
    let mut all: Vec<Value> = members.iter().map(|member| world.person(member)).collect();
    for person in &mut all {
        if world.opaque_groups.contains(&group) {
            *person = json!({"id": person["id"], "mail": null, "userPrincipalName": null});
        }
        person["@odata.type"] = "#microsoft.graph.user".into();
    }
    // What else is in a group.
    all.insert(
        0,
        json!({"@odata.type": "#microsoft.graph.group", "id": "inner", "mail": "all@x.test"}),
    );
    all.push(json!({"@odata.type": "#microsoft.graph.device", "id": "laptop"}));
    let page: Vec<&Value> = all.iter().skip(skip).take(PAGE).collect();
    let mut body = json!({"value": page});
    if skip + PAGE < all.len() {
        let link = format!("{}/v1.0/groups/{group}/transitiveMembers", world.base);
        body["@odata.nextLink"] = format!("{link}?$skiptoken={}", skip + PAGE).into();
    }
    Json(body).into_response()
}
