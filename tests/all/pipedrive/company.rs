//! Where the policy says so, the organization of a new person is made first.

use super::{ADDRESS, Account, SIGNATURE};
use crate::support::databases::on_sqlite;
use serde_json::json;
use undersigned::store::crm_writes::State;

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_that_pipedrive_has_not_is_made_once() {
    on_sqlite(async |database| {
        let account = Account::open(database).await;
        account.connect().await;
        account.make_companies().await;
        let anna = account.suggested(1, &format!("{SIGNATURE}\n{ADDRESS}")).await;
        let lines = "Bernd Kurz\nEinkauf\nExempla GmbH\nTel. +49 931 3000002";
        let bernd = account.office.suggested(2, "Bernd Kurz <kurz@exempla.example>", lines).await;
        for new in [&anna.id, &bernd.id] {
            account.accept(new).await;
        }
        let (made, found) = (account.write(&anna.id).await, account.write(&bernd.id).await);
        assert_eq!((made.state, found.state), (State::Written, State::Written), "{}", made.detail);
        assert!(!made.detail.contains("organization"), "{}", made.detail);
        assert_eq!(account.world().organizations.len(), 1);
        for written in [&made, &found] {
            let person = account.world().person(written.external_id.parse().unwrap());
            assert_eq!(person["org_id"].to_string(), made.account);
        }
        // A colleague merges it into another one, which is found by those who were with it.
        let group = account.world().add_organization("Gruppe Nord");
        account.world().merge_organizations(made.account.parse().unwrap(), group);
        let lines = "Eva Klein\nEinkauf\nExempla GmbH\nTel. +49 931 3000004";
        let eva = account.office.suggested(4, "Eva Klein <klein@exempla.example>", lines).await;
        account.accept(&eva.id).await;
        let found = account.write(&eva.id).await;
        assert_eq!(found.state, State::Written, "{}", found.detail);
        let person = account.world().person(found.external_id.parse().unwrap());
        assert_eq!(person["org_id"], group, "{}", found.detail);
        // Whose address says nothing is with the organization of the name, whatever its legal form.
        let sons = account.world().add_organization("Müller & Söhne KG");
        let lines = "Fritz Frei\nEinkauf\nMueller Soehne GmbH\nTel. +49 931 3000003";
        let fritz = account.office.suggested(3, "Fritz Frei <fritz.frei@gmail.com>", lines).await;
        account.accept(&fritz.id).await;
        let found = account.write(&fritz.id).await;
        let person = account.world().person(found.external_id.parse().unwrap());
        assert_eq!(person["org_id"], sons, "{}", found.detail);
    })
    .await;
}

/// A rep says that two of one name at one firm are two people, where Pipedrive would call them one.
#[tokio::test(flavor = "multi_thread")]
async fn whom_a_rep_keeps_apart_is_made_beside_the_other_and_once() {
    on_sqlite(async |database| {
        let account = Account::open(database).await;
        let exempla = account.world().add_organization("Exempla GmbH");
        let other = account.add_anna(exempla);
        account.connect().await;
        let lines = SIGNATURE.replace("Leiterin Einkauf", "Leiterin Vertrieb");
        let anna = account.suggested(1, &lines).await;
        assert!(anna.known.is_some(), "{anna:?}");
        account.accept_apart(&anna.id).await;
        // Also where nobody hears that she was made.
        account.fault("POST /api/v2/persons", 502, true);
        assert!(account.try_write(&anna.id).await.is_err());
        let written = account.write(&anna.id).await;
        assert_eq!(written.state, State::Written, "{}", written.detail);
        assert!(written.detail.contains("without the e-mail address"), "{}", written.detail);
        let made: u64 = written.external_id.parse().unwrap();
        assert_eq!(account.world().there(), [other, made]);
        let person = account.world().person(made);
        assert_eq!(
            (&person["job_title"], &person["org_id"]),
            (&json!("Leiterin Vertrieb"), &json!(exempla))
        );
        account.undo(&anna.id).await;
        assert_eq!(account.write(&anna.id).await.state, State::Undone);
        assert_eq!(account.world().there(), [other]);
    })
    .await;
}
