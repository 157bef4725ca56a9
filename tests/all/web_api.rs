//! Programs at the API: what a token opens, what is refused and how, and the way of a suggestion.

use crate::support::databases::{on_each_database, on_sqlite};
use crate::support::site::{Answer, Site};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use undersigned::contact::{Contact, EmailAddress, Found, Origin, PersonName, Phone, PhoneKind};
use undersigned::matching;
use undersigned::store::tokens::{self, Scope};
use undersigned::store::{ContactId, audit, followups, match_keys};

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
async fn a_suggestion_is_accepted_by_field_undone_and_dismissed_and_asking_twice_changes_nothing() {
    on_each_database(async |database| {
        let site = Site::open(database, URL).await;
        let (tenant, list) = site.tenant("Acme").await;
        let (_, token) = site.token(&tenant.id, &Scope::ALL).await;
        let id = site.suggest(&tenant.id, &list, clara(), None).await;
        let get = async |path: &str| site.call(&token, Method::GET, path, None).await;
        let post = async |path: &str, body: Value| {
            site.call(&token, Method::POST, &format!("/suggestions/{id}/{path}"), Some(body)).await
        };
        let detail = get(&format!("/suggestions/{id}")).await.json();
        assert_eq!(detail["card"]["@type"], "Card", "{detail}");
        assert_eq!(detail["confidences"]["titles/1"]["origin"], "layout");
        let keys: Vec<&str> = detail["rows"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|row| row["key"].as_str())
            .collect();
        assert_eq!(keys, ["name", "titles/1", "phones/1", "phones/2", "emails/1"]);

        let choice = json!({
            "take": ["name", "phones/1", "emails/1"], "typed": {"titles/1": "Head of Purchasing"},
            "seen": detail["version"],
        });
        let stale = json!({"seen": 1});
        refused(&post("accept", stale).await, StatusCode::CONFLICT, "conflict");
        let wrong = json!({"take": ["name"], "typed": {"phones/1": "not a number"}});
        refused(&post("accept", wrong).await, StatusCode::UNPROCESSABLE_ENTITY, "invalid");
        let accepted = post("accept", choice.clone()).await;
        assert_eq!(accepted.json()["state"], "accepted", "{accepted:?}");
        assert_eq!(post("accept", choice).await.json(), accepted.json());

        let path = format!("/contacts/{}", accepted.json()["contact"].as_str().unwrap());
        let contact = get(&path).await.json();
        assert_eq!(contact["card"]["titles"]["1"]["name"], "Head of Purchasing", "{contact}");
        assert_eq!(contact["card"]["phones"].as_object().unwrap().len(), 1, "{contact}");

        assert_eq!(post("undo", json!({})).await.json()["state"], "open");
        assert_eq!(post("undo", json!({})).await.json()["state"], "open");
        assert_eq!(get("/contacts").await.json()["items"], json!([]));
        assert_eq!(post("dismiss", json!({})).await.json()["state"], "dismissed");
        assert_eq!(post("dismiss", json!({})).await.json()["state"], "dismissed");
        refused(&post("accept", json!({})).await, StatusCode::CONFLICT, "conflict");
    })
    .await;
}

#[tokio::test]
async fn a_contact_that_asks_for_it_is_forgotten() {
    on_each_database(async |database| {
        let site = Site::open(database, URL).await;
        let (tenant, list) = site.tenant("Acme").await;
        let (_, token) = site.token(&tenant.id, &Scope::ALL).await;
        let id = site.suggest(&tenant.id, &list, clara(), None).await;
        let accept = format!("/suggestions/{id}/accept");
        let accepted = site.call(&token, Method::POST, &accept, Some(json!({}))).await.json();
        let contact = accepted["contact"].as_str().unwrap().to_owned();
        let mut tx = site.db.begin_write().await.unwrap();
        let address = EmailAddress::parse("clara@fabrik.example").unwrap();
        let (tenant_id, now) = (&tenant.id, site.clock.now());
        let contact_id = ContactId::parse(&contact).unwrap();
        followups::plan(&mut tx, tenant_id, &contact_id, &address, now).await.unwrap().unwrap();
        tx.commit().await.unwrap();

        let path = format!("/contacts/{contact}");
        let (other, _) = site.tenant("Other").await;
        let (_, stranger) = site.token(&other.id, &Scope::ALL).await;
        let refusal = site.call(&stranger, Method::DELETE, &path, None).await;
        refused(&refusal, StatusCode::NOT_FOUND, "not-found");
        assert_eq!(site.call(&token, Method::GET, &path, None).await.status, StatusCode::OK);

        let done = site.call(&token, Method::DELETE, &path, None).await;
        assert_eq!(done.status, StatusCode::NO_CONTENT, "{done:?}");
        let again = site.call(&token, Method::DELETE, &path, None).await;
        refused(&again, StatusCode::NOT_FOUND, "not-found");
        let undo = format!("/suggestions/{id}/undo");
        let undone = site.call(&token, Method::POST, &undo, Some(json!({}))).await;
        refused(&undone, StatusCode::CONFLICT, "conflict");
        for path in ["/contacts".to_owned(), "/followups".into(), format!("/suggestions/{id}")] {
            let answer = site.call(&token, Method::GET, &path, None).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}: {answer:?}");
            let text = answer.text.to_lowercase();
            for value in ["clara", "einkauf", "931123456"] {
                assert!(!text.contains(value), "{value} is left in {path}: {text}");
            }
        }
        let mut conn = site.db.read().await.unwrap();
        let log = audit::page(&mut conn, tenant_id, None, 1).await.unwrap();
        assert_eq!((log[0].action.as_str(), &log[0].subject), ("contact.remove", &contact));
        let keys = matching::keys(&clara());
        let owners = match_keys::owners(&mut conn, tenant_id, &keys).await.unwrap();
        assert_eq!(owners, [], "nobody is found by her values");
    })
    .await;
}

