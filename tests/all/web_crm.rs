//! An admin at the pages of the CRM: connects a real address book with a password, changes its settings,
//! disconnects it; says which field of a CRM holds what.

use crate::support::address_book::{AddressBook, Server};
use crate::support::databases::{on_each_database, on_sqlite};
use crate::support::hubspot::{HubSpot, TOKEN};
use crate::support::salesforce::{KEY, SECRET, Salesforce};
use crate::support::servers::SERVERS;
use crate::support::site::{NOW, Site};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use undersigned::clock::Clock;
use undersigned::config;
use undersigned::contact::{Contact, Found, Origin};
use undersigned::crm::http::Http;
use undersigned::source::imap::Connector;
use undersigned::store::ContactId;
use undersigned::store::contacts::{self, AcceptedContact};
use undersigned::store::tokens::Scope;
use undersigned::store::users::Role;

#[tokio::test]
async fn an_admin_connects_the_crm_changes_it_and_disconnects_it() {
    on_each_database(async |database| {
        let settings = config::Crm { ca_file: Some(SERVERS.ca.clone()), allow_private_hosts: true };
        let imap = Connector::new(None, false).unwrap();
        let crm = Http::new(&settings).unwrap();
        let site = Site::open_with_crm(database, "http://localhost:8080", imap, crm).await;
        let (tenant, list) = site.tenant("Acme").await;
        let book = AddressBook::make(Server::Radicale, "crm", tenant.id.as_str()).await;
        site.user(&tenant.id, "ada@acme.example", Role::Admin).await;
        site.user(&tenant.id, "max@acme.example", Role::Member).await;
        let admin = site.sign_in("ada@acme.example").await;
        let shown = site.look("/connect/crm", &admin).await;
        for kind in ["carddav", "hubspot", "pipedrive", "salesforce", "dynamics", "tryton"] {
            assert!(shown.text.contains(&format!("/connect/crm?kind={kind}")), "{kind}");
        }
        let token = site.look("/connect/crm?kind=hubspot", &admin).await;
        assert!(token.text.contains("Token of the private app"), "{}", token.text);
        assert!(!token.text.contains("name=\"username\""), "a token has no user: {}", token.text);

        let csrf = shown.field("csrf");
        let save = async |url: &str, password: &str| {
            let sent = [
                ("csrf", &*csrf),
                ("kind", "carddav"),
                ("url", url),
                ("username", "crm"),
                ("password", password),
            ];
            site.post("/connect/crm/settings", &admin, &sent).await
        };
        let refused = save(&book.url, "a wrong one").await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
        for typed in ["role=\"alert\"", &*book.url, "value=\"crm\""] {
            assert!(refused.text.contains(typed), "{typed} in {}", refused.text);
        }
        assert!(!refused.text.contains("a wrong one"), "{}", refused.text);
        let saved = save(&book.url, &SERVERS.password).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{saved:?}");
        let shown = site.look("/connect/crm", &admin).await;
        assert!(shown.text.contains("The address book is connected"), "{}", shown.text);
        assert!(site.look("/import", &admin).await.text.contains("The address book is connected"));
        let fields = site.look("/connect/crm/fields", &admin).await;
        assert!(fields.text.contains("keeps whole cards"), "{}", fields.text);
        let change = site.look("/connect/crm?kind=carddav", &admin).await;
        assert!(change.text.contains("Empty: the present one stays"), "{}", change.text);
        assert_eq!(save(&book.url, "").await.status, StatusCode::SEE_OTHER);

        // Of somebody in a list the address book has told a title.
        let title = Found::certain("Prokuristin".to_owned(), Origin::Crm);
        let told = Contact { titles: vec![title], ..Contact::default() };
        let (id, record, now) = (ContactId::new(), None, site.clock.now());
        let anna = AcceptedContact {
            id: id.clone(),
            list: list.id,
            record,
            gone: false,
            contact: told,
            created_at: now,
            changed_at: now,
        };
        let mut tx = site.db.begin_write().await.unwrap();
        contacts::put(&mut tx, &tenant.id, &anna).await.unwrap();
        tx.commit().await.unwrap();

        let member = site.sign_in("max@acme.example").await;
        let csrf_of_member = site.look("/review", &member).await.field("csrf");
        let sent = [("csrf", &*csrf_of_member)];
        let refused = site.post("/connect/crm/remove", &member, &sent).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{refused:?}");
        let removed = site.post("/connect/crm/remove", &admin, &[("csrf", &*csrf)]).await;
        assert_eq!(removed.status, StatusCode::SEE_OTHER, "{removed:?}");
        let mut conn = site.db.read().await.unwrap();
        let anna = contacts::get(&mut conn, &tenant.id, &id).await.unwrap().unwrap();
        drop(conn);
        assert_eq!(anna.contact, Contact::default(), "it went while the admin waited");
        let shown = site.look("/connect/crm", &admin).await;
        assert!(shown.text.contains("None is connected yet"), "{}", shown.text);
        assert!(!shown.text.contains(&*SERVERS.password));

        // An org at Salesforce has two kinds of people: the admin says what new ones are made as.
        let salesforce = Salesforce::start(&site.clock).await;
        let sent = [
            ("csrf", &*csrf),
            ("kind", "salesforce"),
            ("url", &*salesforce.url),
            ("username", KEY),
            ("password", SECRET),
        ];
        let saved = site.post("/connect/crm/settings", &admin, &sent).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{saved:?}");
        let chosen = "value=\"lead\" selected";
        let shown = site.look("/connect/crm", &admin).await.text;
        assert!(shown.contains("Make new people as") && !shown.contains(chosen), "{shown}");
        let sent = [("csrf", &*csrf), ("new_people", "lead")];
        let saved = site.post("/connect/crm/new-people", &admin, &sent).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{saved:?}");
        assert!(site.look("/connect/crm", &admin).await.text.contains(chosen));
    })
    .await;
}

