//! A person lets us read their own mailbox.

use super::house::House;
use crate::support::databases::on_each_database;
use crate::support::site::Site;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::json;
use tower::ServiceExt;
use undersigned::source::graph::{ConsentError, Desk, begin_consent, finish_consent};
use undersigned::store::graph::Consent;
use undersigned::store::mailboxes::{self, State};
use undersigned::store::tokens::Scope;
use undersigned::store::users::Role;
use url::Url;

const REP: &str = "rep@kugellager.test";

pub(super) fn meant(house: &House) -> Consent {
    Consent {
        tenant: house.tenant.clone(),
        list: house.list.clone(),
        address: REP.to_owned(),
        folder: "inbox".to_owned(),
        backfill_days: 30,
        actor: "cli".to_owned(),
    }
}

/// The code and the state that a person is sent back with.
pub(super) fn back(house: &House, link: &Url, person: &str) -> (secrecy::SecretString, String) {
    let back = Url::parse(&house.microsoft.consents(link.as_str(), person)).unwrap();
    let value =
        |name: &str| back.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    (secrecy::SecretString::from(value("code")), value("state"))
}

pub(super) async fn with_desk(house: &House, tell: impl AsyncFnOnce(Desk<'_>)) {
    let redirect = format!("http://{}/connect/microsoft/back", house.web);
    let (db, vault, connector) = (&house.db, &house.vault, &house.connector);
    tell(Desk { db, vault, connector, redirect: &redirect }).await;
}

#[tokio::test]
async fn a_consent_opens_the_mailbox_and_its_token_is_exchanged_each_hour() {
    on_each_database(async |database| {
        let house = House::polling(database).await;
        house.microsoft.world().add_mailbox(REP);
        let now = house.clock.now();
        with_desk(&house, async |desk| {
            let (link, _) = begin_consent(&desk, &meant(&house), now).await.unwrap();
            let (code, state) = back(&house, &link, REP);
            let (_, rep) = finish_consent(&desk, &state, &code, now).await.unwrap();
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
    })
    .await;
}

#[tokio::test]
async fn a_withdrawn_consent_is_said_and_given_again_in_place() {
    on_each_database(async |database| {
        let house = House::polling(database).await;
        house.microsoft.world().add_mailbox(REP);
        let now = house.clock.now();
        with_desk(&house, async |desk| {
            let (link, _) = begin_consent(&desk, &meant(&house), now).await.unwrap();
            let (code, state) = back(&house, &link, REP);
            let (_, rep) = finish_consent(&desk, &state, &code, now).await.unwrap();
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
            let (link, _) = begin_consent(&desk, &meant(&house), now).await.unwrap();
            let (code, state) = back(&house, &link, REP);
            let (_, again) = finish_consent(&desk, &state, &code, now).await.unwrap();
            assert_eq!(rep, again);
            house.until_read(&rep, 1).await;
            worker.stop().await;
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_link_is_good_once_for_ten_minutes_and_one_account() {
    on_each_database(async |database| {
        let house = House::polling(database).await;
        let now = house.clock.now();
        with_desk(&house, async |desk| {
            let (link, _) = begin_consent(&desk, &meant(&house), now).await.unwrap();
            let (code, state) = back(&house, &link, "somebody.else@kugellager.test");
            let refused = finish_consent(&desk, &state, &code, now).await.unwrap_err();
            assert!(matches!(refused, ConsentError::OtherAccount(_)), "{refused}");
            let refused = finish_consent(&desk, &state, &code, now).await.unwrap_err();
            assert!(matches!(refused, ConsentError::Unknown), "{refused}");

            let (link, until) = begin_consent(&desk, &meant(&house), now).await.unwrap();
            let (code, state) = back(&house, &link, REP);
            let refused = finish_consent(&desk, &state, &code, until).await.unwrap_err();
            assert!(matches!(refused, ConsentError::Unknown), "{refused}");

            // Another's code does not fit this state.
            let (link, _) = begin_consent(&desk, &meant(&house), now).await.unwrap();
            let (stolen, _) = back(&house, &link, REP);
            let (link, _) = begin_consent(&desk, &meant(&house), now).await.unwrap();
            let (_, state) = back(&house, &link, REP);
            let refused = finish_consent(&desk, &state, &stolen, now).await.unwrap_err();
            assert!(matches!(refused, ConsentError::Fault(_)), "{refused}");
        })
        .await;
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
        with_desk(&house, async |desk| {
            let (link, _) = begin_consent(&desk, &meant(&house), house.clock.now()).await.unwrap();
            let back = Url::parse(&house.microsoft.consents(link.as_str(), REP)).unwrap();
            let path = format!("{}?{}", back.path(), back.query().unwrap());
            assert_eq!(look(&path).await, StatusCode::OK);
            assert_eq!(look(&path).await, StatusCode::UNPROCESSABLE_ENTITY);
            let denied = "/connect/microsoft/back?error=access_denied&state=x";
            assert_eq!(look(denied).await, StatusCode::UNPROCESSABLE_ENTITY);
        })
        .await;
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
        assert_eq!(site.look("/connect/microsoft", &cookie).await.status, StatusCode::FORBIDDEN);
        assert!(!site.look("/review", &cookie).await.text.contains("/connect/microsoft"));

        let cookie = site.sign_in("boss@kugellager.test").await;
        assert!(site.look("/review", &cookie).await.text.contains("/connect/microsoft"));
        let csrf = site.look("/connect/microsoft", &cookie).await.field("csrf");
        let fields = [("csrf", csrf.as_str()), ("address", REP), ("list", list.id.as_str())];
        let answer = site.post("/connect/microsoft", &cookie, &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.text.contains("no app registration"), "{}", answer.text);

        let scopes = [Scope::MailboxesRead, Scope::MailboxesWrite];
        let (_, token) = site.token(&tenant.id, &scopes).await;
        let app =
            json!({"directory": "kugellager.test", "client_id": "one", "client_secret": "two"});
        let saved = site.call(&token, Method::PUT, "/graph-app", Some(app)).await;
        assert_eq!(saved.status, StatusCode::OK, "{saved:?}");
        let answer = site.post("/connect/microsoft", &cookie, &fields).await;
        let link =
            "href=\"https://login.microsoftonline.com/kugellager.test/oauth2/v2.0/authorize?";
        assert!(answer.text.contains(link), "{}", answer.text);
        assert!(answer.text.contains("connect%2Fmicrosoft%2Fback"), "{}", answer.text);

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
