//! Programs at the API: what a token opens, what is refused and how.

mod contacts;
mod records;
mod suggestions;

use crate::support::databases::{on_each_database, on_sqlite};
use crate::support::site::{Answer, Site};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use undersigned::contact::{Contact, EmailAddress, Found, Origin, PersonName, Phone, PhoneKind};
use undersigned::store::tokens::{self, Scope};

const URL: &str = "http://localhost:8080";

fn clara() -> Contact {
    Contact {
        name: Some(Found::new(PersonName::of("Clara Fröhlich"), 0.98, Origin::Header)),
        titles: vec![Found::new("Leiterin Einkauf".into(), 0.8, Origin::Layout)],
        phones: ["+49931123456", "+491701234567"]
            .into_iter()
            .filter_map(|number| Phone::parse(PhoneKind::Work, number))
            .map(|phone| Found::new(phone, 0.9, Origin::Label))
            .collect(),
        emails: EmailAddress::parse("clara@fabrik.example")
            .map(|email| Found::certain(email, Origin::Header))
            .into_iter()
            .collect(),
        ..Contact::default()
    }
}

fn refused(answer: &Answer, status: StatusCode, kind: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.header("content-type"), "application/problem+json", "{answer:?}");
    let problem = answer.json();
    assert_eq!(problem["type"], format!("urn:undersigned:problem:{kind}"), "{problem}");
    assert_eq!(problem["status"], status.as_u16(), "{problem}");
    let instance = problem["instance"].as_str().unwrap();
    assert_eq!(instance, format!("urn:uuid:{}", answer.header("x-request-id")));
    assert!(problem["detail"].as_str().is_some_and(|text| !text.is_empty()), "{problem}");
}

#[tokio::test]
async fn a_token_opens_what_its_scopes_name_until_it_ends() {
    on_each_database(async |database| {
        let site = Site::open(database, URL).await;
        let (tenant, _) = site.tenant("Acme").await;
        let (id, token) = site.token(&tenant.id, &[Scope::ListsRead]).await;
        let get = async |token: &str, path: &str| site.call(token, Method::GET, path, None).await;
        assert_eq!(get(&token, "/lists").await.json()[0]["name"], "Sales");
        let lacking = get(&token, "/suggestions").await;
        refused(&lacking, StatusCode::FORBIDDEN, "forbidden");
        assert!(lacking.json()["detail"].as_str().unwrap().contains("suggestions:read"));
        for wrong in ["", "und_", "und_AAAA", "something else"] {
            let answer = get(wrong, "/lists").await;
            refused(&answer, StatusCode::UNAUTHORIZED, "unauthenticated");
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
        let mut tx = site.db.begin_write().await.unwrap();
        assert!(tokens::revoke(&mut tx, &tenant.id, &id, site.clock.now()).await.unwrap());
        tx.commit().await.unwrap();
        refused(&get(&token, "/lists").await, StatusCode::UNAUTHORIZED, "unauthenticated");

        let (_, token) = site.token(&tenant.id, &[Scope::ListsRead]).await;
        site.clock.advance_secs(3599);
        assert_eq!(get(&token, "/lists").await.status, StatusCode::OK);
        site.clock.advance_secs(2);
        refused(&get(&token, "/lists").await, StatusCode::UNAUTHORIZED, "unauthenticated");
    })
    .await;
}

/// Every operation of the description, with the scope it names.
fn operations(description: &Value) -> Vec<(Method, String, Scope)> {
    let mut found = Vec::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let scope = operation["security"][0]["token"][0].as_str().unwrap();
            let path = path.trim_start_matches("/api/v1").replace("{id}", NOWHERE);
            let path = path.replace("{pattern}", "nowhere.example");
            let method = method.to_uppercase().parse().unwrap();
            found.push((method, path, Scope::parse(scope).unwrap()));
        }
    }
    found
}

const NOWHERE: &str = "01930000-0000-7000-8000-000000000000";

