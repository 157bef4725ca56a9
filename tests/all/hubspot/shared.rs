//! Several employers under one domain: two firms in one house, and all whom the provider of a valley serves.

use super::Account;
use crate::support::databases::on_sqlite;
use undersigned::jobs;
use undersigned::store::crm_writes::State;

/// Who writes from the domain of a provider, and for whom they work.
const VALLEY: [(&str, &str); 5] = [
    ("Anton", "Tischlerei Huber"),
    ("Berta", "Gasthof zur Post"),
    ("Cäsar", "Autohaus Maier GmbH"),
    ("Dora", "Zahnarzt Dr. Kraus"),
    ("Emil", "Sägewerk Lang KG"),
];

impl Account {
    /// A CRM of people who each have an employer and a domain of their own, and of those of the valley.
    fn populate(&self) {
        let add = |given: &str, company: &str, domain: &str| {
            let email = format!("{}@{domain}", given.to_lowercase());
            let lastname = format!("von {company}");
            let texts = [
                ("firstname", given),
                ("lastname", &lastname),
                ("company", company),
                ("email", &email),
            ];
            self.world().add(&texts);
        };
        for (given, company) in VALLEY {
            add(given, company, "tal.example");
        }
        for number in 0..220 {
            add("Fritz", &format!("Werk {number} GmbH"), &format!("werk{number}.example"));
        }
    }

    /// The company of somebody who writes from an address, is accepted, and is made in the CRM.
    async fn lands_at(&self, number: usize, email: &str, employer: &str) -> Option<String> {
        let given = ["Karl", "Ida", "Nora", "Otto", "Paul", "Rosa"][number - 1];
        let lines =
            format!("{given} Quandtmeier\nEinkauf\n{employer}\nTel. +49 911 300000{number}");
        let from = format!("{given} Quandtmeier <{email}>");
        let new = self.office.suggested(number, &from, &lines).await;
        self.accept(&new.id).await;
        let written = self.write(&new.id).await;
        assert_eq!(written.state, State::Written, "{}", written.detail);
        let world = self.world();
        let company = world.contacts[&written.external_id.parse::<u64>().unwrap()].company();
        company.map(|id| world.companies[&id].properties["name"].clone())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_comes_to_its_own_employer_where_several_share_a_domain() {
    on_sqlite(async |database| {
        let account = Account::open(database).await;
        account.populate();
        account.world().add_company("Talnetz eG", "tal.example", "40");
        account.world().insert_company(&[("name", "Gasthof zur Post")]);
        account.world().add_company("Huber Metallbau GmbH", "haus.example", "9");
        account.world().add_company("Maier Elektro GmbH", "haus.example", "2");
        account.office.connect(&account.settings(super::TOKEN)).await;
        account.read().await.unwrap();
        account.make_companies().await;
        let companies = account.world().companies.len();

        // Two firms in one house: the name tells which; where it tells none, the one that more are with.
        let lands = account.lands_at(1, "karl@haus.example", "Maier Elektro").await;
        assert_eq!(lands.as_deref(), Some("Maier Elektro GmbH"));
        let lands = account.lands_at(2, "ida@haus.example", "Zentrale").await;
        assert_eq!(lands.as_deref(), Some("Huber Metallbau GmbH"));

        // That the provider employs nobody of the valley is learned from the records.
        let lands = account.lands_at(3, "nora@tal.example", "Schreinerei Wolf").await;
        assert_eq!(lands.as_deref(), Some("Talnetz eG"), "as far as is known");
        jobs::learn(&account.desk.db, &account.desk.tenant, account.desk.clock.now())
            .await
            .unwrap();
        let lands = account.lands_at(4, "otto@tal.example", "Schreinerei Wolf").await;
        assert_eq!(lands, None, "the domain is no employer's");
        let lands = account.lands_at(5, "paul@tal.example", "Gasthof zur Post").await;
        assert_eq!(lands.as_deref(), Some("Gasthof zur Post"), "by its name");
        assert_eq!(account.world().companies.len(), companies, "nor is one made of it");
        let lands = account.lands_at(6, "rosa@haus.example", "Maier Elektro").await;
        assert_eq!(lands.as_deref(), Some("Maier Elektro GmbH"), "two are not several");
    })
    .await;
}
