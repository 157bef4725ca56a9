//! The released binary that reads mailboxes at an emulator of Microsoft and is notified by it.

use crate::support::api::Api;
use crate::support::daemon::Home;
use crate::support::databases::Database;
use crate::support::microsoft::Microsoft;
use crate::support::microsoft::world::{CLIENT, DIRECTORY, SECRET};
use crate::support::port;
use serde_json::json;

/// A home with a tenant, a list and an app registration, and a token for its API. It listens at one
/// address for life, so that Microsoft reaches it again after each start.
pub(super) fn home_at(database: &Database, microsoft: &Microsoft) -> (Home, String) {
    let here = format!("127.0.0.1:{}", port::free());
    let home = Home::in_(database)
        .with("SERVER__LISTEN", &here)
        .with("LOG__FILTER", "info")
        .with("GRAPH__IDENTITY_URL", &microsoft.identity)
        .with("GRAPH__API_URL", &microsoft.api)
        .with("GRAPH__WEBHOOK_URL", &format!("http://{here}"))
        .with("GRAPH__POLL_SECONDS", "2");
    home.run(&["admin", "create-tenant", "Kugellager", "--region", "DE"]);
    let token = home.run(&["admin", "create-token", "--tenant", "Kugellager", "story"]);
    let app = ["admin", "set-graph-app", "--tenant", "Kugellager", "--directory", DIRECTORY];
    home.run_with_input(&[&app[..], &["--client-id", CLIENT]].concat(), &format!("{SECRET}\n"));
    (home, token.trim().to_owned())
}

/// Connects mailboxes that are there; their suggestions land in a list of their own.
pub(super) async fn connect(api: &Api, addresses: &[String]) {
    let list = api.post("/lists", json!({"name": "Inbound"})).await;
    for address in addresses {
        api.post("/mailboxes/graph", json!({"address": address, "list": list["id"]})).await;
    }
}
