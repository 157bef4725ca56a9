//! Sessions at CRMs that give a token for what opens a connection: kept in memory only, and asked for
//! by one of all who need it.

use super::CrmError;
use crate::source::oauth::Tokens;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// A session is renewed so long before it ends.
const MARGIN: Duration = Duration::from_mins(2);
/// How many are kept before those are forgotten that have ended, or do not say when they will.
const MANY: usize = 1_000;

/// What signing in gave; `T` is what the CRM tells beside the token.
#[derive(Debug, Clone)]
pub(super) struct Session<T = ()> {
    /// The token that requests bear.
    pub(super) token: SecretString,
    /// When it ends; without it, when the CRM refuses it.
    pub(super) until: Option<Instant>,
    /// What else is told.
    pub(super) told: T,
}

impl From<Tokens> for Session {
    fn from(tokens: Tokens) -> Self {
        let seconds = u64::try_from(tokens.lifetime_seconds).unwrap_or_default();
        let life = Duration::from_secs(seconds).saturating_sub(MARGIN);
        Self { token: tokens.access, until: Instant::now().checked_add(life), told: () }
    }
}

/// A place for one session; who looks for one waits for who gets one.
type Place<T> = Arc<tokio::sync::Mutex<Option<Session<T>>>>;

/// The sessions of all connections of a kind; clones share them.
#[derive(Debug)]
pub(super) struct Sessions<T = ()>(Arc<Mutex<HashMap<String, Place<T>>>>);

impl<T> Clone for Sessions<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Sessions<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Clone> Sessions<T> {
    /// The session that is kept for `key`, unless it ends soon or its token is the one that was
    /// `refused`: then, and if there is none, what `sign_in` gets.
    pub(super) async fn get(
        &self,
        key: &str,
        refused: Option<&SecretString>,
        sign_in: impl Future<Output = Result<Session<T>, CrmError>>,
    ) -> Result<Session<T>, CrmError> {
        let place = self.place(key);
        let mut kept = place.lock().await;
        let is_good = |it: &&Session<T>| {
            let is_refused =
                refused.is_some_and(|refused| refused.expose_secret() == it.token.expose_secret());
            !is_refused && it.until.is_none_or(|until| Instant::now() < until)
        };
        if let Some(session) = kept.as_ref().filter(is_good) {
            return Ok(session.clone());
        }
        *kept = None;
        Ok(kept.insert(sign_in.await?).clone())
    }

    fn place(&self, key: &str) -> Place<T> {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if places.len() >= MANY && !places.contains_key(key) {
            // One that is in use cannot be locked.
            places.retain(|_, place| {
                let lasts = |it: &Session<T>| it.until.is_some_and(|until| Instant::now() < until);
                place.try_lock().map_or(true, |kept| kept.as_ref().is_some_and(lasts))
            });
        }
        Arc::clone(places.entry(key.to_owned()).or_default())
    }
}

/// Stands for what opens a connection where its session and its pace are kept.
pub(super) fn key(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part.as_bytes());
    }
    URL_SAFE_NO_PAD.encode(hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test(start_paused = true)]
    async fn one_signs_in_once_until_the_session_ends_or_is_refused() {
        let (sessions, asked) = (Sessions::default(), AtomicUsize::new(0));
        let sign_in = || async {
            let number = asked.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_secs(1)).await;
            let access = SecretString::from(format!("token {number}"));
            Ok(Tokens { access, lifetime_seconds: 3600, refresh: None, id_token: None }.into())
        };
        let get = async |refused: Option<&SecretString>| {
            sessions.get("a", refused, sign_in()).await.expect("a session").token
        };
        let is = |token: &SecretString, text: &str| assert_eq!(token.expose_secret(), text);
        let (one, two, three) = tokio::join!(get(None), get(None), get(None));
        for token in [&one, &two, &three] {
            is(token, "token 0");
        }
        tokio::time::sleep(Duration::from_secs(3400)).await;
        is(&get(None).await, "token 0");
        tokio::time::sleep(Duration::from_secs(100)).await;
        let newer = get(None).await;
        is(&newer, "token 1");
        // Another one is kept already.
        is(&get(Some(&one)).await, "token 1");
        is(&get(Some(&newer)).await, "token 2");
        is(&sessions.get("b", None, sign_in()).await.expect("a session").token, "token 3");
    }

    #[test]
    fn what_opens_one_connection_opens_no_other() {
        assert_eq!(key(&["a", "bc"]), key(&["a", "bc"]));
        assert_ne!(key(&["a", "bc"]), key(&["ab", "c"]));
    }
}
