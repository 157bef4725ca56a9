//! Where the policy says so, the company of a new contact is made first, and once.

use super::{Account, SIGNATURE};
use crate::support::databases::{on_each_database, on_sqlite};
use undersigned::crm::CrmError;
use undersigned::store::SuggestionId;
use undersigned::store::crm_writes::{CrmWrite, State};

impl Account {
    /// Somebody writes, and is accepted.
    async fn accepted(&self, number: usize, from: &str, signature: &str) -> SuggestionId {
        let new = self.office.suggested(number, from, signature).await;
        self.accept(&new.id).await;
        new.id
    }

    /// The company of the contact that a write made.
    pub(super) fn company_of(&self, written: &CrmWrite) -> u64 {
        assert_eq!(written.state, State::Written, "{}", written.detail);
        let world = self.world();
        let contact = &world.contacts[&written.external_id.parse::<u64>().unwrap()];
        contact.company().expect("a company")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_that_hubspot_has_not_is_made_once_and_stays() {
    Box::pin(on_each_database(async |database| {
        let account = Account::connected(database).await;
        account.make_companies().await;
        account.world().search_lag = 60_000;
        let anna = account.suggested(1, SIGNATURE).await.id;
        account.accept(&anna).await;
        let kurz = "Bernd Kurz\nEinkauf\nExempla GmbH\nTel. +49 931 3000002";
        let bernd = account.accepted(2, "Bernd Kurz <kurz@exempla.example>", kurz).await;
        // It is made, but nobody hears of it: whoever wanted it makes the same one again, and others wait.
        account.fault("companies/batch/upsert$", 502, true);
        let lost = account.try_write(&anna).await;
        assert!(matches!(lost, Err(CrmError::Unreachable(_))), "{lost:?}");
        let waits = account.try_write(&bernd).await;
        assert!(matches!(waits, Err(CrmError::Claimed)), "{waits:?}");
        let (anna, bernd) = (account.write(&anna).await, account.write(&bernd).await);
        assert_eq!(account.world().companies.len(), 1);
        let exempla = account.company_of(&anna);
        assert_eq!(account.company_of(&bernd), exempla);
        let texts = account.world().companies[&exempla].properties.clone();
        for (property, text) in [
            ("name", "Exempla GmbH"),
            ("domain", "exempla.example"),
            ("address", "Hauptstraße 5"),
            ("zip", "97070"),
        ] {
            assert_eq!(texts[property], text);
        }

        // Of two at a time the second one is with the company of the first.
        let lines = "\nLeiterin Vertrieb\nProbe AG\nTel. +49 911 300000";
        let eva = format!("Eva Klein{lines}1");
        let eva = account.accepted(3, "Eva Klein <eva@probe.example>", &eva).await;
        let ida = format!("Ida Groß{lines}2");
        let ida = account.accepted(4, "Ida Groß <ida@probe.example>", &ida).await;
        let (made, found) = (account.write(&eva).await, account.write(&ida).await);
        assert_eq!(account.company_of(&made), account.company_of(&found));
        assert_eq!(made.account, account.company_of(&made).to_string(), "the list names it");
        assert_eq!((found.account.as_str(), account.world().companies.len()), ("", 2));

        // Free mail is no company's, and who is there already stays where they are.
        let fritz = "Fritz Frei\nInhaber\nFrei Beratung\nTel. +49 911 3000003";
        let fritz = account.accepted(5, "Fritz Frei <fritz.frei@gmail.com>", fritz).await;
        assert_eq!(account.write(&fritz).await.state, State::Written);
        let nora = "Nora Neu\nLeiterin Einkauf\nNeue Werke AG\nTel. +49 911 3000004";
        let nora = account.accepted(6, "Nora Neu <nora@werke.example>", nora).await;
        account.world().add(&[("lastname", "Neu"), ("email", "nora@werke.example")]);
        assert_eq!(account.write(&nora).await.state, State::Conflict);
        assert_eq!(account.world().companies.len(), 2);

        // Taken back, the contact goes and the company stays: others are with it.
        account.undo(&eva).await;
        let undone = account.write(&eva).await;
        assert_eq!(undone.state, State::Undone, "{}", undone.detail);
        assert!(undone.detail.contains("stays"), "{}", undone.detail);
        assert_eq!(account.world().companies.len(), 2);
    }))
    .await;
}

/// While the search may not know a company that we have made, it is known by its id.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_to_a_company_that_was_merged_or_removed_just_now_comes_to_what_is_there() {
    Box::pin(on_each_database(async |database| {
        let account = Account::connected(database).await;
        account.make_companies().await;
        account.world().search_lag = 60_000;
        let lines = |name: &str, number: usize| {
            format!("{name}\nEinkauf\nExempla GmbH\nTel. +49 931 300000{number}")
        };
        let at = async |number: usize, name: &str, mailbox: &str| {
            let from = format!("{name} <{mailbox}@exempla.example>");
            let id = account.accepted(number, &from, &lines(name, number)).await;
            let written = account.write(&id).await;
            (account.company_of(&written), written.account)
        };
        let (made, _) = at(1, "Anna Müller", "mueller").await;
        let group = account.world().add_company("Gruppe Nord", "gruppe-nord.example", "40");
        let merged = account.world().merge_companies(group, made);
        let (company, named) = at(2, "Bernd Kurz", "kurz").await;
        assert_eq!((company, named.as_str()), (merged, ""), "what it has become, made by nobody");

        account.world().companies.get_mut(&merged).unwrap().archived = true;
        let (again, named) = at(3, "Eva Klein", "klein").await;
        assert!(again != merged && again != made);
        assert_eq!(named, again.to_string(), "it is made as if there had never been one");
        assert_eq!(at(4, "Ida Groß", "gross").await, (again, String::new()));
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_is_found_by_its_name_however_it_is_written_and_never_by_half() {
    on_sqlite(async |database| {
        let account = Account::connected(database).await;
        let company = |name: &str, city: &str| {
            account.world().insert_company(&[("name", name), ("city", city)])
        };
        company("Müller Maschinenbau", "Gotha");
        let sons = company("Müller & Söhne KG", "Gotha");
        let [here, _] = ["Weiden", "Gotha"].map(|city| company("Volksbank eG", city));
        // Whose address is at a free-mail domain is with the company that the signature names.
        for (number, name, employer, at) in [
            (1, "Fritz Frei", "Mueller Soehne GmbH & Co. KG\n99867 Gotha", Some(sons)),
            (2, "Ida Groß", "Volksbank eG\nAm Markt 1\n92637 Weiden", Some(here)),
            (3, "Nora Neu", "Volksbank eG", None),
            (4, "Otto Ost", "Müller GmbH", None),
        ] {
            let given = name.split(' ').next().unwrap();
            let lines = format!("{name}\nEinkauf\n{employer}\nTel. +49 911 300000{number}");
            let from = format!("{name} <{given}.privat@gmail.com>");
            let id = account.accepted(number, &from, &lines).await;
            let written = account.write(&id).await;
            assert_eq!(written.state, State::Written, "{}", written.detail);
            let world = account.world();
            let made = &world.contacts[&written.external_id.parse::<u64>().unwrap()];
            assert_eq!(made.company(), at, "{name}");
        }
    })
    .await;
}

/// That none of several is taken does not mean that there is none.
#[tokio::test(flavor = "multi_thread")]
async fn of_several_companies_of_one_name_none_is_taken_and_no_other_is_made() {
    on_sqlite(async |database| {
        let account = Account::connected(database).await;
        account.make_companies().await;
        let cities = ["Weiden", "Gotha"];
        let [here, _] = cities.map(|city| {
            account.world().insert_company(&[("name", "Volksbank eG"), ("city", city)])
        });
        for (number, name, address, at) in [
            (1, "Nora Neu", "", None),
            (2, "Ida Groß", "\nAm Markt 1\n92637 Weiden", Some(here)),
            (3, "Otto Ost", "\nRing 1\n97070 Würzburg", None),
        ] {
            let given = name.split(' ').next().unwrap();
            let lines = format!("{name}\nVolksbank eG{address}\nTel. +49 911 300000{number}");
            let from = format!("{name} <{given}@volksbank.example>");
            let id = account.accepted(number, &from, &lines).await;
            let written = account.write(&id).await;
            assert_eq!(written.state, State::Written, "{}", written.detail);
            assert_eq!(
                written.detail.contains("several companies"),
                at.is_none(),
                "{}",
                written.detail
            );
            let world = account.world();
            let made = &world.contacts[&written.external_id.parse::<u64>().unwrap()];
            assert_eq!((made.company(), world.companies.len()), (at, 2), "{name}");
        }
    })
    .await;
}
