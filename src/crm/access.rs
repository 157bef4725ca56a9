//! Access tokens of CRMs that are signed in to by OAuth: in memory only, and each asked for by one
//! task at a time.

use crate::source::oauth::{TokenError, Tokens};
use secrecy::{ExposeSecret as _, SecretString};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// A token is renewed so long before it ends.
const MARGIN: Duration = Duration::from_mins(2);
/// How many places are kept before those that nobody uses are given up.
const MANY: usize = 1_000;

struct Token {
    secret: SecretString,
    until: Instant,
}

/// A place for one token; who looks for one waits for who gets one.
type Place = Arc<tokio::sync::Mutex<Option<Token>>>;

/// The tokens; clones share them.
#[derive(Clone, Default)]
pub(super) struct AccessTokens(Arc<Mutex<HashMap<String, Place>>>);

impl fmt::Debug for AccessTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessTokens")
    }
}

impl AccessTokens {
    /// The token of `account`; if there is none that lasts, what `ask` gets.
    pub(super) async fn get<F>(
        &self,
        account: &str,
        ask: impl FnOnce() -> F,
    ) -> Result<SecretString, TokenError>
    where
        F: Future<Output = Result<Tokens, TokenError>>,
    {
        let place = self.place(account);
        let mut kept = place.lock().await;
        if let Some(token) = kept.as_ref().filter(|token| Instant::now() < token.until) {
            return Ok(token.secret.clone());
        }
        let tokens = ask().await?;
        let seconds = u64::try_from(tokens.lifetime_seconds).unwrap_or_default();
        let life = Duration::from_secs(seconds).saturating_sub(MARGIN);
        *kept = Some(Token { secret: tokens.access.clone(), until: Instant::now() + life });
        Ok(tokens.access)
    }

    /// Throws a token away that the CRM does not accept, unless there is another one already.
    pub(super) async fn forget(&self, account: &str, refused: &SecretString) {
        let place = self.place(account);
        let mut kept = place.lock().await;
        let is_it = |token: &Token| token.secret.expose_secret() == refused.expose_secret();
        if kept.as_ref().is_some_and(is_it) {
            *kept = None;
        }
    }

    fn place(&self, account: &str) -> Place {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if places.len() > MANY {
            places.retain(|_, place| {
                let ended = |token: &Token| token.until <= Instant::now();
                place.try_lock().map_or(true, |kept| !kept.as_ref().is_none_or(ended))
            });
        }
        Arc::clone(places.entry(account.to_owned()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test(start_paused = true)]
    async fn a_token_is_asked_for_once_until_it_ends_or_is_refused() {
        let (tokens, asked) = (AccessTokens::default(), AtomicUsize::new(0));
        let ask = || async {
            let number = asked.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_secs(1)).await;
            let access = SecretString::from(format!("token {number}"));
            Ok(Tokens { access, lifetime_seconds: 3600, refresh: None, id_token: None })
        };
        let get = || async { tokens.get("a", ask).await.expect("a token") };
        let is = |token: &SecretString, text: &str| assert_eq!(token.expose_secret(), text);
        let (one, two, three) = tokio::join!(get(), get(), get());
        for token in [&one, &two, &three] {
            is(token, "token 0");
        }
        tokio::time::sleep(Duration::from_secs(3400)).await;
        is(&get().await, "token 0");
        tokio::time::sleep(Duration::from_secs(100)).await;
        let newer = get().await;
        is(&newer, "token 1");
        tokens.forget("a", &one).await;
        is(&get().await, "token 1");
        tokens.forget("a", &newer).await;
        is(&get().await, "token 2");
        is(&tokens.get("b", ask).await.expect("a token"), "token 3");
    }
}
