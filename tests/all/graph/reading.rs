//! Mail is found whether or not anybody tells of it.

use super::house::House;
use crate::support::databases::{on_each_database, on_sqlite};
use crate::support::microsoft::Fault;
use crate::support::patience::{eventually, eventually_within};
use std::time::Duration;
use undersigned::store::mailboxes::State;

const REP: &str = "rep@kugellager.test";
const DAY: i64 = 86_400_000;

#[tokio::test]
async fn what_nobody_tells_of_is_found_by_looking() {
    on_each_database(async |database| {
        let house = House::polling(database).await;
        let rep = house.connect(REP).await;
        let worker = house.work();
        house.until(&rep, State::Healthy).await;
        let draft = house.microsoft.world().draft(REP, "inbox", 9);
        for number in 0..5 {
            house.microsoft.deliver(REP, number).await;
        }
        house.until_read(&rep, 5).await;
        assert_eq!(house.microsoft.world().asked_for(&draft), 0, "a draft is not read");
        assert_eq!(house.microsoft.world().asked_for("/subscriptions"), 0);
        assert!(house.mailbox(&rep).await.message_at.is_some());
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn catching_up_is_said_of_what_is_not_read_and_of_nothing_else() {
    on_each_database(async |database| {
        let house = House::polling(database).await;
        let rep = house.connect(REP).await;
        {
            let mut world = house.microsoft.world();
            world.delta_page = 50;
            world.slow = Some(("/$batch", Duration::from_millis(600)));
            for number in 0..60 {
                world.deliver(REP, "inbox", number);
            }
        }
        let worker = house.work();
        let busy = house.until(&rep, State::CatchingUp).await;
        assert!(busy.state_detail.contains("of 60 messages read"), "{}", busy.state_detail);
        assert!(house.accounted(&house.tenant, &rep).await < 60, "it is said before they are read");
        let well = house.until(&rep, State::Healthy).await;
        house.until_read(&rep, 60).await;
        // All of it is listed for a while yet, and is nothing to catch up with.
        house.clock.advance_secs(60);
        let looks = || house.microsoft.world().asked_for("/messages/delta()");
        let before = looks();
        eventually("further looks", async || (looks() >= before + 4).then_some(())).await;
        let still = house.mailbox(&rep).await;
        assert_eq!((still.state, still.state_since), (State::Healthy, well.state_since));
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn older_mail_is_read_as_far_as_was_asked_for() {
    on_each_database(async |database| {
        let house = House::polling(database).await;
        house.microsoft.world().add_mailbox(REP);
        let now = house.clock.now().0;
        for number in 0..130 {
            // 65 of them in the last 30 days, several in the same second.
            let at = now - i64::try_from(number / 5).unwrap() * 5 * DAY / 2 + 1;
            house.microsoft.world().deliver_at(REP, "inbox", number, at.min(now));
        }
        house.microsoft.world().deliver_at(REP, "sentitems", 500, now);
        let rep = house.connect(REP).await;
        let worker = house.work();
        house.until_read(&rep, 65).await;
        house.until(&rep, State::Healthy).await;
        let fetched = house.microsoft.world().asked_for("/messages/AAkALg");
        // Some have nothing unique in them and are fetched once more, in whole.
        assert!((65..90).contains(&fetched), "none is fetched again: {fetched}");
        let most = house.microsoft.world().most_at_once;
        assert!((2..=4).contains(&most), "{most} at once");
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn new_mail_does_not_wait_for_older_and_older_goes_on_where_it_stopped() {
    on_each_database(async |database| {
        let mut house = House::notified(database).await;
        house.backfill_per_minute = 2500; // a page in 1.2 s
        house.microsoft.world().add_mailbox(REP);
        let now = house.clock.now().0;
        for number in 0..150 {
            // Some came in the same second, and meet each other at the end of a page.
            let at = now - 20 * DAY + i64::try_from(number / 4).unwrap() * 1000;
            house.microsoft.world().deliver_at(REP, "inbox", number, at);
        }
        let rep = house.connect(REP).await;
        let worker = house.work();
        let catching_up = async || {
            let told = house.mailbox(&rep).await.state_detail;
            let (done, rest) = told.split_once(" of ")?;
            let total = rest.split_once(' ')?.0;
            let (done, total): (i64, i64) = (done.parse().ok()?, total.parse().ok()?);
            assert!(done <= total && total == 150, "{told}");
            Some(done)
        };
        let done = eventually("the first page of older mail", catching_up).await;
        assert!(done <= 100, "{done}");
        house.microsoft.deliver(REP, 900).await;
        eventually("new mail", async || {
            house.suggested().await.contains("fabrik-900").then_some(())
        })
        .await;
        assert!(house.accounted(&house.tenant, &rep).await < 151, "older mail waits for it");
        worker.stop().await;
        let fetched = house.microsoft.world().asked_for("GET /users/rep@kugellager.test/messages/");
        let worker = house.work();
        house.until(&rep, State::Healthy).await;
        house.until_read(&rep, 151).await;
        let again = house.microsoft.world().asked_for("GET /users/rep@kugellager.test/messages/");
        assert!(fetched >= 50 && again < 200, "none is fetched again: {fetched} and {again}");
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_message_that_is_not_handed_over_lets_older_mail_go_on_and_is_asked_for_again() {
    on_each_database(async |database| {
        let mut house = House::notified(database).await;
        house.backfill_per_minute = 6000; // a page in half a second
        house.microsoft.world().add_mailbox(REP);
        let now = house.clock.now().0;
        for number in 0..200 {
            let at = now - 20 * DAY + i64::try_from(number).unwrap() * 60_000;
            let id = house.microsoft.world().deliver_at(REP, "inbox", number, at);
            if number == 1 {
                let path: &'static str = format!("/messages/{id}").leak();
                let code = "UnknownError";
                let never = Fault { path, status: 500, code, retry_after: None, times: usize::MAX };
                house.microsoft.world().faults.push(never);
            }
        }
        let rep = house.connect(REP).await;
        let worker = house.work();
        eventually_within(Duration::from_mins(1), "most of it", async || {
            (house.accounted(&house.tenant, &rep).await >= 150).then_some(())
        })
        .await;
        worker.stop().await;

        // Whoever goes on does so there.
        let lists = || house.microsoft.world().asked_for("/mailFolders/inbox/messages");
        let before = lists();
        let worker = house.work();
        house.until_read(&rep, 199).await;
        eventually("what is said of it", async || {
            let told = house.mailbox(&rep).await;
            let said = told.state_detail.contains("one message could not be fetched");
            (told.state == State::Healthy && said).then_some(())
        })
        .await;
        // A look takes two, each of five pages one, and the gap one: most pages were read before.
        let after = lists() - before;
        assert!((4..=6).contains(&after), "{after}");
        worker.stop().await;

        house.poll = Duration::from_millis(300);
        house.microsoft.world().faults.clear();
        let worker = house.work();
        house.until_read(&rep, 200).await;
        eventually("nothing more to say", async || {
            let told = house.mailbox(&rep).await;
            (told.state == State::Healthy && !told.state_detail.contains("fetched")).then_some(())
        })
        .await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_page_of_older_mail_costs_no_look_at_what_is_new() {
    on_sqlite(async |database| {
        let house = House::notified(database).await;
        house.microsoft.world().add_mailbox(REP);
        let now = house.clock.now().0;
        for number in 0..160 {
            let at = now - 20 * DAY + i64::try_from(number).unwrap() * 60_000;
            house.microsoft.world().deliver_at(REP, "inbox", number, at);
        }
        let rep = house.connect(REP).await;
        let worker = house.work();
        house.until_read(&rep, 160).await;
        house.until(&rep, State::Healthy).await;
        let world = |part: &str| house.microsoft.world().asked_for(part);
        let (looks, lists) = (world("/messages/delta()"), world("/mailFolders/inbox/messages"));
        assert_eq!(looks, 1);
        assert!((6..=8).contains(&lists), "a look takes two, and each page one: {lists}");
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn where_delta_cannot_be_had_what_is_received_is_read_and_it_is_said() {
    on_sqlite(async |database| {
        let house = House::notified(database).await;
        let rep = house.connect(REP).await;
        let never = Fault {
            path: "delta()",
            status: 500,
            code: "UnknownError",
            retry_after: None,
            times: usize::MAX,
        };
        house.microsoft.world().faults.push(never);
        house.microsoft.world().deliver(REP, "inbox", 1);
        let at = house.clock.now().0 - 20 * DAY;
        house.microsoft.world().deliver_at(REP, "inbox", 2, at);
        let worker = house.work();
        house.until_read(&rep, 2).await;
        let ill = house.until(&rep, State::Unreachable).await;
        assert!(ill.state_detail.contains("has a problem of its own"), "{}", ill.state_detail);
        house.microsoft.world().faults.clear();
        house.until(&rep, State::Healthy).await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn only_new_mail_is_read_if_no_older_was_asked_for() {
    on_each_database(async |database| {
        let house = House::polling(database).await;
        house.microsoft.world().add_mailbox(REP);
        let now = house.clock.now().0;
        house.microsoft.world().deliver_at(REP, "inbox", 1, now - 60_000);
        let rep = house.connect_since(REP, 0).await;
        let worker = house.work();
        house.until(&rep, State::Healthy).await;
        house.clock.advance_secs(5);
        house.microsoft.deliver(REP, 2).await;
        house.until_read(&rep, 1).await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_moved_here_and_back_is_read_once() {
    on_each_database(async |database| {
        let house = House::polling(database).await;
        let rep = house.connect(REP).await;
        // Received long before the sweep looks again, and filed elsewhere by a rule.
        let at = house.clock.now().0;
        let id = house.microsoft.world().deliver_at(REP, "archive", 1, at);
        let worker = house.work();
        house.until(&rep, State::Healthy).await;
        house.clock.advance_secs(7200);
        house.microsoft.deliver(REP, 2).await;
        house.until_read(&rep, 1).await;
        house.microsoft.world().move_to(REP, &id, "inbox");
        house.until_read(&rep, 2).await;
        house.microsoft.world().move_to(REP, &id, "archive");
        house.microsoft.world().move_to(REP, &id, "inbox");
        house.microsoft.deliver(REP, 3).await;
        house.until_read(&rep, 3).await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_message_too_large_for_json_is_read_from_its_beginning() {
    on_each_database(async |database| {
        let house = House::polling(database).await;
        let rep = house.connect(REP).await;
        house.microsoft.world().deliver(REP, "inbox", 1_000_001);
        let worker = house.work();
        house.until_read(&rep, 1).await;
        assert_eq!(house.microsoft.world().asked_for("/$value"), 1);
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn large_messages_of_two_mailboxes_that_there_is_no_space_for_at_once_are_all_read() {
    on_sqlite(async |database| {
        let house = House::polling(database).await;
        let addresses = [REP, "other@kugellager.test"];
        let mut ids = Vec::new();
        for (place, address) in addresses.into_iter().enumerate() {
            ids.push(house.connect(address).await);
            for number in 0..2 {
                let number = 1_000_010 + 10 * place + number;
                house.microsoft.world().deliver(address, "inbox", number);
            }
        }
        let worker = house.work();
        for id in &ids {
            eventually_within(Duration::from_mins(2), "both", async || {
                (house.accounted(&house.tenant, id).await == 2).then_some(())
            })
            .await;
            house.until(id, State::Healthy).await;
        }
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn the_vcard_of_the_author_is_read_and_no_other_attachment_is_fetched() {
    on_each_database(async |database| {
        let house = House::polling(database).await;
        let rep = house.connect(REP).await;
        for number in [1, 90_001, 90_002] {
            house.microsoft.world().deliver(REP, "inbox", number);
        }
        let worker = house.work();
        house.until_read(&rep, 3).await;
        house.microsoft.deliver(REP, 90_003).await;
        house.until_read(&rep, 4).await;
        let mobiles: Vec<String> =
            (1..4).map(|number| format!("+49151234{}", 90_000 + number)).collect();
        let told = house.suggested().await;
        for mobile in mobiles {
            assert!(told.contains(&mobile), "{mobile} in {told}");
        }
        // Of each a list and a card; of the one without, nothing.
        assert_eq!(house.microsoft.world().asked_for("/attachments"), 6);
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn two_workers_share_mailboxes_and_one_takes_over() {
    on_each_database(async |database| {
        let house = House::polling(database).await;
        let rep = house.connect(REP).await;
        let (first, second) = (house.work(), house.work());
        house.until(&rep, State::Healthy).await;
        house.microsoft.deliver(REP, 1).await;
        house.until_read(&rep, 1).await;
        first.stop().await;
        house.microsoft.deliver(REP, 2).await;
        house.clock.advance_secs(40);
        house.until_read(&rep, 2).await;
        second.stop().await;
    })
    .await;
}
