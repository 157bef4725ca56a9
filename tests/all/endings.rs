//! Admins see and hear in time when the secrets end that open mailboxes by consent, and a CRM as an app.

use crate::support::databases::on_each_database;
use crate::support::dynamics::{APP, Dynamics, SECRET};
use crate::support::notices::{Jobs, flat, set_technical_user};
use crate::support::patience::eventually;
use crate::support::site::{NOW, Site};
use crate::support::smtp::{Fault, Seen, Smtp};
use axum::http::{Method, StatusCode};
use serde_json::json;
use undersigned::clock::Clock;
use undersigned::config;
use undersigned::crm::http::Http;
use undersigned::source::graph::Connector;
use undersigned::source::imap;
use undersigned::source::oauth::Services;
use undersigned::store::tokens::Scope;
use undersigned::store::users::Role;

const DAY: i64 = 86_400;

/// What the last mails say.
fn last(mails: &[Seen], count: usize) -> String {
    mails[mails.len() - count..].iter().map(flat).collect()
}

#[tokio::test]
async fn the_end_of_an_apps_secret_is_shown_and_told_30_14_7_and_1_days_before() {
    on_each_database(async |database| {
        let dynamics = Dynamics::start(&Clock::fixed(NOW)).await;
        let private = config::Crm { ca_file: None, allow_private_hosts: true };
        let crm = Http::new(&private).unwrap().with_identity(&dynamics.identity()).unwrap();
        let services = Services::new(&config::Oauth::default()).unwrap();
        let imap = imap::Connector::new(None, false).unwrap().with_services(services);
        let site =
            Site::open_with_crm(database, "https://crm.example.com", imap, crm.clone()).await;
        let (tenant, _) = site.tenant("Holm").await;
        site.user(&tenant.id, "ada@holm.example", Role::Admin).await;
        let admin = site.sign_in("ada@holm.example").await;
        let scopes = [Scope::MailboxesRead, Scope::MailboxesWrite, Scope::CrmRead, Scope::CrmWrite];
        let call = async |method, path: &str, body| {
            let (_, token) = site.token(&tenant.id, &scopes).await;
            site.call(&token, method, path, body).await
        };
        let on = |days: i64| NOW.plus_secs(days * DAY).to_rfc3339();
        let app = |ends: Option<String>| {
            json!({"client_id": "app-1", "client_secret": "x", "directory": "holm.example",
                   "secret_expires_at": ends})
        };
        let connection = |ends: Option<String>| {
            json!({"kind": "dynamics", "url": dynamics.url, "username": APP, "password": SECRET,
                   "secret_expires_at": ends})
        };

        // Entered, and shown.
        for (service, ends, status) in [
            ("google", None, StatusCode::NO_CONTENT),
            ("microsoft", Some(on(20)), StatusCode::NO_CONTENT),
            ("microsoft", Some("soon".to_owned()), StatusCode::UNPROCESSABLE_ENTITY),
        ] {
            let path = format!("/oauth-apps/{service}");
            let put = call(Method::PUT, &path, Some(app(ends))).await;
            assert_eq!(put.status, status, "{put:?}");
        }
        let put = call(Method::PUT, "/crm", Some(connection(Some(on(25))))).await.json();
        assert_eq!(put["secret_expires_at"], on(25), "{put}");
        let apps = call(Method::GET, "/oauth-apps", None).await.json();
        assert_eq!(apps[0]["secret_expires_at"], json!(null), "{apps}");
        assert_eq!(apps[1]["secret_expires_at"], on(20), "{apps}");
        let page = site.look("/mailboxes", &admin).await.text;
        assert!(page.contains("of the app at Microsoft ends on 2026-12-08, in 20 days"), "{page}");
        assert!(!page.contains("app at Google"), "{page}");
        let page = site.look("/connect/crm", &admin).await.text;
        assert!(page.contains("for Dynamics 365 ends on 2026-12-13, in 25 days"), "{page}");
        let page = site.look("/connect/crm?kind=dynamics", &admin).await.text;
        assert!(page.contains("type=\"date\" value=\"2026-12-13\""), "{page}");

        // Told.
        let smtp = Smtp::start(Fault::Nothing).await;
        set_technical_user(&site.db, &site.vault, &tenant.id, site.clock.now(), &smtp).await;
        let graph = Connector::new(&config::Graph::default()).unwrap();
        let nobody = config::Notices::default();
        let jobs = Jobs::reaching(crm, &nobody, &site.db, &site.vault, &site.clock, &graph);
        // Of what is ill they hear elsewhere.
        let warned = async |count: usize| {
            let of_ends = || {
                let mut mails = smtp.seen();
                mails.retain(|mail| flat(mail).contains(" ends on "));
                mails
            };
            let what = format!("{count} warnings");
            let mails = async || Some(of_ends()).filter(|mails| mails.len() >= count);
            let mails = eventually(&what, mails).await;
            assert_eq!(mails.len(), count, "{mails:#?}");
            mails
        };
        let told = last(&warned(2).await, 2);
        for part in [
            "The client secret of the app at microsoft ends on 2026-12-08",
            "set-oauth-app --service microsoft",
            "https://crm.example.com/mailboxes",
            "The secret for Dynamics 365 ends on 2026-12-13",
            "https://crm.example.com/connect/crm",
        ] {
            assert!(told.contains(part), "{part} in {told}");
        }
        jobs.pass(7 * DAY).await;
        assert!(last(&warned(3).await, 1).contains("at microsoft ends"));
        // The same day again is nothing new; of a new secret nobody knows.
        let admin = site.sign_in("ada@holm.example").await;
        let csrf = site.look("/mailboxes", &admin).await.field("csrf");
        let sent = [
            ("csrf", &*csrf),
            ("kind", "dynamics"),
            ("url", &*dynamics.url),
            ("username", APP),
            ("secret_expires_at", "2026-12-13"),
        ];
        let saved = site.post("/connect/crm/settings", &admin, &sent).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{saved:?}");
        let put = call(Method::PUT, "/oauth-apps/microsoft", Some(app(None))).await;
        assert_eq!(put.status, StatusCode::NO_CONTENT, "{put:?}");
        let page = site.look("/mailboxes", &admin).await.text;
        assert!(page.contains("ends on a day that is not known"), "{page}");
        jobs.pass(5 * DAY).await;
        assert!(last(&warned(4).await, 1).contains("The secret for Dynamics 365"));
        jobs.pass(6 * DAY).await;
        jobs.pass(6 * DAY).await;
        warned(6).await;
        let put = call(Method::PUT, "/crm", Some(connection(None))).await.json();
        assert_eq!(put["secret_expires_at"], json!(null), "{put}");
        jobs.stop().await;
    })
    .await;
}
