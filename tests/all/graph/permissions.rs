//! What the app may do changes.

use super::consent;
use super::house::House;
use crate::support::databases::on_sqlite;
use crate::support::microsoft::Fault;
use crate::support::microsoft::world::SECRET;
use undersigned::store::mailboxes::State;

const REP: &str = "rep@kugellager.test";

/// What is asked with this in its path is not allowed.
fn denied(path: &'static str) -> Fault {
    Fault { path, status: 403, code: "ErrorAccessDenied", retry_after: None, times: usize::MAX }
}

#[tokio::test]
async fn who_has_consented_is_not_sent_to_the_scope_of_the_app() {
    on_sqlite(async |database| {
        let house = House::polling(database).await;
        house.microsoft.world().add_mailbox(REP);
        let rep = consent::connect(&house).await;
        house.microsoft.world().faults.push(denied("/messages/delta"));
        let worker = house.work();
        let ill = house.until(&rep, State::NeedsConsent).await;
        assert!(ill.state_detail.contains("give the consent again"), "{}", ill.state_detail);
        assert!(!ill.state_detail.contains("RBAC"), "{}", ill.state_detail);
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_mailbox_whose_messages_may_be_listed_and_not_read_any_more_says_so() {
    on_sqlite(async |database| {
        let house = House::polling(database).await;
        let rep = house.connect(REP).await;
        let worker = house.work();
        house.microsoft.deliver(REP, 1).await;
        house.until_read(&rep, 1).await;
        house.until(&rep, State::Healthy).await;
        // The role that is assigned is Mail.ReadBasic in place of Mail.Read.
        house.microsoft.world().faults.push(denied("/messages/AAkALg"));
        for number in 2..5 {
            house.microsoft.world().deliver(REP, "inbox", number);
        }
        let ill = house.until(&rep, State::NeedsConsent).await;
        assert!(ill.state_detail.contains("RBAC for Applications"), "{}", ill.state_detail);
        assert!(!ill.state_detail.contains("grant"), "Mail.Read opens all: {}", ill.state_detail);
        house.microsoft.world().faults.clear();
        house.clock.advance_secs(1);
        house.enter_app(SECRET).await;
        house.until_read(&rep, 4).await;
        house.until(&rep, State::Healthy).await;
        worker.stop().await;
    })
    .await;
}
