//! The people of a directory: those of a group, and those to pick from.

use super::access::as_app;
use super::answer::{self, Answer, MAX_LIST};
use super::calls::Calls;
use super::connect::{check_names, is_name};
use super::connector::Connector;
use super::fault::Fault;
use super::link;
use crate::clock::Millis;
use crate::contact::EmailAddress;
use crate::store::graph::App;
use serde::Deserialize;

/// Most pages of a group that are asked for, of up to 999 members each.
const MOST_PAGES: usize = 50;

/// Somebody with a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The address people write to.
    pub address: EmailAddress,
    /// The name they sign in with, by which Graph is asked.
    pub username: String,
    /// What they are called.
    pub name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    #[serde(rename = "@odata.type", default)]
    kind: Option<String>,
    #[serde(default)]
    mail: Option<String>,
    #[serde(default)]
    user_principal_name: Option<String>,
    #[serde(default)]
    display_name: Option<String>,
}

#[derive(Deserialize)]
struct Page {
    value: Vec<Told>,
    #[serde(rename = "@odata.nextLink", default)]
    next: Option<String>,
}

/// Whether this is somebody whom the app may not look at: Graph lists them, and tells nothing of them
/// (<https://learn.microsoft.com/en-us/graph/permissions-overview#limited-information-returned-for-inaccessible-member-objects>).
fn is_hidden(told: &Told) -> bool {
    let is_user = told.kind.as_deref() == Some("#microsoft.graph.user");
    is_user && told.user_principal_name.is_none()
}

/// Who has a mailbox; neither groups, devices, contacts, guests nor people without mail.
fn person(told: Told) -> Option<Person> {
    if told.kind.is_some_and(|kind| kind != "#microsoft.graph.user") {
        return None;
    }
    let address = EmailAddress::parse(&told.mail?)?;
    let username = told.user_principal_name?;
    let fits = is_name(&username) && check_names(&address, "inbox").is_ok();
    fits.then(|| Person { address, username, name: told.display_name.unwrap_or_default() })
}

/// The members of a group, those of groups within it too.
pub(super) async fn members(
    connector: &Connector,
    app: &App,
    group: &str,
    now: Millis,
) -> Result<Vec<Person>, Fault> {
    let tokens = as_app(connector, app, now).await?;
    let calls = Calls::new(connector, app, "", &tokens.access)?;
    let (mut all, mut query) = (Vec::new(), String::new());
    for _ in 0..MOST_PAGES {
        let response = calls.group_page(group, &link::pairs(&query)).await;
        let page = page(response.map_err(of_directory)?).await?;
        if page.value.iter().any(is_hidden) {
            // They are in the group all the same: nobody is to be taken for departed.
            return Err(Fault::NoDirectory);
        }
        all.extend(page.value.into_iter().filter_map(person));
        let Some(next) = page.next else { return Ok(all) };
        query = link::query(&next).ok_or(Fault::Odd)?;
    }
    Err(Fault::TooMuch)
}

/// Up to 100 people whose name or address begins so, to pick from.
pub async fn people(
    connector: &Connector,
    app: &App,
    beginning: &str,
    now: Millis,
) -> Result<Vec<Person>, Fault> {
    let tokens = as_app(connector, app, now).await?;
    let calls = Calls::new(connector, app, "", &tokens.access)?;
    let page = page(calls.people(beginning).await.map_err(of_directory)?).await?;
    Ok(page.value.into_iter().filter_map(person).collect())
}

async fn page(answer: Answer) -> Result<Page, Fault> {
    answer::json(answer, MAX_LIST).await
}

fn of_directory(fault: Fault) -> Fault {
    match fault {
        Fault::NotFound | Fault::NoMailbox => Fault::NoGroup,
        Fault::Forbidden => Fault::NoDirectory,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_has_a_mailbox_is_a_person() {
        let of = |kind: &str, mail: Option<&str>, name: &str| {
            person(Told {
                kind: Some(format!("#microsoft.graph.{kind}")),
                mail: mail.map(str::to_owned),
                user_principal_name: Some(name.to_owned()),
                display_name: None,
            })
        };
        assert!(
            of("user", Some("anna@kugellager.test"), "anna@kugellager.onmicrosoft.test").is_some()
        );
        assert!(of("user", None, "anna@kugellager.test").is_none());
        assert!(of("group", Some("all@kugellager.test"), "all@kugellager.test").is_none());
        let guest = "x_gmail.com#EXT#@kugellager.test";
        assert!(of("user", Some("x@gmail.com"), guest).is_none());
    }
}
