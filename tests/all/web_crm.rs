//! An admin at the page of the CRM: connects a real address book with a password, changes its settings,
//! disconnects it.

use crate::support::address_book::{AddressBook, Server};
use crate::support::databases::on_each_database;
use crate::support::salesforce::{KEY, SECRET, Salesforce};
use crate::support::servers::SERVERS;
use crate::support::site::Site;
use axum::http::StatusCode;
use undersigned::config;
use undersigned::crm::http::Http;
use undersigned::source::imap::Connector;
use undersigned::store::users::Role;

#[tokio::test]
async fn an_admin_connects_the_crm_changes_it_and_disconnects_it() {
    on_each_database(async |database| {
        let settings = config::Crm { ca_file: Some(SERVERS.ca.clone()), allow_private_hosts: true };
        let imap = Connector::new(None, false).unwrap();
        let crm = Http::new(&settings).unwrap();
        let site = Site::open_with_crm(database, "http://localhost:8080", imap, crm).await;
        let (tenant, _) = site.tenant("Acme").await;
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
        let change = site.look("/connect/crm?kind=carddav", &admin).await;
        assert!(change.text.contains("Empty: the present one stays"), "{}", change.text);
        assert_eq!(save(&book.url, "").await.status, StatusCode::SEE_OTHER);

        let member = site.sign_in("max@acme.example").await;
        let csrf_of_member = site.look("/review", &member).await.field("csrf");
        let sent = [("csrf", &*csrf_of_member)];
        let refused = site.post("/connect/crm/remove", &member, &sent).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{refused:?}");
        let removed = site.post("/connect/crm/remove", &admin, &[("csrf", &*csrf)]).await;
        assert_eq!(removed.status, StatusCode::SEE_OTHER, "{removed:?}");
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
