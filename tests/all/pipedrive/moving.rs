//! Whoever changes their employer comes to its organization, if the way back leads to the former one.

use super::{Account, MOBILE, SIGNATURE};
use crate::support::databases::on_each_database;
use undersigned::store::SuggestionId;
use undersigned::store::crm_writes::State;

impl Account {
    /// Writes that she works elsewhere and has another mobile phone, and takes it back; answers what the first says,
    /// and the organization with which she was in between.
    async fn moves_and_comes_back(&self, anna: u64, update: &SuggestionId) -> (String, u64) {
        let organization = || self.world().person(anna)["org_id"].as_u64().unwrap();
        let (before, numbers) = (organization(), self.world().person(anna)["phones"].clone());
        self.accept(update).await;
        let written = self.write(update).await;
        assert_eq!(written.state, State::Written, "{}", written.detail);
        assert_ne!(self.world().person(anna)["phones"], numbers);
        let between = organization();
        self.taken_back(update).await;
        assert_eq!(self.world().person(anna)["phones"], numbers);
        assert_eq!(organization(), before);
        (written.detail, between)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_one_of_several_organizations_of_one_name_stays_where_no_way_leads_back() {
    Box::pin(on_each_database(async |database| {
        let account = Account::open(database).await;
        let [hers, other] = ["Volksbank eG"; 2].map(|name| account.world().add_organization(name));
        let new = account.world().add_organization("Neue Werke AG & Co. KG");
        let anna = account.add_anna(hers);
        account.connect().await;
        let lines = SIGNATURE.replace("Exempla GmbH", "Neue Werke AG");
        let update = account.suggested(1, &format!("{lines}\n{MOBILE}")).await.id;
        let (told, between) = account.moves_and_comes_back(anna, &update).await;
        assert!(told.contains("former employer"), "{told}");
        assert_eq!(between, hers);

        // It is the only one of its name once a colleague has merged the other into somebody else's.
        let group = account.world().add_organization("Gruppe Nord");
        account.world().merge_organizations(other, group);
        account.read().await.unwrap();
        let (told, between) = account.moves_and_comes_back(anna, &update).await;
        assert_eq!((told.as_str(), between), ("", new));
    }))
    .await;
}
