//! What the app may do changes.

use super::house::House;
use crate::support::databases::on_sqlite;
use crate::support::microsoft::Fault;
use crate::support::microsoft::world::SECRET;
use undersigned::store::mailboxes::State;

const REP: &str = "rep@kugellager.test";

#[tokio::test]
async fn a_mailbox_whose_messages_may_be_listed_and_not_read_any_more_says_so() {
    on_sqlite(async |database| {
        let house = House::polling(database).await;
        let rep = house.connect(REP).await;
        let worker = house.work();
        house.microsoft.deliver(REP, 1).await;
        house.until_read(&rep, 1).await;
        house.until(&rep, State::Healthy).await;
        // Mail.ReadBasic is granted in place of Mail.Read.
        let basic = Fault {
            path: "/messages/AAkALg",
            status: 403,
            code: "ErrorAccessDenied",
            retry_after: None,
            times: usize::MAX,
        };
        house.microsoft.world().faults.push(basic);
        for number in 2..5 {
            house.microsoft.world().deliver(REP, "inbox", number);
        }
        let ill = house.until(&rep, State::NeedsConsent).await;
        assert!(ill.state_detail.contains("grant it Mail.Read"), "{}", ill.state_detail);
        house.microsoft.world().faults.clear();
        house.clock.advance_secs(1);
        house.enter_app(SECRET).await;
        house.until_read(&rep, 4).await;
        house.until(&rep, State::Healthy).await;
        worker.stop().await;
    })
    .await;
}
