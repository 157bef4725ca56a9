//! An admin at the page of Microsoft 365: enters the app, learns whether Microsoft lets it in and when it
//! ends, picks people, follows a group.

use crate::support::databases::{Database, on_each_database, on_sqlite};
use crate::support::microsoft::assertion::certificate;
use crate::support::microsoft::world::{CLIENT, DIRECTORY, SECRET};
use crate::support::microsoft::{Fault, Microsoft};
use crate::support::site::{Answer, NOW, Site};
use axum::http::StatusCode;
use undersigned::clock::Clock;
use undersigned::config;
use undersigned::store::mailboxes;
use undersigned::store::tenants::Tenant;
use undersigned::store::users::Role;

const PATH: &str = "/connect/microsoft";
const GROUP: &str = "5d3c1f0a-0000-4000-8000-000000000002";

/// An admin who is signed in, before the page.
struct Desk {
    microsoft: Microsoft,
    site: Site,
    tenant: Tenant,
    list: String,
    cookie: String,
    csrf: String,
}

impl Desk {
    async fn open(database: &Database) -> Self {
        let microsoft = Microsoft::start(&Clock::fixed(NOW)).await;
        let graph = config::Graph {
            identity_url: microsoft.identity.clone(),
            api_url: microsoft.api.clone(),
            ..config::Graph::default()
        };
        let site = Site::open_with_graph(database, "https://crm.kugellager.test", graph).await;
        let (tenant, list) = site.tenant("Kugellager").await;
        site.user(&tenant.id, "ada@kugellager.test", Role::Admin).await;
        site.user(&tenant.id, "max@kugellager.test", Role::Member).await;
        let cookie = site.sign_in("ada@kugellager.test").await;
        let csrf = site.look("/mailboxes", &cookie).await.field("csrf");
        Self { microsoft, site, tenant, list: list.id.to_string(), cookie, csrf }
    }

    async fn look(&self, path: &str) -> String {
        self.site.look(path, &self.cookie).await.text
    }

    async fn send(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let fields = [&[("csrf", &*self.csrf)], fields].concat();
        self.site.post(&format!("{PATH}{path}"), &self.cookie, &fields).await
    }

    async fn enter(&self, secret: (&str, &str), ends: &str) -> Answer {
        let app = [("directory", DIRECTORY), ("client_id", CLIENT), ("secret_expires_at", ends)];
        self.send("/app", &[&app[..], &[secret]].concat()).await
    }

    /// The addresses of the connected mailboxes.
    async fn connected(&self) -> Vec<String> {
        let mut conn = self.site.db.read().await.unwrap();
        let all = mailboxes::list(&mut conn, &self.tenant.id).await.unwrap();
        all.into_iter().map(|mailbox| mailbox.address).collect()
    }
}

