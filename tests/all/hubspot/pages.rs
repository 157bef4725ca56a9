//! The CRM is read page by page, while reps and colleagues go on working.

use super::fields::with;
use super::turns::MOBILE;
use super::{Account, RECORD};
use crate::support::databases::{on_each_database, on_sqlite};
use crate::support::desk::Desk;
use crate::support::hubspot::TOKEN;
use serde_json::json;
use tokio::join;
use undersigned::clock::Millis;
use undersigned::crm::connection;
use undersigned::store::crm_writes::State;
use undersigned::store::{contacts, records};

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_was_asked_for_before_a_write_brings_nothing_back() {
    on_each_database(async |database| {
        let account = Account::open(database).await;
        let ([anna, eva], [update, new]) = account.with_two().await;
        account.world().contacts.get_mut(&eva).unwrap().archived = true;
        account.desk.clock.advance_secs(24 * 3600);
        account.world().change(anna, &[("city", "Würzburg")]);
        account.read().await.unwrap();
        account.accept(&new.id).await;
        let made = account.write(&new.id).await;
        assert_eq!((made.state, made.before), (State::Written, None));
        assert_eq!(account.known().await, 2);

        // While the page is on its way, the change of Anna is written, and Eva is taken out again.
        account.accept(&update.id).await;
        account.undo(&new.id).await;
        let held = account.world().hold("contacts/search");
        let (read, ()) = join!(account.sync(), async {
            held.answered.notified().await;
            assert_eq!(account.write(&update.id).await.state, State::Written);
            assert_eq!(account.write(&new.id).await.state, State::Undone);
            held.go_on.notify_one();
        });
        read.unwrap();
        let Desk { db, tenant, .. } = &account.desk;
        let mut conn = db.read().await.unwrap();
        let kept = records::by_external_id(&mut conn, tenant, &anna.to_string()).await.unwrap();
        let kept = kept.expect("Anna");
        assert_eq!(kept.version, account.last_write(&update.id).await.version);
        assert!(kept.contact.phones.iter().any(|it| it.value.display() == MOBILE), "{kept:?}");
        let contact = account.desk.suggestion(&update.id).await.contact_id.unwrap();
        let contact = contacts::get(&mut conn, tenant, &contact).await.unwrap().unwrap();
        assert!(contact.contact.phones.iter().any(|it| it.value.display() == MOBILE));
        assert_eq!(account.known().await, 1, "Eva is not back");
    })
    .await;
}

/// The search counts its pages: who is changed meanwhile moves to the end, and everybody behind moves up.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_left_out_where_somebody_is_changed_between_two_pages() {
    on_sqlite(async |database| {
        let account = Account::connected(database).await;
        let mut ids = Vec::new();
        for number in 0..230 {
            account.desk.clock.advance_secs(1);
            let name = format!("Nobody{number}");
            ids.push(account.world().add(&[("lastname", &name), ("jobtitle", "Einkauf")]));
        }
        let held = account.world().hold("contacts/search");
        let (read, ()) = join!(account.sync(), async {
            held.answered.notified().await;
            account.world().change(ids[0], &[("jobtitle", "Vorstand")]);
            held.go_on.notify_one();
        });
        read.unwrap();
        assert_eq!(account.known().await, 230);
        let Desk { db, tenant, .. } = &account.desk;
        let mut conn = db.read().await.unwrap();
        let first = records::by_external_id(&mut conn, tenant, &ids[0].to_string()).await.unwrap();
        assert_eq!(first.unwrap().contact.titles[0].value, "Vorstand");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_by_a_worker_whose_clock_is_behind_stays() {
    on_sqlite(async |database| {
        let account = Account::open(database).await;
        account.world().add(&RECORD);
        let Desk { db, vault, tenant, clock, .. } = &account.desk;
        let settings = account.settings(TOKEN);
        let found = connection::check(&account.http, db, vault, tenant, &settings).await.unwrap();
        let ahead = Millis(clock.now().0 + 5_000);
        let mut tx = db.begin_write().await.unwrap();
        connection::save(&mut tx, vault, tenant, &settings, &found, ahead).await.unwrap();
        tx.commit().await.unwrap();
        for _ in 0..2 {
            account.read().await.unwrap();
            assert_eq!(account.known().await, 1);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_admin_changes_while_it_is_read_is_read_at_once() {
    on_sqlite(async |database| {
        let account = Account::open(database).await;
        account.world().add(&RECORD);
        account.office.connect(&account.settings(TOKEN)).await;
        let held = account.world().hold("objects/contacts");
        let (read, ()) = join!(account.sync(), async {
            held.answered.notified().await;
            account.desk.clock.advance_secs(1);
            account.map(&with("jobtitle", "hidden", &json!(true))).await.unwrap();
            held.go_on.notify_one();
        });
        read.unwrap();
        let Desk { db, tenant, .. } = &account.desk;
        let mut conn = db.read().await.unwrap();
        let page = records::Page { from: "", before: None, limit: 9 };
        let all = records::contacts_of(&mut conn, tenant, page).await.unwrap();
        assert!(all.len() == 1 && all[0].titles.is_empty(), "{all:?}");
    })
    .await;
}
