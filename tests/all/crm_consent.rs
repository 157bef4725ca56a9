//! A person's consent opens the CRM instead of a token: HubSpot and Pipedrive by the same way.

mod exchange;

use crate::support::api::Api;
use crate::support::daemon::Home;
use crate::support::databases::{Database, on_each_database, on_sqlite};
use crate::support::desk::Desk;
use crate::support::hubspot::HubSpot;
use crate::support::office::Office;
use crate::support::patience::eventually;
use crate::support::pipedrive::Pipedrive;
use crate::support::sign_in_service::{CLIENT, SECRET, SignInService};
use crate::support::site::Site;
use axum::http::StatusCode;
use reqwest::Method;
use secrecy::SecretString;
use serde_json::json;
use std::time::Duration;
use undersigned::clock::Clock;
use undersigned::config;
use undersigned::crm::CrmError;
use undersigned::crm::connection;
use undersigned::crm::consent::{self, ConsentError};
use undersigned::crm::http::Http;
use undersigned::source::imap::Connector;
use undersigned::source::oauth::{self, Exchanges, NoConsent, Services};
use undersigned::store::audit::Actor;
use undersigned::store::consents::{Consent, Purpose};
use undersigned::store::crm_connections::{self, CrmConnection, Kind, State};
use undersigned::store::oauth::{App, put_app};
use undersigned::store::users::Role;
use undersigned::vault::Vault;
use url::Url;

const REDIRECT: &str = "https://crm.example.com/connect/consent/back";
const RITA: &str = "rita@kugellager.test";

/// The account that Rita consents to.
enum Cloud {
    HubSpot(HubSpot),
    Pipedrive(Pipedrive),
}

impl Cloud {
    async fn start(kind: Kind, clock: &Clock) -> Self {
        match kind {
            Kind::HubSpot => Self::HubSpot(HubSpot::start(clock).await),
            _ => Self::Pipedrive(Pipedrive::start(clock).await),
        }
    }

    fn url(&self) -> &str {
        match self {
            Self::HubSpot(hubspot) => &hubspot.url,
            Self::Pipedrive(pipedrive) => &pipedrive.url,
        }
    }

    /// Lets in with Rita's access tokens from that one on, and with no API token.
    fn admits(&self, from: u64) {
        let admits = Some((RITA.to_owned(), from));
        match self {
            Self::HubSpot(hubspot) => {
                let mut world = hubspot.world();
                (world.token, world.admits) = (None, admits);
            }
            Self::Pipedrive(pipedrive) => {
                let mut world = pipedrive.world();
                (world.token, world.admits) = (None, admits);
            }
        }
    }

    /// Another account is signed in to there.
    fn is_account(&self, number: u64) {
        match self {
            Self::HubSpot(hubspot) => hubspot.world().number = number,
            Self::Pipedrive(pipedrive) => pipedrive.world().number = number,
        }
    }

    /// How often all records were read.
    fn read_whole(&self) -> usize {
        match self {
            Self::HubSpot(hubspot) => hubspot.world().asked_for("GET /crm/v3/objects/contacts"),
            Self::Pipedrive(pipedrive) => pipedrive.world().listed_by_id,
        }
    }

    fn add(&self, name: &str) {
        match self {
            Self::HubSpot(hubspot) => {
                hubspot.world().add(&[("lastname", name)]);
            }
            Self::Pipedrive(pipedrive) => {
                pipedrive.world().add(&json!({"name": name}));
            }
        }
    }
}

/// An office whose tenant has an app at the CRM.
struct Scene {
    office: Office,
    service: SignInService,
    cloud: Cloud,
    kind: Kind,
    config: config::Oauth,
}

