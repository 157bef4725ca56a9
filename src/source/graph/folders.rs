//! The folders of a mailbox, and which of them mail comes to.

use super::access::as_app;
use super::answer;
use super::calls::{AT_ONCE, Calls};
use super::connect::NOT_INCOMING;
use super::connector::Connector;
use super::fault::Fault;
use super::link;
use crate::clock::Millis;
use crate::store::graph::App;
use futures::{StreamExt, stream};
use serde::Deserialize;
use std::collections::{HashMap, HashSet};

/// Most pages of folders that are asked for.
const MOST_PAGES: usize = 100;

/// Most folders within each other.
const DEEPEST: usize = 100;

/// A folder that mail may come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Graph's id of it.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// How many messages are in it.
    pub messages: u32,
}

/// A folder as Graph tells it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Told {
    id: String,
    #[serde(default)]
    display_name: Option<String>,
    #[serde(default)]
    parent_folder_id: Option<String>,
    #[serde(default)]
    total_item_count: Option<u32>,
    #[serde(rename = "@removed", default)]
    removed: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Page {
    value: Vec<Told>,
    #[serde(rename = "@odata.nextLink", default)]
    next: Option<String>,
}

impl Calls<'_> {
    /// Every folder of the mailbox, those within others too.
    async fn all_folders(&self) -> Result<Vec<Told>, Fault> {
        let (mut all, mut query) = (Vec::new(), String::new());
        for _ in 0..MOST_PAGES {
            let response = self.folder_page(&link::pairs(&query)).await?;
            let page: Page = answer::json(response, answer::MAX_LIST).await?;
            all.extend(page.value.into_iter().filter(|folder| folder.removed.is_none()));
            let Some(next) = page.next else { return Ok(all) };
            query = link::query(&next).ok_or(Fault::Odd)?;
        }
        Err(Fault::TooMuch)
    }

    /// The folders that mail comes to: neither sent, drafts, junk, deleted mail nor what is in them.
    async fn incoming_folders(&self) -> Result<Vec<Folder>, Fault> {
        let ids = NOT_INCOMING.map(|name| self.folder_id(name));
        let ids: Vec<Result<String, Fault>> = stream::iter(ids).buffered(AT_ONCE).collect().await;
        let mut not_incoming = HashSet::new();
        for id in ids {
            match id {
                Ok(id) => {
                    not_incoming.insert(id);
                }
                // Not every mailbox has each of them.
                Err(Fault::NotFound | Fault::Refused(_)) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(incoming(&self.all_folders().await?, &not_incoming))
    }
}

fn incoming(all: &[Told], not_incoming: &HashSet<String>) -> Vec<Folder> {
    let parents: HashMap<String, String> = all
        .iter()
        .filter_map(|folder| Some((folder.id.clone(), folder.parent_folder_id.clone()?)))
        .collect();
    let is_incoming = |id: &str| {
        let mut within = std::iter::successors(Some(id), |id| parents.get(*id).map(String::as_str));
        !within.by_ref().take(DEEPEST).any(|id| not_incoming.contains(id))
    };
    let found = all.iter().filter(|folder| answer::is_id(&folder.id) && is_incoming(&folder.id));
    let mut found: Vec<Folder> = found
        .map(|folder| Folder {
            id: folder.id.clone(),
            name: folder.display_name.clone().unwrap_or_default(),
            messages: folder.total_item_count.unwrap_or(0),
        })
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// The folders of a mailbox that can be read, as the app sees them.
pub async fn folders(
    connector: &Connector,
    app: &App,
    address: &str,
    now: Millis,
) -> Result<Vec<Folder>, Fault> {
    let tokens = as_app(connector, app, now).await?;
    Calls::new(connector, app, address, &tokens.access)?.incoming_folders().await
}

/// Whether a folder can be chosen without asking Graph for it: its name alone says what it is.
pub fn is_well_known(folder: &str) -> bool {
    ["inbox", "archive"].contains(&folder)
}

impl Calls<'_> {
    /// Refuses a folder that no mail comes to.
    pub(super) async fn check_incoming(&self, folder: &str) -> Result<(), Fault> {
        if is_well_known(folder) {
            return Ok(());
        }
        let found = self.incoming_folders().await?;
        if found.iter().any(|known| known.id == folder) { Ok(()) } else { Err(Fault::NotIncoming) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_within_junk_is_junk_and_a_ring_of_folders_ends() {
        let told = |id: &str, parent: &str| Told {
            id: id.to_owned(),
            display_name: Some(id.to_owned()),
            parent_folder_id: Some(parent.to_owned()),
            total_item_count: None,
            removed: None,
        };
        let all = [
            told("inbox", "root"),
            told("offers", "inbox"),
            told("junk", "root"),
            told("older", "junk"),
            told("oldest", "older"),
            told("one", "two"),
            told("two", "one"),
        ];
        let found = incoming(&all, &HashSet::from(["junk".to_owned()]));
        let names: Vec<&str> = found.iter().map(|folder| folder.name.as_str()).collect();
        assert_eq!(names, ["inbox", "offers", "one", "two"]);
    }
}