#[tokio::test]
async fn every_described_operation_is_there_and_needs_exactly_the_scope_it_names() {
    on_sqlite(async |database| {
        let site = Site::open(database, URL).await;
        let (tenant, _) = site.tenant("Acme").await;
        let description = site.call("", Method::GET, "/openapi.json", None).await.json();
        assert_eq!(description["openapi"], "3.1.0");
        let all = operations(&description);
        assert!(all.len() > 20, "{}", all.len());
        for (method, path, scope) in all {
            let others: Vec<Scope> = Scope::ALL.into_iter().filter(|one| *one != scope).collect();
            let (_, without) = site.token(&tenant.id, &others).await;
            let (_, with) = site.token(&tenant.id, &[scope]).await;
            let body = body_of(&path);
            let answer = site.call(&without, method.clone(), &path, body.clone()).await;
            // What has a body is read first: an empty one may be refused before the scope is asked.
            let is_kept_out =
                matches!(answer.status, StatusCode::FORBIDDEN | StatusCode::UNPROCESSABLE_ENTITY);
            assert!(is_kept_out, "{method} {path}: {answer:?}");
            let answer = site.call(&with, method.clone(), &path, body).await;
            assert_ne!(answer.status, StatusCode::FORBIDDEN, "{method} {path}");
            assert_ne!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
            assert!(!answer.status.is_server_error(), "{method} {path}: {answer:?}");
        }
        let answer = site.call("und_x", Method::GET, "/nowhere", None).await;
        refused(&answer, StatusCode::NOT_FOUND, "not-found");
    })
    .await;
}

fn body_of(path: &str) -> Option<Value> {
    let is_of_one = path.contains(NOWHERE);
    let has_body = !(is_of_one && (path.ends_with("/dismiss") || path.ends_with("/undo")));
    has_body.then(|| if path.contains("/lists") { json!({"name": "New"}) } else { json!({}) })
}

