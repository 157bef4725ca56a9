//! What is asked of Graph, through the [gate](super::gate) of the app to the mailbox.

use super::answer::{self, Answer, Page};
use super::connector::Connector;
use super::fault::Fault;
use super::gate::Gate;
use super::link;
use super::personal::is_personal;
use super::single::MAX_MESSAGE;
use crate::clock::Millis;
use crate::store::graph::App;
use futures::future::BoxFuture;
use graph_http::api_impl::RequestHandler as Request;
use graph_rs_sdk::ODataQuery;
use graph_rs_sdk::header::{AUTHORIZATION, HeaderName, HeaderValue};
use graph_rs_sdk::users::{MailFoldersApiClient, MailFoldersIdApiClient, UsersMessagesIdApiClient};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// How many requests for a mailbox may be under way
/// (<https://learn.microsoft.com/en-us/graph/throttling-limits#outlook-service-limits>).
pub(super) const AT_ONCE: usize = 4;

/// As many of them does Outlook run at a time of those that come as one.
const BATCH: u32 = 4;

/// How many messages a page lists.
const PAGE: &str = "50";

/// Ids that stay when a message is moved
/// (<https://learn.microsoft.com/en-us/graph/outlook-immutable-id>).
pub(super) const IMMUTABLE: &str = "IdType=\"ImmutableId\"";

/// What of a person is asked for.
const PERSON: [&str; 4] = ["id", "displayName", "mail", "userPrincipalName"];

/// One mailbox, opened by a token.
pub(super) struct Calls<'a> {
    pub(super) connector: &'a Connector,
    user: &'a str,
    /// Whether the mailbox is asked for as that of whoever signed in.
    is_me: bool,
    bearer: HeaderValue,
    gate: Arc<Gate>,
}

/// Who signed in.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Account {
    #[serde(default)]
    mail: Option<String>,
    #[serde(default)]
    user_principal_name: Option<String>,
}

impl Account {
    /// Whether people write to it under this address.
    pub(super) fn is(&self, address: &str) -> bool {
        [&self.mail, &self.user_principal_name]
            .into_iter()
            .flatten()
            .any(|own| own.eq_ignore_ascii_case(address))
    }
}

/// A subscription as Graph made it.
#[derive(Debug, Deserialize)]
pub(super) struct Subscribed {
    /// Its id.
    pub(super) id: String,
}

