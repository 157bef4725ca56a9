//! An app signs in with a certificate in place of a secret.

use super::consent;
use super::house::House;
use crate::support::api::Api;
use crate::support::daemon::Home;
use crate::support::databases::{on_each_database, on_sqlite};
use crate::support::microsoft::Microsoft;
use crate::support::microsoft::assertion::certificate;
use crate::support::microsoft::world::{CLIENT, DIRECTORY};
use crate::support::patience::eventually;
use reqwest::Method;
use serde_json::json;
use std::time::{Duration, Instant};
use undersigned::clock::Clock;
use undersigned::store::mailboxes::State;

const REP: &str = "rep@kugellager.test";

#[tokio::test]
async fn a_certificate_signs_in_until_it_is_replaced_at_microsoft() {
    on_each_database(async |database| {
        let house = House::polling(database).await;
        let rep = house.connect(REP).await;
        let first = certificate(20);
        house.microsoft.world().uploaded.upload(&first);
        house.enter_certificate(&first).await;
        let worker = house.work();
        house.microsoft.deliver(REP, 1).await;
        house.until_read(&rep, 1).await;
        let well = house.until(&rep, State::Healthy).await;
        assert!(well.state_detail.contains("the certificate"), "{}", well.state_detail);
        // Each hour another assertion is signed.
        house.clock.advance_secs(3600);
        house.microsoft.deliver(REP, 2).await;
        house.until_read(&rep, 2).await;

        let second = certificate(400);
        {
            let mut world = house.microsoft.world();
            world.uploaded.upload(&second);
            world.tokens.clear();
        }
        let ill = house.until(&rep, State::NeedsConsent).await;
        assert!(ill.state_detail.contains("(AADSTS700027)"), "{}", ill.state_detail);
        house.microsoft.deliver(REP, 3).await;
        house.enter_certificate(&second).await;
        house.until_read(&rep, 3).await;
        let well = house.until(&rep, State::Healthy).await;
        assert_eq!(well.state_detail, "");
        worker.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_enters_a_certificate_and_never_sees_its_key_again() {
    on_sqlite(async |database| {
        let microsoft = Microsoft::start(&Clock::system()).await;
        microsoft.world().add_mailbox(REP);
        let pem = certificate(90);
        microsoft.world().uploaded.upload(&pem);
        let home = Home::in_(database)
            .with("GRAPH__IDENTITY_URL", &microsoft.identity)
            .with("GRAPH__API_URL", &microsoft.api);
        home.run(&["admin", "create-tenant", "Kugellager", "--region", "DE"]);
        let token = home.run(&["admin", "create-token", "--tenant", "Kugellager", "story"]);
        let file = home.dir.join("app.pem");
        std::fs::write(&file, &pem).unwrap();
        let said = home.run(&[
            "admin",
            "set-graph-app",
            "--tenant",
            "Kugellager",
            "--directory",
            DIRECTORY,
            "--client-id",
            CLIENT,
            "--certificate-file",
            file.to_str().unwrap(),
        ]);
        assert!(said.contains("are read through this app"), "{said}");
        let daemon = home.start().await;
        let api = Api::of(&daemon, token.trim());
        let app = api.get("/graph-app").await;
        assert_eq!(app["credential"], "certificate", "{app}");
        assert_eq!(app["secret_expires_in_days"], 89, "{app}");
        assert!(!app.to_string().contains("PRIVATE KEY"), "{app}");
        let sent = json!({"directory": DIRECTORY, "client_id": CLIENT, "certificate": pem});
        assert_eq!(api.put("/graph-app", sent).await["credential"], "certificate");
        let half = pem.split("-----BEGIN CERTIFICATE").next().unwrap();
        for (sent, why) in [
            (json!({"certificate": half}), "there is no certificate in it"),
            (json!({"certificate": "x"}), "there is no RSA private key"),
            (json!({"certificate": pem, "client_secret": "x"}), "send either"),
            (json!({}), "send either"),
        ] {
            let mut whole = json!({"directory": DIRECTORY, "client_id": CLIENT});
            whole.as_object_mut().unwrap().extend(sent.as_object().unwrap().clone());
            let told = api.refused(Method::PUT, "/graph-app", whole).await;
            assert!(told.contains(why), "{why}: {told}");
        }
        let list = api.post("/lists", json!({"name": "Inbound"})).await;
        let sent = json!({"address": REP, "list": list["id"]});
        assert_eq!(api.post("/mailboxes/graph", sent).await["kind"], "graph");
        assert!(daemon.stop().await.success());
    })
    .await;
}

#[tokio::test]
async fn the_mailboxes_of_an_app_ask_once_for_a_token_and_hear_together_that_there_is_none() {
    on_each_database(async |database| {
        let house = House::polling(database).await;
        let mut all = Vec::new();
        for number in 0..8 {
            all.push(house.connect(&format!("team{number}@kugellager.test")).await);
        }
        house.microsoft.world().add_mailbox(REP);
        let own = consent::connect(&house).await;
        let worker = house.work();
        for id in all.iter().chain([&own]) {
            house.until(id, State::Healthy).await;
        }
        let given = |kind: &str| {
            house.microsoft.world().grants.iter().filter(|grant| *grant == kind).count()
        };
        assert_eq!(given("client_credentials"), 1);

        // A person's token ends before its time: that is nothing to the app's own.
        house.microsoft.world().slow = Some(("POST token", Duration::from_millis(50)));
        let refreshed = given("refresh_token");
        house.microsoft.world().tokens.retain(|_, token| token.person.is_none());
        house.microsoft.deliver(REP, 1).await;
        eventually("the person's mail", async || {
            (house.accounted(&house.tenant, &own).await == 1).then_some(())
        })
        .await;
        assert_eq!(given("refresh_token"), refreshed + 1);
        let looks = || house.microsoft.world().asked_for("/messages/delta()");
        let before = looks();
        eventually("the others to look", async || (looks() >= before + 18).then_some(())).await;
        assert_eq!(given("client_credentials"), 1);

        // The app's own ends before its time, for all of its mailboxes.
        house.microsoft.world().tokens.retain(|_, token| token.person.is_some());
        for (number, id) in all.iter().enumerate() {
            house.microsoft.deliver(&format!("team{number}@kugellager.test"), 10 + number).await;
            eventually("the app's mail", async || {
                (house.accounted(&house.tenant, id).await == 1).then_some(())
            })
            .await;
        }
        assert_eq!(given("client_credentials"), 2, "one of them asked for all");

        // Nor does each find out for itself that the sign-in service lets the app in no more.
        {
            let mut world = house.microsoft.world();
            world.slow = Some(("POST token", Duration::from_secs(1)));
            world.sign_in_fault = Some(("invalid_client", 7_000_222));
            world.tokens.retain(|_, token| token.person.is_some());
        }
        let asked = house.microsoft.world().asked_for("POST token");
        let began = Instant::now();
        for id in &all {
            house.until(id, State::NeedsConsent).await;
        }
        assert!(began.elapsed() < Duration::from_secs(7), "{:?}", began.elapsed());
        assert!(house.microsoft.world().asked_for("POST token") <= asked + 2);
        assert_eq!(house.mailbox(&own).await.state, State::Healthy);
        worker.stop().await;
    })
    .await;
}
