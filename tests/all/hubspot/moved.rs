//! Who has changed their employer leaves the one company in HubSpot and comes to the other, and back again.

use super::{Account, EVA, RECORD, SIGNATURE};
use crate::support::databases::{on_each_database, on_sqlite};
use crate::support::hubspot::TOKEN;
use undersigned::store::crm_writes::State;

/// The companies of a contact, the first one before all others.
pub(super) fn companies(account: &Account, contact: u64) -> Vec<u64> {
    let world = account.world();
    let contact = &world.contacts[&contact];
    let mut all: Vec<u64> = contact.companies.keys().copied().collect();
    all.sort_by_key(|id| (Some(*id) != contact.company(), *id));
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn who_changes_the_employer_comes_to_its_company_and_back_when_that_is_taken_back() {
    Box::pin(on_each_database(async |database| {
        let account = Account::open(database).await;
        let anna = account.world().add(&RECORD);
        let old = account.world().add_company("EXEMPLA", "exempla.example", "12");
        let new = account.world().add_company("Neue Werke AG & Co. KG", "", "3");
        let club = account.world().add_company("Einkäuferverband e. V.", "", "9");
        account.world().link(anna, old, true, None);
        account.world().link(anna, club, false, Some("Board member"));
        account.office.connect(&account.settings(TOKEN)).await;
        account.read().await.unwrap();

        let lines = SIGNATURE.replace("Exempla GmbH", "Neue Werke AG");
        let update = account.suggested(1, &lines).await;
        account.accept(&update.id).await;
        // Nobody hears that the record has the new name; she comes to the company all the same.
        account.fault("PATCH", 500, true);
        assert!(account.try_write(&update.id).await.is_err());
        let written = account.write(&update.id).await;
        assert_eq!((written.state, written.detail.as_str()), (State::Written, ""));
        assert_eq!(account.world().text(anna, "company"), "Neue Werke AG");
        assert_eq!(companies(&account, anna), [new, club]);
        account.undo(&update.id).await;
        let undone = account.write(&update.id).await;
        assert_eq!((undone.state, undone.detail.as_str()), (State::Undone, ""));
        assert_eq!(account.world().text(anna, "company"), "Exempla GmbH");
        assert_eq!(companies(&account, anna), [old, club]);

        // Of whom HubSpot has several, she keeps her own beside the new one: there is a way back.
        account.world().add_company("Exempla AG", "exempla.example", "1");
        account.accept(&update.id).await;
        let written = account.write(&update.id).await;
        assert_eq!(written.state, State::Written);
        assert!(written.detail.contains("several companies"), "{}", written.detail);
        assert_eq!(companies(&account, anna), [new, old, club]);
        account.undo(&update.id).await;
        assert_eq!(account.write(&update.id).await.state, State::Undone);
        assert_eq!(companies(&account, anna), [old, club]);
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_employer_whom_hubspot_has_not_is_told_and_one_who_comes_first_is_linked() {
    on_sqlite(async |database| {
        let account = Account::open(database).await;
        let anna = account.world().add(&RECORD);
        let old = account.world().add_company("Exempla GmbH", "exempla.example", "12");
        account.world().link(anna, old, true, None);
        let eva = [("lastname", "Braunschweig"), ("firstname", "Eva")];
        let eva = account.world().add(&[eva[0], eva[1], ("email", "eva@probe.example")]);
        let probe = account.world().add_company("Probe AG", "", "1");
        account.office.connect(&account.settings(TOKEN)).await;
        account.read().await.unwrap();

        let update = account.suggested(1, &SIGNATURE.replace("Exempla GmbH", "Nirgends AG")).await;
        account.accept(&update.id).await;
        let written = account.write(&update.id).await;
        assert_eq!(written.state, State::Written);
        assert!(written.detail.contains("no company of this employer"), "{}", written.detail);
        assert_eq!(companies(&account, anna), [old]);

        let lines = "Eva Braunschweig\nLeiterin Vertrieb\nProbe AG\nTel. +49 911 3000001";
        let update = account.office.suggested(2, EVA, lines).await;
        account.accept(&update.id).await;
        let written = account.write(&update.id).await;
        assert_eq!((written.state, written.detail.as_str()), (State::Written, ""));
        assert_eq!(companies(&account, eva), [probe]);
        account.undo(&update.id).await;
        assert_eq!(account.write(&update.id).await.state, State::Undone);
        assert_eq!(companies(&account, eva), [0_u64; 0]);
    })
    .await;
}