impl<'a> Calls<'a> {
    /// The mailbox of `user`, as an app is let in.
    pub(super) fn new(
        connector: &'a Connector,
        app: &App,
        user: &'a str,
        token: &SecretString,
    ) -> Result<Self, Fault> {
        let mut bearer = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()))
            .map_err(|_| Fault::Odd)?;
        bearer.set_sensitive(true);
        let (is_me, gate) = (is_personal(user), connector.gates().to(app, user));
        Ok(Self { connector, user, is_me, bearer, gate })
    }

    /// Who signed in.
    pub(super) async fn account(&self) -> Result<Account, Fault> {
        let request = self.connector.api().me().get_user().select(&["mail", "userPrincipalName"]);
        answer::json(self.send(request, IMMUTABLE).await?, MAX_MESSAGE).await
    }

    /// Where the mailbox is, below the root of Graph.
    pub(super) fn root(&self) -> Vec<&str> {
        if self.is_me { vec!["me"] } else { vec!["users", self.user] }
    }

    /// The mailbox's folders.
    fn folders(&self) -> MailFoldersApiClient {
        let api = self.connector.api();
        if self.is_me { api.me().mail_folders() } else { api.user(self.user).mail_folders() }
    }

    /// One of them.
    fn folder(&self, id: &str) -> MailFoldersIdApiClient {
        let api = self.connector.api();
        if self.is_me { api.me().mail_folder(id) } else { api.user(self.user).mail_folder(id) }
    }

    /// One of the mailbox's messages.
    pub(super) fn one(&self, id: &str) -> UsersMessagesIdApiClient {
        let api = self.connector.api();
        if self.is_me { api.me().message(id) } else { api.user(self.user).message(id) }
    }

    /// Several requests in one.
    pub(super) async fn batch(&self, requests: &Value) -> Result<Answer, Fault> {
        self.send_as(BATCH, self.connector.api().batch(requests), IMMUTABLE).await
    }

    /// Asks for nothing more for as long as Graph wants it.
    pub(super) fn pause(&self, wait: Duration) {
        self.gate.close(wait);
    }

    /// A page of the mailbox's folders.
    pub(super) async fn folder_page(&self, query: &[(String, String)]) -> Result<Answer, Fault> {
        let mut request = self.folders().delta();
        for (name, value) in query {
            request = request.append_query_pair(name, value);
        }
        self.send(request, IMMUTABLE).await.map_err(no_mailbox)
    }

    /// Graph's id of a folder with a well-known name.
    pub(super) async fn folder_id(&self, name: &str) -> Result<String, Fault> {
        #[derive(Deserialize)]
        struct Folder {
            id: String,
        }
        let request = self.folder(name).get_mail_folders().select(&["id"]);
        let response = self.send(request, IMMUTABLE).await?;
        let folder: Folder = answer::json(response, MAX_MESSAGE).await?;
        Ok(folder.id)
    }

    /// A page of the members of a group, those of groups within it too.
    pub(super) async fn group_page(
        &self,
        group: &str,
        query: &[(String, String)],
    ) -> Result<Answer, Fault> {
        let members = self.connector.api().group(group).transitive_members();
        let mut request = members.list_transitive_members();
        if query.is_empty() {
            request = request.select(&PERSON).top("999");
        }
        for (name, value) in query {
            request = request.append_query_pair(name, value);
        }
        self.send(request, IMMUTABLE).await
    }

    /// People whose name or address begins so.
    pub(super) async fn people(&self, beginning: &str) -> Result<Answer, Fault> {
        let mut request = self.connector.api().users().list_user().select(&PERSON).top("100");
        if !beginning.is_empty() {
            let text = beginning.replace('\'', "''");
            let filter = format!("startswith(displayName,'{text}') or startswith(mail,'{text}')");
            request = request.filter(&[filter.as_str()]);
        }
        self.send(request, IMMUTABLE).await
    }

    /// How many messages a folder has.
    pub(super) async fn messages_in(&self, folder: &str) -> Result<u32, Fault> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Folder {
            total_item_count: u32,
        }
        let request = self.folder(folder).get_mail_folders().select(&["totalItemCount"]);
        let response = self.send(request, IMMUTABLE).await;
        let folder: Folder = answer::json(response.map_err(no_mailbox)?, MAX_MESSAGE).await?;
        Ok(folder.total_item_count)
    }

    /// What came or was moved to a folder since `query` was answered; without one, what was
    /// received since `from`.
    pub(super) async fn delta(
        &self,
        folder: &str,
        query: &str,
        from: Millis,
    ) -> Result<Page, Fault> {
        let mut request = self.folder(folder).messages().delta();
        if query.is_empty() {
            let since = format!("receivedDateTime ge {}", stamp(from));
            request = request
                .append_query_pair("changeType", "created")
                .filter(&[since.as_str()])
                .select(&["id", "receivedDateTime", "isDraft"]);
        }
        for (name, value) in link::pairs(query) {
            request = request.append_query_pair(name, value);
        }
        let prefer = format!("{IMMUTABLE}, odata.maxpagesize={PAGE}");
        let response = self.send(request, &prefer).await;
        answer::page(response.map_err(no_mailbox)?).await
    }

    /// What a folder has received since `from`, and before `until` if that is said, oldest first;
    /// `query` goes on with a page.
    pub(super) async fn received(
        &self,
        folder: &str,
        query: &str,
        from: Millis,
        until: Option<Millis>,
    ) -> Result<Page, Fault> {
        let mut request = self.folder(folder).messages().list_messages();
        if query.is_empty() {
            let mut since = format!("receivedDateTime ge {}", stamp(from));
            if let Some(until) = until {
                since = format!("{since} and receivedDateTime lt {}", stamp(until));
            }
            request = request
                .filter(&[since.as_str()])
                .order_by(&["receivedDateTime"])
                .select(&["id", "receivedDateTime", "isDraft"])
                .top(PAGE)
                .append_query_pair("$count", "true");
        }
        for (name, value) in link::pairs(query) {
            request = request.append_query_pair(name, value);
        }
        let response = self.send(request, IMMUTABLE).await;
        answer::page(response.map_err(no_mailbox)?).await
    }

    /// Subscribes to what comes to a folder. Graph tries both addresses before it answers.
    pub(super) async fn subscribe(
        &self,
        folder: &str,
        [changes, lifecycle]: &[Url; 2],
        client_state: &str,
        until: Millis,
    ) -> Result<Subscribed, Fault> {
        let subscription = json!({
            "changeType": "created",
            "notificationUrl": changes,
            "lifecycleNotificationUrl": lifecycle,
            "resource": format!("{}/mailFolders('{folder}')/messages", self.root().join("/")),
            "expirationDateTime": stamp(until),
            "clientState": client_state,
            "latestSupportedTlsVersion": "v1_2",
        });
        let request = self.connector.api().subscriptions().create_subscription(&subscription);
        answer::json(self.send(request, IMMUTABLE).await?, MAX_MESSAGE).await
    }

    /// A page of the subscriptions that the app has made, in whose name it asks.
    pub(super) async fn subscription_page(
        &self,
        query: &[(String, String)],
    ) -> Result<Answer, Fault> {
        let mut request = self.connector.api().subscriptions().list_subscription();
        for (name, value) in query {
            request = request.append_query_pair(name, value);
        }
        self.send(request, IMMUTABLE).await
    }

    /// Lets a subscription last until then, with the token of today.
    pub(super) async fn renew(&self, subscription: &str, until: Millis) -> Result<(), Fault> {
        let change = json!({ "expirationDateTime": stamp(until) });
        let request = self.connector.api().subscription(subscription).update_subscription(&change);
        self.send(request, IMMUTABLE).await?;
        Ok(())
    }

    /// Ends a subscription; one that is over already is no fault.
    pub(super) async fn unsubscribe(&self, subscription: &str) -> Result<(), Fault> {
        let request = self.connector.api().subscription(subscription).delete_subscription();
        match self.send(request, IMMUTABLE).await {
            Ok(_) | Err(Fault::NotFound) => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    /// Sends a request with the token in place of the SDK's own, and our wishes.
    pub(super) fn send(
        &self,
        request: Request,
        prefer: &str,
    ) -> BoxFuture<'static, Result<Answer, Fault>> {
        self.send_as(1, request, prefer)
    }

    /// Sends what counts as so many requests. On the heap: what the SDK waits in is large, and every
    /// idle mailbox would keep the room.
    fn send_as(
        &self,
        requests: u32,
        request: Request,
        prefer: &str,
    ) -> BoxFuture<'static, Result<Answer, Fault>> {
        let prefer =
            HeaderValue::from_str(prefer).unwrap_or_else(|_| HeaderValue::from_static(IMMUTABLE));
        let request = request
            .header(AUTHORIZATION, self.bearer.clone())
            .header(HeaderName::from_static("prefer"), prefer);
        let gate = Arc::clone(&self.gate);
        Box::pin(async move {
            let room = gate.enter(requests).await.map_err(Fault::Throttled)?;
            // Its text holds addresses and headers, so it is looked at by nobody.
            let response = request.send().await.map_err(|_| Fault::Unreachable)?;
            let answer = answer::success(response, room).await;
            if let Some(wait) = answer.as_ref().err().and_then(Fault::wait) {
                gate.close(wait);
            }
            answer
        })
    }
}

/// Where a list is asked for, what is missing is the mailbox or the folder.
fn no_mailbox(fault: Fault) -> Fault {
    if matches!(fault, Fault::NotFound) { Fault::NoMailbox } else { fault }
}

/// A time as Graph reads it, in whole seconds, never later than meant.
fn stamp(at: Millis) -> String {
    Millis(at.0.div_euclid(1000) * 1000).to_rfc3339()
}
