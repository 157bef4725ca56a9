//! The tenant's admins and its program hear of a CRM that stays ill, as they do of a mailbox.

use super::Org;
use crate::support::databases::on_each_database;
use crate::support::desk::Desk;
use crate::support::notices::{Jobs, add_people, flat};
use crate::support::salesforce::SECRET;
use crate::support::smtp::{Fault, Smtp};
use crate::webhook::Receiver;
use undersigned::config::Graph;
use undersigned::source::graph::Connector;
use undersigned::store::crm_connections::State;
use undersigned::store::webhooks;

#[tokio::test(flavor = "multi_thread")]
async fn admins_are_told_once_reminded_once_and_told_when_it_is_well() {
    on_each_database(async |database| {
        let org = Org::open(database).await;
        let Desk { db, vault, tenant, clock, .. } = &org.desk;
        let smtp = Smtp::start(Fault::Nothing).await;
        add_people(db, vault, tenant, clock.now(), Some(&smtp)).await;
        let receiver = Receiver::start().await;
        let mut tx = db.begin_write().await.unwrap();
        let place = (receiver.url.as_str(), &undersigned::crm::webhook::new_secret());
        webhooks::put(&mut tx, vault, tenant, place, clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        org.connect(&org.settings(SECRET)).await;
        org.read().await.unwrap();
        let jobs = Jobs::of(db, vault, clock, &Connector::new(&Graph::default()).unwrap());
        receiver.until("crm.state_changed", "state", "healthy").await;

        // Somebody makes a new secret at Salesforce.
        org.world().secret = "another".into();
        org.world().end_sessions();
        assert!(org.read().await.is_err());
        assert_eq!(org.state().await.0, State::WrongPassword);
        jobs.advance(5 * 60).await;
        jobs.mails(&smtp, 0).await;
        let (_, event) = receiver.until("crm.state_changed", "state", "wrong-password").await;
        assert_eq!(event["data"]["kind"], "salesforce");
        assert!(event["data"]["state_detail"].as_str().unwrap().contains("enter the password"));
        jobs.advance(6 * 60).await;
        let first = jobs.mails(&smtp, 1).await.remove(0);
        assert!(first.to[0].contains("ada-"), "only admins: {:?}", first.to);
        let text = flat(&first);
        for part in [
            "Salesforce is not being reached: wrong password",
            "enter the password",
            "https://crm.example.com/connect/crm",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        jobs.advance(86_400 + 60).await;
        assert!(flat(&jobs.mails(&smtp, 2).await[1]).contains("still not being reached"));
        jobs.advance(7 * 86_400).await;
        jobs.mails(&smtp, 2).await;

        org.connect(&org.settings("another")).await;
        org.read().await.unwrap();
        jobs.advance(60).await;
        assert!(flat(&jobs.mails(&smtp, 3).await[2]).contains("Salesforce is reached again"));
        jobs.advance(86_400).await;
        jobs.mails(&smtp, 3).await;
        jobs.stop().await;
    })
    .await;
}