/// What a form with these fields holds, row by row.
fn rows(fields: &Value) -> Vec<(String, String)> {
    let mut sent = Vec::new();
    for (number, field) in fields.as_array().unwrap().iter().enumerate() {
        for (name, value) in field.as_object().unwrap() {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Bool(true) => "on".to_owned(),
                Value::Number(number) => number.to_string(),
                _ => continue,
            };
            sent.push((format!("{name}:{number}"), text));
        }
    }
    sent
}

#[tokio::test]
async fn an_admin_says_which_field_holds_what_and_goes_back_to_what_is_usual() {
    on_each_database(async |database| {
        let hubspot = HubSpot::start(&Clock::fixed(NOW)).await;
        let settings = config::Crm { ca_file: None, allow_private_hosts: true };
        let imap = Connector::new(None, false).unwrap();
        let crm = Http::new(&settings).unwrap();
        let site = Site::open_with_crm(database, "http://localhost:8080", imap, crm).await;
        let (tenant, _) = site.tenant("Acme").await;
        site.user(&tenant.id, "ada@acme.example", Role::Admin).await;
        site.user(&tenant.id, "max@acme.example", Role::Member).await;
        let (_, token) = site.token(&tenant.id, &[Scope::CrmRead, Scope::CrmWrite]).await;
        let admin = site.sign_in("ada@acme.example").await;
        let path = "/connect/crm/fields";
        assert_eq!(site.look(path, &admin).await.status, StatusCode::NOT_FOUND, "none is there");
        let body = json!({"kind": "hubspot", "url": hubspot.url, "password": TOKEN});
        let done = site.call(&token, Method::PUT, "/crm", Some(body)).await;
        assert_eq!(done.status, StatusCode::OK, "{done:?}");
        let member = site.sign_in("max@acme.example").await;
        assert_eq!(site.look(path, &member).await.status, StatusCode::FORBIDDEN);

        let shown = site.look(path, &admin).await;
        assert!(shown.text.contains("The usual fields are in use"), "{}", shown.text);
        assert!(shown.text.contains("HubSpot does not check versions"), "{}", shown.text);
        let csrf = shown.field("csrf");
        let mapped = async || {
            let found = site.call(&token, Method::GET, "/crm/mapping", None).await;
            found.json()["fields"].clone()
        };
        let usual = mapped().await;
        let post = async |what: &str, fields: &Value| {
            let rows = rows(fields);
            let mut sent = vec![("csrf", &*csrf), ("do", what)];
            sent.extend(rows.iter().map(|(name, value)| (&**name, &**value)));
            site.post(path, &admin, &sent).await
        };
        // What cannot be right is said where it stands, all at once, and nothing typed is lost.
        let mut wrong = usual.clone();
        wrong[3]["max_length"] = json!(0);
        wrong[4]["property"] = json!("Firma");
        wrong[5]["property"] = json!("Not a name");
        let refused = post("save", &wrong).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains("2 fields cannot be right"), "{}", refused.text);
        for part in ["id=\"why-3-max_length\"", "id=\"why-5-property\"", "value=\"Firma\""] {
            assert!(refused.text.contains(part), "{part} in {}", refused.text);
        }
        wrong[3]["max_length"] = json!(60);
        wrong[5] = usual[5].clone();
        let unknown = post("save", &wrong).await;
        assert!(unknown.text.contains("id=\"why-4-property\""), "{}", unknown.text);
        assert!(unknown.text.contains("the CRM has no field `Firma`"), "{}", unknown.text);
        let without = Value::Array(usual.as_array().unwrap()[..2].to_vec());
        let lacking = post("save", &without).await;
        assert!(lacking.text.contains("people are found by it"), "{}", lacking.text);
        assert_eq!(mapped().await, usual, "nothing is saved");

        let mut mine = usual.clone();
        mine[3]["max_length"] = json!(60);
        mine[3]["locked"] = json!(true);
        let saved = post("save", &mine).await;
        assert!(saved.text.contains("The fields are saved"), "{}", saved.text);
        assert!(saved.text.contains("usually job title"), "{}", saved.text);
        assert_eq!(mapped().await, mine);
        // On the page alone: taken away, put back, what is usual.
        let removed = post("remove:10", &mine).await;
        assert!(removed.text.contains("value=\"put-back:fax\""), "{}", removed.text);
        let shown = post("usual", &mine).await;
        assert!(shown.text.contains("Nothing is saved yet"), "{}", shown.text);
        assert_eq!(mapped().await, mine);
        post("save", &usual).await;
        assert_eq!(mapped().await, usual);
        let shown = site.look(path, &admin).await.text;
        assert!(shown.contains("The usual fields are in use"), "{shown}");
    })
    .await;
}

