//! Signing in as an app of the org: OAuth 2.0 client credentials (RFC 6749 §4.4) at its My Domain
//! (<https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_client_credentials_flow.htm>).
//!
//! Salesforce does not say how long a session lasts; one that has ended is refused, and asked for anew.

use super::App;
use crate::crm::CrmError;
use crate::crm::http::{Answer, Http};
use crate::crm::sessions::Session;
use reqwest::StatusCode;
use secrecy::SecretString;
use serde::Deserialize;
use std::time::Duration;
use url::{Host, Url};

/// The longest answer that is read.
const MAX_ANSWER: usize = 64 * 1024;
/// Domains whose hosts are all Salesforce's own.
const VENDOR: [&str; 3] = [".salesforce.com", ".salesforce.mil", ".sfcrmproducts.cn"];

/// What to do about an app that lets nobody in without a person.
const NOT_ENABLED: &str =
    "the app does not allow the client credentials flow; enable it in its OAuth settings";

/// The org as the sign-in tells of it.
#[derive(Debug, Clone)]
pub(in crate::crm) struct Org {
    /// Where requests are sent.
    pub(super) address: Url,
    /// Its id.
    pub(super) id: String,
    /// The id of whom the requests are made as.
    pub(super) user: String,
}

#[derive(Deserialize)]
struct Good {
    access_token: SecretString,
    instance_url: String,
    /// `https://login.salesforce.com/id/ORG/USER`
    id: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Bad {
    error: String,
    error_description: String,
}

/// Signs in.
pub(super) async fn sign_in(http: &Http, app: &App) -> Result<Session<Org>, CrmError> {
    let url = at(&app.url, &["services", "oauth2", "token"])?;
    http.allow(&url)?;
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", app.key.as_str()),
        ("client_secret", app.secret.as_str()),
    ];
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = http.client().post(url).body(body);
    let request = request
        .header("content-type", "application/x-www-form-urlencoded")
        .header("accept", "application/json");
    let answer = http.exchange(request, MAX_ANSWER).await?;
    if !answer.status.is_success() {
        return Err(refusal(&answer, &app.url));
    }
    let given: Good = answer.read()?;
    let mut ids = given.id.rsplit('/');
    let (user, organization) = (ids.next().unwrap_or_default(), ids.next().unwrap_or_default());
    let address = instance(&app.url, &given.instance_url).ok_or_else(|| {
        CrmError::Refused(
            "its sign-in names a server that is not Salesforce's; check the address".into(),
        )
    })?;
    http.allow(&address)?;
    let told = Org { address, id: plain(organization), user: plain(user) };
    Ok(Session { token: given.access_token, until: None, told })
}

/// An address at a server; what comes from outside is one segment, whatever it holds.
pub(super) fn at(server: &Url, path: &[&str]) -> Result<Url, CrmError> {
    let mut url = server.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.path_segments_mut().map_err(|()| CrmError::no_address())?.clear().extend(path);
    Ok(url)
}

/// Where requests go: what the sign-in names, if it is where the secret was sent, or both are the
/// vendor's. A token is sent to nobody else, whatever an answer says.
fn instance(base: &Url, named: &str) -> Option<Url> {
    let named = Url::parse(named).ok()?;
    let is_vendors = |url: &Url| {
        let Some(Host::Domain(host)) = url.host() else { return false };
        url.scheme() == "https" && VENDOR.iter().any(|domain| host.ends_with(domain))
    };
    let is_good = named.origin() == base.origin() || (is_vendors(base) && is_vendors(&named));
    (is_good && named.username().is_empty() && named.password().is_none()).then_some(named)
}

