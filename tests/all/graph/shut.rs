//! Graph lists messages and hands over none: the mailbox is ill, and none of them is given up.

use super::house::House;
use crate::support::databases::on_each_database;
use crate::support::microsoft::Fault;
use crate::support::patience::eventually;
use std::time::{Duration, Instant};
use undersigned::store::mailboxes::State;
use undersigned::store::messages;

const REP: &str = "rep@kugellager.test";

/// Whatever message is asked for, Graph answers so.
fn hands_over_nothing(status: u16) -> Fault {
    Fault {
        path: "/messages/AAkALg",
        status,
        code: "ErrorInternalServerError",
        retry_after: None,
        times: usize::MAX,
    }
}

#[tokio::test]
async fn where_lists_work_and_no_message_is_handed_over_the_mailbox_says_so_and_gives_none_up() {
    // It has a problem, it refuses, and it says what nobody understands.
    for status in [500, 400, 0] {
        on_each_database(async |database| {
            let house = House::polling(database).await;
            let rep = house.connect(REP).await;
            let worker = house.work();
            house.microsoft.deliver(REP, 1).await;
            house.until_read(&rep, 1).await;
            let well = house.until(&rep, State::Healthy).await;
            house.microsoft.world().faults.push(hands_over_nothing(status));
            let new: Vec<String> = (2..7)
                .map(|number| house.microsoft.world().deliver(REP, "inbox", number))
                .collect();
            let is_ill = async || {
                eventually("a mailbox that is ill", async || {
                    let mailbox = house.mailbox(&rep).await;
                    let said = mailbox.state_detail.contains("hands over none of them");
                    (mailbox.state == State::Unreachable && said).then_some(mailbox)
                })
                .await
            };
            let ill = is_ill().await;
            assert!(ill.ill_since.is_some());
            assert_eq!(ill.message_at, well.message_at);
            let since = Instant::now();
            while since.elapsed() < Duration::from_secs(3) {
                let now = house.mailbox(&rep).await;
                assert!(
                    now.state.is_ill(),
                    "{status}: {} {}",
                    now.state.as_str(),
                    now.state_detail
                );
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            worker.die().await;

            // However often they were tried before, an outage is no try.
            house.refused_often(&rep, &new).await;
            house.clock.advance_secs(60);
            let asked = || house.microsoft.world().asked_for("/messages/AAkALg");
            let before = asked();
            let worker = house.work();
            eventually("them to be asked for again", async || {
                (asked() > before + 12).then_some(())
            })
            .await;
            is_ill().await;
            let mut conn = house.db.read().await.unwrap();
            let counts = messages::counts(&mut conn, &house.tenant, Some(&rep)).await.unwrap();
            drop(conn);
            assert!(counts.iter().all(|it| it.outcome != "quarantined"), "{counts:?}");

            house.microsoft.world().faults.clear();
            house.until_read(&rep, 6).await;
            let well = house.until(&rep, State::Healthy).await;
            assert_eq!(well.ill_since, None);
            worker.stop().await;
        })
        .await;
    }
}

#[tokio::test]
async fn a_single_message_that_is_refused_makes_the_mailbox_none_the_worse() {
    on_each_database(async |database| {
        let house = House::polling(database).await;
        let rep = house.connect(REP).await;
        house.microsoft.world().faults.push(hands_over_nothing(400));
        let id = house.microsoft.world().deliver(REP, "inbox", 1);
        house.refused_often(&rep, &[id]).await;
        let worker = house.work();
        eventually("it to be set aside", async || {
            assert!(!house.mailbox(&rep).await.state.is_ill());
            (house.accounted(&house.tenant, &rep).await == 1).then_some(())
        })
        .await;
        assert_eq!(house.mailbox(&rep).await.message_at, None, "nothing was read");
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn that_much_is_to_be_read_makes_nobody_well_of_whom_nothing_can_be_read() {
    on_each_database(async |database| {
        let house = House::polling(database).await;
        let rep = house.connect(REP).await;
        for number in 0..60 {
            house.microsoft.world().deliver(REP, "inbox", number);
        }
        let throttled = Fault {
            path: "/$batch",
            retry_after: Some(1),
            code: "ApplicationThrottled",
            ..hands_over_nothing(429)
        };
        house.microsoft.world().faults.push(throttled);
        let worker = house.work();
        let ill = house.until(&rep, State::Throttled).await;
        for _ in 0..3 {
            house.clock.advance_secs(60);
            let tries = || house.microsoft.world().asked_for("/$batch");
            let before = tries();
            eventually("another try", async || (tries() > before).then_some(())).await;
            let still = house.until(&rep, State::Throttled).await;
            assert!(ill.ill_since.is_some() && still.ill_since == ill.ill_since, "one illness");
        }
        // Nor where a worker that has tried none of them yet is refused one after the other.
        worker.die().await;
        house.microsoft.world().faults = vec![hands_over_nothing(500)];
        house.clock.advance_secs(600);
        let asked = || house.microsoft.world().asked_for("/messages/AAkALg");
        let before = asked();
        let worker = house.work();
        while asked() < before + 60 {
            let still = house.mailbox(&rep).await;
            assert_eq!(still.ill_since, ill.ill_since, "{}", still.state_detail);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let still = house.until(&rep, State::Unreachable).await;
        assert_eq!(still.ill_since, ill.ill_since, "one illness");
        house.microsoft.world().faults.clear();
        house.clock.advance_secs(600);
        house.until_read(&rep, 60).await;
        house.until(&rep, State::Healthy).await;
        worker.stop().await;
    })
    .await;
}
