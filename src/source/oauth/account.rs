//! Who signed in, as the token endpoint says it (`OpenID` Connect Core §2).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

#[derive(Deserialize)]
struct Claims {
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    preferred_username: Option<String>,
    #[serde(default)]
    upn: Option<String>,
}

/// The names of the account in an id token that came from the token endpoint itself, over TLS, which
/// stands for its signature (§3.1.3.7); none if it names none. That the account opens the mailbox is
/// for the mail server to say.
pub fn account_names(id_token: &SecretString) -> Vec<String> {
    let claims = id_token.expose_secret().split('.').nth(1);
    let claims =
        claims.and_then(|claims| URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok());
    let claims = claims.and_then(|claims| serde_json::from_slice::<Claims>(&claims).ok());
    let Some(Claims { email, preferred_username, upn }) = claims else { return Vec::new() };
    [email, preferred_username, upn].into_iter().flatten().filter(|name| !name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_token_names_the_account_and_nonsense_names_nobody() {
        let token = |claims: &str| {
            SecretString::from(format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims)))
        };
        let names = |token: SecretString| account_names(&token);
        assert_eq!(names(token(r#"{"email":"nora@x.example","sub":"1"}"#)), ["nora@x.example"]);
        let both = r#"{"email":"","preferred_username":"Nora@X.example","upn":null}"#;
        assert_eq!(names(token(both)), ["Nora@X.example"]);
        for nonsense in ["", "..", "a.b.c", "a.e30", "a.W10.c", "e30.eyJlbWFpbCI6MX0.c"] {
            assert!(names(nonsense.into()).is_empty(), "{nonsense}");
        }
    }
}
