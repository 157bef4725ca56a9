//! A person lets us read their own mailbox.

use super::house::House;
use crate::support::databases::on_each_database;
use crate::support::patience::eventually;
use crate::support::site::Site;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::time::Duration;
use tower::ServiceExt;
use undersigned::clock::Millis;
use undersigned::source::graph::{ConsentError, begin_consent, finish_consent};
use undersigned::source::oauth::{Desk, NoConsent};
use undersigned::store::MailboxId;
use undersigned::store::audit::Actor;
use undersigned::store::consents::{Consent, MeantMailbox, Purpose};
use undersigned::store::mailboxes::{self, State};
use undersigned::store::tokens::Scope;
use undersigned::store::users::Role;
use url::Url;

const REP: &str = "rep@kugellager.test";

fn redirect(house: &House) -> String {
    format!("http://{}/connect/consent/back", house.web)
}

fn desk<'a>(house: &'a House, redirect: &'a str) -> Desk<'a> {
    Desk { db: &house.db, vault: &house.vault, redirect }
}

/// The link for the rep's mailbox, and until when it is good.
pub(super) async fn link(house: &House) -> (Url, Millis) {
    let mailbox = MeantMailbox {
        list: house.list.clone(),
        address: REP.to_owned(),
        username: REP.to_owned(),
        folder: "inbox".to_owned(),
        backfill_days: 30,
    };
    let purpose = Purpose::Graph { mailbox };
    let consent = Consent { tenant: house.tenant.clone(), purpose, actor: Actor::CommandLine };
    let (redirect, now) = (redirect(house), house.clock.now());
    let link = begin_consent(&house.connector, &desk(house, &redirect), &consent, now).await;
    link.unwrap()
}

/// The code and the state that a person is sent back with.
pub(super) fn back(house: &House, link: &Url, person: &str) -> (secrecy::SecretString, String) {
    let back = Url::parse(&house.microsoft.consents(link.as_str(), person)).unwrap();
    let value =
        |name: &str| back.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    (secrecy::SecretString::from(value("code")), value("state"))
}

/// What comes of it.
pub(super) async fn finish(
    house: &House,
    (code, state): &(secrecy::SecretString, String),
    now: Millis,
) -> Result<MailboxId, ConsentError> {
    let redirect = redirect(house);
    let desk = desk(house, &redirect);
    let (consent, returned) = desk.receive(state, code, now).await?;
    finish_consent(&house.connector, &desk, (&consent, &returned), now).await
}

/// The rep follows a link and consents.
async fn consents(house: &House, link: &Url) -> MailboxId {
    finish(house, &back(house, link, REP), house.clock.now()).await.unwrap()
}

/// The rep's mailbox is connected.
pub(super) async fn connect(house: &House) -> MailboxId {
    consents(house, &link(house).await.0).await
}

#[tokio::test]
async fn a_consent_opens_the_mailbox_and_its_token_is_exchanged_each_hour() {
    on_each_database(async |database| {
        let house = House::polling(database).await;
        house.microsoft.world().add_mailbox(REP);
        let rep = connect(&house).await;
        let worker = house.work();
        house.microsoft.deliver(REP, 1).await;
        house.until_read(&rep, 1).await;
        for hour in 0..3 {
            // Each exchange ends the token before: the new one must have been kept.
            house.clock.advance_secs(3600);
            house.microsoft.deliver(REP, 2 + hour).await;
            house.until_read(&rep, i64::try_from(2 + hour).unwrap()).await;
        }
        worker.stop().await;
        let next = house.work();
        house.microsoft.deliver(REP, 9).await;
        house.until_read(&rep, 5).await;
        next.stop().await;
        let refreshes =
            house.microsoft.world().grants.iter().filter(|it| *it == "refresh_token").count();
        assert!((4..=6).contains(&refreshes), "{refreshes} exchanges");
    })
    .await;
}

