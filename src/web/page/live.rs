//! `/events`: tells an open review that something changed, by Server-Sent Events.
//!
//! What changed is not said; the page asks for itself and gets what its session may see.

use crate::store::{ListId, StoreError, TenantId, suggestions};
use crate::web::State;
use crate::web::auth::SignedIn;
use crate::web::problem::{Kind, Problem};
use axum::Router;
use axum::extract::{self, Query};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::get;
use futures::stream::{self, Stream};
use serde::Deserialize;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::sleep;

/// How often the database is asked.
const LOOK: Duration = Duration::from_secs(1);
/// How often the session is looked at again, in looks.
const SESSION_LOOKS: u32 = 30;
/// How often something is sent when nothing happens, so that no proxy gives the connection up.
const HEARTBEAT: Duration = Duration::from_secs(15);

pub(super) fn router() -> Router<State> {
    Router::new().route("/events", get(events))
}

#[derive(Debug, Deserialize)]
struct Watched {
    #[serde(default)]
    list: String,
}

async fn events(
    extract::State(state): extract::State<State>,
    signed_in: SignedIn,
    Query(watched): Query<Watched>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let tenant = signed_in.reviewer()?.clone();
    let permit = Arc::clone(&state.watchers).try_acquire_owned().map_err(|_| Problem {
        retry_after: Some(30),
        ..Problem::new(Kind::Unavailable, "too many open pages; this one shows no live changes")
    })?;
    let watch = Watch {
        state,
        signed_in,
        tenant,
        list: ListId::parse(&watched.list),
        revision: None,
        looks: 0,
        _permit: permit,
    };
    let events = stream::unfold(watch, |mut watch| async move {
        watch.change().await.map(|event| (Ok(event), watch))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)))
}

/// One open page.
struct Watch {
    state: State,
    signed_in: SignedIn,
    tenant: TenantId,
    list: Option<ListId>,
    revision: Option<i64>,
    looks: u32,
    _permit: OwnedSemaphorePermit,
}

impl Watch {
    /// Waits for the next change. Ends when the process stops, when the session has ended, or when
    /// the database does not answer: the browser comes back by itself.
    async fn change(&mut self) -> Option<Event> {
        loop {
            if self.revision.is_some() {
                tokio::select! {
                    () = self.state.stop.cancelled() => return None,
                    () = sleep(LOOK) => {}
                }
            }
            let revision = self.look().await.ok()??;
            if self.revision.replace(revision) != Some(revision) {
                return Some(Event::default().event("change").data(revision.to_string()));
            }
        }
    }

    async fn look(&mut self) -> Result<Option<i64>, StoreError> {
        self.looks += 1;
        if self.looks.is_multiple_of(SESSION_LOOKS) && !self.signed_in.still(&self.state).await? {
            return Ok(None);
        }
        let mut conn = self.state.db.read().await?;
        let revision = suggestions::revision(&mut conn, &self.tenant, self.list.as_ref()).await?;
        Ok(Some(revision))
    }
}