#[tokio::test]
async fn an_admin_enters_the_app_and_learns_whether_it_is_let_in_and_when_it_ends() {
    on_each_database(async |database| {
        let desk = Desk::open(database).await;
        let member = desk.site.sign_in("max@kugellager.test").await;
        assert_eq!(desk.site.look(PATH, &member).await.status, StatusCode::FORBIDDEN);
        let page = desk.look(PATH).await;
        assert!(page.contains("Enter the app") && !page.contains("Pick people"), "{page}");

        let refused = desk.enter(("client_secret", "a wrong one"), "2026-12-18").await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
        assert!(refused.text.contains("(AADSTS7000215)"), "{}", refused.text);
        assert!(!refused.text.contains("a wrong one"), "{}", refused.text);
        let saved = desk.enter(("client_secret", SECRET), "2026-12-18").await;
        assert!(saved.text.contains("may list the people"), "{}", saved.text);
        assert!(saved.text.contains("ends on 2026-12-18, in 29 days"), "{}", saved.text);
        assert!(saved.text.contains("no technical user"), "{}", saved.text);
        assert!(!saved.text.contains(SECRET), "{}", saved.text);
        // The day alone is mended; the secret stays, but for no other app.
        let later = desk.enter(("client_secret", ""), "2027-11-18").await;
        assert!(later.text.contains("ends on 2027-11-18"), "{}", later.text);
        let other = [("directory", DIRECTORY), ("client_id", "another one")];
        let other = desk.send("/app", &other).await;
        assert!(other.text.contains("Enter the client secret"), "{}", other.text);
        assert!(other.text.contains("value=\"another one\""), "what was typed stays");
        let pem = certificate(90);
        desk.microsoft.world().uploaded.upload(&pem);
        let half = pem.split("-----BEGIN CERTIFICATE").next().unwrap();
        let half = desk.enter(("certificate", half), "").await;
        assert!(half.text.contains("there is no certificate in it"), "{}", half.text);
        assert!(!half.text.contains("PRIVATE KEY"), "{}", half.text);
        let saved = desk.enter(("certificate", &pem), "").await;
        assert!(saved.text.contains("The certificate ends on"), "{}", saved.text);
        let directory = Fault {
            path: "GET /users",
            status: 403,
            code: "Authorization_RequestDenied",
            retry_after: None,
            times: 1,
        };
        desk.microsoft.world().faults.push(directory);
        let tried = desk.send("/test", &[]).await;
        assert!(tried.text.contains("may not list people and groups"), "{}", tried.text);

        let consent = format!("{}/{DIRECTORY}/v2.0/adminconsent?", desk.microsoft.identity);
        assert!(tried.text.contains(&consent), "{}", tried.text);
        assert!(tried.text.contains("connect%2Fconsent%2Fback"), "{}", tried.text);
        let back = desk.look("/connect/consent/back?admin_consent=True&tenant=1").await;
        assert!(back.contains("consent is given"), "{back}");
        let denied = "/connect/consent/back?admin_consent=True&error=access_denied";
        assert!(desk.look(denied).await.contains("No consent was given"));

        // Who types the address of a personal account is not sent to Microsoft in vain.
        let typed = [("csrf", &*desk.csrf), ("address", "anna@hotmail.com")];
        let asked = desk.site.post("/mailboxes/connect", &desk.cookie, &typed).await;
        assert!(asked.text.contains("include personal Microsoft accounts"), "{}", asked.text);
        let sent = [&typed[..], &[("kind", "graph"), ("list", &desk.list)]].concat();
        let refused = desk.site.post("/connect/consent", &desk.cookie, &sent).await;
        assert!(refused.text.contains("does not admit personal accounts"), "{}", refused.text);
        desk.microsoft.world().admits_personal = true;
        let asked = desk.site.post("/connect/consent", &desk.cookie, &sent).await;
        assert!(asked.text.contains("/consumers/oauth2/v2.0/authorize?"), "{}", asked.text);
    })
    .await;
}

