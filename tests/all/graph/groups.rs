//! Mailboxes by group: who joins is connected, who leaves is paused, and what a person did stays.

use super::house::House;
use crate::support::databases::on_each_database;
use crate::support::microsoft::Fault;
use crate::support::notices::{Jobs, add_people, flat};
use crate::support::patience::eventually;
use crate::support::smtp::{Fault as SmtpFault, Smtp};
use crate::webhook::Receiver;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use undersigned::store::mailboxes::{self, Mailbox, State};
use undersigned::store::webhooks;

const GROUP: &str = "5d3c1f0a-0000-4000-8000-000000000002";

async fn all(house: &House) -> Vec<Mailbox> {
    mailboxes::list(&mut house.db.read().await.unwrap(), &house.tenant).await.unwrap()
}

async fn until(house: &House, address: &str, paused: bool) -> Mailbox {
    eventually(&format!("{address} paused {paused}"), async || {
        let found = all(house).await.into_iter().find(|mailbox| mailbox.address == address);
        found.filter(|mailbox| mailbox.paused == paused)
    })
    .await
}

async fn hour(jobs: &Jobs) {
    jobs.advance(3700).await;
}

#[tokio::test]
async fn a_group_is_followed() {
    on_each_database(async |database| {
        let house = House::polling(database).await;
        {
            let mut world = house.microsoft.world();
            // Who signs in under another name than the address.
            world.hire("anna@kugellager.onmicrosoft.test", "anna@kugellager.test");
            for name in ["bernd", "clara", "david"] {
                let address = format!("{name}@kugellager.test");
                world.hire(&address, &address);
            }
            world.set_group(GROUP, &["anna@kugellager.onmicrosoft.test", "bernd@kugellager.test"]);
        }
        let by_hand = house.connect("david@kugellager.test").await;
        let (_, told) = house.ask(Method::GET, "/graph-app/people", Value::Null).await;
        assert_eq!(told.as_array().unwrap().len(), 4, "{told}");
        let (_, told) =
            house.ask(Method::GET, "/graph-app/people?beginning=david", Value::Null).await;
        assert_eq!((&told[0]["name"], &told[0]["connected"]), (&json!("david"), &json!(true)));

        let sent = json!({"group": GROUP, "list": house.list.as_str()});
        let (status, told) = house.ask(Method::POST, "/graph-groups", sent.clone()).await;
        assert_eq!((status, &told["mailboxes"]), (StatusCode::CREATED, &json!(2)), "{told}");
        assert_eq!(house.ask(Method::POST, "/graph-groups", sent).await.0, StatusCode::CONFLICT);
        let worker = house.work();
        let anna = until(&house, "anna@kugellager.test", false).await;
        house.microsoft.deliver("anna@kugellager.onmicrosoft.test", 1).await;
        house.until_read(&anna.id, 1).await;

        let jobs = Jobs::of(&house.db, &house.vault, &house.clock, &house.connector);
        let fill = |members: &[&str]| house.microsoft.world().set_group(GROUP, members);
        fill(&["bernd@kugellager.test", "clara@kugellager.test", "david@kugellager.test"]);
        hour(&jobs).await;
        until(&house, "anna@kugellager.test", true).await;
        until(&house, "clara@kugellager.test", false).await;
        assert_eq!(all(&house).await.len(), 4, "david is connected once");

        // Paused by a person and then departed and back: it stays as the person left it.
        let bernd = until(&house, "bernd@kugellager.test", false).await;
        let mut tx = house.db.begin_write().await.unwrap();
        let now = house.clock.now();
        assert!(mailboxes::pause(&mut tx, &house.tenant, &bernd.id, now).await.unwrap());
        tx.commit().await.unwrap();
        fill(&["anna@kugellager.onmicrosoft.test"]);
        hour(&jobs).await;
        until(&house, "anna@kugellager.test", false).await;
        until(&house, "clara@kugellager.test", true).await;
        fill(&["bernd@kugellager.test", "clara@kugellager.test"]);
        hour(&jobs).await;
        until(&house, "clara@kugellager.test", false).await;
        assert!(house.mailbox(&bernd.id).await.paused, "a person paused it");
        assert!(!house.mailbox(&by_hand).await.paused, "a person connected it");

        // Neither a group whose people the app may not look at any more nor one that is gone pauses
        // anybody, and it is said.
        let says = async |what: &str| {
            eventually(what, async || {
                let (_, told) = house.ask(Method::GET, "/graph-groups", Value::Null).await;
                let said = told[0]["detail"].as_str().unwrap().contains(what);
                said.then(|| told[0].clone())
            })
            .await
        };
        house.microsoft.world().opaque_groups.insert(GROUP.to_owned());
        hour(&jobs).await;
        says("User.ReadBasic.All").await;
        until(&house, "clara@kugellager.test", false).await;
        house.microsoft.world().groups.clear();
        hour(&jobs).await;
        let group = says("no such group").await;
        assert_eq!(group["mailboxes"], 2, "{group}");
        until(&house, "clara@kugellager.test", false).await;

        let path = format!("/graph-groups/{}", group["id"].as_str().unwrap());
        assert_eq!(house.ask(Method::DELETE, &path, Value::Null).await.0, StatusCode::NO_CONTENT);
        assert_eq!(house.ask(Method::DELETE, &path, Value::Null).await.0, StatusCode::NOT_FOUND);
        house.until(&anna.id, State::Paused).await;
        worker.stop().await;
        jobs.stop().await;
    })
    .await;
}