#[tokio::test]
async fn contacts_leave_as_vcards_cards_and_a_table() {
    on_each_database(async |database| {
        let site = Site::open(database, URL).await;
        let (tenant, list) = site.tenant("Acme").await;
        let (_, token) = site.token(&tenant.id, &Scope::ALL).await;
        let export = async |format: &str| {
            site.call(&token, Method::GET, &format!("/contacts/export?format={format}"), None).await
        };
        assert_eq!(export("jscontact").await.json(), json!([]));
        for _ in 0..250 {
            let mut contact = clara();
            contact.titles[0].value = "=cmd|' /C calc'!A0\r\nX-Injected: 1".into();
            let id = site.suggest(&tenant.id, &list, contact, None).await;
            let path = format!("/suggestions/{id}/accept");
            let answer = site.call(&token, Method::POST, &path, Some(json!({}))).await;
            assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        }
        let forms = [
            ("vcard", "text/vcard; charset=utf-8", "contacts.vcf", "BEGIN:VCARD"),
            ("jscontact", "application/json", "contacts.json", "\"@type\":\"Card\""),
            ("csv", "text/csv; charset=utf-8; header=present", "contacts.csv", "Clara Fröhlich"),
        ];
        for (format, kind, file, mark) in forms {
            let answer = export(format).await;
            assert_eq!(answer.status, StatusCode::OK);
            assert_eq!(answer.header("content-type"), kind);
            let name = format!("attachment; filename=\"{file}\"");
            assert_eq!(answer.header("content-disposition"), name);
            assert!(answer.headers.get("x-injected").is_none());
            assert_eq!(answer.text.matches(mark).count(), 250, "{format}");
        }
        assert_eq!(export("jscontact").await.json().as_array().unwrap().len(), 250);
        assert!(!export("csv").await.text.contains(",=cmd"), "a formula is defused");
        let answer = export("pdf").await;
        refused(&answer, StatusCode::BAD_REQUEST, "malformed");

        let first = site.call(&token, Method::GET, "/contacts?limit=200", None).await.json();
        let next = first["next"].as_str().unwrap();
        let path = format!("/contacts?limit=200&before={next}");
        let second = site.call(&token, Method::GET, &path, None).await.json();
        assert_eq!(second["items"].as_array().unwrap().len(), 50);
        assert!(second.get("next").is_none(), "{second}");
    })
    .await;
}

#[tokio::test]
async fn records_are_imported_twice_without_effect() {
    on_each_database(async |database| {
        let site = Site::open(database, URL).await;
        let (tenant, _) = site.tenant("Acme").await;
        let (_, token) = site.token(&tenant.id, &Scope::ALL).await;
        let import = async |kind: &'static str| {
            let file =
                "Id,First name,Last name,E-mail,Phone\n1,Anna,Müller,anna@a.example,0931 123456\n";
            let request = axum::http::Request::post("/api/v1/crm/records")
                .header("authorization", format!("Bearer {token}"))
                .header("content-type", kind)
                .body(axum::body::Body::from(file));
            site.send(request.unwrap()).await
        };
        let first = import("text/csv; charset=utf-8").await.json();
        assert_eq!((&first["new"], &first["again"]), (&json!(1), &json!(0)), "{first}");
        let second = import("text/csv").await.json();
        assert_eq!((&second["new"], &second["again"]), (&json!(0), &json!(1)), "{second}");
        let wrong = import("application/json").await;
        refused(&wrong, StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type");
    })
    .await;
}

#[tokio::test]
async fn an_admin_looks_at_a_workbook_before_importing_it() {
    const EXCEL: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    on_each_database(async |database| {
        let site = Site::open(database, URL).await;
        let (tenant, _) = site.tenant("Acme").await;
        let (_, token) = site.token(&tenant.id, &Scope::ALL).await;
        let send = async |path: &str, accept: &str| {
            let file: &[u8] = include_bytes!("../../fixtures/crm/contacts.xlsx");
            let request = axum::http::Request::post(format!("/api/v1/crm/records{path}"))
                .header("authorization", format!("Bearer {token}"))
                .header("content-type", EXCEL)
                .header("accept", accept)
                .body(axum::body::Body::from(file));
            site.send(request.unwrap()).await
        };
        let preview = send("/preview", "application/json").await.json();
        assert_eq!(preview["count"], 2, "{preview}");
        assert_eq!(preview["columns"][6], json!({"name": "Telefon", "meaning": "phone"}));
        assert_eq!(preview["columns"][13], json!({"name": "Angelegt", "meaning": null}));
        assert_eq!(preview["contacts"][0]["name"]["full"], "Zoë Åkesson");
        let wrong = send("?columns=%7B%22Telefon%22%3A%22colour%22%7D", "*/*").await;
        refused(&wrong, StatusCode::UNPROCESSABLE_ENTITY, "invalid");
        // Without its column of ids and the mailboxes, one row has no number and no more to tell.
        let fewer = "?columns=%7B%22Telefon%22%3Anull%2C%22Vorname%22%3Anull%7D";
        let done = send(fewer, "application/json").await.json();
        assert_eq!((&done["new"], &done["again"]), (&json!(2), &json!(0)), "{done}");
        let left_out = send("", "text/csv").await;
        assert_eq!(left_out.status, StatusCode::OK);
        assert!(left_out.text.starts_with("\u{feff}Line,Problem,"), "{}", left_out.text);
        assert_eq!(left_out.text.lines().count(), 1, "{}", left_out.text);
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