#[tokio::test]
async fn a_token_that_is_being_exchanged_is_kept_whatever_happens_meanwhile() {
    on_each_database(async |database| {
        let house = House::polling(database).await;
        house.microsoft.world().add_mailbox(REP);
        let rep = connect(&house).await;
        let worker = house.work();
        house.until(&rep, State::Healthy).await;
        // Microsoft has given the next token and takes its time to say so.
        house.microsoft.world().slow = Some(("POST token", Duration::from_secs(1)));
        let begun = async |times: usize| {
            house.clock.advance_secs(3600);
            eventually("an exchange", async || {
                (house.microsoft.world().asked_for("POST token") >= times).then_some(())
            })
            .await;
        };
        let before = house.microsoft.world().asked_for("POST token");
        begun(before + 1).await;
        worker.stop().await;
        let stored = {
            let mailbox = house.mailbox(&rep).await;
            let mut conn = house.db.read().await.unwrap();
            mailboxes::password(&mut conn, &house.vault, &mailbox).await.unwrap()
        };
        let stored = stored.unwrap();
        assert_eq!(stored.expose_secret(), house.microsoft.world().refresh[REP], "when it stops");

        let worker = house.work();
        begun(before + 2).await;
        house.choose(&rep, &["archive"]).await;
        house.microsoft.deliver(REP, 1).await;
        house.until_read(&rep, 1).await;
        let well = house.until(&rep, State::Healthy).await;
        assert_eq!(well.ill_since, None);
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_withdrawn_consent_is_said_and_given_again_in_place() {
    on_each_database(async |database| {
        let house = House::polling(database).await;
        house.microsoft.world().add_mailbox(REP);
        let rep = connect(&house).await;
        let worker = house.work();
        house.until(&rep, State::Healthy).await;
        {
            let mut world = house.microsoft.world();
            world.refresh.clear();
            world.tokens.clear();
        }
        let ill = house.until(&rep, State::NeedsConsent).await;
        assert!(ill.state_detail.contains("give it again"), "{}", ill.state_detail);
        house.microsoft.deliver(REP, 1).await;
        let again = format!("/mailboxes/{rep}/consent");
        let (status, link) = house.ask(Method::POST, &again, Value::Null).await;
        assert_eq!(status, StatusCode::CREATED, "{link}");
        let link = Url::parse(link["url"].as_str().unwrap()).unwrap();
        assert_eq!(consents(&house, &link).await, rep);
        house.until_read(&rep, 1).await;
        worker.stop().await;

        // What the app reads in its own name no person consents to.
        let info = house.connect("info@kugellager.test").await;
        let again = format!("/mailboxes/{info}/consent");
        let (status, refused) = house.ask(Method::POST, &again, Value::Null).await;
        assert_eq!(status, StatusCode::CONFLICT, "{refused}");
    })
    .await;
}

#[tokio::test]
async fn a_link_is_good_once_for_ten_minutes_and_one_account() {
    on_each_database(async |database| {
        let house = House::polling(database).await;
        let now = house.clock.now();
        let (to, _) = link(&house).await;
        let other = back(&house, &to, "somebody.else@kugellager.test");
        let refused = finish(&house, &other, now).await.unwrap_err();
        let is_other = |it: &_| matches!(it, ConsentError::Consent(NoConsent::OtherAccount(_)));
        assert!(is_other(&refused), "{refused}");
        let refused = finish(&house, &other, now).await.unwrap_err();
        assert!(matches!(refused, ConsentError::Consent(NoConsent::Unknown)), "{refused}");

        let (to, until) = link(&house).await;
        let refused = finish(&house, &back(&house, &to, REP), until).await.unwrap_err();
        assert!(matches!(refused, ConsentError::Consent(NoConsent::Unknown)), "{refused}");

        // Another's code does not fit this state.
        let (stolen, _) = back(&house, &link(&house).await.0, REP);
        let (_, state) = back(&house, &link(&house).await.0, REP);
        let refused = finish(&house, &(stolen, state), now).await.unwrap_err();
        assert!(matches!(refused, ConsentError::Fault(_)), "{refused}");
        let mut conn = house.db.read().await.unwrap();
        assert!(mailboxes::list(&mut conn, &house.tenant).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn the_page_at_the_end_of_the_way_says_what_came_of_it() {
    on_each_database(async |database| {
        let house = House::polling(database).await;
        house.microsoft.world().add_mailbox(REP);
        let look = async |path: &str| {
            let request = Request::get(path).header("accept", "text/html");
            let request = request.body(Body::empty()).unwrap();
            house.router.clone().oneshot(request).await.unwrap().status()
        };
        let (link, _) = link(&house).await;
        let back = Url::parse(&house.microsoft.consents(link.as_str(), REP)).unwrap();
        let path = format!("{}?{}", back.path(), back.query().unwrap());
        assert_eq!(look(&path).await, StatusCode::OK);
        assert_eq!(look(&path).await, StatusCode::UNPROCESSABLE_ENTITY);
        let denied = "/connect/consent/back?error=access_denied&state=x";
        assert_eq!(look(denied).await, StatusCode::UNPROCESSABLE_ENTITY);
        let mut conn = house.db.read().await.unwrap();
        assert_eq!(mailboxes::list(&mut conn, &house.tenant).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn an_admin_gets_the_link_on_the_page_and_nobody_else() {
    on_each_database(async |database| {
        let site = Site::open(database, "https://crm.kugellager.test").await;
        let (tenant, list) = site.tenant("Kugellager").await;
        site.user(&tenant.id, "boss@kugellager.test", Role::Admin).await;
        site.user(&tenant.id, REP, Role::Member).await;
        let cookie = site.sign_in(REP).await;
        assert!(!site.look("/review", &cookie).await.text.contains("Connect and heal"));

        let cookie = site.sign_in("boss@kugellager.test").await;
        assert!(site.look("/review", &cookie).await.text.contains("Connect and heal"));
        let csrf = site.look("/mailboxes", &cookie).await.field("csrf");
        let kind = ("kind", "graph");
        let fields = [("csrf", csrf.as_str()), ("address", REP), ("list", list.id.as_str()), kind];
        let answer = site.post("/connect/consent", &cookie, &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.text.contains("no app registration"), "{}", answer.text);

        let scopes = [Scope::MailboxesRead, Scope::MailboxesWrite];
        let (_, token) = site.token(&tenant.id, &scopes).await;
        let app =
            json!({"directory": "kugellager.test", "client_id": "one", "client_secret": "two"});
        let saved = site.call(&token, Method::PUT, "/graph-app", Some(app)).await;
        assert_eq!(saved.status, StatusCode::OK, "{saved:?}");
        let answer = site.post("/connect/consent", &cookie, &fields).await;
        let link =
            "href=\"https://login.microsoftonline.com/kugellager.test/oauth2/v2.0/authorize?";
        assert!(answer.text.contains(link), "{}", answer.text);
        assert!(answer.text.contains("connect%2Fconsent%2Fback"), "{}", answer.text);

        let odd = json!({"address": "a/b@kugellager.test", "list": list.id.as_str()});
        let refused = site.call(&token, Method::POST, "/mailboxes/graph/consents", Some(odd)).await;
        assert_eq!(refused.json()["field"], "address", "{refused:?}");
        let sent = json!({"address": REP, "list": list.id.as_str(), "folder": "sentitems"});
        let refused =
            site.call(&token, Method::POST, "/mailboxes/graph/consents", Some(sent)).await;
        assert_eq!(refused.json()["field"], "folder", "{refused:?}");
    })
    .await;
}