#[tokio::test]
async fn admins_hear_of_a_group_that_cannot_be_looked_at_and_when_it_can_again() {
    on_each_database(async |database| {
        let house = House::polling(database).await;
        let smtp = Smtp::start(SmtpFault::Nothing).await;
        add_people(&house.db, &house.vault, &house.tenant, house.clock.now(), Some(&smtp)).await;
        let receiver = Receiver::start().await;
        let mut tx = house.db.begin_write().await.unwrap();
        let place = (receiver.url.as_str(), &undersigned::crm::webhook::new_secret());
        let now = house.clock.now();
        webhooks::put(&mut tx, &house.vault, &house.tenant, place, now).await.unwrap();
        tx.commit().await.unwrap();
        {
            let mut world = house.microsoft.world();
            world.hire("anna@kugellager.test", "anna@kugellager.test");
            world.set_group(GROUP, &["anna@kugellager.test"]);
        }
        let sent = json!({"group": GROUP, "list": house.list.as_str()});
        let (status, told) = house.ask(Method::POST, "/graph-groups", sent).await;
        assert_eq!((status, &told["state"]), (StatusCode::CREATED, &json!("followed")), "{told}");
        let jobs = Jobs::of(&house.db, &house.vault, &house.clock, &house.connector);
        let looked = async |state: &str| {
            let now = house.clock.now().to_rfc3339();
            eventually("a look at the group", async || {
                let (_, told) = house.ask(Method::GET, "/graph-groups", Value::Null).await;
                let is_new = told[0]["looked_at"] == now && told[0]["state"] == state;
                is_new.then(|| told[0].clone())
            })
            .await
        };

        // One look that fails is nobody's business, however long ago it is.
        house.microsoft.world().groups.clear();
        hour(&jobs).await;
        let unseen = looked("unseen").await;
        assert!(!unseen["ill_since"].is_null(), "{unseen}");
        let (_, event) = receiver.until("graph_group.state_changed", "state", "unseen").await;
        assert_eq!((&event["data"]["id"], &event["data"]["group"]), (&told["id"], &json!(GROUP)));
        assert!(event["data"]["detail"].as_str().unwrap().contains("no such group"), "{event}");
        jobs.pass(60).await;
        // That the app's secret ends soon is told too.
        jobs.mails(&smtp, 1).await;
        hour(&jobs).await;
        looked("unseen").await;
        jobs.pass(60).await;
        let mail = flat(&jobs.mails(&smtp, 2).await[1]);
        let short = format!("The group {GROUP} is not being followed");
        for part in [short.as_str(), "no such group", "example.com/connect/microsoft"] {
            assert!(mail.contains(part), "{part} in {mail}");
        }

        house.microsoft.world().set_group(GROUP, &["anna@kugellager.test"]);
        hour(&jobs).await;
        assert!(looked("followed").await["ill_since"].is_null());
        receiver.until("graph_group.state_changed", "state", "followed").await;
        jobs.pass(60).await;
        assert!(flat(&jobs.mails(&smtp, 3).await[2]).contains("is followed again"));
        jobs.stop().await;
    })
    .await;
}

