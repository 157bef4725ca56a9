//! Whoever changes their employer moves to its account, if the way back leads to the former one.

use super::{Environment, RECORD};
use crate::support::databases::{Database, on_each_database};
use undersigned::store::SuggestionId;
use undersigned::store::crm_writes::State;

const LINES: &str = "Dr. Anna Müller\nLeiterin Einkauf\nNeue Werke AG\nTel. +49 931 3000001\n\
                     Mobil +49 170 1234567";

impl Environment {
    /// Writes that she works elsewhere and has a mobile phone, and takes it back; answers what the first says, and
    /// the account with which she was in between.
    async fn moves_and_comes_back(&self, anna: &str, update: &SuggestionId) -> (String, String) {
        let account = || {
            let values = self.world().values(anna);
            values["_parentcustomerid_value"].as_str().unwrap().to_owned()
        };
        let before = account();
        self.accept(update).await;
        let written = self.write(update).await;
        assert_eq!(written.state, State::Written, "{}", written.detail);
        assert_eq!(self.world().text(anna, "mobilephone"), "+49 170 1234567");
        let between = account();
        self.taken_back(update).await;
        assert_eq!(self.world().text(anna, "mobilephone"), "");
        assert_eq!(account(), before);
        (written.detail, between)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_one_of_several_accounts_of_one_name_is_not_moved_where_no_way_leads_back() {
    for city in ["", "Gotha", "Weiden"] {
        Box::pin(on_each_database(async |database| {
            Box::pin(leaves_a_bank(database, city)).await;
        }))
        .await;
    }
}

/// Her bank is the one in Weiden, and the CRM has her in this city.
async fn leaves_a_bank(database: &Database, city: &str) {
    let dynamics = Environment::open(database).await;
    let bank = |city: &str| {
        dynamics.world().add_account(&[("name", "Volksbank eG"), ("address1_city", city)])
    };
    let [hers, other] = ["Weiden", "Gotha"].map(bank);
    let new = dynamics.world().add_company("Neue Werke AG & Co. KG", "");
    let anna = dynamics.world().add(&RECORD);
    dynamics.world().change(&anna, &[("parentcustomerid", &hers)]);
    if !city.is_empty() {
        dynamics.world().change(&anna, &[("address1_city", city)]);
    }
    dynamics.begin().await;
    let update = dynamics.suggested(1, LINES).await.id;
    let (told, between) = dynamics.moves_and_comes_back(&anna, &update).await;
    if city == "Weiden" {
        assert_eq!((told.as_str(), &between), ("", &new));
        return;
    }
    assert!(told.contains("former employer"), "{told}");
    assert_eq!(between, hers);

    // It is the only one of its name once a colleague has merged the other into somebody else's.
    let group = dynamics.world().add_company("Gruppe Nord", "");
    dynamics.world().merge_accounts(&other, &group);
    dynamics.read().await.unwrap();
    let (told, between) = dynamics.moves_and_comes_back(&anna, &update).await;
    assert_eq!((told.as_str(), between), ("", new));
}
