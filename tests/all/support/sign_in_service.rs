//! A sign-in service as Google's: a person consents, a code is redeemed with PKCE, and every refresh
//! token can be exchanged once. Whoever shows one twice has stolen it: the consent ends.
//!
//! Its access tokens are JWTs that the Dovecot of `tests/servers` takes.

use super::emulator::{Emulator, Shared};
use super::patience::eventually;
use super::servers::SERVERS;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Form, Json, Router};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use undersigned::clock::Clock;
use undersigned::config;
use undersigned::source::oauth::challenge;
use undersigned::store::Id;
use url::Url;

pub(crate) const CLIENT: &str = "undersigned.apps.example";
pub(crate) const SECRET: &str = "GOCSPX-app-secret";

/// What it knows and does.
pub(crate) struct World {
    codes: BTreeMap<String, (String, String, String)>,
    /// Good refresh tokens, and who gave them.
    refresh: BTreeMap<String, String>,
    spent: BTreeSet<String>,
    /// The grants so far, by account.
    pub(crate) granted: Vec<(String, String)>,
    /// How many requests are answered at this moment, and were at most.
    busy: (usize, usize),
    /// How long the service thinks.
    pub(crate) slow: Duration,
    /// What it says of the life of its tokens, and how long they really live, in seconds.
    pub(crate) lifetimes: (i64, i64),
    /// It takes the app's secret in a header only, and knows no PKCE; else in the body only.
    pub(crate) basic: bool,
    /// Whose mailbox the access tokens of an account open, if not its own.
    pub(crate) opens: BTreeMap<String, String>,
    /// What it answers instead of anything else.
    pub(crate) fault: Option<(StatusCode, Value)>,
}

impl World {
    /// How often an account's refresh token was exchanged.
    pub(crate) fn exchanges(&self, account: &str) -> usize {
        let is = |(of, grant): &&(String, String)| of == account && grant == "refresh_token";
        self.granted.iter().filter(is).count()
    }

    /// How many tokens it has granted.
    pub(crate) fn granted(&self) -> u64 {
        self.granted.len().try_into().unwrap()
    }

    /// How many requests it had to answer at the same time, at most.
    pub(crate) fn most_at_once(&self) -> usize {
        self.busy.1
    }

    /// The person withdraws the consent.
    pub(crate) fn withdraw(&mut self, account: &str) {
        self.refresh.retain(|_, of| of != account);
    }

    fn both(&mut self, account: &str) -> Value {
        let refresh = format!("1//{}", Id::<()>::new());
        self.refresh.insert(refresh.clone(), account.to_owned());
        let now = Clock::system().now().0 / 1000;
        let (said, real) = self.lifetimes;
        let of = |whose: &str| {
            jwt(&json!({"sub": whose, "email": whose, "iat": now - 10, "exp": now + real,
                        "jti": self.granted()}))
        };
        let opened = self.opens.get(account).map_or(account, String::as_str);
        json!({
            "token_type": "Bearer", "expires_in": said, "refresh_token": refresh,
            "access_token": of(opened), "id_token": of(account),
        })
    }
}

/// Whose access token this is and which one it was, if it is good.
pub(crate) fn account_of(token: &str) -> Option<(String, u64)> {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    let is_good = jwt(&claims) == token && claims["exp"].as_i64()? > Clock::system().now().0 / 1000;
    is_good.then(|| Some((claims["sub"].as_str()?.to_owned(), claims["jti"].as_u64()?)))?
}

