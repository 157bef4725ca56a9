//! The refresh token of a consent works once: whoever exchanges it does so alone, saves the next one whatever
//! happens meanwhile, and shows it to nobody but whom it was given for.

use super::Scene;
use crate::imap::house::{House, fresh_address};
use crate::support::databases::on_each_database;
use crate::support::sign_in_service::{CLIENT, SECRET};
use secrecy::SecretString;
use std::time::Duration;
use undersigned::clock::Millis;
use undersigned::source::imap::NoKey;
use undersigned::source::oauth::{Client, Grant, Party, Proof};
use undersigned::store::mailboxes::{self, Mailbox};
use undersigned::store::oauth::{self, Begun, Exchange, Holder};
use url::Url;

impl Scene {
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

fn holder(mailbox: &Mailbox) -> Holder {
    Holder::from(mailbox)
}

/// An exchange whose new token is not saved yet.
struct Exchanging {
    exchange: Exchange,
    next: SecretString,
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
