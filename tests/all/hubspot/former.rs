//! What was kept of the CRM goes with its connection, wherever it stands; what letters said, or a human typed, stays.

use super::{Account, EVA, RECORD};
use crate::support::databases::{Database, on_each_database};
use crate::support::desk::{Desk, letter};
use crate::support::hubspot::TOKEN;
use crate::support::office::ANNA;
use sqlx::AssertSqlSafe;
use std::collections::{BTreeMap, BTreeSet};
use undersigned::contact::Contact;
use undersigned::crm::connection;
use undersigned::store::SuggestionId;
use undersigned::store::audit::Actor;
use undersigned::store::crm_writes::State;
use undersigned::store::suggestions::{Kind, State as Decided};
use undersigned::suggestion::{self, Choice, Outcome, Take};

const LINES: &str = "Dr. Anna Müller\nLeiterin Einkauf\nExempla GmbH\nTel. +49 931 3000001\n\
    Mobil +49 170 1234567";
const EVA_SIGNS: &str = "Eva Braunschweig\nProbe AG\nMobil +49 171 7654321";

/// What only HubSpot says of Anna and Eva.
const CANARIES: [&str; 5] = ["Marktplatz", "9313000009", "nur-im-crm", "9113000008", "Vorständin"];
/// Where something may be kept of them.
const PLACES: [&str; 13] = [
    "contact FROM contacts",
    "behind FROM contacts",
    "contact FROM suggestions",
    "known FROM suggestions",
    "before_accept FROM suggestions",
    "match_reasons FROM suggestions",
    "match_evidence FROM suggestions",
    "contact FROM crm_records",
    "before FROM crm_writes",
    "after FROM crm_writes",
    "known FROM crm_writes",
    "match_key FROM match_keys",
    "name FROM crm_made_accounts",
];

impl Account {
    /// The places where something is kept.
    pub(super) async fn keeping(&self, canary: &str) -> Vec<&'static str> {
        let mut conn = self.desk.db.read().await.unwrap();
        let mut found = Vec::new();
        for place in PLACES {
            let all = AssertSqlSafe(format!("SELECT {place}"));
            let all: Vec<String> = sqlx::query_scalar(all).fetch_all(&mut *conn).await.unwrap();
            if all.iter().any(|text| text.contains(canary)) {
                found.push(place);
            }
        }
        found
    }

    /// Accepts a suggestion with another title than it has.
    async fn accept_titled(&self, id: &SuggestionId, title: &str) {
        let typed = BTreeMap::from([("titles/1".to_owned(), title.to_owned())]);
        let choice = Choice { typed, ..Choice::default() };
        Box::pin(self.try_accept(&Actor::CommandLine, id, &choice)).await.unwrap();
    }

    async fn disconnect(&self) {
        let Desk { db, tenant, clock, .. } = &self.desk;
        let mut tx = db.begin_write().await.unwrap();
        assert!(connection::remove(&mut tx, tenant, clock.now()).await.unwrap());
        tx.commit().await.unwrap();
        self.read().await.unwrap();
    }
}

