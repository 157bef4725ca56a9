//! The folders of mailboxes: the usual ones, known by name and by id, and those that people make.

use super::world::World;
use super::{Shared, refusal};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Those that every mailbox has; their ids are `AQMk-` and the name.
const USUAL: [&str; 6] = ["inbox", "archive", "drafts", "sentitems", "deleteditems", "junkemail"];

/// A folder that somebody made.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) parent: String,
}

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/users/{user}/mailFolders/delta()", get(delta))
        .route("/users/{user}/mailFolders/{folder}", get(one))
}

impl World {
    /// Makes a folder within another one and answers its id.
    pub(crate) fn add_folder(&mut self, address: &str, name: &str, parent: &str) -> String {
        let id = format!("AQMk-{name}");
        let parent = format!("AQMk-{parent}");
        let folder = Folder { id: id.clone(), name: name.to_owned(), parent };
        self.folders.entry(address.to_owned()).or_default().push(folder);
        id
    }

    fn all_folders(&self, address: &str) -> Vec<Folder> {
        let usual = USUAL.map(|name| Folder {
            id: format!("AQMk-{name}"),
            name: name.to_owned(),
            parent: "AQMk-root".to_owned(),
        });
        usual.into_iter().chain(self.folders.get(address).into_iter().flatten().cloned()).collect()
    }

    /// The name of a folder that is asked for by name, if it is a usual one, or by id.
    pub(super) fn folder(&self, address: &str, asked: &str) -> Option<String> {
        let mut all = self.all_folders(address).into_iter();
        let known = |one: &Folder| one.id == asked || (one.name == asked && USUAL.contains(&asked));
        all.find(known).map(|one| one.name)
    }

    fn told(&self, address: &str, folder: &Folder) -> Value {
        let count = self.mailboxes[address].iter().filter(|one| one.folder == folder.name).count();
        json!({"id": folder.id, "displayName": folder.name, "parentFolderId": folder.parent,
               "totalItemCount": count})
    }
}

async fn one(
    State(shared): State<Shared>,
    Path((user, folder)): Path<(String, String)>,
) -> Response {
    let world = shared.lock().unwrap();
    let name = world.folder(&user, &folder);
    let all = world.all_folders(&user);
    match all.iter().find(|one| Some(&one.name) == name.as_ref()) {
        Some(found) => Json(world.told(&user, found)).into_response(),
        None => refusal(StatusCode::NOT_FOUND, "ErrorItemNotFound"),
    }
}

/// In pages of three.
async fn delta(
    State(shared): State<Shared>,
    Path(user): Path<String>,
    Query(asked): Query<BTreeMap<String, String>>,
) -> Response {
    const PAGE: usize = 3;
    let world = shared.lock().unwrap();
    let skip: usize = asked.get("$skiptoken").map_or(0, |it| it.parse().unwrap());
    let all = world.all_folders(&user);
    let page = all.iter().skip(skip).take(PAGE).map(|folder| world.told(&user, folder));
    let mut body = json!({"value": page.collect::<Vec<Value>>()});
    let link =
        |query: String| format!("{}/v1.0/users/{user}/mailFolders/delta()?{query}", world.base);
    if skip + PAGE < all.len() {
        body["@odata.nextLink"] = link(format!("$skiptoken={}", skip + PAGE)).into();
    } else {
        body["@odata.deltaLink"] = link("$deltatoken=x".to_owned()).into();
    }
    Json(body).into_response()
}
