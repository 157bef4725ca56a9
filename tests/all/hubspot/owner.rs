//! Whose a new contact is, the tenant's policy says.

use super::{Account, RECORD, SIGNATURE};
use crate::support::databases::on_each_database;
use crate::support::hubspot::TOKEN;
use undersigned::crm::connection;
use undersigned::store::audit::Actor;
use undersigned::store::crm_writes::{CrmWrite, State};
use undersigned::store::policies::{self, NewOwner};

impl Account {
    /// Somebody of that name writes, and `actor` accepts them.
    async fn taken_over(&self, number: usize, name: &str, actor: &Actor) -> CrmWrite {
        let lower = name.to_lowercase().replace(' ', ".");
        let from = format!("{name} <{lower}@probe.example>");
        let lines = format!("{name}\nLeiterin Vertrieb\nProbe AG\nTel. +49 911 30000{number}");
        let new = self.office.suggested(number, &from, &lines).await;
        self.accept_as(actor, &new.id).await;
        self.write(&new.id).await
    }

    /// Whose the contact is that a write made, and what the write says of it.
    fn owner_of<'a>(&self, written: &'a CrmWrite) -> (String, &'a str) {
        assert_eq!(written.state, State::Written, "{}", written.detail);
        let owner = self.world().text(written.external_id.parse().unwrap(), "hubspot_owner_id");
        assert_eq!(owner, written.owner, "the list of writes names the owner");
        (owner, &written.detail)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_contact_is_of_whoever_the_policy_names_and_others_stay_whose_they_are() {
    Box::pin(on_each_database(async |database| {
        let account = Account::open(database).await;
        let anna = account.world().add(&RECORD);
        account.world().change(anna, &[("hubspot_owner_id", "78")]);
        account.office.connect(&account.settings(TOKEN)).await;
        account.read().await.unwrap();
        let rita = account.rep("Rep@Kugellager.test").await;
        let nobody = account.rep("new@kugellager.test").await;
        let by_nobody = account.taken_over(10, "Ada Lorenz", &rita).await;
        assert_eq!(account.owner_of(&by_nobody), (String::new(), ""), "HubSpot says, as usual");

        account.assign(NewOwner::Rep).await;
        // It is made, but nobody hears of it: it is hers all the same.
        account.fault("contacts/batch/upsert$", 502, true);
        let eva = account.office.suggested(
            11,
            "Eva Klein <eva@probe.example>",
            "Eva Klein\nLeiterin Vertrieb\nProbe AG\nTel. +49 911 3000011",
        );
        let eva = eva.await;
        account.accept_as(&rita, &eva.id).await;
        account.try_write(&eva.id).await.unwrap_err();
        let written = account.write(&eva.id).await;
        assert_eq!(account.owner_of(&written), ("77".into(), ""));
        account.undo(&eva.id).await;
        assert_eq!(account.write(&eva.id).await.state, State::Undone);

        // HubSpot does not know this rep; and what no person accepts is no rep's.
        let written = account.taken_over(12, "Ida Krause", &nobody).await;
        let (owner, told) = account.owner_of(&written);
        assert!(owner.is_empty() && told.contains("no user of the CRM has the address"), "{told}");
        let written = account.taken_over(13, "Pia Vogel", &Actor::CommandLine).await;
        assert!(account.owner_of(&written).1.contains("no user has accepted it"));
        account.assign(NewOwner::parse("id:78").unwrap()).await;
        let written = account.taken_over(14, "Lea Busch", &nobody).await;
        assert_eq!(account.owner_of(&written), ("78".into(), ""));
        account.assign(NewOwner::parse("id:79").unwrap()).await;
        let written = account.taken_over(15, "Mia Horn", &rita).await;
        let (owner, told) = account.owner_of(&written);
        assert!(owner.is_empty() && told.contains("no owner of the id"), "{told}");
        assert_eq!(account.world().asked_for("GET /crm/v3/owners"), 1, "once in a while");

        // Who is there keeps the owner, whatever is added.
        account.assign(NewOwner::Rep).await;
        let update = account.suggested(16, &format!("{SIGNATURE}\nMobil +49 170 1234567")).await;
        account.accept_as(&rita, &update.id).await;
        assert_eq!(account.write(&update.id).await.owner, "");
        assert_eq!(account.world().text(anna, "mobilephone"), "+49 170 1234567");
        assert_eq!(account.world().text(anna, "hubspot_owner_id"), "78");

        // Another CRM's owners are others.
        account.assign(NewOwner::parse("id:78").unwrap()).await;
        let desk = &account.desk;
        let mut tx = desk.db.begin_write().await.unwrap();
        assert!(connection::remove(&mut tx, &desk.tenant, desk.clock.now()).await.unwrap());
        assert_eq!(policies::get(&mut tx, &desk.tenant).await.unwrap().owner, NewOwner::Crm);
        tx.commit().await.unwrap();
    }))
    .await;
}
