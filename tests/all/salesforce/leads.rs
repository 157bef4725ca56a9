//! Leads are people too: read, compared and updated like contacts, until they are converted; new people
//! are made as leads where the admin says so.

mod converted;
mod fields;

use super::Org;
use crate::support::databases::{on_each_database, on_sqlite};
use crate::support::desk::letter;
use crate::support::salesforce::SECRET;
use undersigned::crm::{CrmError, leads_among};
use undersigned::store::crm_connections::{self, NewPeople};
use undersigned::store::crm_writes::State;
use undersigned::store::records;
use undersigned::store::suggestions::{Kind, State as Decided, Suggestion};
use undersigned::suggestion::{self, Outcome};

const LENA: &str = "Lena Berg <lena.berg@probe.example>";
const LINES: &str = "Lena Berg\nLeiterin Vertrieb\nProbe AG\nAlte Gasse 9\n90402 Nürnberg\n\
    Tel. +49 911 3000001";
const LEAD: [(&str, &str); 6] = [
    ("FirstName", "Lena"),
    ("LastName", "Berg"),
    ("Company", "Probe AG"),
    ("Title", "Vertrieb"),
    ("Email", "lena.berg@probe.example"),
    ("Phone", "0911 3000001"),
];

impl Org {
    async fn with_lena(database: &crate::support::databases::Database) -> (Self, String) {
        let org = Self::open(database).await;
        let lena = org.world().add_lead(&LEAD);
        org.connect(&org.settings(SECRET)).await;
        org.read().await.unwrap();
        (org, lena)
    }

    /// Whether the review shows whom a suggestion knows as a lead.
    async fn is_shown_as_lead(&self, suggestion: &Suggestion) -> bool {
        let mut conn = self.desk.db.read().await.unwrap();
        let leads = leads_among(&mut conn, &self.desk.tenant, [suggestion]).await.unwrap();
        leads.contains(suggestion.id.as_str())
    }

    /// The CRM's id of whom a suggestion knows.
    async fn known_in_crm(&self, suggestion: &Suggestion) -> String {
        let known = suggestion.known_id.as_deref().unwrap();
        let mut conn = self.desk.db.read().await.unwrap();
        let ids = records::external_ids(&mut conn, &self.desk.tenant, &[known]).await.unwrap();
        ids[known].clone()
    }

