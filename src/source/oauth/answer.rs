//! What a token endpoint answers (RFC 6749 §5), and what it means.

use super::client::Tokens;
use super::error::{Code, TokenError};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

/// How long a token lasts if nothing is said.
const USUAL_SECONDS: i64 = 3600;

#[derive(Deserialize)]
struct Good {
    access_token: SecretString,
    #[serde(default)]
    expires_in: Option<i64>,
    #[serde(default)]
    refresh_token: Option<SecretString>,
    #[serde(default)]
    id_token: Option<SecretString>,
}

#[derive(Deserialize)]
struct Bad {
    /// Absent: HubSpot's `status`, or Pipedrive's `message`, says it.
    #[serde(default)]
    error: String,
    #[serde(default)]
    status: Value,
    #[serde(default)]
    message: String,
    #[serde(default)]
    error_codes: Vec<u32>,
}

impl Bad {
    /// Which error of RFC 6749 §5.2 it is.
    fn kind(&self) -> &str {
        let status = self.status.as_str().unwrap_or_default();
        match () {
            () if !self.error.is_empty() => &self.error,
            () if matches!(status, "BAD_REFRESH_TOKEN" | "BAD_AUTH_CODE") => "invalid_grant",
            () if status.starts_with("BAD_CLIENT") => "invalid_client",
            () if self.message.starts_with("Invalid grant") => "invalid_grant",
            () if self.message.starts_with("Invalid client") => "invalid_client",
            () => "",
        }
    }
}

/// Reads an answer of success.
pub(super) fn good(body: &[u8]) -> Result<Tokens, TokenError> {
    let good: Good = serde_json::from_slice(body).map_err(|_| TokenError::Odd)?;
    Ok(Tokens {
        access: good.access_token,
        lifetime_seconds: good.expires_in.unwrap_or(USUAL_SECONDS).clamp(0, 86_400),
        refresh: good.refresh_token,
        id_token: good.id_token,
    })
}

/// Reads a refusal.
pub(super) fn bad(body: &[u8]) -> TokenError {
    let Ok(bad) = serde_json::from_slice::<Bad>(body) else { return TokenError::Odd };
    let code =
        bad.error_codes.first().map_or_else(Code::default, |code| Code(format!("AADSTS{code}")));
    // https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes
    match (bad.kind(), bad.error_codes.first()) {
        // No such directory, no such app in it, a wrong or an expired secret.
        ("invalid_client" | "unauthorized_client", _)
        | (_, Some(90002 | 700_016 | 7_000_215 | 7_000_222)) => TokenError::Client(code),
        ("invalid_grant" | "interaction_required" | "consent_required" | "login_required", _)
        | (_, Some(65001 | 90094)) => TokenError::Consent(code),
        ("temporarily_unavailable" | "server_error", _) => TokenError::Unreachable,
        _ => TokenError::Refused(code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_its_code_and_no_word() {
        let cases = [
            (
                r#"{"error":"invalid_grant","error_description":"AADSTS50173: anna@x","error_codes":[50173]}"#,
                "give it again (AADSTS50173)",
            ),
            (r#"{"error":"invalid_client","error_codes":[7000222]}"#, "may have expired"),
            (r#"{"error":"invalid_request","error_codes":[90002]}"#, "check directory"),
            (r#"{"status":"BAD_REFRESH_TOKEN","message":"anna@x"}"#, "give it again"),
            (r#"{"success":false,"message":"Invalid client: anna@x"}"#, "check directory"),
            (r#"{"error":"odd","error_description":"anna@x"}"#, "refuses: check"),
            ("<html>anna@x</html>", "could not be understood"),
        ];
        for (answer, words) in cases {
            let told = bad(answer.as_bytes()).to_string();
            assert!(told.contains(words) && !told.contains("anna"), "{told}");
        }
    }
}
