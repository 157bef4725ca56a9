//! Graph tells of new mail, mostly.

use super::house::House;
use crate::support::databases::{on_each_database, on_sqlite};
use crate::support::microsoft::world::Subscription;
use crate::support::patience::eventually;
use serde_json::{Value, json};
use std::time::Duration;
use undersigned::store::graph::hinted;
use undersigned::store::mailboxes::State;

const REP: &str = "rep@kugellager.test";

async fn post(house: &House, body: &Value) -> reqwest::StatusCode {
    let url = format!("http://{}/hooks/graph", house.web);
    reqwest::Client::new().post(url).json(body).send().await.unwrap().status()
}

/// Waits until somebody has looked for all that was told.
async fn settled(house: &House) {
    eventually("every hint to be settled", async || {
        let mut conn = house.db.read().await.unwrap();
        hinted(&mut conn).await.unwrap().is_empty().then_some(())
    })
    .await;
}

#[tokio::test]
async fn new_mail_is_read_because_graph_tells_of_it() {
    on_each_database(async |database| {
        let house = House::notified(database).await;
        let rep = house.connect(REP).await;
        let worker = house.work();
        let well = house.until(&rep, State::Healthy).await;
        assert!(well.state_detail.contains("client secret"), "{}", well.state_detail);
        for number in 0..4 {
            house.microsoft.deliver(REP, number).await;
            // Duplicates are normal.
            house.microsoft.notify(REP, "inbox").await;
        }
        house.until_read(&rep, 4).await;
        assert_eq!(house.microsoft.world().subscriptions.len(), 1);
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn lost_notifications_are_made_up_for_by_the_next_and_after_an_outage() {
    on_each_database(async |database| {
        let house = House::notified(database).await;
        let rep = house.connect(REP).await;
        let worker = house.work();
        house.until(&rep, State::Healthy).await;
        // One of five is lost.
        house.microsoft.world().lose_every = 5;
        for number in 0..20 {
            house.microsoft.deliver(REP, number).await;
        }
        house.microsoft.deliver(REP, 20).await;
        house.until_read(&rep, 21).await;
        // Hours ago something came that delta does not tell of, and no ordinary look goes back so far.
        {
            let mut world = house.microsoft.world();
            let hours_ago = world.now() - 3 * 3_600_000;
            let untold = world.deliver_at(REP, "inbox", 30, hours_ago);
            world.untold.insert(untold);
            world.lose_every = 0;
        }
        house.microsoft.notify(REP, "inbox").await;
        settled(&house).await;
        assert_eq!(house.accounted(&house.tenant, &rep).await, 21);
        // Nothing is heard for 90 minutes; Graph knows that it has lost some.
        house.microsoft.world().lose_every = 1;
        for number in 21..30 {
            house.clock.advance_secs(600);
            house.microsoft.deliver(REP, number).await;
        }
        house.microsoft.lifecycle(REP, "missed").await;
        house.until_read(&rep, 31).await;
        eventually("what was missed to be settled", async || {
            let heard = house.subscription(&rep).await;
            (heard.is_settled && !heard.missed).then_some(())
        })
        .await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_outage_that_nobody_tells_of_is_made_up_for_by_looking() {
    on_each_database(async |database| {
        let house = House::looking(database).await;
        let rep = house.connect(REP).await;
        let worker = house.work();
        house.until(&rep, State::Healthy).await;
        // 90 minutes without a word, the subscription alive, and a rule that files mail elsewhere.
        house.microsoft.world().lose_every = 1;
        for number in 0..9 {
            house.clock.advance_secs(600);
            house.microsoft.deliver(REP, number).await;
        }
        let filed = house.microsoft.world().deliver(REP, "archive", 9);
        house.clock.advance_secs(3600);
        house.microsoft.world().move_to(REP, &filed, "inbox");
        house.until_read(&rep, 10).await;
        house.microsoft.world().lose_every = 0;
        house.microsoft.deliver(REP, 10).await;
        house.until_read(&rep, 11).await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn notifications_twice_and_in_no_order_change_nothing() {
    on_each_database(async |database| {
        let house = House::notified(database).await;
        let rep = house.connect(REP).await;
        let worker = house.work();
        house.until(&rep, State::Healthy).await;
        let mut told = Vec::new();
        for number in 0..6 {
            house.microsoft.world().deliver(REP, "inbox", number);
            told.extend(house.microsoft.world().due(REP, "inbox"));
        }
        let missed = house.microsoft.world().lifecycle(REP, "missed");
        told.extend(missed.clone());
        for (_, body) in told.iter().rev().chain(&missed).chain(&told) {
            assert_eq!(post(&house, body).await, 202);
        }
        house.until_read(&rep, 6).await;
        house.until(&rep, State::Healthy).await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_notification_before_the_answer_to_the_subscription_counts() {
    on_each_database(async |database| {
        let house = House::notified(database).await;
        house.microsoft.world().hasty = true;
        let rep = house.connect(REP).await;
        let worker = house.work();
        house.until(&rep, State::Healthy).await;
        // It is kept although the subscription had no name yet.
        assert_eq!(house.subscription(&rep).await.hints, 1);
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_removed_subscription_is_made_anew() {
    on_each_database(async |database| {
        let house = House::notified(database).await;
        let rep = house.connect(REP).await;
        let worker = house.work();
        house.until(&rep, State::Healthy).await;
        let first = house.microsoft.world().subscriptions.keys().next().cloned().unwrap();
        house.microsoft.lifecycle(REP, "subscriptionRemoved").await;
        house.microsoft.world().deliver(REP, "inbox", 1);
        house.until_read(&rep, 1).await;
        let second = house.microsoft.world().subscriptions.keys().next().cloned().unwrap();
        assert_ne!(first, second);
        house.microsoft.deliver(REP, 2).await;
        house.until_read(&rep, 2).await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_subscription_is_renewed_when_it_is_time_or_graph_asks() {
    on_each_database(async |database| {
        let house = House::notified(database).await;
        let rep = house.connect(REP).await;
        let worker = house.work();
        house.until(&rep, State::Healthy).await;
        // Ten minutes before the token ends.
        house.clock.advance_secs(50 * 60);
        house.microsoft.lifecycle(REP, "reauthorizationRequired").await;
        let renewals = async |number: usize| {
            eventually("a renewal", async || {
                let world = house.microsoft.world();
                (world.asked_for("PATCH /subscriptions") == number).then_some(())
            })
            .await;
        };
        renewals(1).await;
        settled(&house).await;
        house.clock.advance_secs(20 * 60);
        house.microsoft.deliver(REP, 1).await;
        house.until_read(&rep, 1).await;
        assert_eq!(house.microsoft.world().grants.len(), 2, "a fresh token, and no more");
        renewals(1).await;
        let until = house.microsoft.world().subscriptions.values().next().unwrap().expires_at;
        // Longer than half its life of 70 hours, and before its end.
        house.clock.advance_secs(40 * 3600);
        house.microsoft.deliver(REP, 2).await;
        house.until_read(&rep, 2).await;
        renewals(2).await;
        let later = house.microsoft.world().subscriptions.values().next().unwrap().expires_at;
        assert!(later > until);
        assert_eq!(house.microsoft.world().asked_for("POST /subscriptions"), 1);
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn one_request_may_tell_of_two_tenants_and_a_stranger() {
    on_each_database(async |database| {
        let house = House::notified(database).await;
        let rep = house.connect(REP).await;
        let (tenant, list) = house.neighbour().await;
        let other_address = "rep@nachbar.test";
        let other = house.connect_for(tenant.clone(), list, other_address, 30).await;
        let worker = house.work();
        eventually("two subscriptions", async || {
            (house.microsoft.world().subscriptions.len() == 2).then_some(())
        })
        .await;
        house.until(&rep, State::Healthy).await;
        house.microsoft.world().deliver(REP, "inbox", 1);
        house.microsoft.world().deliver(other_address, "inbox", 2);
        let mut value: Vec<Value> = {
            let world = house.microsoft.world();
            world.subscriptions.values().map(Subscription::notification).collect()
        };
        value.push(json!({"subscriptionId": "nobody's", "clientState": "guessed"}));
        assert_eq!(post(&house, &json!({"value": value})).await, 202);
        house.until_read(&rep, 1).await;
        house.until_read_by(&tenant, &other, 1).await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_not_genuine_is_acknowledged_and_does_nothing() {
    on_each_database(async |database| {
        let house = House::notified(database).await;
        let rep = house.connect(REP).await;
        let worker = house.work();
        house.until(&rep, State::Healthy).await;
        let looks = house.microsoft.world().asked_for("delta()");
        let mut forged = {
            let world = house.microsoft.world();
            world.subscriptions.values().next().unwrap().notification()
        };
        forged["clientState"] = "not what was agreed on".into();
        // A flood of it keeps nobody from writing, and is kept by nobody who writes.
        let tx = house.db.begin_write().await.unwrap();
        let invented = |n| json!({"subscriptionId": format!("one{n}"), "clientState": "guessed"});
        let flood: Vec<Value> = (0..1000).map(invented).collect();
        assert_eq!(post(&house, &json!({"value": flood})).await, 202);
        assert_eq!(post(&house, &json!({"value": [forged]})).await, 202);
        drop(tx);
        forged["clientState"] = Value::Null;
        forged["lifecycleEvent"] = "subscriptionRemoved".into();
        assert_eq!(post(&house, &json!({"value": [forged]})).await, 202);
        let many: Vec<Value> = (0..1001).map(|_| json!({"subscriptionId": "x"})).collect();
        assert_eq!(post(&house, &json!({"value": many})).await, 413);
        assert_eq!(post(&house, &json!({"no": "value"})).await, 400);
        tokio::time::sleep(Duration::from_millis(1500)).await;
        assert_eq!(house.microsoft.world().asked_for("delta()"), looks);
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn who_invents_too_much_is_not_listened_to_and_microsoft_always_is() {
    on_sqlite(async |database| {
        let house = House::notified(database).await;
        let rep = house.connect(REP).await;
        let worker = house.work();
        house.until(&rep, State::Healthy).await;
        let url = format!("http://{}/hooks/graph", house.web);
        // A proxy on the same machine says where it comes from.
        let post = async |from: &str, url: &str, body: &Value| {
            let request = reqwest::Client::new().post(url).header("X-Forwarded-For", from);
            request.json(body).send().await.unwrap()
        };
        let invented = |n| json!({"subscriptionId": format!("one{n}"), "clientState": "guessed"});
        let flood = json!({"value": (0..1000).map(invented).collect::<Vec<Value>>()});
        let mut answers = Vec::new();
        for _ in 0..4 {
            answers.push(post("2001:db8::7", &url, &flood).await.status().as_u16());
        }
        assert_eq!(answers, [202, 202, 202, 429]);
        let refused = post("2001:db8::8", &url, &flood).await;
        assert!(refused.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap() > 9);
        let token = format!("{url}?validationToken=proof");
        assert_eq!(post("2001:db8::7", &token, &Value::Null).await.text().await.unwrap(), "proof");

        // Behind one proxy both have one address: Microsoft is heard all the same.
        let genuine = {
            let world = house.microsoft.world();
            world.subscriptions.values().next().unwrap().notification()
        };
        let genuine = json!({"value": [genuine]});
        assert_eq!(post("2001:db8::8", &url, &genuine).await.status(), 202);

        // Who has told something genuine may tell of what is long over.
        let microsoft = "203.0.113.9";
        assert_eq!(post(microsoft, &url, &genuine).await.status(), 202);
        for _ in 0..5 {
            assert_eq!(post(microsoft, &url, &flood).await.status(), 202);
        }
        house.microsoft.world().deliver(REP, "inbox", 1);
        assert_eq!(post(microsoft, &url, &genuine).await.status(), 202);
        house.until_read(&rep, 1).await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_was_acknowledged_survives_the_process() {
    on_each_database(async |database| {
        let house = House::notified(database).await;
        let rep = house.connect(REP).await;
        let worker = house.work();
        house.until(&rep, State::Healthy).await;
        worker.die().await;
        // It is acknowledged by a web that goes on, or did until a moment ago.
        house.microsoft.deliver(REP, 1).await;
        let kept = hinted(&mut house.db.read().await.unwrap()).await.unwrap();
        assert_eq!(kept, std::slice::from_ref(&rep), "it is kept that somebody has to look");
        house.clock.advance_secs(60);
        let next = house.work();
        house.until_read(&rep, 1).await;
        settled(&house).await;
        next.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_kept_is_not_acknowledged() {
    on_each_database(async |database| {
        let house = House::notified(database).await;
        house.db.close().await;
        let body = json!({"value": [{"subscriptionId": "one", "clientState": "state"}]});
        assert_eq!(post(&house, &body).await, 503);
    })
    .await;
}

#[tokio::test]
async fn a_notification_is_looked_after_once() {
    on_each_database(async |database| {
        let house = House::notified(database).await;
        let rep = house.connect(REP).await;
        let worker = house.work();
        house.until(&rep, State::Healthy).await;
        // Graph takes so long that whoever listens for hints comes by several times meanwhile.
        house.microsoft.world().slow = Some(("delta()", Duration::from_millis(1200)));
        let looks = || house.microsoft.world().asked_for("delta()");
        let before = looks();
        for number in 1..=3 {
            house.microsoft.deliver(REP, number).await;
            house.until_read(&rep, i64::try_from(number).unwrap()).await;
            settled(&house).await;
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        // Who listens may have come by just before one was settled; not each time.
        assert!((3..6).contains(&(looks() - before)), "{}", looks() - before);
        worker.stop().await;
    })
    .await;
}
