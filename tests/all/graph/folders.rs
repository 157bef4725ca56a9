//! The admin chooses which folders are read; each has its own cursor.

use super::house::House;
use crate::support::databases::{on_each_database, on_sqlite};
use crate::support::microsoft::Fault;
use crate::support::patience::eventually;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use undersigned::store::mailboxes::State;

const REP: &str = "rep@kugellager.test";

#[tokio::test]
async fn chosen_folders_are_read_each_at_its_own_pace() {
    on_each_database(async |database| {
        let house = House::polling(database).await;
        let rep = house.connect(REP).await;
        let offers = house.microsoft.world().add_folder(REP, "offers", "inbox");
        house.microsoft.world().deliver(REP, "offers", 1);
        house.choose(&rep, &["archive", &offers]).await;
        let worker = house.work();
        house.until_read(&rep, 1).await;
        house.microsoft.world().deliver(REP, "archive", 2);
        house.microsoft.world().deliver(REP, "sentitems", 500);
        house.microsoft.deliver(REP, 3).await;
        house.until_read(&rep, 3).await;

        // What is moved from one to another is read once.
        let id = house.microsoft.world().deliver(REP, "inbox", 4);
        house.until_read(&rep, 4).await;
        house.microsoft.world().move_to(REP, &id, "offers");
        house.microsoft.deliver(REP, 5).await;
        house.until_read(&rep, 5).await;

        // One that is gone is said, and holds up no other.
        house.microsoft.world().folders.clear();
        house.microsoft.deliver(REP, 6).await;
        house.until_read(&rep, 6).await;
        let says = async |gone: bool| {
            eventually("what is said of a folder that is gone", async || {
                let mailbox = house.mailbox(&rep).await;
                let said = mailbox.state_detail.contains("is not there any more: choose");
                let state = if gone { State::NoFolder } else { State::Healthy };
                (mailbox.state == state && said == gone).then_some(mailbox)
            })
            .await
        };
        assert!(says(true).await.ill_since.is_some(), "its admin is to hear of it");
        house.choose(&rep, &["archive"]).await;
        says(false).await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_watched_folder_that_is_gone_holds_no_other_up_and_another_is_watched_in_its_place() {
    on_each_database(async |database| {
        let house = House::looking(database).await;
        let rep = house.connect(REP).await;
        let offers = house.microsoft.world().add_folder(REP, "offers", "inbox");
        let days_ago = house.clock.now().0 - 10 * 86_400_000;
        let path = format!("/mailboxes/{rep}/folders");
        let choose = async |watched: &str, others: &[&str]| {
            let sent = json!({"watched": watched, "folders": others});
            house.ask(Method::PUT, &path, sent).await
        };
        let (status, told) = choose(&offers, &["inbox"]).await;
        assert_eq!(status, StatusCode::NO_CONTENT, "{told}");
        let (_, told) = house.ask(Method::GET, &path, Value::Null).await;
        assert_eq!((&told[0]["id"], &told[0]["watched"]), (&json!(offers), &json!(true)), "{told}");
        let worker = house.work();
        house.until(&rep, State::Healthy).await;
        house.microsoft.world().deliver(REP, "offers", 1);
        house.microsoft.notify(REP, &offers).await;
        house.until_read(&rep, 1).await;

        // Somebody deletes it. What is new and what is older in the others is read all the same.
        house.microsoft.world().folders.clear();
        let ill = house.until(&rep, State::NoFolder).await;
        assert!(ill.state_detail.contains("choose another one to be watched"), "{ill:?}");
        assert!(ill.ill_since.is_some());
        house.microsoft.world().deliver(REP, "inbox", 2);
        house.until_read(&rep, 2).await;
        house.microsoft.world().deliver_at(REP, "archive", 3, days_ago);
        let (status, told) = choose(&offers, &["inbox", "archive"]).await;
        assert_eq!(status, StatusCode::NO_CONTENT, "{told}");
        house.until_read(&rep, 3).await;
        let (_, told) = house.ask(Method::GET, &path, Value::Null).await;
        assert_eq!((&told[0]["id"], &told[0]["gone"]), (&json!(offers), &json!(true)), "{told}");

        // The old one cannot be chosen any more, not even beside another.
        let (status, told) = choose("inbox", &["archive", &offers]).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
        let (status, told) = choose("inbox", &["archive"]).await;
        assert_eq!(status, StatusCode::NO_CONTENT, "{told}");
        let well = house.until(&rep, State::Healthy).await;
        assert_eq!((well.folder.as_str(), well.ill_since), ("inbox", None));
        assert!(!well.state_detail.contains("not there any more"), "{}", well.state_detail);
        // Microsoft tells of it now, and nothing was read twice.
        eventually("the inbox to be told of", async || {
            let world = house.microsoft.world();
            world.subscriptions.values().any(|one| one.folder == "inbox").then_some(())
        })
        .await;
        house.microsoft.deliver(REP, 4).await;
        house.until_read(&rep, 4).await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_folder_that_cannot_be_followed_keeps_no_other_waiting_and_it_is_said() {
    on_each_database(async |database| {
        let house = House::polling(database).await;
        let rep = house.connect(REP).await;
        house.choose(&rep, &["archive"]).await;
        // Of the first folder Graph always wants all to be looked through anew, and of a message in it
        // it says the same.
        let forgotten = Fault {
            path: "/mailFolders/inbox/messages/delta()",
            status: 410,
            code: "syncStateNotFound",
            retry_after: None,
            times: usize::MAX,
        };
        let gone = house.microsoft.world().deliver(REP, "inbox", 1);
        let gone = format!("/messages/{gone}").leak();
        let gone = Fault { path: gone, code: "ErrorItemNotFound", ..forgotten.clone() };
        house.microsoft.world().faults.extend([forgotten, gone]);
        house.microsoft.world().deliver(REP, "inbox", 2);
        house.microsoft.world().deliver(REP, "archive", 3);
        let worker = house.work();
        house.until_read(&rep, 2).await;
        let ill = house.until(&rep, State::Unreachable).await;
        assert!(ill.state_detail.contains("looked through again"), "{}", ill.state_detail);

        // What has always one more page is not followed for ever.
        {
            let mut world = house.microsoft.world();
            world.faults.clear();
            world.endless_delta = true;
            world.deliver(REP, "archive", 4);
        }
        house.until_read(&rep, 4).await;
        eventually("what is said of an answer that leads nowhere", async || {
            let said = house.mailbox(&rep).await.state_detail;
            said.contains("could not be understood").then_some(())
        })
        .await;
        let asked = house.microsoft.world().asked_for("/delta()");
        assert!(asked < 100, "{asked} times");
        house.microsoft.world().endless_delta = false;
        house.until(&rep, State::Healthy).await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_further_folder_that_graph_stumbles_over_makes_the_mailbox_none_the_worse() {
    on_sqlite(async |database| {
        let house = House::notified(database).await;
        let rep = house.connect(REP).await;
        house.choose(&rep, &["archive"]).await;
        let stumbles = Fault {
            path: "/mailFolders/archive/",
            status: 500,
            code: "UnknownError",
            retry_after: None,
            times: usize::MAX,
        };
        house.microsoft.world().faults.push(stumbles);
        let worker = house.work();
        let says = async |ailing: bool| {
            eventually("what is said of the folder", async || {
                let mailbox = house.mailbox(&rep).await;
                let said = mailbox.state_detail.contains("further folders could not be read");
                (mailbox.state == State::Healthy && said == ailing).then_some(mailbox)
            })
            .await
        };
        assert_eq!(says(true).await.ill_since, None);
        // New mail is read when Microsoft tells of it, and the folder again with it.
        house.microsoft.deliver(REP, 1).await;
        house.until_read(&rep, 1).await;
        house.microsoft.world().faults.clear();
        house.microsoft.world().deliver(REP, "archive", 2);
        house.microsoft.deliver(REP, 3).await;
        house.until_read(&rep, 3).await;
        says(false).await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn older_mail_of_a_folder_does_not_wait_for_what_graph_withholds_in_another() {
    on_each_database(async |database| {
        let house = House::polling(database).await;
        let rep = house.connect(REP).await;
        let offers = house.microsoft.world().add_folder(REP, "offers", "inbox");
        house.choose(&rep, &[&offers]).await;
        {
            let mut world = house.microsoft.world();
            let days_ago = |days: i64| house.clock.now().0 - days * 86_400_000;
            let withheld = world.deliver_at(REP, "inbox", 1, days_ago(20));
            world.deliver_at(REP, "inbox", 2, days_ago(10));
            world.deliver_at(REP, "offers", 3, days_ago(15));
            world.faults.push(Fault {
                path: format!("/messages/{withheld}").leak(),
                status: 500,
                code: "UnknownError",
                retry_after: None,
                times: usize::MAX,
            });
        }
        let worker = house.work();
        house.until_read(&rep, 2).await;
        eventually("what is said of the message", async || {
            let said = house.mailbox(&rep).await.state_detail;
            said.contains("one message could not be fetched").then_some(())
        })
        .await;
        house.microsoft.world().faults.clear();
        house.until_read(&rep, 3).await;
        eventually("nothing more to say", async || {
            let mailbox = house.mailbox(&rep).await;
            let said = mailbox.state_detail.contains("could not be fetched");
            (mailbox.state == State::Healthy && !said).then_some(())
        })
        .await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_admin_picks_folders_from_a_list_and_gets_none_that_mail_does_not_come_to() {
    on_sqlite(async |database| {
        let house = House::polling(database).await;
        let rep = house.connect(REP).await;
        let (offers, older) = {
            let mut world = house.microsoft.world();
            let offers = world.add_folder(REP, "offers", "inbox");
            (offers, world.add_folder(REP, "older", "junkemail"))
        };
        let path = format!("/mailboxes/{rep}/folders");
        let names = |told: &Value, read: bool| -> Vec<String> {
            let all = told.as_array().unwrap().iter().filter(|folder| folder["read"] == read);
            all.map(|folder| folder["id"].as_str().unwrap().to_owned()).collect()
        };
        let (_, told) = house.ask(Method::GET, &path, Value::Null).await;
        assert_eq!(names(&told, true), ["inbox"], "{told}");
        let others = names(&told, false);
        assert!(others.contains(&offers) && !others.contains(&older), "{others:?}");
        assert!(!others.iter().any(|id| id.contains("sent") || id.contains("junk")), "{others:?}");

        for bad in [older.as_str(), "sentitems", "AQMk-sentitems", "AQMk-nothing", "a/b"] {
            let sent = json!({"folders": [bad]});
            let (status, told) = house.ask(Method::PUT, &path, sent).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}: {told}");
        }
        let (status, told) = house.ask(Method::PUT, &path, json!({"folders": [offers]})).await;
        assert_eq!(status, StatusCode::NO_CONTENT, "{told}");
        let (_, told) = house.ask(Method::GET, &path, Value::Null).await;
        assert_eq!(names(&told, true), ["inbox", offers.as_str()], "{told}");
    })
    .await;
}

#[tokio::test]
async fn many_messages_come_with_few_requests_and_each_has_a_fate_of_its_own() {
    on_each_database(async |database| {
        let house = House::polling(database).await;
        let rep = house.connect(REP).await;
        for number in 0..50 {
            house.microsoft.world().deliver(REP, "inbox", number);
        }
        let part = |status, code, retry_after, times| Fault {
            path: "/messages/AAkALg",
            status,
            code,
            retry_after,
            times,
        };
        {
            let mut world = house.microsoft.world();
            world.delta_page = 50;
            world.faults.push(part(429, "ApplicationThrottled", Some(1), 2));
            world.faults.push(part(503, "UnknownError", None, 2));
            world.faults.push(part(404, "ErrorItemNotFound", None, 1));
        }
        let worker = house.work();
        house.until_read(&rep, 50).await;
        house.until(&rep, State::Healthy).await;
        let batches = house.microsoft.world().asked_for("POST /$batch");
        assert!((3..=8).contains(&batches), "{batches} requests for 50 messages");
        let most = house.microsoft.world().most_at_once;
        assert!(most <= 4, "{most} at once");
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_gateway_that_knows_no_batches_is_asked_one_by_one() {
    on_sqlite(async |database| {
        let house = House::polling(database).await;
        let rep = house.connect(REP).await;
        for number in 0..9 {
            house.microsoft.world().deliver(REP, "inbox", number);
        }
        let unknown = Fault {
            path: "/$batch",
            status: 404,
            code: "UnknownError",
            retry_after: None,
            times: usize::MAX,
        };
        house.microsoft.world().faults.push(unknown);
        let worker = house.work();
        house.until_read(&rep, 9).await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn whoever_connects_a_mailbox_of_which_another_folder_is_watched_makes_no_second_one() {
    on_each_database(async |database| {
        let house = House::looking(database).await;
        let rep = house.connect(REP).await;
        let watched = json!({"watched": "archive", "folders": []});
        let (status, told) =
            house.ask(Method::PUT, &format!("/mailboxes/{rep}/folders"), watched).await;
        assert_eq!(status, StatusCode::NO_CONTENT, "{told}");
        let mut sent = json!({"address": REP, "list": house.list.as_str()});
        let (status, told) = house.ask(Method::POST, "/mailboxes/graph", sent.clone()).await;
        assert_eq!((status, &told["id"]), (StatusCode::CREATED, &json!(rep.as_str())), "{told}");
        assert_eq!(told["folder"], "archive");
        // Who names another one wants it.
        sent["folder"] = json!("inbox");
        let (status, told) = house.ask(Method::POST, "/mailboxes/graph", sent).await;
        assert_eq!((status, &told["folder"]), (StatusCode::CREATED, &json!("inbox")), "{told}");
        assert_ne!(told["id"], rep.as_str());
    })
    .await;
}