impl Scene {
    async fn set(database: &Database, kind: Kind) -> Self {
        let office = Office::open(database).await;
        let cloud = Cloud::start(kind, &office.desk.clock).await;
        let service = SignInService::start().await;
        let config = service.config_of_crm(kind.as_str(), cloud.url());
        let services = Services::new(&config).unwrap();
        let http = office.http.clone().with_services(services, exchanges(&office.desk));
        cloud.admits(1);
        let scene = Self { office: Office { http, ..office }, service, cloud, kind, config };
        let refused = scene.try_link().await.unwrap_err().to_string();
        assert!(refused.contains("client id"), "{refused}");
        let app =
            App { directory: "common".into(), client_id: CLIENT.into(), secret: SECRET.into() };
        let desk = &scene.office.desk;
        let mut tx = desk.db.begin_write().await.unwrap();
        let (name, now) = (kind.as_str(), desk.clock.now());
        put_app(&mut tx, &desk.vault, &desk.tenant, name, &app, now).await.unwrap();
        tx.commit().await.unwrap();
        scene
    }

    fn desk(&self) -> oauth::Desk<'_> {
        let desk = &self.office.desk;
        oauth::Desk { db: &desk.db, vault: &desk.vault, redirect: REDIRECT }
    }

    async fn try_link(&self) -> Result<Url, ConsentError> {
        let desk = &self.office.desk;
        let purpose = Purpose::Crm { kind: self.kind };
        let meant = Consent { tenant: desk.tenant.clone(), purpose, actor: Actor::CommandLine };
        let (http, now) = (&self.office.http, desk.clock.now());
        consent::begin(http, &self.desk(), &meant, now).await.map(|(link, _)| link)
    }

    async fn finish(&self, back: &Url) -> Result<(), ConsentError> {
        let code = SecretString::from(value_of(back, "code"));
        let now = self.office.desk.clock.now();
        let desk = self.desk();
        let (meant, returned) = desk.receive(&value_of(back, "state"), &code, now).await?;
        consent::finish(&self.office.http, &desk, (&meant, &returned), now).await
    }

    async fn consents(&self) -> Result<(), ConsentError> {
        let link = self.try_link().await.unwrap();
        self.finish(&self.service.consents_to_crm(&link, RITA)).await
    }

    async fn connection(&self) -> CrmConnection {
        let mut conn = self.office.desk.db.read().await.unwrap();
        crm_connections::get(&mut conn, &self.office.desk.tenant).await.unwrap().unwrap()
    }

    /// How another worker reaches the CRM, which has no access token yet.
    fn other_worker(&self) -> Http {
        self.worker_with(exchanges(&self.office.desk))
    }

    /// Likewise, with exchanges that one can wait for.
    fn worker_with(&self, exchanges: Exchanges) -> Http {
        let settings = config::Crm { ca_file: None, allow_private_hosts: true };
        let services = Services::new(&self.config).unwrap();
        Http::new(&settings).unwrap().with_services(services, exchanges)
    }
}

/// What exchanges tokens in a process of its own.
fn exchanges(desk: &Desk) -> Exchanges {
    Exchanges::new(desk.db.clone(), desk.vault.clone(), desk.clock.clone())
}

