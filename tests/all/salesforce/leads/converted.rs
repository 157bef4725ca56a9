//! A lead goes on as the contact that it has become, whenever a colleague converts it; and of leads that may
//! not be seen for a while nobody is told as deleted.

use super::Org;
use crate::support::databases::on_each_database;
use crate::support::salesforce::{AtLeads, SECRET};
use undersigned::crm::CrmError;
use undersigned::store::SuggestionId;
use undersigned::store::contacts::{self, AcceptedContact};
use undersigned::store::crm_connections::State as Connection;
use undersigned::store::crm_writes::State;
use undersigned::store::suggestions::Kind;

const DAY: i64 = 24 * 3600;

/// Somebody whom a rep knows as a lead.
struct Known {
    /// Salesforce's id of the lead.
    lead: String,
    /// What was accepted of them.
    accepted: SuggestionId,
    /// What they signed with since.
    further: SuggestionId,
    /// A number that the CRM has no room for.
    beyond: String,
}

impl Org {
    async fn knowing(&self, number: usize, given: &str, family: &str) -> Known {
        let address = format!("{given}.{family}@probe.example").to_lowercase();
        let (phone, beyond) =
            (format!("+49 911 300010{number}"), format!("+49 911 300020{number}"));
        let lead = self.world().add_lead(&[
            ("FirstName", given),
            ("LastName", family),
            ("Company", "Probe AG"),
            ("Email", &address),
            ("Phone", &phone),
        ]);
        self.read().await.unwrap();
        let from = format!("{given} {family} <{address}>");
        let lines =
            format!("{given} {family}\nLeiterin Vertrieb\nProbe AG\nTel. {phone}\nTel. {beyond}");
        let accepted = self.office.suggested(10 * number, &from, &lines).await.id;
        self.accept(&accepted).await;
        let written = self.write(&accepted).await;
        assert_eq!((written.state, &written.external_id), (State::Written, &lead));
        assert!(written.detail.contains("no free field"), "{}", written.detail);
        let lines = format!("{lines}\nMobil +49 170 123400{number}");
        let further = self.office.suggested(10 * number + 1, &from, &lines).await;
        assert!(self.is_shown_as_lead(&further).await);
        Known { lead, accepted, further: further.id, beyond }
    }

    async fn listed(&self, known: &Known) -> AcceptedContact {
        let contact = self.desk.suggestion(&known.accepted).await.contact_id.unwrap();
        let mut conn = self.desk.db.read().await.unwrap();
        let listed = contacts::get(&mut conn, &self.desk.tenant, &contact).await.unwrap().unwrap();
        let numbers: Vec<String> =
            listed.contact.phones.iter().map(|phone| phone.value.display()).collect();
        assert!(numbers.contains(&known.beyond), "{numbers:?}");
        listed
    }

    /// Whoever was known as a lead is known by this id, on the list and to the rep.
    async fn is_known_as(&self, known: &Known, id: &str) {
        let listed = self.listed(known).await;
        assert!(listed.record.is_some() && !listed.gone, "{listed:?}");
        let further = self.desk.suggestion(&known.further).await;
        assert_eq!(further.kind, Kind::Update);
        assert_eq!(self.known_in_crm(&further).await, id);
    }

    async fn is_known_as_contact(&self, known: &Known) {
        let contact = self.world().leads[&known.lead].converted_to.clone().unwrap();
        self.is_known_as(known, &contact).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_goes_on_as_its_contact_whenever_it_is_converted() {
    Box::pin(on_each_database(async |database| {
        let org = Org::open(database).await;
        org.connect(&org.settings(SECRET)).await;
        let lena = org.knowing(1, "Lena", "Berg").await;
        let maria = org.knowing(2, "Maria", "Tal").await;
        let nora = org.knowing(3, "Nora", "Wald").await;

        // Since the last reading, and the next one is that of everything.
        org.desk.clock.advance_secs(DAY + 60);
        org.world().convert(&lena.lead);
        org.read().await.unwrap();
        org.is_known_as_contact(&lena).await;
        // Amid that reading, when contacts were read already; and amid a reading of what changed.
        org.desk.clock.advance_secs(DAY + 60);
        org.world().at_leads = Some(AtLeads::Converted(maria.lead.clone()));
        org.read().await.unwrap();
        org.is_known_as_contact(&maria).await;
        org.desk.clock.advance_secs(3600);
        org.world().at_leads = Some(AtLeads::Converted(nora.lead.clone()));
        org.read().await.unwrap();
        org.is_known_as_contact(&nora).await;
        assert_eq!(org.known().await, 3, "contacts, and no lead");

        // Whose contact is deleted as well is gone; whose contact may not be seen, nobody knows of.
        let (vera, wanda) =
            (org.knowing(4, "Vera", "Bach").await, org.knowing(5, "Wanda", "Kern").await);
        org.desk.clock.advance_secs(3600);
        let contact = org.world().convert(&vera.lead);
        org.world().delete(&contact);
        let contact = org.world().convert(&wanda.lead);
        org.world().contacts.remove(&contact);
        org.read().await.unwrap();
        let (vera, wanda) = (org.listed(&vera).await, org.listed(&wanda).await);
        assert!(vera.is_gone() && wanda.record.is_none() && !wanda.gone, "{vera:?} {wanda:?}");
        assert_eq!(org.known().await, 3);
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn leads_that_may_not_be_seen_for_a_while_are_not_gone() {
    Box::pin(on_each_database(async |database| {
        let org = Org::open(database).await;
        org.connect(&org.settings(SECRET)).await;
        let lena = org.knowing(1, "Lena", "Berg").await;
        let maria = org.knowing(2, "Maria", "Tal").await;
        let gone = org.world().add(&[("LastName", "Neumann")]);
        org.read().await.unwrap();
        assert_eq!(org.known().await, 3);

        // The app's user loses the right, and gets it back ten days later.
        org.world().unseen = Some("Lead");
        org.world().contacts.remove(&gone);
        for _ in 0..2 {
            org.desk.clock.advance_secs(DAY + 60);
            org.read().await.unwrap();
        }
        assert_eq!(org.known().await, 2, "the contact is gone, and the leads are not");
        for known in [&lena, &maria] {
            org.is_known_as(known, &known.lead).await;
        }
        assert_eq!(org.state().await.0, Connection::Healthy);
        org.accept(&maria.further).await;
        let told = org.try_write(&maria.further).await;
        assert!(matches!(told, Err(CrmError::Refused(_))), "{told:?}");
        org.world().convert(&lena.lead);
        org.desk.clock.advance_secs(8 * DAY);
        org.read().await.unwrap();
        org.world().unseen = None;
        org.desk.clock.advance_secs(DAY);
        org.read().await.unwrap();
        org.is_known_as_contact(&lena).await;
        let written = org.write(&maria.further).await;
        assert_eq!((written.state, &written.external_id), (State::Written, &maria.lead));

        // What may not be seen for a month is not kept any longer; nobody says that it was deleted.
        org.world().unseen = Some("Lead");
        org.desk.clock.advance_secs(31 * DAY);
        org.read().await.unwrap();
        assert_eq!(org.known().await, 1);
        let listed = org.listed(&maria).await;
        assert!(listed.record.is_none() && !listed.gone, "{listed:?}");
        org.world().unseen = None;
        org.desk.clock.advance_secs(DAY);
        org.read().await.unwrap();
        assert!(org.listed(&maria).await.record.is_some(), "she is known again");
    }))
    .await;
}
