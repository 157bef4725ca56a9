//! An address is the new one as a whole or stays as it is: of the old one nothing is left in it, and no state
//! stands beside another country than its own.

use super::Org;
use crate::support::databases::on_each_database;
use crate::support::salesforce::SECRET;
use undersigned::crm::mapping::Mapping;
use undersigned::store::crm_connections::Kind;
use undersigned::store::crm_writes::State;

const CONTACT: [(&str, &str); 8] = [
    ("FirstName", "Anna"),
    ("LastName", "Klein"),
    ("Email", "anna@probe.example"),
    ("MailingStreet", "Main Street 1"),
    ("MailingPostalCode", "94085"),
    ("MailingCity", "Sunnyvale"),
    ("MailingCountryCode", "US"),
    ("MailingState", "California"),
];
const LEAD: [(&str, &str); 9] = [
    ("FirstName", "Bert"),
    ("LastName", "Klein"),
    ("Company", "Probe AG"),
    ("Email", "bert@probe.example"),
    ("Street", "Main Street 1"),
    ("PostalCode", "94085"),
    ("City", "Sunnyvale"),
    ("CountryCode", "US"),
    ("State", "California"),
];

#[tokio::test(flavor = "multi_thread")]
async fn an_address_with_a_state_that_is_hidden_stays_and_with_its_code_it_moves_as_a_whole() {
    for state in ["MailingState", "MailingStateCode"] {
        Box::pin(on_each_database(async |database| {
            let org = Org::open(database).await;
            org.world().countries = Some(&["Germany", "United States"]);
            let anna = org.world().add(&CONTACT);
            org.world().change(&anna, "MailingStateCode", "CA");
            let bert = org.world().add_lead(&LEAD);
            org.world().change(&bert, "StateCode", "CA");
            org.connect(&org.settings(SECRET)).await;
            let mut mapping = Mapping::usual(Kind::Salesforce).unwrap();
            for field in &mut mapping.fields {
                match field.property.as_str() {
                    "MailingCountry" => field.property = "MailingCountryCode".into(),
                    "MailingState" => {
                        field.property = state.into();
                        field.hidden = state == "MailingState";
                    }
                    _ => {}
                }
            }
            org.map(&mapping).await;
            org.read().await.unwrap();
            let people = [("Anna", &anna, "Mailing"), ("Bert", &bert, "")];
            for (number, (given, id, of)) in people.into_iter().enumerate() {
                let address = || {
                    let parts =
                        ["Street", "PostalCode", "City", "State", "StateCode", "CountryCode"];
                    parts.map(|part| org.world().text(id, &format!("{of}{part}")))
                };
                let before = address();
                let from = format!("{given} Klein <{}@probe.example>", given.to_lowercase());
                let lines = format!(
                    "{given} Klein\nProbe AG\nHauptstraße 5\n97070 Würzburg\nDeutschland\n\
                     Mobil +49 170 1234567"
                );
                let update = org.office.suggested(number, &from, &lines).await.id;
                org.accept(&update).await;
                let written = org.write(&update).await;
                assert_eq!(written.state, State::Written, "{given}: {}", written.detail);
                assert_eq!(org.world().text(id, "MobilePhone"), "+49 170 1234567");
                if state == "MailingState" {
                    assert_eq!(address(), before, "{given}");
                    let told = format!("`{of}State`");
                    assert!(written.detail.contains(&told), "{}", written.detail);
                } else {
                    let moved = ["Hauptstraße 5", "97070", "Würzburg", "", "", "DE"];
                    assert_eq!(address(), moved, "{given}");
                }
                org.undo(&update).await;
                let undone = org.write(&update).await;
                assert_eq!(undone.state, State::Undone, "{given}: {}", undone.detail);
                assert_eq!(address(), before, "{given}");
                assert_eq!(org.world().text(id, "MobilePhone"), "");
            }
        }))
        .await;
    }
}
