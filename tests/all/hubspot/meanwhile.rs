//! Several work on the same person at the same moment: a rep decides, old values are erased, the CRM is read.

use super::turns::MOBILE;
use super::{Account, EVA, EVA_SIGNS, RECORD, SIGNATURE};
use crate::support::databases::{on_each_database, on_postgres, on_sqlite, until_one_waits};
use crate::support::desk::Desk;
use crate::support::hubspot::TOKEN;
use crate::support::office::ANNA;
use crate::support::patience::eventually;
use tokio::join;
use undersigned::clock::Millis;
use undersigned::crm::{CrmError, write};
use undersigned::store::audit::Actor;
use undersigned::store::contacts;
use undersigned::store::crm_writes::{self, State};
use undersigned::store::suggestions::State as Decided;
use undersigned::store::suggestions::{Kind, Suggestion};
use undersigned::store::{RecordId, outdated};
use undersigned::suggestion::{self, DecideError};

impl Account {
    /// Anna and Eva are in the CRM, and something of each is open.
    pub(super) async fn with_two(&self) -> ([u64; 2], [Suggestion; 2]) {
        let anna = self.world().add(&RECORD);
        let eva = self.world().add(&[
            ("firstname", "Eva"),
            ("lastname", "Braunschweig"),
            ("email", "eva@probe.example"),
        ]);
        self.office.connect(&self.settings(TOKEN)).await;
        self.read().await.unwrap();
        let anna_signs = format!("{SIGNATURE}\nMobil {MOBILE}");
        let open = [
            self.office.suggested(1, ANNA, &anna_signs).await,
            self.office.suggested(2, EVA, EVA_SIGNS).await,
        ];
        assert!(open.iter().all(|it| it.kind == Kind::Update), "{open:?}");
        ([anna, eva], open)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_taken_back_whose_values_are_erased() {
    on_each_database(async |database| {
        let account = Account::open(database).await;
        let ([anna, _], [update, _]) = account.with_two().await;
        account.accept(&update.id).await;
        let written = account.write(&update.id).await;
        assert_eq!(written.state, State::Written);
        let Desk { db, tenant, clock, .. } = &account.desk;
        let mut tx = db.begin_write().await.unwrap();
        let soon = Millis(clock.now().0 + 1);
        assert_eq!(crm_writes::erase(&mut tx, tenant, soon, 9).await.unwrap(), 1);
        let back = crm_writes::withdraw(&mut tx, tenant, &written.id, State::Written, soon).await;
        assert!(!back.unwrap());
        // Should it be undoing all the same, her record is left as it is.
        sqlx::query("UPDATE crm_writes SET state = 'undoing', withdrawn = 1")
            .execute(&mut *tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let left = account.write(&update.id).await;
        assert!(account.world().there().contains(&anna), "{left:?}");
        assert_eq!(account.world().text(anna, "mobilephone"), MOBILE);
        assert_eq!(left.state, State::Failed, "{left:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_erased_that_a_rep_takes_back_at_that_moment() {
    on_postgres(async |database| {
        let account = Account::open(database).await;
        let ([anna, _], [update, _]) = account.with_two().await;
        account.accept(&update.id).await;
        let id = account.write(&update.id).await.id;
        let Desk { db, tenant, clock, .. } = &account.desk;
        let soon = Millis(clock.now().0 + 1);
        let mut rep = db.begin_write().await.unwrap();
        assert!(crm_writes::withdraw(&mut rep, tenant, &id, State::Written, soon).await.unwrap());
        let retention = async {
            let mut tx = db.begin_write().await.unwrap();
            let erased = crm_writes::erase(&mut tx, tenant, soon, 9).await.unwrap();
            tx.commit().await.unwrap();
            erased
        };
        let (erased, ()) = join!(retention, async {
            until_one_waits(db).await;
            rep.commit().await.unwrap();
        });
        assert_eq!(erased, 0);
        assert_eq!(account.write(&update.id).await.state, State::Undone);
        assert_eq!(account.world().text(anna, "mobilephone"), "");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_erased_at_the_moment_of_undoing_stays_accepted_and_that_is_said() {
    on_postgres(async |database| {
        let account = Account::open(database).await;
        let ([anna, eva], [update, other]) = account.with_two().await;
        for id in [&update.id, &other.id] {
            account.accept(id).await;
            assert_eq!(account.write(id).await.state, State::Written);
        }
        // Taking back what was written of Eva has failed.
        account.world().change(eva, &[("jobtitle", "Vorständin")]);
        account.undo(&other.id).await;
        assert_eq!(account.write(&other.id).await.state, State::Failed);

        let Desk { db, tenant, clock, .. } = &account.desk;
        let (by, soon) = (Actor::CommandLine, Millis(clock.now().0 + 1));
        let mut retention = db.begin_write().await.unwrap();
        assert_eq!(crm_writes::erase(&mut retention, tenant, soon, 9).await.unwrap(), 2);
        let rep = async {
            let mut tx = db.begin_write().await.unwrap();
            Box::pin(suggestion::undo(&mut tx, tenant, &update.id, &by, soon)).await
        };
        let (undone, ()) = join!(rep, async {
            until_one_waits(db).await;
            retention.commit().await.unwrap();
        });
        assert!(matches!(undone, Err(DecideError::TooLate)), "{undone:?}");
        assert_eq!(account.desk.suggestion(&update.id).await.state, Decided::Accepted);
        assert_eq!(account.world().text(anna, "mobilephone"), MOBILE);
        let mut tx = db.begin_write().await.unwrap();
        let again = suggestion::undo_again(&mut tx, tenant, &other.id, &by, soon);
        let again = Box::pin(again).await;
        assert!(matches!(again, Err(DecideError::TooLate)), "{again:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_back_at_the_moment_of_a_second_try_is_taken_back() {
    on_postgres(async |database| {
        let account = Account::connected(database).await;
        let new = account.office.suggested(1, EVA, EVA_SIGNS).await;
        let Desk { db, tenant, clock, .. } = &account.desk;
        for is_last in [false, true] {
            account.accept(&new.id).await;
            account.fault("contacts/batch/upsert$", 502, true);
            assert!(account.try_write(&new.id).await.is_err());
            assert_eq!(account.world().there().len(), 1);
            let id = account.last_write(&new.id).await.id;
            let mut rep = db.begin_write().await.unwrap();
            let by = Actor::CommandLine;
            let undoing = suggestion::undo(&mut rep, tenant, &new.id, &by, clock.now());
            Box::pin(undoing).await.unwrap();
            let job = async {
                if !is_last {
                    let ran = account.run(&id).await;
                    assert!(matches!(ran, Err(CrmError::Earlier)), "its job goes on: {ran:?}");
                    return;
                }
                let mut tx = db.begin_write().await.unwrap();
                let given_up = write::give_up(&mut tx, tenant, &id, "it is late", clock.now());
                Box::pin(given_up).await.unwrap();
                tx.commit().await.unwrap();
                assert_eq!(account.last_write(&new.id).await.state, State::Failed);
                account.undo(&new.id).await;
            };
            let ((), ()) = join!(job, async {
                until_one_waits(db).await;
                rep.commit().await.unwrap();
            });
            let undone = account.write(&new.id).await;
            assert_eq!(undone.state, State::Undone, "{}", undone.detail);
            assert!(account.world().there().is_empty());
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_record_has_gone_or_become_another_since_a_look_is_not_written_down_as_they_were() {
    on_each_database(async |database| {
        let account = Account::open(database).await;
        let (_, [update, _]) = account.with_two().await;
        account.accept(&update.id).await;
        let Desk { db, tenant, .. } = &account.desk;
        let mut tx = db.begin_write().await.unwrap();
        let id = account.desk.suggestion(&update.id).await.contact_id.unwrap();
        let (first, second) = (RecordId::new(), RecordId::new());
        for change in ["link", "move", "go"] {
            let seen = contacts::get(&mut tx, tenant, &id).await.unwrap().unwrap();
            let changed = match change {
                "link" => contacts::link(&mut tx, tenant, &id, &first).await,
                "move" => contacts::link_instead(&mut tx, tenant, &first, &second).await,
                _ => contacts::unlink(&mut tx, tenant, &second, true).await,
            };
            changed.unwrap();
            let done = contacts::replace(&mut tx, tenant, &seen, seen.changed_at).await.unwrap();
            assert!(!done, "{change}");
        }
        let gone = contacts::get(&mut tx, tenant, &id).await.unwrap().unwrap();
        assert!(gone.is_gone(), "{gone:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suggestion_that_cannot_be_read_holds_up_neither_another_one_nor_the_crm() {
    on_sqlite(async |database| {
        let account = Account::open(database).await;
        let (records, [anna, eva]) = account.with_two().await;
        let Desk { db, vault, tenant, clock, .. } = &account.desk;
        let mut tx = db.begin_write().await.unwrap();
        sqlx::query("UPDATE suggestions SET dates = 'later' WHERE id = $1")
            .bind(anna.id.as_str())
            .execute(&mut *tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        for record in records {
            account.world().change(record, &[("jobtitle", "Vorständin")]);
        }
        account.read().await.unwrap();
        let renewed = account.desk.suggestion(&eva.id).await;
        assert_ne!(renewed.known, eva.known);

        // So while the CRM is read, and for as long as that takes.
        account.world().change(records[1], &[("jobtitle", "Prokuristin")]);
        clock.advance_secs(1);
        let reading = async {
            Box::pin(undersigned::crm::sync::sync(&account.http, db, vault, clock, tenant)).await?;
            eventually("Eva's new title", async || {
                let now = account.desk.suggestion(&eva.id).await;
                (now.known != renewed.known).then_some(())
            })
            .await;
            Ok::<_, CrmError>(())
        };
        Box::pin(suggestion::renew_meanwhile(db, tenant, clock, reading)).await.unwrap();
        let mut conn = db.read().await.unwrap();
        assert!(outdated::is_marked(&mut conn, tenant, &anna.id).await.unwrap());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_crm_is_read_on_where_somebody_marks_the_same_suggestions_in_another_order() {
    on_postgres(async |database| {
        let account = Account::open(database).await;
        let (records, open) = account.with_two().await;
        for record in records {
            account.desk.clock.advance_secs(1);
            account.world().change(record, &[("jobtitle", "Vorständin")]);
        }
        let Desk { db, tenant, .. } = &account.desk;
        let [anna, eva] = open.map(|it| it.known_id.unwrap());
        let mut other = db.begin_write().await.unwrap();
        outdated::mark(&mut other, tenant, &[&eva], &[]).await.unwrap();
        let (read, ()) = join!(account.read(), async {
            until_one_waits(db).await;
            // On a machine that is busy PostgreSQL may end this one.
            if outdated::mark(&mut other, tenant, &[&anna], &[]).await.is_ok() {
                other.commit().await.unwrap();
            } else {
                other.rollback().await.unwrap();
            }
        });
        read.unwrap();
        let sql = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
        eventually("what PostgreSQL counts", async || {
            let mut conn = db.read().await.unwrap();
            let deadlocks: i64 = sqlx::query_scalar(sql).fetch_one(&mut *conn).await.unwrap();
            (deadlocks > 0).then_some(())
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_address_another_record_has_is_told_and_nothing_is_changed() {
    on_each_database(async |database| {
        let account = Account::open(database).await;
        let anna = account.world().add(&RECORD);
        account.world().change(anna, &[("email", "")]);
        account.office.connect(&account.settings(TOKEN)).await;
        account.read().await.unwrap();
        let update = account.suggested(1, SIGNATURE).await;
        account.accept(&update.id).await;
        let hers = [("lastname", "Schmidt"), ("email", "anna.mueller@exempla.example")];
        let other = account.world().add(&hers);
        let failed = account.write(&update.id).await;
        assert_eq!(failed.state, State::Failed, "{}", failed.detail);
        for told in ["has this e-mail address already", &other.to_string(), "merge them"] {
            assert!(failed.detail.contains(told), "{told}: {}", failed.detail);
        }
        for property in ["email", "address"] {
            assert_eq!(account.world().text(anna, property), "");
        }
    })
    .await;
}
