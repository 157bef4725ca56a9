//! A person's consent opens their mailbox instead of a password, hour after hour.

use super::house::{House, connector, deliver, fresh_address};
use super::reading::doveadm;
use crate::support::databases::{on_each_database, on_sqlite};
use crate::support::sign_in_service::{CLIENT, SECRET, SignInService};
use axum::http::StatusCode;
use secrecy::SecretString;
use serde_json::json;
use std::time::Duration;
use undersigned::clock::Millis;
use undersigned::source::imap::{
    Connector, ConsentError, Keys, NoKey, begin_consent, finish_consent,
};
use undersigned::source::oauth::{Client, Desk, Grant, NoConsent, Party, Proof, Services};
use undersigned::store::consents::{Consent, MeantMailbox, Purpose};
use undersigned::store::mailboxes::{self, Mailbox, State};
use undersigned::store::oauth::{self, App, Begun, Exchange, Holder};
use undersigned::store::{MailboxId, audit::Actor};
use url::Url;

const REDIRECT: &str = "https://crm.example.com/connect/consent/back";

/// A house whose tenant has an app at the service.
pub(super) struct Scene {
    pub(super) house: House,
    pub(super) service: SignInService,
    pub(super) connector: Connector,
}

impl Scene {
    pub(super) async fn set(house: House) -> Self {
        let service = SignInService::start().await;
        let connector = connector().with_services(Services::new(&service.config()).unwrap());
        let app =
            App { directory: "common".into(), client_id: CLIENT.into(), secret: SECRET.into() };
        let mut tx = house.db.begin_write().await.unwrap();
        let now = house.clock.now();
        for service in ["google", "microsoft"] {
            oauth::put_app(&mut tx, &house.vault, &house.tenant, service, &app, now).await.unwrap();
        }
        tx.commit().await.unwrap();
        Self { house, service, connector }
    }

    fn desk(&self) -> Desk<'_> {
        let (db, vault) = (&self.house.db, &self.house.vault);
        Desk { db, vault, redirect: REDIRECT }
    }

    fn keys(&self) -> Keys {
        self.house.keys(&self.connector)
    }

    /// The link for somebody's mailbox.
    async fn link(&self, address: &str) -> Url {
        let mailbox = MeantMailbox {
            list: self.house.list.clone(),
            address: address.into(),
            username: address.into(),
            folder: "INBOX".into(),
            backfill_days: 30,
        };
        self.link_to("google", mailbox).await
    }

    /// The link of a service for a mailbox.
    pub(super) async fn link_to(&self, service: &str, mailbox: MeantMailbox) -> Url {
        let purpose = Purpose::Imap { service: service.into(), mailbox };
        let tenant = self.house.tenant.clone();
        let consent = Consent { tenant, purpose, actor: Actor::CommandLine };
        let now = self.house.clock.now();
        begin_consent(&self.connector, &self.desk(), &consent, now).await.unwrap().0
    }

    /// What comes of somebody's consent to a link.
    async fn back(&self, link: &Url, account: &str) -> Result<MailboxId, ConsentError> {
        let (code, state) = self.went(link, account);
        self.finish(&state, &code).await
    }

    fn went(&self, link: &Url, account: &str) -> (SecretString, String) {
        let back = self.service.consents(link.as_str(), account);
        (SecretString::from(value(&back, "code")), value(&back, "state"))
    }

    pub(super) async fn finish(
        &self,
        state: &str,
        code: &SecretString,
    ) -> Result<MailboxId, ConsentError> {
        let (desk, now) = (self.desk(), self.house.clock.now());
        let (consent, returned) = desk.receive(state, code, now).await?;
        finish_consent(&self.connector, &desk, (&consent, &returned), now).await
    }

    async fn connect(&self, address: &str) -> MailboxId {
        self.back(&self.link(address).await, address).await.unwrap()
    }

    /// What comes of it when a worker begins to exchange the token of a mailbox.
    async fn begin(&self, mailbox: &Mailbox, abandoned: Option<Millis>) -> Begun {
        let until = self.house.clock.now().plus_secs(40);
        let mut tx = self.house.db.begin_write().await.unwrap();
        let holder = holder(mailbox);
        let begun = oauth::begin_exchange(&mut tx, &holder, until, abandoned).await.unwrap();
        tx.commit().await.unwrap();
        begun
    }

    /// A worker exchanges the token of a mailbox, and has not saved the next one yet.
    async fn exchange(&self, mailbox: &Mailbox) -> Exchanging {
        let Begun::Ours(exchange) = self.begin(mailbox, None).await else { panic!("not begun") };
        let House { db, vault, clock, .. } = &self.house;
        let mut conn = db.read().await.unwrap();
        let holder = holder(mailbox);
        let token = oauth::exchanged(&mut conn, vault, &holder, &exchange).await.unwrap();
        let url = Url::parse(&format!("{}/token", self.service.url)).unwrap();
        let proof = Proof::Secret(SECRET.into());
        let party = Party { client_id: CLIENT, proof: &proof };
        let grant = Grant::Refresh { token: &token };
        let tokens = Client::new().unwrap().ask(&url, &party, &grant, clock.now()).await.unwrap();
        Exchanging { exchange, next: tokens.refresh.unwrap() }
    }

    /// Whether what came of an exchange was still wanted.
    async fn end(
        &self,
        mailbox: &Mailbox,
        exchange: &Exchange,
        next: Option<&SecretString>,
    ) -> bool {
        let House { db, vault, .. } = &self.house;
        let mut tx = db.begin_write().await.unwrap();
        let holder = holder(mailbox);
        let ours = oauth::end_exchange(&mut tx, vault, &holder, exchange, next).await.unwrap();
        tx.commit().await.unwrap();
        ours
    }
}