#[tokio::test]
async fn who_signs_in_under_another_name_stays_connected_and_is_read_on() {
    on_each_database(async |database| {
        let house = House::polling(database).await;
        let (before, after) = ("anna@kugellager.onmicrosoft.test", "anna.weiss@kugellager.test");
        let address = "anna@kugellager.test";
        {
            let mut world = house.microsoft.world();
            world.hire(before, address);
            world.hire("bernd@kugellager.test", "bernd@kugellager.test");
            world.set_group(GROUP, &[before, "bernd@kugellager.test"]);
        }
        let sent = json!({"group": GROUP, "list": house.list.as_str()});
        assert_eq!(house.ask(Method::POST, "/graph-groups", sent).await.0, StatusCode::CREATED);
        let worker = house.work();
        let anna = until(&house, address, false).await;
        house.microsoft.deliver(before, 1).await;
        house.until_read(&anna.id, 1).await;
        house.microsoft.world().rename(before, after);
        house.until(&anna.id, State::Refused).await;

        house.microsoft.world().set_group(GROUP, &[after, "bernd@kugellager.test"]);
        let jobs = Jobs::of(&house.db, &house.vault, &house.clock, &house.connector);
        hour(&jobs).await;
        house.microsoft.deliver(after, 2).await;
        house.until_read(&anna.id, 2).await;
        let healed = house.until(&anna.id, State::Healthy).await;
        assert_eq!((healed.username.as_str(), healed.paused), (after, false));
        assert_eq!(all(&house).await.len(), 2, "nobody twice");
        // Whose name it was before has nothing to do with it.
        {
            let mut world = house.microsoft.world();
            world.hire(before, "clara@kugellager.test");
            world.set_group(GROUP, &[before, after]);
        }
        hour(&jobs).await;
        until(&house, "clara@kugellager.test", false).await;
        until(&house, "bernd@kugellager.test", true).await;
        assert!(!house.mailbox(&anna.id).await.paused);
        worker.stop().await;
        jobs.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_mailbox_that_is_connected_again_goes_on_under_the_name_that_works() {
    on_each_database(async |database| {
        let house = House::polling(database).await;
        let (before, after) = ("anna@kugellager.onmicrosoft.test", "anna@kugellager.test");
        house.microsoft.world().hire(before, after);
        let anna = house.connect_as(before, after).await;
        let worker = house.work();
        house.microsoft.deliver(before, 1).await;
        house.until_read(&anna, 1).await;
        house.microsoft.world().rename(before, after);
        house.until(&anna, State::Refused).await;
        let sent = json!({"address": after, "list": house.list.as_str()});
        let (status, told) = house.ask(Method::POST, "/mailboxes/graph", sent).await;
        assert_eq!((status, &told["id"]), (StatusCode::CREATED, &json!(anna.as_str())), "{told}");
        house.microsoft.deliver(after, 2).await;
        house.until_read(&anna, 2).await;
        house.until(&anna, State::Healthy).await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn without_the_right_to_look_at_the_directory_it_is_said_which_one_is_missing() {
    on_each_database(async |database| {
        let house = House::polling(database).await;
        let denied = |path| Fault {
            path,
            status: 403,
            code: "Authorization_RequestDenied",
            retry_after: None,
            times: usize::MAX,
        };
        house.microsoft.world().faults.push(denied("/groups/"));
        house.microsoft.world().faults.push(denied("GET /users"));
        let sent = json!({"group": GROUP, "list": house.list.as_str()});
        let (status, told) = house.ask(Method::POST, "/graph-groups", sent).await;
        assert!(status.is_client_error() || status.is_server_error(), "{status}");
        assert!(told["detail"].as_str().unwrap().contains("GroupMember.Read.All"), "{told}");
        let (_, told) = house.ask(Method::GET, "/graph-groups", Value::Null).await;
        assert_eq!(told, json!([]), "what cannot be looked at is not followed");
        let (_, told) = house.ask(Method::GET, "/graph-app/people", Value::Null).await;
        assert!(told["detail"].as_str().unwrap().contains("User.ReadBasic.All"), "{told}");
        let odd = json!({"group": "a/../b", "list": house.list.as_str()});
        let (status, told) = house.ask(Method::POST, "/graph-groups", odd).await;
        assert_eq!((status, &told["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("group")));
    })
    .await;
}
