//! A new contact is made at its company, and moves with the person.

use super::{Environment, SIGNATURE};
use crate::support::databases::{on_each_database, on_sqlite};
use undersigned::crm::CrmError;
use undersigned::store::crm_connections::State as Connection;
use undersigned::store::crm_writes::State;

#[tokio::test(flavor = "multi_thread")]
async fn a_new_contact_is_made_once_at_its_company_and_can_be_taken_back() {
    Box::pin(on_each_database(async |database| {
        let dynamics = Environment::open(database).await;
        {
            let mut world = dynamics.world();
            world.add_company("Not Exempla", "https://not-exempla.example");
            world.add_company("Exempla (old)", "http://exempla.example/about");
            world.add_company("EXEMPLA", "www.exempla.example");
            world.add_company("Neue Werke AG & Co. KG", "");
        }
        dynamics.begin().await;
        let new = dynamics.suggested(1, SIGNATURE).await;
        dynamics.accept(&new.id).await;
        // It is made, but nobody hears of it: first the connection breaks, then the process dies.
        dynamics.fault("PATCH contacts", 502, "", true);
        let lost = dynamics.try_write(&new.id).await;
        assert!(matches!(lost, Err(CrmError::Unreachable(_))), "{lost:?}");
        assert_eq!(dynamics.state().await.0, Connection::Unreachable);
        let written = dynamics.write(&new.id).await;
        assert_eq!((written.state, written.detail.as_str()), (State::Written, ""));
        assert_eq!(dynamics.write(&new.id).await.state, State::Written);
        assert_eq!(dynamics.world().there(), [written.id.to_string()]);
        let anna = written.external_id;
        for (column, text) in [
            ("lastname", "Müller"),
            ("address1_postalcode", "97070"),
            ("jobtitle", "Leiterin Einkauf"),
            ("parentcustomerid", "EXEMPLA"),
        ] {
            assert_eq!(dynamics.world().text(&anna, column), text);
        }

        // She changes her employer: the contact moves to that company, and back again.
        dynamics.read().await.unwrap();
        let lines = SIGNATURE.replace("Exempla GmbH", "Neue Werke AG");
        let moved = dynamics.suggested(2, &format!("{lines}\nMobil +49 170 1234567")).await;
        dynamics.accept(&moved.id).await;
        dynamics.fault("PATCH contacts", 500, "", true);
        assert!(dynamics.try_write(&moved.id).await.is_err());
        let written = dynamics.write(&moved.id).await;
        assert_eq!(written.state, State::Written, "{}", written.detail);
        assert_eq!(dynamics.world().text(&anna, "mobilephone"), "+49 170 1234567");
        assert_eq!(dynamics.world().text(&anna, "parentcustomerid"), "Neue Werke AG & Co. KG");
        dynamics.undo(&moved.id).await;
        let undone = dynamics.write(&moved.id).await;
        assert_eq!(undone.state, State::Undone, "{}", undone.detail);
        assert_eq!(dynamics.world().text(&anna, "parentcustomerid"), "EXEMPLA");
        assert_eq!(dynamics.world().text(&anna, "mobilephone"), "");

        dynamics.undo(&new.id).await;
        let undone = dynamics.write(&new.id).await;
        assert_eq!(undone.state, State::Undone, "{}", undone.detail);
        assert!(dynamics.world().there().is_empty());
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_that_is_not_there_is_not_made_and_the_write_says_so() {
    on_each_database(async |database| {
        let dynamics = Environment::open(database).await;
        dynamics.begin().await;
        let new = dynamics.suggested(1, SIGNATURE).await;
        dynamics.accept(&new.id).await;
        // A lost answer again, and a colleague corrects the address before it is tried again: it is
        // the same record all the same.
        dynamics.fault("PATCH contacts", 502, "", true);
        assert!(dynamics.try_write(&new.id).await.is_err());
        let made = dynamics.world().there();
        let address = [("emailaddress1", "a.mueller@exempla.example")];
        dynamics.world().change(&made[0], &address);
        let written = dynamics.write(&new.id).await;
        assert_eq!(dynamics.world().there(), made);
        assert_eq!(written.state, State::Written, "{}", written.detail);
        assert!(written.detail.contains("no account of this company"), "{}", written.detail);
        assert_eq!(dynamics.world().text(&made[0], "parentcustomerid"), "");

        // Where she belongs to a person there, she goes on to, although her company is there now.
        let head = dynamics.world().add(&[("lastname", "Oberhaupt")]);
        dynamics.world().change(&made[0], &[("parentcustomerid", &head)]);
        dynamics.world().add_company("Exempla GmbH", "exempla.example");
        dynamics.read().await.unwrap();
        let from = "Anna Müller <a.mueller@exempla.example>";
        let lines = format!("{SIGNATURE}\nMobil +49 170 1234567");
        let update = dynamics.office.suggested(2, from, &lines).await;
        dynamics.accept(&update.id).await;
        let written = dynamics.write(&update.id).await;
        assert_eq!(written.state, State::Written, "{}", written.detail);
        assert!(written.detail.contains("belongs to another contact"), "{}", written.detail);
        assert_eq!(dynamics.world().values(&made[0])["_parentcustomerid_value"], head);
        assert_eq!(dynamics.world().text(&made[0], "mobilephone"), "+49 170 1234567");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_policy_says_so_a_company_that_is_not_there_is_made_once() {
    Box::pin(on_sqlite(async |database| {
        let dynamics = Environment::open(database).await;
        dynamics.begin().await;
        dynamics.make_companies().await;
        let anna = dynamics.suggested(1, SIGNATURE).await;
        let lines = "Bernd Kurz\nEinkauf\nExempla GmbH\nTel. +49 931 3000002";
        let bernd = dynamics.office.suggested(2, "Bernd Kurz <kurz@exempla.example>", lines).await;
        for new in [&anna.id, &bernd.id] {
            dynamics.accept(new).await;
        }
        let (made, found) = (dynamics.write(&anna.id).await, dynamics.write(&bernd.id).await);
        for written in [&made, &found] {
            assert_eq!((written.state, written.detail.as_str()), (State::Written, ""));
            let values = dynamics.world().values(&written.external_id);
            assert_eq!(values["_parentcustomerid_value"], made.account);
        }
        assert_eq!((&made.account, found.account.as_str()), (&made.id.to_string(), ""));

        // A colleague merges it into another one: it is out of use, and nobody comes to it any more.
        let group = dynamics.world().add_company("Gruppe Nord", "gruppe-nord.example");
        dynamics.world().merge_accounts(&made.account, &group);
        let lines = "Eva Klein\nEinkauf\nExempla GmbH\nTel. +49 931 3000003";
        let eva = dynamics.office.suggested(3, "Eva Klein <klein@exempla.example>", lines).await;
        dynamics.accept(&eva.id).await;
        let written = dynamics.write(&eva.id).await;
        assert_eq!((written.state, written.account.as_str()), (State::Written, ""));
        let values = dynamics.world().values(&written.external_id);
        assert_eq!(values["_parentcustomerid_value"], group);
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_that_was_made_and_may_not_be_read_any_more_is_not_made_again() {
    Box::pin(on_sqlite(async |database| {
        let dynamics = Environment::open(database).await;
        dynamics.begin().await;
        dynamics.make_companies().await;
        let anna = dynamics.suggested(1, SIGNATURE).await;
        dynamics.accept(&anna.id).await;
        let made = dynamics.write(&anna.id).await.account;
        let asked = dynamics.world().asked_for("PATCH accounts");
        assert_eq!(asked, 1);

        dynamics.world().hide_company(&made);
        let lines = "Bernd Kurz\nEinkauf\nExempla GmbH\nTel. +49 931 3000002";
        let bernd = dynamics.office.suggested(2, "Bernd Kurz <kurz@exempla.example>", lines).await;
        dynamics.accept(&bernd.id).await;
        let written = dynamics.write(&bernd.id).await;
        assert_eq!((written.state, written.account.as_str()), (State::Written, ""));
        assert!(written.detail.contains("does not show the company"), "{}", written.detail);
        assert_eq!(dynamics.world().asked_for("PATCH accounts"), 1);
        assert_eq!(dynamics.world().text(&written.external_id, "parentcustomerid"), "");

        // Once it is shown again, who comes next comes to it.
        dynamics.world().show(&made);
        let lines = "Eva Klein\nEinkauf\nExempla GmbH\nTel. +49 931 3000003";
        let eva = dynamics.office.suggested(3, "Eva Klein <klein@exempla.example>", lines).await;
        dynamics.accept(&eva.id).await;
        let written = dynamics.write(&eva.id).await;
        assert_eq!((written.state, written.detail.as_str()), (State::Written, ""));
        let values = dynamics.world().values(&written.external_id);
        assert_eq!(values["_parentcustomerid_value"], made);
        assert_eq!(dynamics.world().asked_for("PATCH accounts"), 1);
    }))
    .await;
}