#[tokio::test]
async fn a_program_tries_crms_but_not_without_end() {
    on_sqlite(async |database| {
        let site = Site::open(database, "http://localhost:8080").await;
        let (tenant, _) = site.tenant("Acme").await;
        let ask = async |token: &str, method: Method, path: &str| {
            let settings = json!({"kind": "carddav", "url": "https://10.0.0.1/book/",
                                  "username": "crm", "password": "x"});
            site.call(token, method, path, Some(settings)).await
        };
        let (_, token) = site.token(&tenant.id, &[Scope::CrmWrite]).await;
        // Tries that save nothing and tries that would count together.
        for _ in 0..15 {
            let refused = ask(&token, Method::POST, "/crm/check").await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
            let refused = ask(&token, Method::PUT, "/crm").await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
        }
        for (method, path) in [(Method::POST, "/crm/check"), (Method::PUT, "/crm")] {
            let refused = ask(&token, method, path).await;
            assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{path}: {refused:?}");
            let seconds: u64 = refused.header("retry-after").parse().unwrap();
            assert!((1..=20).contains(&seconds), "{path}: {seconds}");
        }
        // Another program of the tenant is not made to wait for it.
        let (_, token) = site.token(&tenant.id, &[Scope::CrmWrite]).await;
        let refused = ask(&token, Method::POST, "/crm/check").await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
    })
    .await;
}
