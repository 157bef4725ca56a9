//! The fields of leads: what may not be seen of them is left out, and countries are written as those of contacts.

use super::{LEAD, LENA, LINES, Org};
use crate::support::databases::{on_each_database, on_sqlite};
use crate::support::salesforce::SECRET;
use undersigned::crm::mapping::Mapping;
use undersigned::store::crm_connections::{Kind, NewPeople, State as Connection};
use undersigned::store::crm_writes::State;

const OTTO: &str = "Otto Zwackel <otto.zwackel@zwackel.example>";

#[tokio::test(flavor = "multi_thread")]
async fn a_field_of_leads_that_may_not_be_seen_is_left_out_and_all_else_goes_on() {
    Box::pin(on_each_database(async |database| {
        let org = Org::open(database).await;
        org.world().unseen_fields = vec![("Lead", "Website"), ("Lead", "Fax")];
        let anna = org.world().add(&super::super::RECORD);
        let lena = org.world().add_lead(&LEAD);
        org.world().change(&lena, "Title", "Assistenz");
        org.connect(&org.settings(SECRET)).await;
        org.read().await.unwrap();
        assert_eq!(org.known().await, 2);
        org.desk.clock.advance_secs(3600);
        org.world().change(&lena, "MobilePhone", "0170 7654321");
        org.read().await.unwrap();
        assert_eq!(org.state().await, (Connection::Healthy, String::new()));

        let update = org.office.suggested(1, LENA, &format!("{LINES}\nFax +49 911 3000009")).await;
        let known = update.known.as_ref().unwrap();
        assert_eq!(known.titles[0].value, "Assistenz");
        assert!(known.phones.iter().any(|it| it.value.number() == "+491707654321"), "{known:?}");
        org.accept(&update.id).await;
        let written = org.write(&update.id).await;
        assert_eq!((written.state, &written.external_id), (State::Written, &lena));
        assert!(written.detail.contains("no field for a fax"), "{}", written.detail);
        assert_eq!(org.world().text(&lena, "Title"), "Leiterin Vertrieb");
        org.undo(&update.id).await;
        assert_eq!(org.write(&update.id).await.state, State::Undone);
        assert_eq!(org.world().text(&lena, "Title"), "Assistenz");

        org.make_new_people(NewPeople::Lead).await;
        let lines = "Otto Zwackel\nZwackel Technik AG\nTel. +49 911 3000002\nFax +49 911 3000003";
        let new = org.office.suggested(2, OTTO, lines).await;
        org.accept(&new.id).await;
        let written = org.write(&new.id).await;
        assert_eq!(written.state, State::Written, "{}", written.detail);
        assert!(written.detail.contains("no field for a fax"), "{}", written.detail);
        assert_eq!(org.world().text(&written.external_id, "Company"), "Zwackel Technik AG");

        // A field of contacts can be hidden in the mapping, and the admin is told so.
        org.world().unseen_fields = vec![("Contact", "Fax")];
        org.world().change(&anna, "Title", "Einkauf");
        let told = org.read().await.unwrap_err().to_string();
        assert!(told.contains("`Fax` is not there") && told.contains("hide it"), "{told}");
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_countries_are_of_a_list_leads_have_their_code_as_contacts_have() {
    on_sqlite(async |database| {
        let org = Org::open(database).await;
        org.world().countries = Some(&["Germany", "Austria"]);
        org.connect(&org.settings(SECRET)).await;
        let mut mapping = Mapping::usual(Kind::Salesforce).unwrap();
        for field in &mut mapping.fields {
            match field.property.as_str() {
                "MailingCountry" => field.property = "MailingCountryCode".into(),
                "MailingState" => field.hidden = true,
                _ => {}
            }
        }
        org.map(&mapping).await;
        org.make_new_people(NewPeople::Lead).await;
        let lead = org.office.suggested(1, LENA, &format!("{LINES}\nDeutschland")).await;
        org.accept(&lead.id).await;
        let lead = org.write(&lead.id).await;
        assert_eq!((lead.state, lead.detail.as_str()), (State::Written, ""));
        org.make_new_people(NewPeople::Contact).await;
        let lines = "Otto Zwackel\nZwackel Technik AG\nAlte Gasse 7\n90402 Nürnberg\nDeutschland\n\
                     Tel. +49 911 3000002";
        let contact = org.office.suggested(2, OTTO, lines).await;
        org.accept(&contact.id).await;
        let contact = org.write(&contact.id).await;
        assert_eq!(contact.state, State::Written, "{}", contact.detail);
        let world = org.world();
        assert_eq!(world.text(&lead.external_id, "CountryCode"), "DE");
        assert_eq!(world.text(&lead.external_id, "Country"), "");
        assert_eq!(world.text(&contact.external_id, "MailingCountryCode"), "DE");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_mapping_demands_of_contacts_it_demands_of_leads() {
    on_sqlite(async |database| {
        let org = Org::open(database).await;
        org.connect(&org.settings(SECRET)).await;
        let mut mapping = Mapping::usual(Kind::Salesforce).unwrap();
        for field in &mut mapping.fields {
            match field.property.as_str() {
                "MobilePhone" => field.required = true,
                "Title" => field.max_length = Some(8),
                "Fax" => field.default = Some("+49 911 3000009".into()),
                _ => {}
            }
        }
        org.map(&mapping).await;
        org.make_new_people(NewPeople::Lead).await;
        let lena = org.office.suggested(1, LENA, LINES).await;
        org.accept(&lena.id).await;
        let refused = org.write(&lena.id).await;
        assert_eq!(refused.state, State::Failed);
        assert!(refused.detail.contains("`MobilePhone` would be empty"), "{}", refused.detail);
        assert!(org.world().leads.is_empty());

        let lines = "Otto Zwackel\nEinkaufsleiter\nZwackel Technik AG\nTel. +49 911 3000002\n\
                     Mobil +49 170 1234567";
        let otto = org.office.suggested(2, OTTO, lines).await;
        org.accept(&otto.id).await;
        let made = org.write(&otto.id).await;
        assert_eq!(made.state, State::Written, "{}", made.detail);
        assert!(made.detail.contains("`Title` takes no text so long"), "{}", made.detail);
        let world = org.world();
        assert_eq!(world.text(&made.external_id, "Title"), "");
        assert_eq!(world.text(&made.external_id, "Fax"), "+49 911 3000009");
    })
    .await;
}
