//! What is taken back is what the write changed: not what somebody else has written or linked, and never what
//! others have done with a record since it was made.

use super::moved::companies;
use super::{Account, RECORD, SIGNATURE};
use crate::support::databases::{Database, on_each_database};
use crate::support::desk::Desk;
use crate::support::hubspot::TOKEN;
use tokio::join;
use undersigned::crm::CrmError;
use undersigned::store::SuggestionId;
use undersigned::store::audit::Actor;
use undersigned::store::crm_writes::State;
use undersigned::suggestion;

const MOBILE: &str = "+49 170 1234567";

impl Account {
    /// Of which HubSpot has what `record` says of Anna, and the company that her letters name.
    async fn with_anna_of(database: &Database, record: &[(&str, &str)], is_linked: bool) -> With {
        let account = Self::open(database).await;
        let anna = account.world().add(record);
        let exempla = account.world().add_company("Exempla GmbH", "exempla.example", "12");
        if is_linked {
            account.world().link(anna, exempla, true, None);
        }
        account.office.connect(&account.settings(TOKEN)).await;
        account.read().await.unwrap();
        With { account, anna, exempla }
    }

    /// With whom she is, HubSpot does not say.
    async fn with_anna_alone(database: &Database, is_linked: bool) -> With {
        let record = RECORD.into_iter().filter(|(name, _)| *name != "company");
        Self::with_anna_of(database, &record.collect::<Vec<_>>(), is_linked).await
    }

    async fn accepted_from_anna(&self, lines: &str) -> SuggestionId {
        let id = self.suggested(1, lines).await.id;
        self.accept(&id).await;
        id
    }
}

struct With {
    account: Account,
    anna: u64,
    exempla: u64,
}

/// The lines of her signature that HubSpot has already.
fn known() -> &'static str {
    SIGNATURE.split("\nHaupt").next().unwrap()
}