/// Why the sign-in was refused. The words are compared with those that are known, and never passed on.
fn refusal(answer: &Answer, base: &Url) -> CrmError {
    let bad: Bad = serde_json::from_str(&answer.body).unwrap_or_default();
    let told = bad.error_description.to_ascii_lowercase();
    let says = |words: &str| told.contains(words);
    let refused = |why: &str| CrmError::Refused(why.to_owned());
    let is_page = base.host_str().is_some_and(|host| host.ends_with(".force.com"));
    match (answer.status, bad.error.as_str()) {
        (StatusCode::TOO_MANY_REQUESTS, _) | (_, "rate_limit_exceeded") => {
            CrmError::Throttled(answer.retry_after().or(Some(Duration::from_hours(1))))
        }
        (StatusCode::SERVICE_UNAVAILABLE, _) => CrmError::Throttled(answer.retry_after()),
        (status, _) if status.is_server_error() => {
            CrmError::Unreachable(format!("its sign-in answers {}", status.as_u16()))
        }
        _ if is_page || says("not supported on this domain") => refused(
            "nobody can sign in at its address; enter that of My Domain, https://….my.salesforce.com",
        ),
        _ if says("no client credentials user") => refused(
            "the app has no user to run as; choose one in its policies, at Client Credentials Flow",
        ),
        (_, "unsupported_grant_type") => refused(NOT_ENABLED),
        _ if says("client credentials") && says("enable") => refused(NOT_ENABLED),
        (_, "inactive_user") => refused("the user that the app runs as is not active"),
        (_, "inactive_org") => refused("the org is not active"),
        (_, "invalid_client_id" | "invalid_client" | "invalid_client_credentials") => {
            CrmError::WrongPassword
        }
        (_, "") => refused("nothing signs in at its address; enter that of My Domain"),
        (_, code) => CrmError::Refused(format!(
            "its sign-in refuses the app ({}); look at the app's policies and its user",
            plain(code)
        )),
    }
}

/// A name or code without anything that could be a value.
pub(super) fn plain(text: &str) -> String {
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
    text.chars().filter(is_plain).take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_goes_to_where_the_secret_was_sent_or_stays_at_the_vendor() {
        let to = |base: &str, named: &str| {
            instance(&Url::parse(base).unwrap(), named).map(|url| url.to_string())
        };
        let own = "https://exempla.my.salesforce.com";
        assert!(to(own, own).is_some());
        assert!(to(own, "https://na139.salesforce.com").is_some());
        assert!(to("http://127.0.0.1:4711/", "http://127.0.0.1:4711").is_some());
        for evil in [
            "https://evil.example",
            "https://salesforce.com.evil.example",
            "https://evilsalesforce.com",
            "http://exempla.my.salesforce.com",
            "https://a:b@exempla.my.salesforce.com",
            "nonsense",
        ] {
            assert_eq!(to(own, evil), None, "{evil}");
        }
        assert_eq!(to("https://gateway.example/", own), None);
        assert_eq!(to("http://127.0.0.1:4711/", "http://127.0.0.1:4712"), None);
    }

    #[test]
    fn a_refused_sign_in_says_what_to_do_and_repeats_no_word() {
        let told = |base: &str, status: u16, body: &str| {
            let status = StatusCode::from_u16(status).unwrap();
            let headers = reqwest::header::HeaderMap::new();
            let answer = Answer { status, headers, body: body.to_owned() };
            refusal(&answer, &Url::parse(base).unwrap()).to_string()
        };
        let own = "https://exempla.my.salesforce.com";
        let pages = "https://exempla.lightning.force.com";
        let bad = |error: &str, words: &str| {
            format!(r#"{{"error":"{error}","error_description":"{words} secretword"}}"#)
        };
        for (base, status, body, words) in [
            (own, 400, bad("invalid_client", "invalid client credentials"), "enter the password"),
            (own, 400, bad("invalid_client_id", "client identifier invalid"), "enter the password"),
            (
                own,
                400,
                bad("invalid_grant", "no client credentials user enabled"),
                "user to run as",
            ),
            (own, 400, bad("unsupported_grant_type", ""), "enable it in its OAuth settings"),
            (own, 400, bad("invalid_grant", "request not supported on this domain"), "My Domain"),
            (own, 400, bad("invalid_grant", "odd"), "refuses the app (invalid_grant)"),
            (own, 403, bad("rate_limit_exceeded", ""), "slow down"),
            (own, 502, "<html>secretword".into(), "answers 502"),
            (own, 404, "<html>secretword".into(), "nothing signs in at its address"),
            (pages, 200, String::new(), "enter that of My Domain"),
        ] {
            let said = told(base, status, &body);
            assert!(said.contains(words) && !said.contains("secretword"), "{said}");
        }
    }
}