    pub(super) async fn make_new_people(&self, new_people: NewPeople) {
        let mut tx = self.desk.db.begin_write().await.unwrap();
        crm_connections::set_new_people(&mut tx, &self.desk.tenant, new_people).await.unwrap();
        tx.commit().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_is_updated_field_by_field_until_it_is_converted() {
    Box::pin(on_each_database(async |database| {
        let (org, lena) = Org::with_lena(database).await;
        assert_eq!(org.known().await, 1);
        let update = org.office.suggested(1, LENA, LINES).await;
        assert_eq!(update.kind, Kind::Update);
        assert!(org.is_shown_as_lead(&update).await);
        let rows = suggestion::compare(&update);
        let differing: Vec<&str> =
            rows.iter().filter(|row| row.differs).map(|row| row.key.as_str()).collect();
        assert_eq!(differing, ["titles/1", "addresses/1"], "{rows:?}");
        org.accept(&update.id).await;
        let written = org.write(&update.id).await;
        assert_eq!((written.state, written.detail.as_str()), (State::Written, ""));
        assert_eq!(written.external_id, lena);
        for (field, text) in
            [("Title", "Leiterin Vertrieb"), ("City", "Nürnberg"), ("Phone", LEAD[5].1)]
        {
            assert_eq!(org.world().text(&lena, field), text);
        }
        org.undo(&update.id).await;
        assert_eq!(org.write(&update.id).await.state, State::Undone);
        assert_eq!(org.world().text(&lena, "Title"), "Vertrieb");
        assert_eq!(org.world().text(&lena, "Street"), "");

        // A colleague converts her at the very moment of the next write: it is compared with the contact.
        org.accept(&update.id).await;
        org.world().meanwhile = Some((lena.clone(), "IsConverted", ""));
        let conflict = org.write(&update.id).await;
        assert_eq!(conflict.state, State::Conflict, "{}", conflict.detail);
        let contact = org.world().leads[&lena].converted_to.clone().unwrap();
        assert_eq!(org.world().text(&contact, "Title"), "Vertrieb", "nobody has overwritten it");
        let open = org.desk.suggestion(&update.id).await;
        assert_eq!((open.state, open.kind), (Decided::Open, Kind::Update));
        assert!(!org.is_shown_as_lead(&open).await);
        org.accept(&open.id).await;
        let written = org.write(&open.id).await;
        assert_eq!((written.state, &written.external_id), (State::Written, &contact));
        assert_eq!(org.world().text(&contact, "Title"), "Leiterin Vertrieb");
        assert_eq!(org.world().text(&lena, "Title"), "Vertrieb");
        org.read().await.unwrap();
        assert_eq!(org.known().await, 1, "the contact, and not the lead");
        org.undo(&open.id).await;
        assert_eq!(org.write(&open.id).await.state, State::Undone);
        assert_eq!(org.world().text(&contact, "Title"), "Vertrieb");
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_converted_or_deleted_lead_is_gone_and_its_contact_goes_on() {
    on_sqlite(async |database| {
        let (org, lena) = Org::with_lena(database).await;
        let other = org.world().add_lead(&[("LastName", "Neumann"), ("Company", "Neu AG")]);
        org.desk.clock.advance_secs(3600);
        org.read().await.unwrap();
        assert_eq!(org.known().await, 2);
        let update = org.office.suggested(1, LENA, LINES).await;
        org.accept(&update.id).await;
        assert_eq!(org.write(&update.id).await.state, State::Written);
        let further =
            org.office.suggested(2, LENA, &format!("{LINES}\nMobil +49 170 1234567")).await;
        assert!(org.is_shown_as_lead(&further).await);

        org.desk.clock.advance_secs(3600);
        let contact = org.world().convert(&lena);
        org.world().delete(&other);
        org.read().await.unwrap();
        assert_eq!(org.known().await, 1);
        let further = org.desk.suggestion(&further.id).await;
        assert_eq!(org.known_in_crm(&further).await, contact);
        org.accept(&further.id).await;
        let written = org.write(&further.id).await;
        assert_eq!((written.state, &written.external_id), (State::Written, &contact));
        assert_eq!(org.world().text(&contact, "MobilePhone"), "+49 170 1234567");

        // A contact and a lead of one person: the contact is meant.
        let twin = org.world().add_lead(&LEAD);
        org.read().await.unwrap();
        assert_eq!(org.known().await, 2);
        let promoted = LINES.replace("Leiterin Vertrieb", "Vorständin");
        let update = org.office.suggested(3, LENA, &promoted).await;
        assert_eq!(org.known_in_crm(&update).await, contact);
        assert!(!org.is_shown_as_lead(&update).await);

        // Who is deleted for good says nothing of it; the daily reading misses them.
        org.world().leads.remove(&twin);
        org.desk.clock.advance_secs(25 * 3600);
        org.read().await.unwrap();
        assert_eq!(org.known().await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn new_people_are_made_as_leads_where_the_admin_says_so() {
    Box::pin(on_each_database(async |database| {
        let org = Org::open(database).await;
        org.connect(&org.settings(SECRET)).await;
        org.make_new_people(NewPeople::Lead).await;
        let new = org.office.suggested(1, LENA, LINES).await;
        org.accept(&new.id).await;
        org.fault("POST /sobjects/Lead", 502, "", true);
        let lost = org.try_write(&new.id).await;
        assert!(matches!(lost, Err(CrmError::Unreachable(_))), "{lost:?}");
        let written = org.write(&new.id).await;
        assert_eq!((written.state, written.detail.as_str()), (State::Written, ""));
        assert_eq!(org.world().leads.len(), 1, "she is made once");
        assert!(org.world().contacts.is_empty() && org.world().accounts.is_empty());
        for (field, text) in
            [("Company", "Probe AG"), ("PostalCode", "90402"), ("Title", "Leiterin Vertrieb")]
        {
            assert_eq!(org.world().text(&written.external_id, field), text);
        }
        assert_eq!(org.desk.take(&letter(2, LENA, LINES)).await, Outcome::Known);
        org.undo(&new.id).await;
        assert_eq!(org.write(&new.id).await.state, State::Undone);
        assert!(org.world().leads[&written.external_id].deleted);

        // Who names no company has what Salesforce puts there, which is nobody's company.
        let otto = "Otto Zwackel <otto.zwackel@posteo.example>";
        let lines = "Otto Zwackel\nTel. +49 911 3000002";
        let alone = org.office.suggested(3, otto, lines).await;
        org.accept(&alone.id).await;
        let written = org.write(&alone.id).await;
        assert_eq!((written.state, written.detail.as_str()), (State::Written, ""));
        assert_eq!(org.world().text(&written.external_id, "Company"), "[not provided]");
        org.read().await.unwrap();
        let named = org.office.suggested(4, otto, &format!("{lines}\nZwackel Technik AG")).await;
        let row = suggestion::compare(&named).into_iter().find(|row| row.differs).unwrap();
        assert_eq!((row.key.as_str(), row.known), ("organizations/1", None));
        org.accept(&named.id).await;
        assert_eq!(org.write(&named.id).await.state, State::Written);
        assert_eq!(org.world().text(&written.external_id, "Company"), "Zwackel Technik AG");
        org.undo(&named.id).await;
        let undone = org.write(&named.id).await;
        assert_eq!(undone.state, State::Undone, "{}", undone.detail);
        assert_eq!(org.world().text(&written.external_id, "Company"), "[not provided]");
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_whom_a_duplicate_rule_names_is_compared_and_not_made_again() {
    on_sqlite(async |database| {
        let org = Org::open(database).await;
        org.connect(&org.settings(SECRET)).await;
        org.read().await.unwrap();
        let new = org.office.suggested(1, LENA, LINES).await;
        org.accept(&new.id).await;
        // A colleague noted her as a lead, with another address: only Salesforce's rule knows her.
        let lead = org.world().add_lead(&[
            ("FirstName", "Lena"),
            ("LastName", "Berg"),
            ("Company", "Probe AG"),
            ("Phone", "+49 911 3000001"),
        ]);
        let refused = org.write(&new.id).await;
        assert_eq!(refused.state, State::Conflict, "{}", refused.detail);
        let open = org.desk.suggestion(&new.id).await;
        assert_eq!((open.state, open.kind), (Decided::Open, Kind::Update));
        assert!(org.is_shown_as_lead(&open).await);
        org.accept(&open.id).await;
        let written = org.write(&open.id).await;
        assert_eq!((written.state, &written.external_id), (State::Written, &lead));
        assert_eq!(org.world().text(&lead, "Email"), "lena.berg@probe.example");
        assert!(org.world().there().is_empty());
    })
    .await;
}