fn jwt(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&json!({"alg": "HS256", "typ": "JWT"})), part(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(SERVERS.password.as_bytes()).unwrap();
    mac.update(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

/// The running service.
pub(crate) type SignInService = Emulator<World>;

impl SignInService {
    pub(crate) async fn start() -> Self {
        let world = |_: &str| World {
            codes: BTreeMap::new(),
            refresh: BTreeMap::new(),
            spent: BTreeSet::new(),
            granted: Vec::new(),
            busy: (0, 0),
            slow: Duration::ZERO,
            lifetimes: (3599, 3599),
            basic: false,
            opens: BTreeMap::new(),
            fault: None,
        };
        Self::of("SIGN_IN", world, |_| Router::new().route("/token", post(token))).await
    }

    /// The configuration that leads here, and to the Dovecot of this run.
    pub(crate) fn config(&self) -> config::Oauth {
        let mut config = config::Oauth::default();
        let google = config.0.get_mut("google").unwrap();
        google.authorize_url = format!("{}/auth?access_type=offline&prompt=consent", self.url);
        google.token_url = format!("{}/token", self.url);
        google.imap = format!("localhost:{}", SERVERS.imap_tls.port());
        let imap = google.imap.clone();
        let microsoft = config.0.get_mut("microsoft").unwrap();
        microsoft.authorize_url = format!("{}/auth?prompt=select_account", self.url);
        microsoft.token_url = format!("{}/token", self.url);
        microsoft.imap = imap;
        config
    }

    /// The configuration with which a CRM at `url` is opened by this service.
    pub(crate) fn config_of_crm(&self, kind: &str, url: &str) -> config::Oauth {
        let mut config = config::Oauth::default();
        let service = config.0.get_mut(kind).unwrap();
        service.authorize_url = format!("{}/auth", self.url);
        service.token_url = format!("{}/token", self.url);
        service.crm = Some(url.to_owned());
        self.world().basic = service.basic;
        config
    }

    /// A person follows the link to a CRM's service, signs in as `account` and consents: where they
    /// are sent then.
    pub(crate) fn consents_to_crm(&self, link: &Url, account: &str) -> Url {
        let query: BTreeMap<String, String> = link.query_pairs().into_owned().collect();
        assert!(query["scope"].contains("contacts"), "{query:?}");
        assert_eq!(query.contains_key("code_challenge"), !self.world().basic);
        self.went(link, account)
    }

    /// A person follows the link, signs in as `account` and consents: where they are sent then.
    pub(crate) fn consents(&self, link: &str, account: &str) -> Url {
        let link = Url::parse(link).unwrap();
        let query: BTreeMap<String, String> = link.query_pairs().into_owned().collect();
        assert_eq!((&*query["access_type"], &*query["prompt"]), ("offline", "consent"));
        assert_eq!(query["code_challenge_method"], "S256");
        assert!(query["scope"].contains("https://mail.google.com/"), "{query:?}");
        self.went(&link, account)
    }

    /// Likewise to Microsoft's, where the account that was meant is offered.
    pub(crate) fn consents_at_microsoft(&self, link: &Url, account: &str) -> Url {
        let query: BTreeMap<String, String> = link.query_pairs().into_owned().collect();
        assert_eq!((&*query["prompt"], &*query["login_hint"]), ("select_account", account));
        for scope in ["offline_access", "https://outlook.office.com/IMAP.AccessAsUser.All"] {
            assert!(query["scope"].split(' ').any(|asked| asked == scope), "{query:?}");
        }
        self.went(link, account)
    }

    fn went(&self, link: &Url, account: &str) -> Url {
        assert!(link.as_str().starts_with(&self.url), "{link}");
        let query: BTreeMap<String, String> = link.query_pairs().into_owned().collect();
        assert_eq!((&*query["client_id"], &*query["response_type"]), (CLIENT, "code"));
        let code = format!("4/{}", Id::<()>::new());
        let redirect = query["redirect_uri"].clone();
        let mut back = Url::parse(&redirect).unwrap();
        back.query_pairs_mut().append_pair("code", &code).append_pair("state", &query["state"]);
        let challenge = query.get("code_challenge").cloned().unwrap_or_default();
        self.world().codes.insert(code, (account.to_owned(), challenge, redirect));
        back
    }

    /// Waits until it is being asked.
    pub(crate) async fn until_busy(&self) {
        let busy = async || (self.world().busy.0 > 0).then_some(());
        eventually("somebody to ask for a token", busy).await;
    }
}

async fn token(
    State(shared): State<Shared<World>>,
    headers: HeaderMap,
    Form(mut form): Form<BTreeMap<String, String>>,
) -> Response {
    let shown = headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap().to_owned());
    let slow = {
        let mut world = shared.lock().unwrap();
        if world.basic && !form.contains_key("client_secret") {
            let basic = STANDARD.encode(format!("{CLIENT}:{SECRET}"));
            if shown == Some(format!("Basic {basic}")) {
                form.insert("client_id".into(), CLIENT.into());
                form.insert("client_secret".into(), SECRET.into());
            }
        }
        world.busy.0 += 1;
        world.busy.1 = world.busy.1.max(world.busy.0);
        world.slow
    };
    // What is asked for happens although nobody may be there for the answer.
    let done = tokio::spawn(async move {
        tokio::time::sleep(slow).await;
        let mut world = shared.lock().unwrap();
        world.busy.0 -= 1;
        answer(&mut world, &form)
    });
    done.await.unwrap()
}

fn answer(world: &mut World, form: &BTreeMap<String, String>) -> Response {
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let refuse = |status, error: &str| {
        let body = json!({"error": error, "error_description": "words with secretword"});
        (status, Json(body)).into_response()
    };
    if let Some((status, body)) = &world.fault {
        return (*status, Json(body.clone())).into_response();
    }
    if field("client_id") != CLIENT || field("client_secret") != SECRET {
        return refuse(StatusCode::UNAUTHORIZED, "invalid_client");
    }
    let account = match field("grant_type") {
        "authorization_code" => {
            let code = world.codes.remove(field("code"));
            code.filter(|(_, its_challenge, redirect)| {
                let verifier = field("code_verifier");
                let bound = if verifier.is_empty() { String::new() } else { challenge(verifier) };
                *its_challenge == bound && redirect == field("redirect_uri")
            })
            .map(|(account, ..)| account)
        }
        "refresh_token" => {
            let shown = field("refresh_token").to_owned();
            let account = world.refresh.remove(&shown);
            if !world.spent.insert(shown) {
                world.refresh.clear(); // shown twice: stolen
            }
            account
        }
        _ => None,
    };
    let Some(account) = account else {
        return refuse(StatusCode::BAD_REQUEST, "invalid_grant");
    };
    world.granted.push((account.clone(), field("grant_type").to_owned()));
    Json(world.both(&account)).into_response()
}