/// What an address says in its query.
pub(super) fn value(address: &Url, name: &str) -> String {
    address.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned()
}

fn holder(mailbox: &Mailbox) -> Holder {
    Holder::from(mailbox)
}

/// An exchange whose new token is not saved yet.
struct Exchanging {
    exchange: Exchange,
    next: SecretString,
}

#[tokio::test]
async fn a_consent_opens_a_mailbox_and_tokens_are_exchanged_as_they_end() {
    on_each_database(async |database| {
        let scene = Scene::set(House::new(database.open().await).await).await;
        let Scene { house, service, connector } = &scene;
        let address = fresh_address("consenting");
        deliver(&address, "one").await;
        let mailbox = scene.connect(&address).await;
        assert_eq!(house.mailbox(&mailbox).await.oauth_service, "google");
        let worker = house.work_with(connector.clone());
        house.notes.until(&mailbox, &["one"]).await;
        assert_eq!(service.world().exchanges(&address), 1);

        // The connection breaks while the token is good: it is used again.
        doveadm(&["kick", &address]);
        deliver(&address, "two").await;
        house.notes.until(&mailbox, &["one", "two"]).await;
        assert_eq!(service.world().exchanges(&address), 1);

        // It breaks when the token has ended.
        house.clock.advance_secs(3600);
        doveadm(&["kick", &address]);
        deliver(&address, "three").await;
        house.notes.until(&mailbox, &["one", "two", "three"]).await;
        assert_eq!(service.world().exchanges(&address), 2);
        worker.stop().await;

        // Each exchange has ended the refresh token before: another worker has the last one.
        let worker = house.work_with(connector.clone());
        deliver(&address, "four").await;
        house.notes.until(&mailbox, &["one", "two", "three", "four"]).await;
        house.until(&mailbox, State::Healthy).await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_token_that_ends_before_its_time_is_exchanged_and_nobody_is_bothered() {
    on_sqlite(async |database| {
        let scene = Scene::set(House::new(database.open().await).await).await;
        let Scene { house, service, connector } = &scene;
        let address = fresh_address("early");
        let mailbox = scene.connect(&address).await;
        service.world().lifetimes = (3599, 2);
        let worker = house.work_with(connector.clone());
        house.until(&mailbox, State::Healthy).await;
        tokio::time::sleep(Duration::from_secs(3)).await;
        service.world().lifetimes = (3599, 3599);
        doveadm(&["kick", &address]);
        deliver(&address, "one").await;
        house.notes.until(&mailbox, &["one"]).await;
        let healthy = house.until(&mailbox, State::Healthy).await;
        assert_eq!(healthy.ill_since, None, "{healthy:?}");
        assert_eq!(service.world().exchanges(&address), 2);
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_withdrawn_consent_is_said_and_given_again_in_place() {
    on_each_database(async |database| {
        let scene = Scene::set(House::new(database.open().await).await).await;
        let Scene { house, service, connector } = &scene;
        let address = fresh_address("withdrawn");
        let mailbox = scene.connect(&address).await;
        deliver(&address, "one").await;
        service.world().withdraw(&address);
        let worker = house.work_with(connector.clone());
        let ill = house.until(&mailbox, State::NeedsConsent).await;
        assert!(ill.state_detail.contains("give it again"), "{}", ill.state_detail);
        assert!(ill.ill_since.is_some() && ill.retry_at > ill.ill_since, "{ill:?}");

        assert_eq!(scene.connect(&address).await, mailbox, "it stays the same mailbox");
        house.notes.until(&mailbox, &["one"]).await;
        assert_eq!(house.until(&mailbox, State::Healthy).await.ill_since, None);

        // A password may take its place, and a consent the place of that.
        let wrong = SecretString::from("outdated");
        assert!(house.set_password(&house.mailbox(&mailbox).await, &wrong).await);
        house.until(&mailbox, State::WrongPassword).await;
        assert_eq!(scene.connect(&address).await, mailbox);
        house.until(&mailbox, State::Healthy).await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_link_is_good_once_for_ten_minutes_and_one_account() {
    on_each_database(async |database| {
        let scene = Scene::set(House::new(database.open().await).await).await;
        let address = fresh_address("meant");
        let link = scene.link(&address).await;
        let (code, state) = scene.went(&link, "somebody.else@example.test");
        let refused = scene.finish(&state, &code).await.unwrap_err();
        assert!(matches!(refused, ConsentError::Consent(NoConsent::OtherAccount(_))), "{refused}");
        assert!(!refused.to_string().contains(&address), "masked: {refused}");
        let refused = scene.finish(&state, &code).await.unwrap_err();
        assert!(matches!(refused, ConsentError::Consent(NoConsent::Unknown)), "{refused}");

        let link = scene.link(&address).await;
        scene.house.clock.advance_secs(601);
        let refused = scene.back(&link, &address).await.unwrap_err();
        assert!(matches!(refused, ConsentError::Consent(NoConsent::Unknown)), "{refused}");

        // A code of another link: its challenge was made of another state.
        let (one, two) = (scene.link(&address).await, scene.link(&address).await);
        let ((_, state), (code, _)) = (scene.went(&one, &address), scene.went(&two, &address));
        let refused = scene.finish(&state, &code).await.unwrap_err();
        assert!(matches!(refused, ConsentError::Key(NoKey::Token(_))), "{refused}");
        let mut conn = scene.house.db.read().await.unwrap();
        assert!(mailboxes::list(&mut conn, &scene.house.tenant).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn one_at_a_time_exchanges_and_who_goes_away_loses_nothing() {
    on_each_database(async |database| {
        let scene = Scene::set(House::new(database.open().await).await).await;
        let address = fresh_address("crowded");
        let mailbox = scene.connect(&address).await;
        let mailbox = scene.house.mailbox(&mailbox).await;
        scene.service.world().slow = Duration::from_millis(150);
        let keys = scene.keys();
        let ask = async || keys.settings(&mailbox).await.map(drop).map_err(|e| e.to_string());
        let asked = tokio::join!(ask(), ask(), ask());
        assert_eq!(asked, (Ok(()), Ok(()), Ok(())));
        assert_eq!(scene.service.world().most_at_once(), 1);

        // Whoever asked is gone before the answer comes, and the mailbox was paused meanwhile: the
        // refresh token that came is kept all the same.
        scene.service.world().slow = Duration::from_millis(600);
        let gone = tokio::spawn({
            let (keys, mailbox) = (keys.clone(), mailbox.clone());
            async move { keys.settings(&mailbox).await.map(drop) }
        });
        scene.service.until_busy().await;
        gone.abort();
        let mut tx = scene.house.db.begin_write().await.unwrap();
        let (tenant, now) = (&scene.house.tenant, scene.house.clock.now());
        mailboxes::pause(&mut tx, tenant, &mailbox.id, now).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(ask().await, Ok(()));
        assert_eq!(scene.service.world().exchanges(&address), 5);
    })
    .await;
}

#[tokio::test]
async fn after_an_outage_of_the_database_the_new_token_is_saved_and_the_one_before_not_shown() {
    on_each_database(async |database| {
        let scene = Scene::set(House::new(database.open().await).await).await;
        let address = fresh_address("outage");
        let mailbox = scene.connect(&address).await;
        let mailbox = scene.house.mailbox(&mailbox).await;
        // A worker has the next token and cannot save it, until long after it should have.
        let Exchanging { exchange, next } = scene.exchange(&mailbox).await;
        scene.house.clock.advance_secs(3600);
        let (keys, asked) = (scene.keys(), mailbox.clone());
        let other = tokio::spawn(async move { keys.settings(&asked).await.map(drop) });
        tokio::time::sleep(Duration::from_millis(700)).await;
        assert_eq!(scene.service.world().exchanges(&address), 1, "another worker waits for it");
        assert!(scene.end(&mailbox, &exchange, Some(&next)).await);
        other.await.unwrap().unwrap();
        assert_eq!(scene.service.world().exchanges(&address), 2);

        // One is taken for dead and has the next token all the same: it is kept.
        let Exchanging { exchange, next } = scene.exchange(&mailbox).await;
        scene.house.clock.advance_secs(60);
        let Begun::Theirs(abandoned) = scene.begin(&mailbox, None).await else { panic!("begun") };
        let Begun::Ours(theirs) = scene.begin(&mailbox, Some(abandoned)).await else {
            panic!("not begun")
        };
        assert!(scene.end(&mailbox, &exchange, Some(&next)).await);
        assert!(!scene.end(&mailbox, &theirs, None).await, "the token that it showed is no more");
        scene.keys().settings(&mailbox).await.unwrap();

        // A consent that is given meanwhile is not replaced.
        let Exchanging { exchange, next } = scene.exchange(&mailbox).await;
        scene.connect(&address).await;
        assert!(!scene.end(&mailbox, &exchange, Some(&next)).await);
        scene.keys().settings(&mailbox).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_secret_is_shown_to_nobody_but_whom_it_was_given_for() {
    on_each_database(async |database| {
        let scene = Scene::set(House::new(database.open().await).await).await;
        let house = &scene.house;
        let address = fresh_address("bound");
        let id = scene.connect(&address).await;
        let by_consent = house.mailbox(&id).await;
        let exchanges = || scene.service.world().exchanges(&address);
        let keys = scene.keys();
        let is_gone = async |known: &Mailbox| {
            matches!(keys.settings(known).await.map(drop), Err(NoKey::Gone))
        };

        // A password takes the place of the consent: the sign-in service is not shown it.
        let password = SecretString::from("of the mail server");
        assert!(house.set_password(&by_consent, &password).await);
        let before = exchanges();
        assert!(is_gone(&by_consent).await, "whoever watched it before has nothing to show");
        assert_eq!(exchanges(), before);

        // A consent takes the place of the password: the mail server is not shown its token.
        let by_password = house.mailbox(&id).await;
        assert!(keys.settings(&by_password).await.is_ok());
        assert_eq!(scene.connect(&address).await, id);
        assert!(is_gone(&by_password).await);
        let elsewhere = Mailbox { host: "imap.elsewhere.test".to_owned(), ..by_password };
        assert!(is_gone(&elsewhere).await);

        // Another password was tried at the server that it had then: no other one gets it.
        let now = house.mailbox(&id).await;
        let (port, username) = (now.port + 1, "somebody else".to_owned());
        for then in
            [elsewhere, Mailbox { port, ..now.clone() }, Mailbox { username, ..now.clone() }]
        {
            assert!(!house.set_password(&then, &password).await);
        }
        assert_eq!(house.mailbox(&id).await.state_since, now.state_since);
        assert!(keys.settings(&now).await.is_ok(), "the consent is still there");
    })
    .await;
}

#[tokio::test]
async fn what_the_service_says_becomes_a_state_and_none_of_its_words_is_kept() {
    on_sqlite(async |database| {
        let scene = Scene::set(House::new(database.open().await).await).await;
        let Scene { house, service, connector } = &scene;
        for (status, error, state) in [
            (StatusCode::SERVICE_UNAVAILABLE, "", State::Unreachable),
            (StatusCode::TOO_MANY_REQUESTS, "", State::Throttled),
            (StatusCode::UNAUTHORIZED, "invalid_client", State::NeedsConsent),
            (StatusCode::OK, "", State::Unreachable),
        ] {
            let address = fresh_address("told");
            service.world().fault = None;
            let mailbox = scene.connect(&address).await;
            let said = json!({"error": error, "error_description": "secretword"});
            service.world().fault = Some((status, said));
            let worker = house.work_with(connector.clone());
            let ill = house.until(&mailbox, state).await;
            assert!(!ill.state_detail.contains("secretword"), "{}", ill.state_detail);
            worker.stop().await;
            let mut tx = house.db.begin_write().await.unwrap();
            mailboxes::remove(&mut tx, &house.tenant, &mailbox).await.unwrap();
            tx.commit().await.unwrap();
        }
    })
    .await;
}
