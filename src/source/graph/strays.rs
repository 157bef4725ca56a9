//! Subscriptions that nobody knows of: Graph made one, and whoever asked for it died before the answer, or heard
//! none. Each names its mailbox in the address that it notifies, so that it is found among all that the app has.
//! What it tells until then comes with a client state that is not that of the mailbox any more, and is not heeded.

use super::answer::{self, MAX_LIST};
use super::calls::Calls;
use super::connector::Connector;
use super::fault::Fault;
use super::link;
use crate::store::MailboxId;
use serde::Deserialize;
use url::Url;

/// Names the mailbox in the address.
const MAILBOX: &str = "mailbox";

/// How many pages of an app's subscriptions are read.
const MOST_PAGES: usize = 1_000;

#[derive(Deserialize)]
struct Page {
    value: Vec<Told>,
    #[serde(rename = "@odata.nextLink", default)]
    next: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    id: String,
    #[serde(default)]
    notification_url: Option<String>,
}

/// The address that Graph notifies of what comes to a mailbox.
pub(super) fn address(url: &Url, mailbox: &MailboxId) -> Url {
    let mut url = url.clone();
    url.query_pairs_mut().append_pair(MAILBOX, mailbox.as_str());
    url
}

fn is_at(told: &Told, address: &Url) -> bool {
    told.notification_url.as_deref().and_then(|url| Url::parse(url).ok()).as_ref() == Some(address)
}

/// Ends every subscription of a mailbox but the one that is known, and says how many they were. What
/// notifies another address is another installation's, with the same app and a copy of the database.
pub(super) async fn end(
    connector: &Connector,
    calls: &Calls<'_>,
    mailbox: &MailboxId,
    known: &str,
) -> Result<usize, Fault> {
    let Some([changes, _]) = connector.webhook_urls() else { return Ok(0) };
    let address = address(&changes, mailbox);
    let (mut strays, mut query) = (Vec::new(), String::new());
    for _ in 0..MOST_PAGES {
        let answer = calls.subscription_page(&link::pairs(&query)).await?;
        let page: Page = answer::json(answer, MAX_LIST).await?;
        let of_mailbox = page.value.into_iter().filter(|told| is_at(told, &address));
        strays.extend(of_mailbox.map(|told| told.id).filter(|id| id != known));
        let Some(next) = page.next else { break };
        query = link::query(&next).ok_or(Fault::Odd)?;
    }
    for stray in &strays {
        calls.unsubscribe(stray).await?;
    }
    Ok(strays.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_is_known_by_its_address_which_names_the_mailbox() {
        let (mailbox, other) = (MailboxId::new(), MailboxId::new());
        let url = Url::parse("https://crm.example/in?key=a%20b").expect("a URL");
        let told = |url: Option<String>| Told { id: "1".to_owned(), notification_url: url };
        let here = address(&url, &mailbox);
        let ours = told(Some(here.to_string()));
        assert!(is_at(&ours, &here) && !is_at(&ours, &address(&url, &other)));
        assert!(ours.notification_url.expect("a URL").contains("key=a%20b"));
        let elsewhere = here.to_string().replace("crm.example", "staging.example");
        for url in [None, Some(url.to_string()), Some(elsewhere), Some("no address".to_owned())] {
            assert!(!is_at(&told(url), &here));
        }
    }
}
