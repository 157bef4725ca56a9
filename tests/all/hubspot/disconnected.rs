//! Who disconnects a CRM, or connects another one, in the moment in which a rep accepts leaves nothing of it behind,
//! whoever is first; and who enters one anew in the moment in which it is read has it read once more.

use super::{Account, RECORD, SIGNATURE};
use crate::support::api::Api;
use crate::support::daemon::Home;
use crate::support::databases::{Database, on_each_database};
use crate::support::desk::Desk;
use crate::support::hubspot::{Fault, HubSpot, TOKEN};
use crate::support::patience::eventually;
use serde_json::json;
use std::time::Duration;
use undersigned::clock::Clock;
use undersigned::crm::connection;
use undersigned::store::audit::Actor;
use undersigned::store::crm_writes::State;
use undersigned::store::suggestions::Kind;
use undersigned::store::{Db, Tx, contacts, crm_connections, crm_writes};
use undersigned::suggestion::{self, Choice, DecideError, Take};

/// So long the one that comes second is held up by the first.
const MEANWHILE: Duration = Duration::from_millis(500);

/// Of a fax number that only HubSpot says.
const CANARY: &str = "9313000009";

impl Account {
    /// How many writes are kept of a CRM that is not connected any more.
    async fn kept(&self) -> usize {
        let Desk { db, tenant, .. } = &self.desk;
        let mut conn = db.read().await.unwrap();
        assert!(crm_connections::get(&mut conn, tenant).await.unwrap().is_none());
        crm_writes::page(&mut conn, tenant, None, 10).await.unwrap().len()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_write_of_a_crm_that_is_disconnected_meanwhile_is_kept() {
    on_each_database(async |database| {
        let account = Account::connected(database).await;
        let new = account.suggested(1, SIGNATURE).await.id;
        let Desk { db, tenant, clock, .. } = &account.desk;
        let accept = async |tx: &mut Tx| {
            let (choice, now) = (Choice::default(), clock.now());
            let by = &Actor::CommandLine;
            Box::pin(suggestion::accept(tx, tenant, &new, &choice, by, now)).await.unwrap();
        };
        let remove = async |tx: &mut Tx| {
            assert!(connection::remove(tx, tenant, clock.now()).await.unwrap());
        };

        // The rep first: what is planned is erased.
        let mut rep = db.begin_write().await.unwrap();
        accept(&mut rep).await;
        let second = async {
            let mut admin = db.begin_write().await.unwrap();
            remove(&mut admin).await;
            admin.commit().await.unwrap();
        };
        let first = async {
            tokio::time::sleep(MEANWHILE).await;
            rep.commit().await.unwrap();
        };
        tokio::join!(second, first);
        assert_eq!(account.kept().await, 0);

        // The admin first: nothing is planned.
        account.office.connect(&account.settings(TOKEN)).await;
        account.undo(&new).await;
        let mut admin = db.begin_write().await.unwrap();
        remove(&mut admin).await;
        let second = async {
            let mut rep = db.begin_write().await.unwrap();
            accept(&mut rep).await;
            rep.commit().await.unwrap();
        };
        let first = async {
            tokio::time::sleep(MEANWHILE).await;
            admin.commit().await.unwrap();
        };
        tokio::join!(second, first);
        assert_eq!(account.kept().await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_only_the_crm_said_comes_into_a_contact_once_it_is_disconnected() {
    on_each_database(async |database| {
        let account = Account::open(database).await;
        let anna = account.world().add(&RECORD);
        account.world().change(anna, &[("fax", "0931 3000009")]);
        account.office.connect(&account.settings(TOKEN)).await;
        account.read().await.unwrap();
        let update = account.suggested(1, &format!("{SIGNATURE}\nMobil +49 170 1234567")).await.id;
        assert!(account.keeping(CANARY).await.contains(&"contact FROM crm_records"));

        // The rep has loaded the list, and accepts while the admin disconnects.
        let Desk { db, tenant, clock, .. } = &account.desk;
        let mut admin = db.begin_write().await.unwrap();
        assert!(connection::remove(&mut admin, tenant, clock.now()).await.unwrap());
        let (choice, by) = (Choice::default(), &Actor::CommandLine);
        let second = account.try_accept(by, &update, &choice);
        let first = async {
            tokio::time::sleep(MEANWHILE).await;
            admin.commit().await.unwrap();
        };
        let (accepted, ()) = tokio::join!(Box::pin(second), first);
        assert!(matches!(accepted, Err(DecideError::Changed)), "{accepted:?}");
        account.read().await.unwrap();
        assert_eq!(account.keeping(CANARY).await, [""; 0]);

        // They look again: she is somebody new.
        assert_eq!(account.desk.suggestion(&update).await.kind, Kind::New);
        account.accept(&update).await;
        assert!(account.contact_of(&update).await.contact.name.is_some());
        assert_eq!(account.keeping(CANARY).await, [""; 0]);
        assert_eq!(account.kept().await, 0);
    })
    .await;
}

/// Of what the record says the card has nothing to tick.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_without_a_name_comes_of_what_was_ticked_beside_a_former_record() {
    Box::pin(on_each_database(async |database| {
        let account = Account::open(database).await;
        account.world().add(&RECORD);
        account.office.connect(&account.settings(TOKEN)).await;
        account.read().await.unwrap();
        let update = account.suggested(1, &format!("{SIGNATURE}\nMobil +49 170 1234567")).await;
        assert_eq!(update.kind, Kind::Update);
        let rows = suggestion::compare(&update).into_iter().filter(|row| row.differs);
        let keys = rows.map(|row| row.key).filter(|key| key.starts_with("phones/")).collect();
        let seen = Some(update.changed_at.0);
        let choice = Choice { take: Take::Keys(keys), seen, ..Choice::default() };

        // Another account is connected, and the rep is faster than the job that reads it.
        account.world().become_another();
        account.office.connect(&account.settings(TOKEN)).await;
        let Desk { db, tenant, clock, .. } = &account.desk;
        let by = &Actor::CommandLine;
        let accepted = account.try_accept(by, &update.id, &choice).await;
        assert!(matches!(accepted, Err(DecideError::Changed)), "{accepted:?}");
        // As the page and the API ask before.
        let asked = suggestion::is_otherwise(db, tenant, &update.id, clock.now());
        assert!(Box::pin(asked).await.unwrap());
        let accepted = account.try_accept(by, &update.id, &choice).await;
        assert!(matches!(accepted, Err(DecideError::Changed)), "{accepted:?}");
        let mut conn = db.read().await.unwrap();
        assert_eq!(contacts::page(&mut conn, tenant, None, None, 9).await.unwrap().len(), 0);
        drop(conn);

        // They look again, and the next CRM gets a whole person.
        assert_eq!(account.desk.suggestion(&update.id).await.kind, Kind::New);
        account.accept(&update.id).await;
        assert_eq!(account.write(&update.id).await.state, State::Written);
        let there = account.world().there();
        let [made] = there[..] else { panic!("{there:?}") };
        for (property, text) in [("lastname", "Müller"), ("mobilephone", "+49 170 1234567")] {
            assert_eq!(account.world().text(made, property), text);
        }
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_entered_anew_while_a_reading_is_asked_to_wait_is_read_at_once() {
    on_each_database(async |database| Box::pin(entered_anew(database)).await).await;
}

async fn entered_anew(database: &Database) {
    let hubspot = HubSpot::start(&Clock::system()).await;
    let anna = hubspot.world().add(&RECORD);
    let home = Home::in_(database);
    home.run(&["admin", "create-tenant", "Kugellager", "--region", "DE"]);
    let token = home.run(&["admin", "create-token", "--tenant", "Kugellager", "story"]);
    let daemon = home.start().await;
    let api = Api::of(&daemon, token.trim());
    let db = database.open().await;
    let settings = json!({"kind": "hubspot", "url": hubspot.url, "password": TOKEN});
    api.put("/crm", settings.clone()).await;
    until_read(&db, anna).await;

    // What changed is asked for, and who stands before HubSpot asks to wait an hour.
    let search = "contacts/search";
    let held = hubspot.world().hold(search);
    let away = Fault { path: search, status: 503, done: true, times: 1 };
    hubspot.world().faults.push(away);
    api.put("/crm", settings.clone()).await;
    held.answered.notified().await;
    let eva = [("lastname", "Braunschweig"), ("email", "eva@probe.example")];
    let eva = hubspot.world().add(&eva);
    api.put("/crm", settings).await;
    held.go_on.notify_one();
    until_read(&db, eva).await;
    assert!(daemon.stop().await.success());
}

async fn until_read(db: &Db, id: u64) {
    eventually("the CRM to be read", async || {
        let read = sqlx::query_scalar("SELECT COUNT(*) FROM crm_records WHERE external_id = $1");
        let mut conn = db.read().await.unwrap();
        let read: i64 = read.bind(id.to_string()).fetch_one(&mut *conn).await.unwrap();
        (read == 1).then_some(())
    })
    .await;
}
