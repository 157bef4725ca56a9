//! A mailbox that several people share: one of them consents, and it is the shared one that is read.

use super::consent::{Scene, value};
use super::house::{House, deliver, fresh_address};
use super::reading::doveadm;
use crate::support::databases::on_each_database;
use secrecy::SecretString;
use undersigned::store::consents::MeantMailbox;
use undersigned::store::mailboxes::State;

#[tokio::test]
async fn a_persons_consent_at_microsoft_opens_the_shared_mailbox_and_not_their_own() {
    on_each_database(async |database| {
        let scene = Scene::set(House::new(database.open().await).await).await;
        let Scene { house, service, connector } = &scene;
        let (anna, sales) = (fresh_address("anna"), fresh_address("sales"));
        deliver(&anna, "private").await;
        deliver(&sales, "shared").await;
        service.world().opens.insert(anna.clone(), sales.clone());
        let meant = MeantMailbox {
            list: house.list.clone(),
            address: sales.clone(),
            username: anna.clone(),
            folder: "INBOX".into(),
            backfill_days: 30,
        };
        let link = scene.link_to("microsoft", meant).await;
        let back = service.consents_at_microsoft(&link, &anna);
        let code = SecretString::from(value(&back, "code"));
        let mailbox = scene.finish(&value(&back, "state"), &code).await.unwrap();
        assert_eq!(house.mailbox(&mailbox).await.username, anna, "who consents again");

        let worker = house.work_with(connector.clone());
        house.notes.until(&mailbox, &["shared"]).await;
        house.clock.advance_secs(3600);
        doveadm(&["kick", &sales]);
        deliver(&sales, "later").await;
        house.notes.until(&mailbox, &["shared", "later"]).await;
        house.until(&mailbox, State::Healthy).await;
        worker.stop().await;
    })
    .await;
}
