//! Graph falls ill, or the mailbox does: nothing is lost, and it is said what is wrong.

use super::house::House;
use crate::support::databases::{on_each_database, on_sqlite};
use crate::support::microsoft::Fault;
use crate::support::microsoft::world::SECRET;
use crate::support::patience::eventually;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use std::time::{Duration, Instant};
use undersigned::store::mailboxes::State;
use undersigned::store::messages;

const REP: &str = "rep@kugellager.test";

fn fault(path: &'static str, status: u16, times: usize) -> Fault {
    Fault { path, status, code: "UnknownError", retry_after: None, times }
}

#[tokio::test]
async fn a_cursor_that_graph_has_forgotten_is_replaced() {
    on_each_database(async |database| {
        let house = House::polling(database).await;
        let rep = house.connect(REP).await;
        let worker = house.work();
        house.microsoft.deliver(REP, 1).await;
        house.until_read(&rep, 1).await;
        house.until(&rep, State::Healthy).await;
        {
            // What was moved here since nobody can tell may have come long before.
            let mut world = house.microsoft.world();
            let days_ago = world.now() - 3 * 86_400_000;
            let filed = world.deliver_at(REP, "archive", 2, days_ago);
            world.move_to(REP, &filed, "inbox");
            world.oldest_delta = world.last_change();
        }
        house.until_read(&rep, 2).await;
        house.microsoft.deliver(REP, 3).await;
        house.until_read(&rep, 3).await;
        house.until(&rep, State::Healthy).await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn when_graph_asks_to_wait_it_is_left_alone_for_as_long() {
    on_each_database(async |database| {
        let house = House::polling(database).await;
        let rep = house.connect(REP).await;
        let other = house.connect("other@kugellager.test").await;
        let throttled = Fault {
            path: "/users/rep@kugellager.test/",
            status: 429,
            code: "ApplicationThrottled",
            retry_after: Some(6),
            times: 2,
        };
        house.microsoft.world().deliver(REP, "inbox", 1);
        house.microsoft.world().faults.push(throttled);
        let worker = house.work();
        let ill = house.until(&rep, State::Throttled).await;
        assert!(ill.state_detail.contains("asks us to wait; it goes on by itself (not before"));
        let began = Instant::now();
        let of_rep = "/users/rep@kugellager.test/";
        let asked = house.microsoft.world().asked_for(of_rep);
        // The others are not held up.
        house.until(&other, State::Healthy).await;
        tokio::time::sleep(Duration::from_millis(2500).saturating_sub(began.elapsed())).await;
        assert_eq!(house.microsoft.world().asked_for(of_rep), asked);
        house.until_read(&rep, 1).await;
        house.until(&rep, State::Healthy).await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn through_storms_of_errors_nothing_is_lost() {
    on_each_database(async |database| {
        let house = House::polling(database).await;
        let rep = house.connect(REP).await;
        for number in 0..6 {
            house.microsoft.world().deliver(REP, "inbox", number);
        }
        {
            let mut world = house.microsoft.world();
            world.faults.push(fault("delta()", 503, 1));
            world.faults.push(fault("/messages/AAkALg", 500, 3));
        }
        let worker = house.work();
        house.until_read(&rep, 6).await;
        house.until(&rep, State::Healthy).await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_storm_of_throttling_over_all_mailboxes_passes_and_each_is_read() {
    on_each_database(async |database| {
        let house = House::polling(database).await;
        let mut ids = Vec::new();
        for (number, name) in ["one", "two", "three"].into_iter().enumerate() {
            let address = format!("{name}@kugellager.test");
            ids.push(house.connect(&address).await);
            for letter in 0..8 {
                house.microsoft.world().deliver(&address, "inbox", number * 8 + letter);
            }
        }
        let storm = |path, status, times| Fault {
            retry_after: Some(1),
            code: "ApplicationThrottled",
            ..fault(path, status, times)
        };
        {
            let mut world = house.microsoft.world();
            world.faults.push(storm("/messages", 429, 9));
            world.faults.push(storm("/$batch", 429, 3));
            world.faults.push(storm("delta()", 503, 3));
        }
        let worker = house.work();
        for id in &ids {
            house.until(id, State::Healthy).await;
            assert_eq!(house.accounted(&house.tenant, id).await, 8);
        }
        let left: usize = house.microsoft.world().faults.iter().map(|fault| fault.times).sum();
        assert_eq!(left, 0, "the storm came");
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_message_that_is_gone_again_holds_nobody_up() {
    on_each_database(async |database| {
        let house = House::polling(database).await;
        let rep = house.connect(REP).await;
        for number in 0..3 {
            house.microsoft.world().deliver(REP, "inbox", number);
        }
        let gone = Fault { code: "ErrorItemNotFound", ..fault("/messages/AAkALg", 404, 1) };
        house.microsoft.world().faults.push(gone);
        let worker = house.work();
        // It was only late.
        house.until_read(&rep, 3).await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn messages_that_graph_withholds_hold_up_no_other_and_are_set_aside_in_the_end() {
    on_each_database(async |database| {
        let house = House::notified(database).await;
        let rep = house.connect(REP).await;
        // One is refused, one forbidden, at one the line breaks, for two we are asked to wait: because of
        // what others ask for, and because of what it is.
        let bad: Vec<String> =
            [(500, None), (403, None), (0, None), (429, Some(1)), (503, Some(1))]
                .into_iter()
                .enumerate()
                .map(|(number, (status, retry_after))| {
                    let mut world = house.microsoft.world();
                    let id = world.deliver(REP, "inbox", number);
                    let path: &'static str = format!("/messages/{id}").leak();
                    world.faults.push(Fault { retry_after, ..fault(path, status, usize::MAX) });
                    id
                })
                .collect();
        for number in 10..12 {
            house.microsoft.world().deliver(REP, "inbox", number);
        }
        let worker = house.work();
        house.until_read(&rep, 2).await;
        let said = eventually("what is said of them", async || {
            let mailbox = house.mailbox(&rep).await;
            let said = mailbox.state_detail.contains("5 messages could not be fetched");
            (mailbox.state == State::Healthy && said).then_some(mailbox.state_detail)
        })
        .await;
        assert!(said.contains("everything else is read"), "{said}");
        // New mail is read as it comes.
        house.microsoft.deliver(REP, 12).await;
        house.until_read(&rep, 3).await;
        worker.die().await;

        // After as many tries as it takes hours to make.
        house.refused_often(&rep, &bad).await;
        house.clock.advance_secs(60);
        house.microsoft.world().delta_page = 50;
        let mut good = 3;
        let worker = house.work();
        eventually("each to be accounted for", async || {
            let mut conn = house.db.read().await.unwrap();
            let counts = messages::counts(&mut conn, &house.tenant, Some(&rep)).await.unwrap();
            let of = |outcome: &str| {
                counts.iter().filter(|it| it.outcome == outcome).map(|it| it.messages).sum::<i64>()
            };
            assert!(counts.iter().all(|it| it.outcome != "quarantined" || it.reason == "withheld"));
            // Others are handed over meanwhile: it is not the mailbox's fault.
            if of("new") == good {
                good += 1;
                house.microsoft.deliver(REP, 20 + usize::try_from(good).unwrap()).await;
            }
            assert!(of("quarantined") < 5, "what others ask for gives no message up");
            (of("quarantined") == 4).then_some(())
        })
        .await;
        // The storm is over, however many tries it took.
        house.microsoft.world().faults.clear();
        eventually("the message that was throttled", async || {
            (house.accounted(&house.tenant, &rep).await == good + 5).then_some(())
        })
        .await;
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
async fn when_it_is_tried_again_is_always_said_anew() {
    on_sqlite(async |database| {
        let house = House::polling(database).await;
        let rep = house.connect(REP).await;
        house.microsoft.world().faults.push(fault("delta()", 500, 3));
        let worker = house.work();
        eventually("a later time", async || {
            let mailbox = house.mailbox(&rep).await;
            let later = mailbox.retry_at.is_some_and(|at| at >= house.clock.now().plus_secs(3));
            (mailbox.state == State::Unreachable && later).then_some(())
        })
        .await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn while_the_sign_in_service_asks_to_wait_nobody_asks_it_neither_now_nor_after_a_restart() {
    on_each_database(async |database| {
        let mut house = House::polling(database).await;
        let mut all = Vec::new();
        for (number, name) in ["one", "two", "three"].into_iter().enumerate() {
            let address = format!("{name}@kugellager.test");
            all.push(house.connect(&address).await);
            house.microsoft.world().deliver(&address, "inbox", number);
        }
        house.microsoft.world().sign_in_pause = Some(6);
        let worker = house.work();
        for id in &all {
            house.until(id, State::Throttled).await;
        }
        let asked = |house: &House| house.microsoft.world().asked_for("POST token");
        assert_eq!(asked(&house), 1, "one of the app's mailboxes found out for all");
        worker.stop().await;
        house.microsoft.world().sign_in_pause = None;
        house.reconfigure(None);
        let worker = house.work();
        tokio::time::sleep(Duration::from_millis(1500)).await;
        assert_eq!(asked(&house), 1, "what was to be waited for outlives the process");
        for id in &all {
            house.until(id, State::Healthy).await;
            assert_eq!(house.accounted(&house.tenant, id).await, 1);
        }
        assert_eq!(asked(&house), 2);
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_the_api_asks_of_a_mailbox_counts_with_what_its_worker_asks() {
    on_sqlite(async |database| {
        let house = House::polling(database).await;
        let rep = house.connect(REP).await;
        let worker = house.work();
        house.until(&rep, State::Healthy).await;
        let path = format!("/mailboxes/{rep}/folders");
        for number in 0..60 {
            house.microsoft.world().deliver(REP, "inbox", number);
        }
        house.microsoft.world().delta_page = 50;
        let listing = async || house.ask(Method::GET, &path, Value::Null).await.0;
        let (first, second, third) = tokio::join!(listing(), listing(), listing());
        assert_eq!([first, second, third], [StatusCode::OK; 3]);
        house.until_read(&rep, 60).await;
        let most = house.microsoft.world().most_at_once;
        assert!(most <= 4, "{most} at once");

        // Who is asked to wait is the app, not whoever happened to ask.
        let throttled =
            Fault { retry_after: Some(30), ..fault("/mailFolders/drafts", 429, usize::MAX) };
        house.microsoft.world().faults.push(throttled);
        assert_ne!(listing().await, StatusCode::OK);
        let of_rep = "/users/rep@kugellager.test/";
        let asked = house.microsoft.world().asked_for(of_rep);
        house.until(&rep, State::Throttled).await;
        tokio::time::sleep(Duration::from_millis(1500)).await;
        assert_eq!(house.microsoft.world().asked_for(of_rep), asked);
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_revoked_consent_is_said_and_a_new_secret_heals_it() {
    on_each_database(async |database| {
        let house = House::polling(database).await;
        let rep = house.connect(REP).await;
        let worker = house.work();
        house.until(&rep, State::Healthy).await;
        {
            let mut world = house.microsoft.world();
            world.sign_in_fault = Some(("invalid_client", 7_000_222));
            world.tokens.clear();
        }
        let ill = house.until(&rep, State::NeedsConsent).await;
        assert!(
            ill.state_detail.contains("enter them again (AADSTS7000222)"),
            "{}",
            ill.state_detail
        );
        assert!(!ill.state_detail.contains("secretword"));
        house.microsoft.deliver(REP, 1).await;
        house.microsoft.world().sign_in_fault = None;
        // What was refused is not asked again at once; what is entered later is.
        house.clock.advance_secs(1);
        house.enter_app(SECRET).await;
        house.until_read(&rep, 1).await;
        house.until(&rep, State::Healthy).await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_token_that_ends_before_its_time_is_replaced_without_a_word() {
    on_each_database(async |database| {
        let house = House::polling(database).await;
        let rep = house.connect(REP).await;
        let worker = house.work();
        house.until(&rep, State::Healthy).await;
        house.microsoft.world().tokens.clear();
        house.microsoft.deliver(REP, 1).await;
        house.until_read(&rep, 1).await;
        house.until(&rep, State::Healthy).await;
        assert_eq!(house.microsoft.world().grants, ["client_credentials", "client_credentials"]);
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_mailbox_that_is_deleted_or_not_allowed_says_so() {
    on_each_database(async |database| {
        let house = House::polling(database).await;
        let rep = house.connect(REP).await;
        let secret = house.connect("boss@kugellager.test").await;
        let denied = Fault {
            code: "ErrorAccessDenied",
            ..fault("/users/boss@kugellager.test/", 403, usize::MAX)
        };
        house.microsoft.world().faults.push(denied);
        let worker = house.work();
        house.until(&rep, State::Healthy).await;
        house.microsoft.world().mailboxes.remove(REP);
        let ill = house.until(&rep, State::Refused).await;
        assert!(ill.state_detail.contains("no such mailbox"), "{}", ill.state_detail);
        let ill = house.until(&secret, State::NeedsConsent).await;
        assert!(ill.state_detail.contains("RBAC for Applications"), "{}", ill.state_detail);
        worker.stop().await;
    })
    .await;
}
