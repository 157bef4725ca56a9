//! A person's consent opens their mailbox instead of a password, hour after hour.

mod exchanging;

use super::house::{House, connector, deliver, fresh_address};
use super::reading::doveadm;
use crate::support::databases::{on_each_database, on_sqlite};
use crate::support::sign_in_service::{CLIENT, SECRET, SignInService};
use axum::http::StatusCode;
use secrecy::SecretString;
use serde_json::json;
use std::time::Duration;
use undersigned::source::imap::{
    ConnectError, Connector, ConsentError, Keys, NoKey, begin_consent, finish_consent,
};
use undersigned::source::oauth::{Desk, NoConsent, Services};
use undersigned::store::consents::{Consent, MeantMailbox, Purpose};
use undersigned::store::mailboxes::{self, State};
use undersigned::store::oauth::{self, App};
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
}

/// What an address says in its query.
pub(super) fn value(address: &Url, name: &str) -> String {
    address.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned()
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
        service.world().lifetimes = (3599, 6);
        let worker = house.work_with(connector.clone());
        house.until(&mailbox, State::Healthy).await;
        tokio::time::sleep(Duration::from_secs(8)).await;
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
async fn a_mailbox_whose_folder_is_gone_takes_another_consent_and_a_new_one_needs_its_folder() {
    on_each_database(async |database| {
        let scene = Scene::set(House::new(database.open().await).await).await;
        let Scene { house, service, connector } = &scene;
        let address = fresh_address("emptied");
        let consents = async || {
            let mailbox = MeantMailbox {
                list: house.list.clone(),
                address: address.clone(),
                username: address.clone(),
                folder: "Anfragen".into(),
                backfill_days: 30,
            };
            scene.back(&scene.link_to("google", mailbox).await, &address).await
        };
        let refused = consents().await.unwrap_err();
        assert!(
            matches!(refused, ConsentError::Connect(ConnectError::NoFolder)),
            "nothing is connected that cannot be read: {refused}"
        );
        doveadm(&["mailbox", "create", "-u", &address, "Anfragen"]);
        let mailbox = consents().await.unwrap();
        doveadm(&["mailbox", "delete", "-u", &address, "Anfragen"]);
        service.world().withdraw(&address);
        let worker = house.work_with(connector.clone());
        house.until(&mailbox, State::NeedsConsent).await;
        assert_eq!(consents().await.unwrap(), mailbox);
        house.until(&mailbox, State::NoFolder).await;
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
