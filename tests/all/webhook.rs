//! A tenant's own program is told what happens, signed as Standard Webhooks says.

use crate::support::api::Api;
use crate::support::daemon::Home;
use crate::support::databases::on_each_database;
use crate::support::desk;
use crate::support::letters;
use crate::support::lmtp::deliver;
use crate::support::office::Office;
use crate::support::patience::eventually;
use crate::support::servers::SERVERS;
use crate::support::site::Site;
use axum::Router;
use axum::extract::State;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use undersigned::clock::Clock;
use undersigned::crm::webhook::{Messenger, new_secret};
use undersigned::jobs::JobError;
use undersigned::store::tokens::Scope;
use undersigned::store::users::Role;
use undersigned::store::{Id, webhooks};

/// An event as it came: id, time, signature, body.
pub(crate) type Came = (String, String, String, String);

/// How long the program asks us to wait, if it does.
const WAIT: Duration = Duration::from_secs(97);

#[derive(Default)]
struct Desk {
    came: Vec<Came>,
    answers: Vec<StatusCode>,
}

/// A program that takes events, and answers as it is told, the last first.
pub(crate) struct Receiver {
    desk: Arc<Mutex<Desk>>,
    pub(crate) url: String,
    task: JoinHandle<()>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let desk: Arc<Mutex<Desk>> = Arc::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/events", listener.local_addr().unwrap());
        let router = Router::new().fallback(take).with_state(Arc::clone(&desk));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { desk, url, task }
    }

    fn answer(&self, answers: &[StatusCode]) {
        self.desk.lock().unwrap().answers = answers.iter().rev().copied().collect();
    }

    /// What came of this kind.
    fn came(&self, kind: &str) -> Vec<(Came, Value)> {
        let came = self.desk.lock().unwrap().came.clone();
        let read = |one: Came| {
            let body: Value = serde_json::from_str(&one.3).unwrap();
            (one, body)
        };
        came.into_iter().map(read).filter(|(_, body)| body["type"] == kind).collect()
    }

    /// Waits for an event of this kind whose data has this.
    pub(crate) async fn until(&self, kind: &str, key: &str, value: &str) -> (Came, Value) {
        eventually(&format!("{kind} with {key} {value}"), async || {
            self.came(kind).into_iter().find(|(_, body)| body["data"][key] == value)
        })
        .await
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn take(State(desk): State<Arc<Mutex<Desk>>>, headers: HeaderMap, body: String) -> Response {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let mut desk = desk.lock().unwrap();
    let (id, at) = (header("webhook-id"), header("webhook-timestamp"));
    desk.came.push((id, at, header("webhook-signature"), body));
    let status = desk.answers.pop().unwrap_or(StatusCode::NO_CONTENT);
    if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        return (status, [(RETRY_AFTER, WAIT.as_secs().to_string())]).into_response();
    }
    status.into_response()
}

