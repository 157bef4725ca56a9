//! What opens an account: a token that an admin entered, or access that a person's consent gives.

use super::CrmError;
use super::keys::Keys;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// What opens one account.
pub struct Pass {
    from: From,
    /// Stands for the account where its pace is kept.
    account: String,
}

enum From {
    /// It is shown as it is.
    Token(Zeroizing<String>),
    /// What a consent gave right now, to try the account with.
    Access(Zeroizing<String>),
    /// What a consent gives, as often as it ends.
    Consent(Keys),
}

/// A token to be shown.
pub(super) struct Shown {
    pub(super) token: Zeroizing<String>,
    /// It is an access token of OAuth (RFC 6750).
    pub(super) is_access: bool,
}

impl Pass {
    /// A token that an admin entered.
    pub fn token(token: Zeroizing<String>) -> Self {
        let account = digest(&token);
        Self { from: From::Token(token), account }
    }

    /// An access token that a consent gave right now.
    pub(super) fn access(token: Zeroizing<String>) -> Self {
        let account = digest(&token);
        Self { from: From::Access(token), account }
    }

    /// What a tenant's consent gives.
    pub(super) fn consent(keys: Keys) -> Self {
        let account = digest(keys.tenant());
        Self { from: From::Consent(keys), account }
    }

    /// Stands for the account where its pace is kept.
    pub(super) fn account(&self) -> &str {
        &self.account
    }

    /// What to show now.
    pub(super) async fn show(&self) -> Result<Shown, CrmError> {
        let (token, is_access) = match &self.from {
            From::Token(token) => (token.clone(), false),
            From::Access(token) => (token.clone(), true),
            From::Consent(keys) => (keys.access().await?, true),
        };
        Ok(Shown { token, is_access })
    }

    /// What to show instead of a token that was refused, before its time by our reckoning; `None`: there
    /// is nothing else.
    pub(super) async fn instead_of(&self, refused: &Shown) -> Result<Option<Shown>, CrmError> {
        let From::Consent(keys) = &self.from else { return Ok(None) };
        keys.forget(&refused.token);
        self.show().await.map(Some)
    }

    /// What it means that the account refuses what was shown.
    pub(super) fn refused(&self) -> CrmError {
        match self.from {
            From::Token(_) => CrmError::WrongPassword,
            From::Access(_) | From::Consent(_) => CrmError::Consent,
        }
    }
}

fn digest(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(text.as_bytes()))
}