fn with_mobile() -> String {
    format!("{}\nMobil {MOBILE}", known())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_a_colleague_typed_before_us_stays_when_ours_is_taken_back() {
    on_each_database(async |database| {
        let With { account, anna, .. } = Account::with_anna_of(database, &RECORD, false).await;
        let update = account.accepted_from_anna(&with_mobile()).await;
        account.world().change(anna, &[("mobilephone", "0170 1234567")]);
        let written = account.write(&update).await;
        assert_eq!((written.state, written.detail.as_str()), (State::Written, ""));
        account.taken_back(&update).await;
        assert_eq!(account.world().text(anna, "mobilephone"), "0170 1234567");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_a_colleague_typed_after_we_could_not_even_look_stays() {
    for is_tried_again in [true, false] {
        Box::pin(on_each_database(async |database| {
            let With { account, anna, .. } = Account::with_anna_of(database, &RECORD, false).await;
            let update = account.accepted_from_anna(&with_mobile()).await;
            // The record is not even seen; or HubSpot is asked to change it, and says that it does not.
            for (path, status) in [("GET /crm/v3/objects/contacts", 502), ("PATCH", 429)] {
                account.fault(path, status, false);
                assert!(account.try_write(&update).await.is_err());
            }
            account.world().change(anna, &[("mobilephone", "0170 1234567")]);
            if is_tried_again {
                assert_eq!(account.write(&update).await.state, State::Written);
                account.taken_back(&update).await;
            } else {
                account.undo(&update).await;
                assert_eq!(account.write(&update).await.state, State::Cancelled);
            }
            assert_eq!(account.world().text(anna, "mobilephone"), "0170 1234567");
        }))
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_with_a_company_stays_there_and_who_came_to_it_by_us_leaves_it() {
    for (is_linked, is_typed) in [(true, false), (false, true), (false, false)] {
        Box::pin(on_each_database(async |database| {
            let with = Account::with_anna_alone(database, is_linked).await;
            let With { account, anna, exempla } = with;
            let update = account.accepted_from_anna(known()).await;
            if is_typed {
                account.world().change(anna, &[("company", "Exempla GmbH")]);
            }
            assert_eq!(account.write(&update).await.state, State::Written);
            assert_eq!(account.world().text(anna, "company"), "Exempla GmbH");
            assert_eq!(companies(&account, anna), [exempla]);
            account.taken_back(&update).await;
            let left = if is_typed { "Exempla GmbH" } else { "" };
            assert_eq!(account.world().text(anna, "company"), left);
            let stays = if is_linked { vec![exempla] } else { Vec::new() };
            assert_eq!(companies(&account, anna), stays);
        }))
        .await;
    }
}

/// The record is changed, and the answer lost before anything is asked about a company.
#[tokio::test(flavor = "multi_thread")]
async fn who_was_with_a_company_stays_there_also_where_nobody_saw_the_end_of_a_try() {
    on_each_database(async |database| {
        let with = Account::with_anna_alone(database, true).await;
        let With { account, anna, exempla } = with;
        let update = account.accepted_from_anna(known()).await;
        account.fault("PATCH", 502, true);
        assert!(account.try_write(&update).await.is_err());
        assert_eq!(account.world().text(anna, "company"), "Exempla GmbH");
        account.taken_back(&update).await;
        assert_eq!(account.world().text(anna, "company"), "");
        assert_eq!(companies(&account, anna), [exempla]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_came_to_a_company_at_a_try_whose_end_nobody_saw_leaves_it_too() {
    on_each_database(async |database| {
        let with = Account::with_anna_alone(database, false).await;
        let With { account, anna, exempla } = with;
        let update = account.accepted_from_anna(known()).await;
        account.fault("PUT ", 502, true);
        assert!(account.try_write(&update).await.is_err());
        assert_eq!(companies(&account, anna), [exempla]);
        assert_eq!(account.write(&update).await.state, State::Written);
        account.taken_back(&update).await;
        assert_eq!(account.world().text(anna, "company"), "");
        assert_eq!(companies(&account, anna), [0_u64; 0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_brought_to_a_company_by_a_colleague_while_hubspot_asks_us_to_wait_stays_there() {
    on_each_database(async |database| {
        let with = Account::with_anna_alone(database, false).await;
        let With { account, anna, exempla } = with;
        let update = account.accepted_from_anna(known()).await;
        account.fault("PUT ", 429, false);
        assert!(account.try_write(&update).await.is_err());
        account.world().link(anna, exempla, true, None);
        assert_eq!(account.write(&update).await.state, State::Written);
        account.taken_back(&update).await;
        assert_eq!(account.world().text(anna, "company"), "");
        assert_eq!(companies(&account, anna), [exempla]);
    })
    .await;
}

/// HubSpot is asked for nothing but the company.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_colleague_typed_before_us_stays_also_where_the_way_to_a_company_broke_off() {
    for (is_done, is_tried_again) in [(true, true), (true, false), (false, true), (false, false)] {
        Box::pin(on_each_database(async |database| {
            let typed = [("company", "Exempla GmbH"), ("jobtitle", "Leiterin Einkauf")];
            let record =
                RECORD.into_iter().filter(|(name, _)| typed.iter().all(|it| it.0 != *name));
            let record: Vec<_> = record.collect();
            let with = Account::with_anna_of(database, &record, false).await;
            let With { account, anna, exempla } = with;
            let update = account.accepted_from_anna(known()).await;
            account.world().change(anna, &typed);
            account.fault("PUT ", 502, is_done);
            assert!(account.try_write(&update).await.is_err());
            if is_tried_again {
                assert_eq!(account.write(&update).await.state, State::Written);
                assert_eq!(companies(&account, anna), [exempla]);
            }
            account.taken_back(&update).await;
            for (name, text) in typed {
                assert_eq!(account.world().text(anna, name), text);
            }
            assert_eq!(companies(&account, anna), [0_u64; 0]);
        }))
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_undone_before_the_way_to_a_company_is_asked_for_comes_to_none() {
    on_each_database(async |database| {
        let with = Account::with_anna_alone(database, false).await;
        let With { account, anna, .. } = with;
        let update = account.accepted_from_anna(known()).await;
        account.world().change(anna, &[("company", "Exempla GmbH")]);
        let write = account.last_write(&update).await.id;
        let held = account.world().hold("associations/companies");
        let (asked, ()) = join!(account.run(&write), async {
            held.answered.notified().await;
            account.undo(&update).await;
            held.go_on.notify_one();
        });
        assert!(matches!(asked, Err(CrmError::Earlier)), "{asked:?}");
        assert_eq!(account.write(&update).await.state, State::Cancelled);
        assert_eq!(account.world().asked_for("PUT "), 0);
        assert_eq!(companies(&account, anna), [0_u64; 0]);
        assert_eq!(account.world().text(anna, "company"), "Exempla GmbH");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_we_made_is_not_removed_once_somebody_has_worked_with_it() {
    on_each_database(async |database| {
        let account = Account::connected(database).await;
        let new = account.accepted_from_anna(SIGNATURE).await;
        assert_eq!(account.write(&new).await.state, State::Written);
        let made = account.world().there()[0];
        for count in ["num_notes", "num_associated_deals"] {
            account.world().change(made, &[(count, "1")]);
            account.undo(&new).await;
            let failed = account.write(&new).await;
            assert_eq!(failed.state, State::Failed, "{}", failed.detail);
            assert!(failed.detail.contains("worked with"), "{}", failed.detail);
            assert_eq!(account.world().there(), [made]);
            account.world().change(made, &[(count, "0")]);
        }
        // Also where nothing is to be read of her any more, it can be tried again.
        let Desk { db, tenant, clock, .. } = &account.desk;
        let (by, now) = (&Actor::CommandLine, clock.now());
        suggestion::forget_excluded(db, tenant, "exempla.example", by, now).await.unwrap();
        account.taken_back(&new).await;
        assert_eq!(account.world().there(), [0_u64; 0]);
    })
    .await;
}