fn value_of(back: &Url, name: &str) -> String {
    back.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_opens_hubspot_until_it_is_withdrawn_and_again_in_place() {
    Box::pin(on_each_database(async |database| {
        Box::pin(is_opened_and_healed(database, Kind::HubSpot)).await;
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_opens_pipedrive_until_it_is_withdrawn_and_again_in_place() {
    Box::pin(on_each_database(async |database| {
        Box::pin(is_opened_and_healed(database, Kind::Pipedrive)).await;
    }))
    .await;
}

async fn is_opened_and_healed(database: &Database, kind: Kind) {
    let scene = Scene::set(database, kind).await;
    scene.cloud.add("Neumann");
    let Scene { office, service, cloud, .. } = &scene;
    // A link is good once, and for ten minutes.
    let late = service.consents_to_crm(&scene.try_link().await.unwrap(), RITA);
    office.desk.clock.advance_secs(601);
    assert!(matches!(scene.finish(&late).await, Err(ConsentError::Consent(NoConsent::Unknown))));
    if kind == Kind::HubSpot {
        // A code of another link: its challenge was made of another state.
        let [one, two] = [scene.try_link().await.unwrap(), scene.try_link().await.unwrap()];
        let [one, two] = [&one, &two].map(|link| service.consents_to_crm(link, RITA));
        let mut stolen = one.clone();
        stolen.query_pairs_mut().clear().append_pair("code", &value_of(&two, "code"));
        stolen.query_pairs_mut().append_pair("state", &value_of(&one, "state"));
        let refused = scene.finish(&stolen).await.unwrap_err().to_string();
        assert!(refused.contains("consent"), "{refused}");
    }
    let back = service.consents_to_crm(&scene.try_link().await.unwrap(), RITA);
    scene.finish(&back).await.unwrap();
    assert!(matches!(scene.finish(&back).await, Err(ConsentError::Consent(NoConsent::Unknown))));
    office.read().await.unwrap();
    assert_eq!(office.known().await, 1);
    let connected = scene.connection().await;
    assert_eq!((connected.state, connected.username.as_str()), (State::Healthy, "4711"));
    assert_eq!(connected.oauth_service, kind.as_str());

    // An access token that ends before its time is renewed, and nobody is bothered.
    assert_eq!(service.world().exchanges(RITA), 1);
    cloud.admits(service.world().granted() + 1);
    office.read().await.unwrap();
    assert_eq!(service.world().exchanges(RITA), 2);

    // Workers exchange one after the other, each the token that came instead of the last.
    service.world().slow = Duration::from_millis(100);
    let (one, two) = (scene.other_worker(), scene.other_worker());
    let ask = async |http: &Http| {
        let Desk { db, vault, tenant, .. } = &office.desk;
        connection::owners(http, db, vault, tenant).await.map(drop)
    };
    let asked = tokio::join!(ask(&one), ask(&one), ask(&two));
    assert!(matches!(asked, (Ok(()), Ok(()), Ok(()))), "{asked:?}");
    assert_eq!(service.world().exchanges(RITA), 4, "two workers, one exchange each");
    assert_eq!(service.world().most_at_once(), 1);

    service.world().withdraw(RITA);
    cloud.admits(service.world().granted() + 1);
    let told = office.read().await.unwrap_err();
    assert!(matches!(told, CrmError::Consent), "{told:?}");
    let ill = scene.connection().await;
    assert_eq!(ill.state, State::NeedsConsent);
    assert!(ill.state_detail.contains("/connect/crm"), "{}", ill.state_detail);

    cloud.is_account(4_712);
    let other = scene.consents().await.unwrap_err();
    let told = other.to_string();
    assert!(told.contains("choose the account of 4711"), "{told}");
    cloud.is_account(4_711);
    let lists = cloud.read_whole();
    scene.consents().await.unwrap();
    office.read().await.unwrap();
    assert_eq!(scene.connection().await.state, State::Healthy);
    assert_eq!(office.known().await, 1);
    assert!(cloud.read_whole() <= lists + 1, "it goes on where it was, after one look");
}

#[tokio::test]
async fn an_admin_gives_the_consent_on_a_page_and_members_do_not() {
    on_each_database(async |database| {
        let services = Services::new(&config::Oauth::default()).unwrap();
        let none = (database.open().await, Vault::ephemeral());
        let exchanges = Exchanges::new(none.0, none.1, Clock::system());
        let crm = Http::new(&config::Crm::default()).unwrap().with_services(services, exchanges);
        let imap = Connector::new(None, false).unwrap();
        let site = Site::open_with_crm(database, "https://crm.example.com", imap, crm).await;
        let (tenant, _) = site.tenant("Acme").await;
        site.user(&tenant.id, "ada@acme.example", Role::Admin).await;
        site.user(&tenant.id, "max@acme.example", Role::Member).await;
        let member = site.sign_in("max@acme.example").await;
        assert_eq!(site.look("/connect/crm", &member).await.status, StatusCode::FORBIDDEN);
        let admin = site.sign_in("ada@acme.example").await;
        let shown = site.look("/connect/crm", &admin).await;
        assert!(shown.text.contains("enter the client id"), "{}", shown.text);
        let csrf = shown.field("csrf");
        let chosen = [("csrf", csrf.as_str()), ("kind", "hubspot")];
        let without = site.post("/connect/crm", &admin, &chosen).await;
        assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(without.text.contains("client id and secret"), "{}", without.text);

        let app =
            App { directory: "common".into(), client_id: CLIENT.into(), secret: SECRET.into() };
        let mut tx = site.db.begin_write().await.unwrap();
        let now = site.clock.now();
        put_app(&mut tx, &site.vault, &tenant.id, "hubspot", &app, now).await.unwrap();
        tx.commit().await.unwrap();
        let forged = site.post("/connect/crm", &admin, &chosen[1..]).await;
        assert!(forged.status.is_client_error(), "{forged:?}");
        let link = site.post("/connect/crm", &admin, &chosen).await;
        assert_eq!(link.status, StatusCode::OK, "{link:?}");
        for part in ["https://app.hubspot.com/oauth/authorize?", "code_challenge", CLIENT] {
            assert!(link.text.contains(part), "{part} in {}", link.text);
        }
        assert!(!link.text.contains(SECRET));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_connects_by_a_link_and_no_secret_comes_out_again() {
    on_sqlite(async |database| {
        let pipedrive = Pipedrive::start(&Clock::system()).await;
        let cloud = Cloud::Pipedrive(pipedrive);
        cloud.admits(1);
        let service = SignInService::start().await;
        let home = Home::in_(database)
            .with("OAUTH__PIPEDRIVE__AUTHORIZE_URL", &format!("{}/auth", service.url))
            .with("OAUTH__PIPEDRIVE__TOKEN_URL", &format!("{}/token", service.url))
            .with("OAUTH__PIPEDRIVE__CRM", cloud.url());
        service.world().basic = true;
        home.run(&["admin", "create-tenant", "Kugellager", "--region", "DE"]);
        let token = home.run(&["admin", "create-token", "--tenant", "Kugellager", "story"]);
        let daemon = home.start().await;
        let api = Api::of(&daemon, token.trim());
        let asked = json!({"kind": "pipedrive"});
        let refused = api.refused(Method::POST, "/crm/consents", asked.clone()).await;
        assert!(refused.contains("client id"), "{refused}");
        let app = json!({"client_id": CLIENT, "client_secret": SECRET});
        api.put("/oauth-apps/pipedrive", app).await;
        let link = api.post("/crm/consents", asked).await;
        let link: Url = link["url"].as_str().unwrap().parse().unwrap();
        assert!(!link.as_str().contains("code_challenge"), "Pipedrive has no PKCE");
        let back = service.consents_to_crm(&link, RITA);
        assert_eq!(back.path(), "/connect/consent/back");
        let here = format!("{}{}?{}", daemon.web, back.path(), back.query().unwrap());
        let page = reqwest::get(&here).await.unwrap();
        assert!(page.status().is_success(), "{page:?}");
        assert!(page.text().await.unwrap().contains("The CRM is connected"));
        assert!(reqwest::get(&here).await.unwrap().status().is_client_error(), "once");

        let connected = eventually("the CRM to be read", async || {
            let shown = api.get("/crm").await;
            (shown["state"] == "healthy").then_some(shown)
        });
        let connected = connected.await;
        assert_eq!(
            (&connected["kind"], &connected["by_consent"]),
            (&json!("pipedrive"), &json!(true))
        );
        for told in [connected.to_string(), api.text("/oauth-apps").await] {
            assert!(!told.contains(SECRET) && !told.contains("1//"), "{told}");
        }
        assert!(daemon.stop().await.success());
        let log = std::fs::read_to_string(home.log()).unwrap();
        assert!(!log.contains(SECRET) && !log.contains("1//"));
    })
    .await;
}