#[tokio::test]
async fn an_admin_picks_people_and_follows_a_group() {
    on_each_database(async |database| {
        let desk = Desk::open(database).await;
        {
            let mut world = desk.microsoft.world();
            for (username, mail) in [
                ("anna@kugellager.onmicrosoft.test", "anna@kugellager.test"),
                ("anton@kugellager.test", "anton@kugellager.test"),
                ("berta@kugellager.test", "berta@kugellager.test"),
            ] {
                world.hire(username, mail);
            }
            world.set_group(GROUP, &["anton@kugellager.test", "berta@kugellager.test"]);
        }
        let before = desk.look("/connect/microsoft?beginning=an").await;
        assert!(before.contains("no app registration is entered"), "{before}");
        desk.enter(("client_secret", SECRET), "").await;
        assert!(desk.look(PATH).await.contains("ends is not known"), "it is asked for");
        let found = desk.look("/connect/microsoft?beginning=an").await;
        assert!(found.contains("2 people found") && !found.contains("berta@"), "{found}");

        let list = ("list", &*desk.list);
        let pick = async |people: &[&str], list, days| {
            let people = people.iter().map(|person| ("person", *person));
            let rest = [("do", "people"), list, ("backfill_days", days)];
            desk.send("/mailboxes", &people.chain(rest).collect::<Vec<_>>()).await
        };
        let anna = "anna@kugellager.test anna@kugellager.onmicrosoft.test";
        for (people, list, days, why) in [
            (&[][..], list, "30", "tick 1 to 100 people"),
            (&[anna][..], ("list", "nowhere"), "30", "list is not an id"),
            (&[anna][..], list, "many", "as a number"),
            (&["anna@kugellager.test a/../b"][..], list, "30", "no address of a mailbox"),
        ] {
            let refused = pick(people, list, days).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{why}");
            assert!(refused.text.contains(why), "{why}: {}", refused.text);
        }
        let done = pick(&[anna], list, "7").await;
        assert!(done.text.contains("1 mailbox is connected"), "{}", done.text);
        assert!(pick(&[anna], list, "7").await.text.contains("0 mailboxes are connected"));
        let found = desk.look("/connect/microsoft?beginning=anna").await;
        assert!(found.contains("checked disabled"), "{found}");
        let by_address = [("address", "nobody@kugellager.test"), list];
        let refused = desk.send("/mailboxes", &by_address).await;
        assert!(refused.text.contains("there is no such mailbox"), "{}", refused.text);

        let group = [("group", GROUP), list, ("backfill_days", "0")];
        let done = desk.send("/groups", &group).await;
        assert!(done.text.contains("2 mailboxes are connected because of it"), "{}", done.text);
        assert_eq!(desk.connected().await.len(), 3);
        assert!(desk.send("/groups", &group).await.text.contains("followed already"));
        let (_, id) = done.text.split_once("/connect/microsoft/groups/").unwrap();
        let remove = format!("/groups/{}/remove", id.split('/').next().unwrap());
        assert!(desk.send(&remove, &[]).await.text.contains("not followed any more"));
        assert_eq!(desk.send(&remove, &[]).await.status, StatusCode::NOT_FOUND);

        let (_, mailbox) = done.text.split_once("action=\"/mailboxes/").unwrap();
        let path = format!("/mailboxes/{}", mailbox.split('"').next().unwrap());
        let fields = [("csrf", &*desk.csrf), ("at", PATH), ("do", "disconnect")];
        let gone = desk.site.post(&path, &desk.cookie, &fields).await;
        assert_eq!((gone.status, gone.header("location")), (StatusCode::SEE_OTHER, PATH));
        assert_eq!(desk.connected().await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn an_admin_watches_another_folder_when_the_one_that_was_watched_is_gone() {
    on_sqlite(async |database| {
        let desk = Desk::open(database).await;
        let offers = {
            let mut world = desk.microsoft.world();
            world.hire("anna@kugellager.test", "anna@kugellager.test");
            world.add_folder("anna@kugellager.test", "offers", "inbox")
        };
        desk.enter(("client_secret", SECRET), "").await;
        let list = ("list", &*desk.list);
        let done = desk.send("/mailboxes", &[("address", "anna@kugellager.test"), list]).await;
        let (_, id) = done.text.split_once("href=\"/mailboxes/").unwrap();
        let folders = format!("/mailboxes/{}/folders", id.split('/').next().unwrap());
        let save = async |fields: &[(&str, &str)]| {
            let fields = [&[("csrf", &*desk.csrf)], fields].concat();
            desk.site.post(&folders, &desk.cookie, &fields).await
        };
        let saved = save(&[("folder", "inbox"), ("watched", &offers)]).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
        let chosen = |id: &str| format!("value=\"{id}\" selected");
        assert!(desk.look(&folders).await.contains(&chosen(&offers)));

        desk.microsoft.world().folders.clear();
        let page = desk.look(&folders).await;
        assert!(page.contains("not there any more: watch another one"), "{page}");
        assert!(page.contains(&chosen(&offers)), "{page}");
        let refused = save(&[("folder", "inbox"), ("watched", "AQMk-sentitems")]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
        let saved = save(&[("folder", "inbox"), ("watched", "inbox")]).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
        let page = desk.look(&folders).await;
        assert!(page.contains(&chosen("inbox")) && !page.contains(&offers), "{page}");
    })
    .await;
}
