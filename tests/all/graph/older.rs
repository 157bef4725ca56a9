//! What programs see of older mail, and where new mail begins.

use super::house::House;
use crate::support::databases::on_each_database;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use undersigned::store::mailboxes::State;

const REP: &str = "rep@kugellager.test";

#[tokio::test]
async fn a_program_sees_how_far_older_mail_is_read() {
    on_each_database(async |database| {
        let mut house = House::polling(database).await;
        house.backfill_per_minute = 1;
        let rep = house.connect(REP).await;
        let days_ago = house.clock.now().0 - 10 * 86_400_000;
        for number in 0..60 {
            let at = days_ago + i64::try_from(number).unwrap() * 60_000;
            house.microsoft.world().deliver_at(REP, "inbox", number, at);
        }
        let worker = house.work();
        house.until(&rep, State::CatchingUp).await;
        let (status, told) =
            house.ask(Method::GET, &format!("/mailboxes/{rep}"), Value::Null).await;
        assert_eq!(status, StatusCode::OK, "{told}");
        assert_eq!(told["older_mail"], json!({"done": 50, "total": 60}), "{told}");
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn of_a_mailbox_connected_for_new_mail_what_comes_before_the_first_look_is_read() {
    on_each_database(async |database| {
        let house = House::polling(database).await;
        let rep = house.connect_since(REP, 0).await;
        let hour_ago = house.clock.now().0 - 3_600_000;
        house.microsoft.world().deliver_at(REP, "inbox", 1, hour_ago);
        // No worker looks at it for two days, for whatever reason.
        house.clock.advance_secs(60);
        house.microsoft.world().deliver(REP, "inbox", 2);
        house.clock.advance_secs(2 * 86_400);
        house.microsoft.world().deliver(REP, "inbox", 3);
        let worker = house.work();
        house.until_read(&rep, 2).await;
        house.until(&rep, State::Healthy).await;
        worker.stop().await;
    })
    .await;
}
