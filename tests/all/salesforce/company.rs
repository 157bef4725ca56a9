//! Where the policy says so, the account of a new contact is made first.

use super::{Org, SIGNATURE};
use crate::support::databases::on_sqlite;
use crate::support::salesforce::SECRET;
use undersigned::store::crm_writes::State;

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_salesforce_has_not_is_made_once() {
    Box::pin(on_sqlite(async |database| {
        let org = Org::open(database).await;
        org.connect(&org.settings(SECRET)).await;
        org.make_companies().await;
        let anna = org.suggested(1, SIGNATURE).await;
        let lines = "Bernd Kurz\nEinkauf\nExempla GmbH\nTel. +49 931 3000002";
        let bernd = org.office.suggested(2, "Bernd Kurz <kurz@exempla.example>", lines).await;
        for new in [&anna.id, &bernd.id] {
            org.accept(new).await;
        }
        let (made, found) = (org.write(&anna.id).await, org.write(&bernd.id).await);
        for written in [&made, &found] {
            assert_eq!((written.state, written.detail.as_str()), (State::Written, ""));
            assert_eq!(org.world().text(&written.external_id, "AccountId"), made.account);
        }
        let accounts = org.world().accounts.clone();
        assert_eq!(accounts.len(), 1);
        assert_eq!(accounts[&made.account].fields["Website"], "exempla.example");

        // A colleague merges it into another one: whoever comes then comes to that.
        let group = org.world().add_account("Gruppe Nord", "");
        org.world().merge_accounts(&made.account, &group);
        let lines = "Ida Groß\nEinkauf\nExempla GmbH\nTel. +49 931 3000004";
        let ida = org.office.suggested(4, "Ida Groß <gross@exempla.example>", lines).await;
        org.accept(&ida.id).await;
        let written = org.write(&ida.id).await;
        assert_eq!((written.state, written.account.as_str()), (State::Written, ""));
        assert_eq!(org.world().text(&written.external_id, "AccountId"), group);

        // One that only a duplicate rule of the org finds is none that we have made.
        let probe = org.world().add_account("PROBE Holding", "");
        org.world().account_rule = Some(probe.clone());
        let lines = "Eva Klein\nVertrieb\nProbe AG\nTel. +49 911 3000001";
        let eva = org.office.suggested(3, "Eva Klein <eva@probe.example>", lines).await;
        org.accept(&eva.id).await;
        let written = org.write(&eva.id).await;
        assert_eq!((written.state, written.account.as_str()), (State::Written, ""));
        assert_eq!(org.world().text(&written.external_id, "AccountId"), probe);
        org.undo(&eva.id).await;
        let undone = org.write(&eva.id).await;
        assert_eq!((undone.state, undone.detail.as_str()), (State::Undone, ""));
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_found_by_the_word_that_tells_it_from_others() {
    on_sqlite(async |database| {
        let org = Org::open(database).await;
        let exempla = org.world().add_account("Exempla", "");
        let probe = org.world().add_account("Die Probe-Werke AG", "");
        org.connect(&org.settings(SECRET)).await;
        for (number, employer, account) in
            [(1, "Firma Exempla GmbH", exempla), (2, "Die Probe-Werke", probe)]
        {
            let name = ["Otto Zwackel", "Nora Neumann"][number - 1];
            let from = format!("{name} <{}@gmail.com>", name.to_lowercase().replace(' ', "."));
            let lines = format!("{name}\nEinkauf\n{employer}\nTel. +49 931 300000{number}");
            let new = org.office.suggested(number, &from, &lines).await;
            assert_eq!(new.contact.organizations[0].value, employer);
            org.accept(&new.id).await;
            let written = org.write(&new.id).await;
            assert_eq!((written.state, written.detail.as_str()), (State::Written, ""));
            assert_eq!(org.world().text(&written.external_id, "AccountId"), account);
        }
    })
    .await;
}