/// Checks a signature as receivers do.
fn is_signed(secret: &str, (id, at, signature, body): &Came) -> bool {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{id}.{at}.{body}").as_bytes());
    *signature == format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

/// Operators see in numbers how the mailboxes of a tenant fare, and when mail came last.
async fn numbers_tell_of_a_healthy_mailbox(ops: &str) {
    let numbers = reqwest::get(format!("{ops}/metrics")).await.unwrap().text().await.unwrap();
    let number = |name: &str, state: &str| {
        let begins = format!("{name}{{tenant=");
        let is = |line: &&str| line.starts_with(&begins) && line.contains(state);
        let line = numbers.lines().find(is).unwrap_or_else(|| panic!("{name}: {numbers}"));
        line.rsplit(' ').next().unwrap().to_owned()
    };
    assert_eq!(number("undersigned_mailboxes", "state=\"healthy\""), "1");
    assert_eq!(number("undersigned_mailboxes", "state=\"paused\""), "0");
    for name in [
        "undersigned_last_mail_timestamp_seconds",
        "undersigned_oldest_last_mail_timestamp_seconds",
    ] {
        let at: i64 = number(name, "").split('.').next().unwrap().parse().unwrap();
        assert!(Clock::system().now().0 / 1000 - at < 60, "{name}: {at}");
    }
}

/// The one that is open, once it is.
async fn suggested(api: &Api) -> Value {
    eventually("a suggestion", async || {
        let open = api.get("/suggestions?state=open").await;
        open["items"].as_array()?.first().cloned()
    })
    .await
}

/// Somebody writes from another's mailbox, and the rep says so: they are new, and the program hears nothing of
/// the other.
async fn somebody_else(api: &Api, rep: &str, receiver: &Receiver) {
    let mut accepted = json!(null);
    for (number, title, choice) in [
        (1, "Leiterin Vertrieb\nMobil +49 170 1234567", json!({})),
        (2, "Assistentin\nMobil +49 170 7654321", json!({"apart": true})),
    ] {
        let lines = format!("Eva Braunschweig\n{title}\nProbe AG");
        let text = desk::letter(number, "Eva Braunschweig <eva@probe.example>", &lines);
        deliver(rep, text.replace('\n', "\r\n").as_bytes()).await;
        let id = suggested(api).await["id"].as_str().unwrap().to_owned();
        accepted = api.post(&format!("/suggestions/{id}/accept"), choice).await;
    }
    let contact = accepted["contact"].as_str().unwrap();
    let (_, body) = receiver.until("contact.accepted", "id", contact).await;
    let data = &body["data"];
    assert_eq!((&data["kind"], &data["before"]), (&json!("new"), &json!(null)), "{data}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_hears_of_accepted_contacts_and_of_how_mailboxes_fare() {
    on_each_database(async |database| {
        let receiver = Receiver::start().await;
        let home = Home::in_(database);
        home.run(&["admin", "create-tenant", "Kugellager", "--region", "DE"]);
        let token = home.run(&["admin", "create-token", "--tenant", "Kugellager", "story"]);
        let daemon = home.start().await;
        let api = Api::of(&daemon, token.trim());
        let set = api.put("/webhook", json!({"url": receiver.url})).await;
        let secret = set["secret"].as_str().unwrap().to_owned();
        let again = api.put("/webhook", json!({"url": receiver.url})).await;
        assert!(again.get("secret").is_none(), "it is shown once: {again}");
        assert!(!api.text("/webhook").await.contains(&secret));

        // A mailbox becomes healthy, and rests.
        let rep = format!("rep-{}@kugellager.test", Id::<()>::new());
        let list = api.post("/lists", json!({"name": "Inbound"})).await;
        let mailbox = json!({
            "address": rep, "list": list["id"], "host": "localhost",
            "port": SERVERS.imap_tls.port(), "password": SERVERS.password,
        });
        let mailbox = api.post("/mailboxes", mailbox).await;
        let (came, body) = receiver.until("mailbox.state_changed", "state", "healthy").await;
        assert!(is_signed(&secret, &came), "{came:?}");
        let data = &body["data"];
        assert_eq!((&data["id"], &data["address"]), (&mailbox["id"], &json!(rep)), "{body}");
        let path = format!("/mailboxes/{}", mailbox["id"].as_str().unwrap());
        assert_eq!(data["state_since"], api.get(&path).await["state_since"], "{body}");

        // A contact is accepted while the program is not well: it is told again, as the same event.
        deliver(&rep, &letters::letter(0)).await;
        let suggestion = suggested(&api).await;
        let id = suggestion["id"].as_str().unwrap();
        numbers_tell_of_a_healthy_mailbox(&daemon.ops).await;
        receiver.answer(&[StatusCode::BAD_GATEWAY]);
        let accepted = api.post(&format!("/suggestions/{id}/accept"), json!({})).await;
        eventually("the webhook to be failing", async || {
            (api.get("/webhook").await["state"] == "failing").then_some(())
        })
        .await;
        eventually("the event to come again", async || {
            (receiver.came("contact.accepted").len() == 2).then_some(())
        })
        .await;
        let came = receiver.came("contact.accepted");
        assert_eq!(came[0].0.0, came[1].0.0, "the same id");
        assert!(came.iter().all(|(came, _)| is_signed(&secret, came)));
        let data = &came[1].1["data"];
        assert_eq!((&data["id"], &data["suggestion"]), (&accepted["contact"], &suggestion["id"]));
        assert_eq!(data["card"]["@type"], "Card", "{data}");
        assert_eq!(data["card"]["name"]["full"], suggestion["card"]["name"]["full"], "{data}");
        eventually("the webhook to be ready", async || {
            (api.get("/webhook").await["state"] == "ready").then_some(())
        })
        .await;

        assert_eq!((&data["kind"], &data["before"]), (&json!("new"), &json!(null)), "{data}");

        // It is taken back, accepted once more, and in the end removed for good.
        let contact = accepted["contact"].as_str().unwrap();
        api.post(&format!("/suggestions/{id}/undo"), json!(null)).await;
        let (came, undone) = receiver.until("contact.undone", "id", contact).await;
        assert!(is_signed(&secret, &came), "{came:?}");
        let data = &undone["data"];
        assert_eq!((&data["suggestion"], &data["card"]), (&suggestion["id"], &json!(null)));
        let again = api.post(&format!("/suggestions/{id}/accept"), json!({})).await;
        let contact = again["contact"].as_str().unwrap();
        receiver.until("contact.accepted", "id", contact).await;
        api.delete(&format!("/contacts/{contact}")).await;
        let (_, removed) = receiver.until("contact.removed", "id", contact).await;
        let data = &removed["data"];
        assert_eq!((&data["list"], data.get("card")), (&list["id"], None), "{removed}");

        somebody_else(&api, &rep, &receiver).await;

        // It wants no more.
        receiver.answer(&[StatusCode::GONE]);
        api.post(&format!("{path}/pause"), json!(null)).await;
        let (_, paused) = receiver.until("mailbox.state_changed", "state", "paused").await;
        assert!(paused["data"]["message_at"].is_string(), "{paused}");
        eventually("the webhook to be gone", async || {
            (api.get("/webhook").await["state"] == "gone").then_some(())
        })
        .await;
        api.post(&format!("{path}/resume"), json!(null)).await;
        eventually("a healthy mailbox", async || {
            (api.get(&path).await["state"] == "healthy").then_some(())
        })
        .await;
        assert_eq!(
            receiver.came("mailbox.state_changed").last().unwrap().1["data"]["state"],
            "paused"
        );
        let renewed = api.put("/webhook", json!({"url": receiver.url, "new_secret": true})).await;
        assert_ne!(renewed["secret"], json!(secret));
        api.post("/webhook/test", json!(null)).await;
        let came = receiver.came("webhook.test");
        assert!(is_signed(renewed["secret"].as_str().unwrap(), &came[0].0));
        assert!(daemon.stop().await.success());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_asks_us_to_wait_is_told_again_when_it_said() {
    on_each_database(async |database| {
        let receiver = Receiver::start().await;
        let office = Office::open(database).await;
        let desk::Desk { db, vault, clock, tenant, .. } = &office.desk;
        let mut tx = db.begin_write().await.unwrap();
        let webhook = (receiver.url.as_str(), &new_secret());
        webhooks::put(&mut tx, vault, tenant, webhook, clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        let messenger = Messenger { http: &office.http, db, vault, clock };
        for (status, wait) in [
            (StatusCode::TOO_MANY_REQUESTS, Some(WAIT)),
            (StatusCode::SERVICE_UNAVAILABLE, Some(WAIT)),
            (StatusCode::BAD_GATEWAY, None),
        ] {
            receiver.answer(&[status]);
            let job = match messenger.test(tenant, "event").await.map_err(JobError::from) {
                Err(JobError::Retry { after, .. }) => after,
                other => panic!("{status}: {other:?}"),
            };
            assert_eq!(job, wait, "{status}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_webhook_reaches_no_host_of_the_operators_own() {
    on_each_database(async |database| {
        let site = Site::open(database, "http://localhost:8080").await;
        let (tenant, _) = site.tenant("Acme").await;
        let scopes = [Scope::WebhookRead, Scope::WebhookWrite];
        let (_, token) = site.token(&tenant.id, &scopes).await;
        for url in [
            "http://example.com/hook",
            "https://127.0.0.1/hook",
            "https://169.254.169.254/latest/meta-data",
            "https://[fd00:ec2::254]/",
            "https://example.com:22/",
            "https://anna:pw@example.com/",
            "ftp://example.com/",
            "nonsense",
        ] {
            let body = Some(json!({ "url": url }));
            let refused = site.call(&token, Method::PUT, "/webhook", body).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{url}: {refused:?}");
        }
        let none = site.call(&token, Method::GET, "/webhook", None).await;
        assert_eq!(none.status, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn an_admin_sets_the_webhook_on_its_page() {
    on_each_database(async |database| {
        let site = Site::open(database, "http://localhost:8080").await;
        let (tenant, _) = site.tenant("Acme").await;
        site.user(&tenant.id, "ada@acme.example", Role::Admin).await;
        site.user(&tenant.id, "max@acme.example", Role::Member).await;
        let member = site.sign_in("max@acme.example").await;
        assert_eq!(site.look("/webhook", &member).await.status, StatusCode::FORBIDDEN);
        let admin = site.sign_in("ada@acme.example").await;
        let csrf = site.look("/webhook", &admin).await.field("csrf");
        let send = async |what: &str, url: &str| {
            let fields = [("csrf", csrf.as_str()), ("do", what), ("url", url)];
            site.post("/webhook", &admin, &fields).await
        };
        let refused = send("save", "https://10.0.0.1/").await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
        assert!(refused.text.contains("address is not allowed"), "{}", refused.text);
        // What a name stands for is looked at when it is used.
        let set = send("save", "https://hooks.invalid/x").await;
        assert!(set.text.contains("whsec_"), "{}", set.text);
        let shown = site.look("/webhook", &admin).await.text;
        assert!(shown.contains("hooks.invalid") && !shown.contains("whsec_"), "{shown}");
        let tried = send("test", "").await;
        assert_eq!(tried.status, StatusCode::UNPROCESSABLE_ENTITY, "{tried:?}");
        assert!(tried.text.contains("cannot be reached") && tried.text.contains("failing"));
        let gone = send("remove", "").await;
        assert!(gone.text.contains("Nothing is told any more"), "{}", gone.text);
    })
    .await;
}
