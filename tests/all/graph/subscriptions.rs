//! Graph tells of a mailbox for as long as somebody looks at it, and no longer, whoever dies meanwhile.

use super::consent;
use super::house::House;
use crate::support::databases::{on_each_database, on_sqlite};
use crate::support::microsoft::Fault;
use crate::support::patience::eventually;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use undersigned::source::graph::unsubscribe;
use undersigned::store::mailboxes::State;
use undersigned::store::{Id, MailboxId};

const REP: &str = "rep@kugellager.test";

/// Waits until Graph was asked so often for a new subscription.
async fn asked_to_subscribe(house: &House, times: usize) {
    eventually("a subscription to be asked for", async || {
        let asked = house.microsoft.world().asked_for("POST /subscriptions");
        (asked >= times).then_some(())
    })
    .await;
}

/// The one subscription there is, by its id, once the mailbox knows of it.
async fn the_one(house: &House, id: &MailboxId) -> String {
    eventually("one subscription that is known", async || {
        let known = house.subscription(id).await.id;
        let all: Vec<String> = house.microsoft.world().subscriptions.keys().cloned().collect();
        (all == [known.clone()]).then_some(known)
    })
    .await
}

#[tokio::test]
async fn whoever_dies_while_subscribing_leaves_nothing_undone() {
    on_each_database(async |database| {
        let house = House::notified(database).await;
        let rep = house.connect(REP).await;
        let worker = house.work();
        house.until(&rep, State::Healthy).await;

        // While one event is being dealt with, another comes.
        house.microsoft.world().slow = Some(("PATCH /subscriptions", Duration::from_secs(1)));
        let first = the_one(&house, &rep).await;
        house.microsoft.lifecycle(REP, "reauthorizationRequired").await;
        eventually("a renewal", async || {
            (house.microsoft.world().asked_for("PATCH /subscriptions") == 1).then_some(())
        })
        .await;
        house.microsoft.lifecycle(REP, "subscriptionRemoved").await;
        asked_to_subscribe(&house, 2).await;
        assert_ne!(the_one(&house, &rep).await, first);

        // The worker dies before it is told what became of its request.
        house.microsoft.world().slow = Some(("POST /subscriptions", Duration::from_mins(1)));
        house.microsoft.lifecycle(REP, "subscriptionRemoved").await;
        asked_to_subscribe(&house, 3).await;
        eventually("a subscription that nobody was told of", async || {
            (house.microsoft.world().subscriptions.len() == 1).then_some(())
        })
        .await;
        worker.die().await;
        house.microsoft.world().slow = None;
        house.microsoft.world().subscriptions.clear();
        house.clock.advance_secs(60);
        let worker = house.work();
        asked_to_subscribe(&house, 4).await;
        the_one(&house, &rep).await;
        house.microsoft.deliver(REP, 1).await;
        house.until_read(&rep, 1).await;
        worker.stop().await;
    })
    .await;
}

/// A worker dies when Graph has made a subscription and has not told it so.
async fn dies_while_subscribing(house: &House) {
    house.microsoft.world().slow = Some(("POST /subscriptions", Duration::from_mins(1)));
    let worker = house.work();
    eventually("a subscription that nobody was told of", async || {
        (house.microsoft.world().subscriptions.len() == 1).then_some(())
    })
    .await;
    worker.die().await;
    house.microsoft.world().slow = None;
    house.clock.advance_secs(60);
}

