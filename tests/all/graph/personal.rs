//! Mailboxes of personal Microsoft accounts: Outlook.com, Hotmail, Live, MSN.

use super::consent;
use super::house::House;
use crate::support::databases::on_each_database;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use undersigned::source::graph::ConsentError;
use undersigned::source::oauth::NoConsent;
use undersigned::store::mailboxes::State;
use url::Url;

const ANNA: &str = "anna.mueller@hotmail.de";
const OTHER: &str = "otto@outlook.com";

#[tokio::test]
async fn a_personal_account_is_read_by_its_owners_consent_through_an_app_that_admits_it() {
    on_each_database(async |database| {
        let house = House::notified(database).await;
        {
            let mut world = house.microsoft.world();
            for address in [ANNA, OTHER] {
                world.add_mailbox(address);
                world.personal.insert(address.to_owned());
            }
        }
        let sent = json!({"address": ANNA, "list": house.list.as_str()});
        let ask = async |path: &str| house.ask(Method::POST, path, sent.clone()).await;
        // It is in no directory of a company, so no app reads it in its own name.
        let (status, told) = ask("/mailboxes/graph").await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
        assert!(told["detail"].as_str().unwrap().contains("its owner consents"), "{told}");
        // Nobody is sent to where they are not let in.
        let (status, told) = ask("/mailboxes/graph/consents").await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
        let said = told["detail"].as_str().unwrap();
        assert!(
            said.contains("supported account types") && said.contains("AADSTS700016"),
            "{said}"
        );

        house.microsoft.world().admits_personal = true;
        let link = async || {
            let (status, told) = ask("/mailboxes/graph/consents").await;
            assert_eq!(status, StatusCode::CREATED, "{told}");
            Url::parse(told["url"].as_str().unwrap()).unwrap()
        };
        let now = house.clock.now();
        let other = consent::back(&house, &link().await, OTHER);
        let refused = consent::finish(&house, &other, now).await.unwrap_err();
        let is_other = |it: &_| matches!(it, ConsentError::Consent(NoConsent::OtherAccount(_)));
        assert!(is_other(&refused), "{refused}");
        let back = consent::back(&house, &link().await, ANNA);
        let anna = consent::finish(&house, &back, now).await.unwrap();

        for number in 0..3 {
            house.microsoft.world().deliver(ANNA, "inbox", number);
        }
        let days_ago = house.clock.now().0 - 10 * 86_400_000;
        house.microsoft.world().deliver_at(ANNA, "inbox", 90_001, days_ago);
        let worker = house.work();
        house.until_read(&anna, 4).await;
        house.until(&anna, State::Healthy).await;
        for hour in 0..2 {
            house.clock.advance_secs(3600);
            house.microsoft.deliver(ANNA, 10 + hour).await;
            house.until_read(&anna, 5 + i64::try_from(hour).unwrap()).await;
        }
        // The consent ends, and is given again in place.
        house.microsoft.world().tokens.clear();
        house.microsoft.world().refresh.clear();
        house.microsoft.deliver(ANNA, 20).await;
        house.until(&anna, State::NeedsConsent).await;
        let (status, told) =
            house.ask(Method::POST, &format!("/mailboxes/{anna}/consent"), Value::Null).await;
        assert_eq!(status, StatusCode::CREATED, "{told}");
        let again = Url::parse(told["url"].as_str().unwrap()).unwrap();
        let back = consent::back(&house, &again, ANNA);
        assert_eq!(consent::finish(&house, &back, house.clock.now()).await.unwrap(), anna);
        house.until_read(&anna, 7).await;
        house.until(&anna, State::Healthy).await;
        worker.stop().await;
    })
    .await;
}