fn told(contact: &Contact) -> (String, Vec<&str>, Vec<&str>) {
    (
        contact.name.as_ref().map(|name| name.value.full.clone()).unwrap_or_default(),
        contact.titles.iter().map(|title| title.value.as_str()).collect(),
        contact.phones.iter().map(|phone| phone.value.number()).collect(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_only_the_crm_said_is_kept_once_it_is_disconnected() {
    Box::pin(on_each_database(async |database| Box::pin(disconnected(database)).await)).await;
}

async fn disconnected(database: &Database) {
    let account = Account::open(database).await;
    let anna = account.world().add(&RECORD);
    let more = [("address", "Marktplatz 3"), ("zip", "97070"), ("city", "Würzburg")];
    account.world().change(anna, &more);
    account.world().change(anna, &[("fax", "0931 3000009")]);
    let eva = account.world().add(&[
        ("firstname", "Eva"),
        ("lastname", "Braunschweig"),
        ("email", "eva@probe.example"),
        ("jobtitle", "Vorständin"),
        ("fax", "0911 3000008"),
    ]);
    account.office.connect(&account.settings(TOKEN)).await;
    account.read().await.unwrap();

    // A number is accepted of each, and of Anna another title, which the rep types; then a colleague writes more.
    let number = account.suggested(1, LINES).await.id;
    account.accept(&number).await;
    assert_eq!(account.write(&number).await.state, State::Written);
    let second = LINES.replace("Leiterin Einkauf", "Bereichsleiterin");
    let second = account.suggested(2, &second).await.id;
    account.accept_titled(&second, "Prokuristin").await;
    assert_eq!(account.write(&second).await.state, State::Written);
    let evas = account.office.suggested(3, EVA, EVA_SIGNS).await.id;
    account.accept(&evas).await;
    assert_eq!(account.write(&evas).await.state, State::Written);
    account.world().change(anna, &[("website", "www.nur-im-crm.example")]);
    // Who is deleted there leaves a contact of no record.
    account.world().contacts.get_mut(&eva).unwrap().archived = true;
    account.desk.clock.advance_secs(24 * 3600);
    account.read().await.unwrap();
    assert!(account.contact_of(&evas).await.is_gone());
    let open = account.suggested(4, &format!("{LINES}\nTel. +49 931 3000077")).await;
    for canary in CANARIES {
        let places = account.keeping(canary).await;
        assert!(places.contains(&"contact FROM contacts"), "{canary}: {places:?}");
    }

    account.disconnect().await;
    for canary in CANARIES {
        assert_eq!(account.keeping(canary).await, [""; 0], "{canary}");
    }
    let contact = account.contact_of(&number).await;
    let (name, titles, numbers) = told(&contact.contact);
    assert!(name.contains("Anna Müller"), "{name}");
    assert_eq!(titles, ["Prokuristin"], "what a rep typed");
    assert_eq!(numbers, ["+491701234567", "+499313000001"], "what letters said, and the CRM too");
    assert_eq!(contact.contact.emails[0].value.as_str(), "anna.mueller@exempla.example");
    let contact = account.contact_of(&evas).await;
    let (name, titles, numbers) = told(&contact.contact);
    assert_eq!((name.as_str(), titles.len()), ("Eva Braunschweig", 0));
    assert_eq!(numbers, ["+491717654321"]);

    // She is known by what is left, also where the decision is taken back.
    let open = account.desk.suggestion(&open.id).await;
    assert_eq!((open.state, open.kind), (Decided::Open, Kind::Update));
    assert_eq!(account.desk.take(&letter(5, EVA, EVA_SIGNS)).await, Outcome::Known);
    account.undo(&second).await;
    let contact = account.contact_of(&number).await.contact;
    assert_eq!(told(&contact).1, ["Leiterin Einkauf"], "as the letter said it");
    let again = account.desk.take(&letter(6, ANNA, LINES)).await;
    assert_eq!(again, Outcome::Known);
    for canary in CANARIES {
        assert_eq!(account.keeping(canary).await, [""; 0], "{canary}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_former_crm_said_is_not_written_to_the_next_one_before_that_is_read() {
    Box::pin(on_each_database(async |database| Box::pin(connected_anew(database)).await)).await;
}

async fn connected_anew(database: &Database) {
    let account = Account::open(database).await;
    let anna = account.world().add(&RECORD);
    account.world().change(anna, &[("fax", "0931 3000009")]);
    account.office.connect(&account.settings(TOKEN)).await;
    account.read().await.unwrap();
    let number = account.suggested(1, LINES).await.id;
    account.accept(&number).await;
    assert_eq!(account.write(&number).await.state, State::Written);
    let next = account.suggested(2, &LINES.replace("Leiterin Einkauf", "Prokuristin")).await.id;

    // Another account is connected, and a rep is faster than the job that reads it.
    account.world().become_another();
    account.office.connect(&account.settings(TOKEN)).await;
    assert!(account.keeping("9313000009").await.contains(&"contact FROM contacts"));
    account.accept(&next).await;
    assert_eq!(account.write(&next).await.state, State::Written);
    let there = account.world().there();
    let [made] = there[..] else { panic!("{there:?}") };
    assert_eq!(account.world().text(made, "fax"), "");
    assert_eq!(account.world().text(made, "mobilephone"), "+49 170 1234567");
    assert_eq!(account.world().text(made, "jobtitle"), "Prokuristin");
    account.read().await.unwrap();
    assert_eq!(account.keeping("9313000009").await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_letter_says_too_that_a_rep_accepts_stays_although_nobody_ticked_it() {
    Box::pin(on_each_database(async |database| Box::pin(ticked(database)).await)).await;
}

async fn ticked(database: &Database) {
    let account = Account::open(database).await;
    account.world().add(&RECORD);
    account.office.connect(&account.settings(TOKEN)).await;
    account.read().await.unwrap();
    // Her title only the CRM has said, until she signs with it.
    let untitled = LINES.replace("Leiterin Einkauf\n", "");
    let number = account.suggested(1, &untitled).await.id;
    account.accept(&number).await;
    assert_eq!(account.write(&number).await.state, State::Written);
    let fax = account.suggested(2, &format!("{LINES}\nFax +49 931 3000009")).await;
    let rows = suggestion::compare(&fax).into_iter().filter(|row| row.differs);
    let keys: BTreeSet<String> = rows.map(|row| row.key).collect();
    assert!(keys.len() == 1 && keys.iter().all(|key| key.starts_with("phones/")), "{keys:?}");

    // Another account is connected, and a rep is faster than the job that reads it.
    account.world().become_another();
    account.office.connect(&account.settings(TOKEN)).await;
    let choice =
        Choice { take: Take::Keys(keys), seen: Some(fax.changed_at.0), ..Choice::default() };
    Box::pin(account.try_accept(&Actor::CommandLine, &fax.id, &choice)).await.unwrap();

    let contact = account.contact_of(&fax.id).await.contact;
    let (name, titles, numbers) = told(&contact);
    assert!(name.contains("Anna Müller"), "{name}");
    assert_eq!(titles, ["Leiterin Einkauf"]);
    assert!(numbers.contains(&"+499313000009"), "{numbers:?}");
    assert_eq!(account.write(&fax.id).await.state, State::Written);
    let there = account.world().there();
    let [made] = there[..] else { panic!("{there:?}") };
    assert_eq!(account.world().text(made, "jobtitle"), "Leiterin Einkauf");
    assert_eq!(account.world().text(made, "fax"), "+49 931 3000009");
}
