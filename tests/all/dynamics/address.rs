//! An address is the new one as a whole or stays as it is: of the old one nothing is left in it.

use super::Environment;
use crate::support::databases::on_each_database;
use undersigned::crm::connection::save_mapping;
use undersigned::crm::mapping::Mapping;
use undersigned::store::crm_connections::Kind;
use undersigned::store::crm_writes::State;

const OLD: [(&str, &str); 4] = [
    ("address1_line1", "Domstraße 7"),
    ("address1_postalcode", "97070"),
    ("address1_city", "Würzburg"),
    ("address1_stateorprovince", "Bayern"),
];
const NEW: &str = "Hauptstraße 5\n90402 Nürnberg\nMobil +49 170 1234567";

impl Environment {
    /// A contact that lives somewhere else than its signature says, with one more column filled.
    fn somebody_at_home(&self, given: &str, further: (&str, &str)) -> String {
        let email = format!("{}@probe.example", given.to_lowercase());
        let person = [("firstname", given), ("lastname", "Klein"), ("emailaddress1", &email)];
        self.world().add(&[&person[..], &OLD, &[further]].concat())
    }

    /// What is in the columns of an address.
    fn address(&self, contact: &str) -> Vec<(String, String)> {
        let values = self.world().values(contact).into_iter();
        let parts =
            values.filter(|(name, value)| name.starts_with("address1_") && !value.is_null());
        parts.map(|(name, value)| (name, value.as_str().unwrap().to_owned())).collect()
    }

    /// They sign, it is written and taken back; answers what the write says and the address meanwhile.
    async fn moved(
        &self,
        number: usize,
        given: &str,
        contact: &str,
    ) -> (String, Vec<(String, String)>) {
        let before = self.address(contact);
        let from = format!("{given} Klein <{}@probe.example>", given.to_lowercase());
        let lines = format!("{given} Klein\n{NEW}");
        let update = self.office.suggested(number, &from, &lines).await.id;
        self.accept(&update).await;
        let written = self.write(&update).await;
        assert_eq!(written.state, State::Written, "{given}: {}", written.detail);
        assert_eq!(self.world().text(contact, "mobilephone"), "+49 170 1234567", "{given}");
        let meanwhile = self.address(contact);
        self.undo(&update).await;
        assert_eq!(self.write(&update).await.state, State::Undone, "{given}");
        assert_eq!(self.address(contact), before, "{given}: as it was, as a whole");
        assert_eq!(self.world().text(contact, "mobilephone"), "", "{given}");
        (written.detail, meanwhile)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_with_a_part_that_is_not_mapped_stays_and_all_else_is_written() {
    Box::pin(on_each_database(async |database| {
        let dynamics = Environment::open(database).await;
        let people = [
            ("Anna", "address1_line2", "Gebäude C"),
            ("Bert", "address1_line3", "Hinterhaus"),
            ("Carla", "address1_county", "Unterfranken"),
            ("Dirk", "address1_postofficebox", "12 34"),
        ];
        let people = people.map(|(given, column, text)| {
            (given, column, dynamics.somebody_at_home(given, (column, text)))
        });
        let eva = dynamics.somebody_at_home("Eva", ("address1_country", "Deutschland"));
        let fritz = dynamics.somebody_at_home("Fritz", ("address1_line2", "Gebäude C"));
        dynamics.begin().await;
        for (number, (given, column, contact)) in people.iter().enumerate() {
            let before = dynamics.address(contact);
            let (told, meanwhile) = dynamics.moved(number, given, contact).await;
            assert_eq!(meanwhile, before, "{column}");
            assert!(told.contains("address") && told.contains(&format!("`{column}`")), "{told}");
        }
        // Where all parts are known, it is another one as a whole.
        let (told, meanwhile) = dynamics.moved(8, "Eva", &eva).await;
        assert_eq!(told, "");
        let moved = [
            ("address1_city", "Nürnberg"),
            ("address1_country", "Deutschland"),
            ("address1_line1", "Hauptstraße 5"),
            ("address1_postalcode", "90402"),
        ];
        assert_eq!(meanwhile, moved.map(|(name, text)| (name.to_owned(), text.to_owned())));

        // An admin's own mapping says nothing of the further parts.
        let own = serde_json::to_value(Mapping::usual(Kind::Dynamics).unwrap()).unwrap();
        let own: Mapping = serde_json::from_value(own).unwrap();
        let (now, tenant) = (dynamics.desk.clock.now(), &dynamics.desk.tenant);
        let mut tx = dynamics.desk.db.begin_write().await.unwrap();
        assert!(save_mapping(&mut tx, tenant, Some(&own), now).await.unwrap());
        tx.commit().await.unwrap();
        dynamics.read().await.unwrap();
        let (told, meanwhile) = dynamics.moved(9, "Fritz", &fritz).await;
        assert!(told.contains("`address1_line2`"), "{told}");
        assert_eq!(meanwhile.len(), 5, "{meanwhile:?}");
    }))
    .await;
}