#[tokio::test]
async fn a_field_that_is_not_known_or_cannot_be_right_is_named() {
    on_sqlite(async |database| {
        let site = Site::open(database, URL).await;
        let (tenant, list) = site.tenant("Acme").await;
        let (_, token) = site.token(&tenant.id, &Scope::ALL).await;
        let post =
            async |path: &str, body: Value| site.call(&token, Method::POST, path, Some(body)).await;
        let answer = post("/lists", json!({"name": "A", "colour": "red"})).await;
        refused(&answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid");
        assert_eq!(answer.json()["field"], "colour");
        let answer = post("/lists", json!({})).await;
        assert_eq!(answer.json()["field"], "name");
        let answer = post("/lists", json!({"name": "two\nlines"})).await;
        assert_eq!(answer.json()["field"], "name");
        let mailbox = json!({
            "address": "anna@example.test", "list": list.id.as_str(), "host": "127.0.0.1",
            "port": 65536, "password": "hush hush",
        });
        let answer = post("/mailboxes", mailbox).await;
        assert_eq!(answer.json()["field"], "port", "{answer:?}");
        assert!(!answer.text.contains("hush"), "{answer:?}");
        let answer = site.call(&token, Method::GET, "/suggestions?status=open", None).await;
        refused(&answer, StatusCode::BAD_REQUEST, "malformed");
        assert_eq!(answer.json()["field"], "status");
    })
    .await;
}

#[tokio::test]
async fn a_mailbox_is_not_saved_before_its_server_lets_us_in() {
    on_sqlite(async |database| {
        let site = Site::open(database, URL).await;
        let (tenant, list) = site.tenant("Acme").await;
        let (_, token) = site.token(&tenant.id, &Scope::ALL).await;
        let mailbox = json!({
            "address": "anna@example.test", "list": list.id.as_str(), "host": "127.0.0.1",
            "password": "hush hush",
        });
        let answer = site.call(&token, Method::POST, "/mailboxes", Some(mailbox)).await;
        refused(&answer, StatusCode::UNPROCESSABLE_ENTITY, "connection-refused");
        assert!(!answer.text.contains("hush"), "{answer:?}");
        let all = site.call(&token, Method::GET, "/mailboxes", None).await;
        assert_eq!(all.json(), json!([]));
    })
    .await;
}

#[tokio::test]
async fn what_was_suggested_of_who_is_excluded_is_forgotten() {
    on_each_database(async |database| {
        let site = Site::open(database, URL).await;
        let (acme, list) = site.tenant("Acme").await;
        let (_, token) = site.token(&acme.id, &Scope::ALL).await;
        let of = |address: &str, origin| {
            let email = EmailAddress::parse(address).unwrap();
            Contact { emails: vec![Found::certain(email, origin)], ..clara() }
        };
        let suggest = async |contact| {
            let id = site.suggest(&acme.id, &list, contact, None).await;
            format!("/suggestions/{id}")
        };
        let open = suggest(of("clara@mail.lawyer.example", Origin::Header)).await;
        let dismissed = suggest(of("otto@lawyer.example", Origin::Header)).await;
        let accepted = suggest(of("eva@lawyer.example", Origin::Header)).await;
        let another = suggest(of("clara@notlawyer.example", Origin::Header)).await;
        let names_them = suggest(of("clara@lawyer.example", Origin::Label)).await;
        site.call(&token, Method::POST, &format!("{dismissed}/dismiss"), None).await;
        site.call(&token, Method::POST, &format!("{accepted}/accept"), Some(json!({}))).await;
        site.call(&token, Method::PUT, "/exclusions/Lawyer.Example", Some(json!({}))).await;
        for (path, state, has_values) in [
            (open, "expired", false),
            (dismissed, "dismissed", false),
            (accepted, "accepted", true),
            (another, "open", true),
            (names_them, "open", true),
        ] {
            let told = site.call(&token, Method::GET, &path, None).await.json();
            assert_eq!(told["state"], state, "{told}");
            assert_eq!(told.to_string().contains("lawyer.example"), has_values, "{told}");
        }
    })
    .await;
}

#[tokio::test]
async fn nothing_of_another_tenant_is_seen_or_touched() {
    on_each_database(async |database| {
        let site = Site::open(database, URL).await;
        let (acme, list) = site.tenant("Acme").await;
        let (_, own) = site.token(&acme.id, &Scope::ALL).await;
        let open = site.suggest(&acme.id, &list, clara(), None).await;
        let accepted = site.suggest(&acme.id, &list, clara(), None).await;
        let path = format!("/suggestions/{accepted}/accept");
        let accepted = site.call(&own, Method::POST, &path, Some(json!({}))).await.json();
        let contact = accepted["contact"].as_str().unwrap();
        site.call(&own, Method::PUT, "/exclusions/Supplier.Example", Some(json!({}))).await;

        let (other, _) = site.tenant("Other").await;
        let (_, token) = site.token(&other.id, &Scope::ALL).await;
        let name = || Some(json!({"name": "Mine"}));
        let empty = || Some(json!({}));
        let attempts = [
            (Method::PUT, format!("/lists/{}", list.id), name()),
            (Method::GET, format!("/suggestions/{open}"), None),
            (Method::POST, format!("/suggestions/{open}/accept"), empty()),
            (Method::POST, format!("/suggestions/{open}/dismiss"), None),
            (Method::POST, format!("/suggestions/{open}/undo"), None),
            (Method::GET, format!("/contacts/{contact}"), None),
            (Method::DELETE, format!("/contacts/{contact}"), None),
            (Method::GET, "/technical-user".to_owned(), None),
            (Method::GET, format!("/mailboxes/{NOWHERE}"), None),
        ];
        for (method, path, body) in attempts {
            let answer = site.call(&token, method.clone(), &path, body).await;
            refused(&answer, StatusCode::NOT_FOUND, "not-found");
        }
        for path in ["/suggestions", "/contacts", "/followups"] {
            let all = site.call(&token, Method::GET, path, None).await.json();
            assert_eq!(all["items"], json!([]), "{path}");
            let path = format!("{path}?limit=200");
            let all = site.call(&token, Method::GET, &path, None).await.json();
            assert_eq!(all["items"], json!([]), "{path}");
        }
        let path = format!("/contacts/export?format=jscontact&list={}", list.id);
        assert_eq!(site.call(&token, Method::GET, &path, None).await.json(), json!([]));
        assert_eq!(site.call(&token, Method::GET, "/exclusions", None).await.json(), json!([]));
        site.call(&token, Method::DELETE, "/exclusions/supplier.example", None).await;
        let kept = site.call(&own, Method::GET, "/exclusions", None).await.json();
        assert_eq!(kept[0]["pattern"], "supplier.example", "{kept}");
    })
    .await;
}
