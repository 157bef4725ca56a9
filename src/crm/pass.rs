//! What opens an account: a token that an admin entered, or access that a person's consent gives.

use super::CrmError;
use super::http::{Answer, Http};
use super::keys::Keys;
use super::pace::Pace;
use super::sessions::key;
use reqwest::{RequestBuilder, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

/// What opens one account.
pub struct Pass {
    from: From,
    /// Stands for the account where its pace is kept.
    account: String,
}

enum From {
    /// It is shown as it is.
    Token(SecretString),
    /// What a consent gave right now, to try the account with.
    Access(SecretString),
    /// What a consent gives, as often as it ends.
    Consent(Box<Keys>),
}

/// A token to be shown.
pub(super) struct Shown {
    pub(super) token: SecretString,
    /// It is an access token of OAuth (RFC 6750).
    pub(super) is_access: bool,
}

impl Pass {
    /// A token that an admin entered.
    pub fn token(token: &Zeroizing<String>) -> Self {
        let from = From::Token(SecretString::from(token.as_str()));
        Self { from, account: key(&[token]) }
    }

    /// An access token that a consent gave right now.
    pub(super) fn access(token: SecretString) -> Self {
        let account = key(&[token.expose_secret()]);
        Self { from: From::Access(token), account }
    }

    /// What a tenant's consent gives.
    pub(super) fn consent(keys: Keys) -> Self {
        let account = key(&[keys.tenant()]);
        Self { from: From::Consent(Box::new(keys)), account }
    }

    /// What the account answers to a request that shows what opens it, made as often as `paces` say. What
    /// a consent gave and the account refuses, before its time by our reckoning, is shown no more: the
    /// request is made once again with what is given instead.
    pub(super) async fn ask(
        &self,
        http: &Http,
        paces: &[(&str, Pace)],
        limit: usize,
        request: impl Fn(&Shown) -> Result<RequestBuilder, CrmError>,
    ) -> Result<Answer, CrmError> {
        let mut refused = None;
        loop {
            let shown = self.show(refused.as_ref()).await?;
            for (what, pace) in paces {
                http.pace(&format!("{} {what}", self.account), *pace).await;
            }
            let answer = http.exchange(request(&shown)?, limit).await?;
            if answer.status != StatusCode::UNAUTHORIZED {
                return Ok(answer);
            }
            if refused.is_some() || !matches!(self.from, From::Consent(_)) {
                return Err(self.refused());
            }
            refused = Some(shown.token);
        }
    }

    /// The token that an admin entered, if that opens it.
    pub(super) const fn entered(&self) -> Option<&SecretString> {
        match &self.from {
            From::Token(token) => Some(token),
            From::Access(_) | From::Consent(_) => None,
        }
    }

    async fn show(&self, refused: Option<&SecretString>) -> Result<Shown, CrmError> {
        let (token, is_access) = match &self.from {
            From::Token(token) => (token.clone(), false),
            From::Access(token) => (token.clone(), true),
            From::Consent(keys) => (keys.access(refused).await?, true),
        };
        Ok(Shown { token, is_access })
    }

    /// What it means that the account refuses what was shown.
    pub(super) const fn refused(&self) -> CrmError {
        match self.from {
            From::Token(_) => CrmError::WrongPassword,
            From::Access(_) | From::Consent(_) => CrmError::Consent,
        }
    }
}
