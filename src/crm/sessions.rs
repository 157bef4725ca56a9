//! Sessions at CRMs that give a token for the credentials of a connection: kept in memory only, and
//! asked for by one of all who need it.

use super::CrmError;
use secrecy::{ExposeSecret as _, SecretString};
use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use url::Url;

/// How many are kept before those that nobody uses are forgotten.
const MANY: usize = 1_000;

/// What signing in gave.
#[derive(Debug, Clone)]
pub(super) struct Session {
    /// The token that requests bear.
    pub(super) token: SecretString,
    /// Where they are sent.
    pub(super) address: Url,
    /// The CRM's id of the organisation.
    pub(super) organization: String,
    /// The CRM's id of whom the requests are made as.
    pub(super) user: String,
}

/// A place for one session; who looks for one waits for who gets one.
type Place = Arc<tokio::sync::Mutex<Option<Session>>>;

/// The sessions of all connections; clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Sessions(Arc<Mutex<HashMap<String, Place>>>);

impl Sessions {
    /// The session that is kept for `key`, unless it is the one that was `refused`: then, and if there
    /// is none, what `sign_in` gets.
    pub(super) async fn get(
        &self,
        key: &str,
        refused: Option<&Session>,
        sign_in: impl Future<Output = Result<Session, CrmError>>,
    ) -> Result<Session, CrmError> {
        let place = self.place(key);
        let mut kept = place.lock().await;
        let is_refused = |it: &Session| refused.is_some_and(|refused| it.is(refused));
        if let Some(session) = kept.as_ref().filter(|it| !is_refused(it)) {
            return Ok(session.clone());
        }
        *kept = None;
        Ok(kept.insert(sign_in.await?).clone())
    }

    fn place(&self, key: &str) -> Place {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if places.len() > MANY {
            places.retain(|_, place| Arc::strong_count(place) > 1);
        }
        Arc::clone(places.entry(key.to_owned()).or_default())
    }
}

impl Session {
    fn is(&self, other: &Self) -> bool {
        self.token.expose_secret() == other.token.expose_secret()
    }
}