#[tokio::test]
async fn a_subscription_that_nobody_was_told_of_does_no_harm_and_is_found_and_ended() {
    on_each_database(async |database| {
        let house = House::notified(database).await;
        let rep = house.connect(REP).await;
        let others = ["one@kugellager.test", "two@kugellager.test", "three@kugellager.test"];
        dies_while_subscribing(&house).await;
        let stray = house.microsoft.world().subscriptions.keys().next().cloned().unwrap();
        // The app has more of them than a page lists.
        let mut ids = Vec::new();
        for other in others {
            ids.push(house.connect(other).await);
        }
        let worker = house.work();
        for id in ids.iter().chain([&rep]) {
            house.until(id, State::Healthy).await;
        }
        let known = house.subscription(&rep).await.id;
        assert!(!known.is_empty() && known != stray);
        assert_eq!(house.microsoft.world().subscriptions.len(), 5);
        // Graph tells twice of what comes now, of which one is not heeded, whatever it tells.
        house.microsoft.deliver(REP, 1).await;
        house.until_read(&rep, 1).await;
        let about_it = house.microsoft.world().subscriptions[&stray].notification();
        let notify = |event: &str| {
            let mut body = about_it.clone();
            body["lifecycleEvent"] = event.into();
            let url = format!("http://{}/hooks/graph/lifecycle", house.web);
            reqwest::Client::new().post(url).json(&json!({"value": [body]})).send()
        };
        for event in ["subscriptionRemoved", "reauthorizationRequired", "missed"] {
            assert_eq!(notify(event).await.unwrap().status(), StatusCode::ACCEPTED);
        }
        let told = house.subscription(&rep).await;
        assert!(told.id == known && !told.removed && !told.missed, "{told:?}");
        assert_eq!(house.microsoft.world().asked_for("GET /subscriptions"), 0, "not at once");

        house.clock.advance_secs(180);
        house.microsoft.deliver(REP, 2).await;
        house.until_read(&rep, 2).await;
        eventually("the stray to be ended", async || {
            (!house.microsoft.world().subscriptions.contains_key(&stray)).then_some(())
        })
        .await;
        assert_eq!(house.microsoft.world().subscriptions.len(), 4, "and no other");
        assert_eq!(house.subscription(&rep).await.id, known);
        let listed = house.microsoft.world().asked_for("GET /subscriptions");
        house.clock.advance_secs(180);
        house.microsoft.deliver(REP, 3).await;
        house.until_read(&rep, 3).await;
        assert_eq!(house.microsoft.world().asked_for("GET /subscriptions"), listed, "once");
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn of_a_mailbox_that_is_paused_before_its_subscription_is_known_graph_tells_no_more() {
    on_each_database(async |database| {
        let house = House::notified(database).await;
        let rep = house.connect(REP).await;
        dies_while_subscribing(&house).await;
        let path = format!("/mailboxes/{rep}/pause");
        assert_eq!(house.ask(Method::POST, &path, Value::Null).await.0, StatusCode::OK);
        do_the_job(&house).await;
        assert!(house.microsoft.world().subscriptions.is_empty());
    })
    .await;
}

#[tokio::test]
async fn another_address_to_notify_means_another_subscription_and_none_means_none() {
    on_sqlite(async |database| {
        let mut house = House::notified(database).await;
        let rep = house.connect(REP).await;
        let worker = house.work();
        house.until(&rep, State::Healthy).await;
        worker.stop().await;
        house.reconfigure(Some(format!("http://localhost:{}", house.web.port())));
        let worker = house.work();
        eventually("a subscription at the new address", async || {
            let world = house.microsoft.world();
            let mut all = world.subscriptions.values();
            all.all(|one| one.url.contains("localhost")).then_some(())
        })
        .await;
        the_one(&house, &rep).await;
        house.microsoft.deliver(REP, 1).await;
        house.until_read(&rep, 1).await;
        worker.stop().await;

        house.reconfigure(None);
        let worker = house.work();
        eventually("no subscription", async || {
            house.microsoft.world().subscriptions.is_empty().then_some(())
        })
        .await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_subscription_that_belongs_to_another_app_is_replaced() {
    on_sqlite(async |database| {
        let house = House::notified(database).await;
        let rep = house.connect(REP).await;
        let worker = house.work();
        house.until(&rep, State::Healthy).await;
        let first = the_one(&house, &rep).await;
        let not_yours = Fault {
            path: "PATCH /subscriptions",
            status: 403,
            code: "AccessDenied",
            retry_after: None,
            times: usize::MAX,
        };
        house.microsoft.world().faults.push(not_yours);
        house.microsoft.lifecycle(REP, "reauthorizationRequired").await;
        eventually("another subscription", async || {
            let known = house.subscription(&rep).await.id;
            (known != first && !known.is_empty()).then_some(())
        })
        .await;
        house.microsoft.deliver(REP, 1).await;
        house.until_read(&rep, 1).await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_was_subscribed_together_is_not_renewed_together() {
    on_sqlite(async |database| {
        const HOUR: i64 = 3600 * 1000;
        let house = House::notified(database).await;
        let mut mailboxes = Vec::new();
        for number in 0..12 {
            mailboxes.push(house.connect(&format!("rep{number}@kugellager.test")).await);
        }
        let worker = house.work();
        let mut renewals = BTreeSet::new();
        for mailbox in &mailboxes {
            house.until(mailbox, State::Healthy).await;
            renewals.insert(house.subscription(mailbox).await.renew_at - house.clock.now().0);
        }
        // Of its 70 hours, between a third and half.
        let all_in_time = renewals.iter().all(|after| (23 * HOUR..=35 * HOUR).contains(after));
        assert!(all_in_time && renewals.len() > 3, "{renewals:?}");
        assert!(renewals.last().unwrap() - renewals.first().unwrap() > HOUR, "{renewals:?}");
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn who_asks_to_wait_before_subscribing_is_left_alone() {
    on_sqlite(async |database| {
        let house = House::notified(database).await;
        let rep = house.connect(REP).await;
        let throttled = Fault {
            path: "POST /subscriptions",
            status: 429,
            code: "ApplicationThrottled",
            retry_after: Some(900),
            times: 1,
        };
        house.microsoft.world().faults.push(throttled);
        let worker = house.work();
        house.until(&rep, State::Throttled).await;
        assert_eq!(house.microsoft.world().asked_for("delta()"), 0);
        let again = house.subscription(&rep).await.renew_at - house.clock.now().0;
        assert!(again >= 900_000, "{again}");
        worker.stop().await;
    })
    .await;
}

/// Does what the job does that was left behind.
async fn do_the_job(house: &House) {
    let payload: String =
        sqlx::query_scalar("SELECT payload FROM jobs WHERE kind = 'end-subscription'")
            .fetch_one(&mut *house.db.read().await.unwrap())
            .await
            .unwrap();
    let mut tx = house.db.begin_write().await.unwrap();
    let done = sqlx::query("DELETE FROM jobs WHERE kind = 'end-subscription'");
    done.execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    let (mailbox, subscription) = payload.split_once(':').unwrap();
    let mailbox = Id::parse(mailbox).unwrap();
    unsubscribe(&house.keys().0, (&house.tenant, &mailbox), subscription).await.unwrap();
}

#[tokio::test]
async fn of_a_mailbox_that_is_paused_or_removed_graph_tells_no_more() {
    on_each_database(async |database| {
        let house = House::notified(database).await;
        let rep = house.connect(REP).await;
        let worker = house.work();
        house.until(&rep, State::Healthy).await;
        let first = the_one(&house, &rep).await;
        let path = format!("/mailboxes/{rep}");
        let ask = async |method, path: &str| house.ask(method, path, Value::Null).await.0;
        assert_eq!(ask(Method::POST, &format!("{path}/pause")).await, StatusCode::OK);
        do_the_job(&house).await;
        assert!(house.microsoft.world().subscriptions.is_empty());
        house.microsoft.world().deliver(REP, "inbox", 1);
        assert_eq!(ask(Method::POST, &format!("{path}/resume")).await, StatusCode::OK);
        house.until_read(&rep, 1).await;
        assert_ne!(the_one(&house, &rep).await, first);
        assert_eq!(ask(Method::DELETE, &path).await, StatusCode::NO_CONTENT);
        do_the_job(&house).await;
        assert!(house.microsoft.world().subscriptions.is_empty());

        // What a person's consent subscribed, only that person's consent ends.
        let nora = consent::connect(&house).await;
        house.until(&nora, State::Healthy).await;
        the_one(&house, &nora).await;
        let path = format!("/mailboxes/{nora}/pause");
        assert_eq!(ask(Method::POST, &path).await, StatusCode::OK);
        do_the_job(&house).await;
        assert!(house.microsoft.world().subscriptions.is_empty());
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn that_microsoft_cannot_notify_us_is_said_where_the_mailbox_is_shown() {
    on_each_database(async |database| {
        let house = House::looking(database).await;
        let unreached = Fault {
            path: "POST /subscriptions",
            status: 400,
            code: "ValidationError",
            retry_after: None,
            times: usize::MAX,
        };
        house.microsoft.world().faults.push(unreached);
        let rep = house.connect(REP).await;
        let worker = house.work();
        let says = async |is_to: bool| {
            eventually(&format!("a mailbox that says so: {is_to}"), async || {
                let path = format!("/mailboxes/{rep}");
                let (_, told) = house.ask(Method::GET, &path, Value::Null).await;
                let detail = told["state_detail"].as_str().unwrap();
                let is_said = detail.contains("Microsoft does not notify us");
                (told["state"] == "healthy" && is_said == is_to).then(|| detail.to_owned())
            })
            .await
        };
        let said = says(true).await;
        assert!(
            said.contains(&format!("that http://{}/hooks/graph is reached", house.web)),
            "{said}"
        );
        assert!(said.contains("looked for every second"), "{said}");
        assert_eq!(house.mailbox(&rep).await.ill_since, None);
        house.microsoft.deliver(REP, 1).await;
        house.until_read(&rep, 1).await;

        house.microsoft.world().faults.clear();
        house.clock.advance_secs(301);
        says(false).await;
        the_one(&house, &rep).await;
        worker.stop().await;
    })
    .await;
}
