//! What a rep decides about one person is written in that order, whatever happens in between, and
//! nothing that was accepted is lost in silence.

use super::{Account, RECORD, SIGNATURE};
use crate::support::databases::{on_each_database, on_sqlite};
use crate::support::desk::Desk;
use crate::support::hubspot::TOKEN;
use undersigned::crm::{CrmError, write};
use undersigned::store::SuggestionId;
use undersigned::store::audit::Actor;
use undersigned::store::crm_writes::State;
use undersigned::store::suggestions::State as Decided;
use undersigned::suggestion;

pub(super) const MOBILE: &str = "+49 170 1234567";

impl Account {
    /// The signature with further lines, as the next letter of Anna has it.
    pub(super) async fn signed(&self, number: usize, lines: &str) -> SuggestionId {
        self.suggested(number, &format!("{SIGNATURE}\n{lines}")).await.id
    }

    /// Tries to undo once more what could not be undone.
    pub(super) async fn undo_again(&self, id: &SuggestionId) -> bool {
        let Desk { db, tenant, clock, .. } = &self.desk;
        let mut tx = db.begin_write().await.unwrap();
        let (by, now) = (Actor::CommandLine, clock.now());
        let again = Box::pin(suggestion::undo_again(&mut tx, tenant, id, &by, now)).await.unwrap();
        tx.commit().await.unwrap();
        again
    }

    /// What the job does when it gives a write up.
    async fn give_up(&self, id: &SuggestionId) {
        let Desk { db, tenant, clock, .. } = &self.desk;
        let planned = self.last_write(id).await;
        let mut tx = db.begin_write().await.unwrap();
        let (why, now) = ("the CRM did not take it for four days", clock.now());
        let anew = write::give_up(&mut tx, tenant, &planned.id, why, now).await.unwrap();
        Box::pin(suggestion::decide_anew(&mut tx, tenant, &anew, now)).await.unwrap();
        tx.commit().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_decided_of_one_person_is_written_and_taken_back_in_that_order() {
    on_each_database(async |database| {
        let account = Account::connected(database).await;
        // HubSpot is down: a new contact waits, and two more letters of hers are accepted meanwhile.
        let new = account.suggested(1, SIGNATURE).await.id;
        account.accept(&new).await;
        account.fault("objects/contacts", 502, false);
        assert!(matches!(account.try_write(&new).await, Err(CrmError::Unreachable(_))));
        let mobile = account.signed(2, &format!("Mobil {MOBILE}")).await;
        account.accept(&mobile).await;
        let site = account.signed(3, "www.exempla.example\nFax +49 931 3000009").await;
        account.accept(&site).await;
        for early in [&site, &mobile] {
            assert!(matches!(account.try_write(early).await, Err(CrmError::Earlier)));
        }
        for id in [&new, &mobile, &site] {
            let written = account.write(id).await;
            assert_eq!((written.state, written.detail.as_str()), (State::Written, ""), "{id}");
        }
        let there = account.world().there();
        let [anna] = there[..] else { panic!("{there:?}") };
        assert_eq!(account.world().text(anna, "mobilephone"), MOBILE);
        assert_eq!(account.world().text(anna, "fax"), "+49 931 3000009");

        let first = account.last_write(&new).await.id;

        // All is taken back before the first of it is: the last decision goes first.
        for id in [&site, &mobile, &new] {
            account.undo(id).await;
        }
        assert!(matches!(account.run(&first).await, Err(CrmError::Earlier)));
        assert!(matches!(account.try_write(&mobile).await, Err(CrmError::Earlier)));
        // And while HubSpot still has her she is accepted again: a record of its own, later.
        account.accept(&new).await;
        assert!(matches!(account.try_write(&new).await, Err(CrmError::Earlier)));
        for id in [&site, &mobile] {
            assert_eq!(account.write(id).await.state, State::Undone);
        }
        assert_eq!(account.world().text(anna, "mobilephone"), "");
        account.run(&first).await.unwrap();
        assert!(account.world().there().is_empty());
        assert_eq!(account.write(&new).await.state, State::Written);
        assert_eq!(account.world().there().len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_changes_neither_overtakes_the_other_and_a_conflict_drops_neither() {
    on_sqlite(async |database| {
        let account = Account::open(database).await;
        let anna = account.world().add(&RECORD);
        account.office.connect(&account.settings(TOKEN)).await;
        account.read().await.unwrap();
        let mobile = account.signed(1, &format!("Mobil {MOBILE}")).await;
        account.accept(&mobile).await;
        let fax = account.signed(2, "Fax +49 931 3000009").await;
        account.accept(&fax).await;
        for id in [&mobile, &fax] {
            let written = account.write(id).await;
            assert_eq!((written.state, written.detail.as_str()), (State::Written, ""));
        }
        for id in [&fax, &mobile] {
            account.undo(id).await;
            assert_eq!(account.write(id).await.state, State::Undone);
        }

        // Accepted again; a colleague changes the record before either is written.
        account.accept(&mobile).await;
        account.accept(&fax).await;
        account.world().change(anna, &[("jobtitle", "Geschäftsführerin")]);
        assert_eq!(account.write(&mobile).await.state, State::Conflict);
        assert_eq!(account.last_write(&fax).await.state, State::Conflict);
        for id in [&mobile, &fax] {
            let open = account.desk.suggestion(id).await;
            assert_eq!(open.state, Decided::Open);
            assert_eq!(open.known.as_ref().unwrap().titles[0].value, "Geschäftsführerin");
        }
        for (id, property) in [(&fax, "fax"), (&mobile, "mobilephone")] {
            account.accept(id).await;
            let written = account.write(id).await;
            assert_eq!(written.state, State::Written, "{}", written.detail);
            assert_ne!(account.world().text(anna, property), "");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_undone_on_its_way_to_the_crm_leaves_nothing_there() {
    Box::pin(on_each_database(async |database| {
        let account = Account::connected(database).await;
        let new = account.suggested(1, SIGNATURE).await.id;
        let (post, patch) = ("POST /crm/v3/objects/contacts", "PATCH");
        // Not begun; asked for in vain; made, and nobody heard of it.
        for (fault, state, made) in [
            (None, State::Cancelled, 0),
            (Some(false), State::Cancelled, 0),
            (Some(true), State::Undone, 1),
        ] {
            account.accept(&new).await;
            if let Some(done) = fault {
                account.fault(post, 502, done);
                assert!(account.try_write(&new).await.is_err());
            }
            assert_eq!(account.world().there().len(), made);
            account.undo(&new).await;
            if fault == Some(false) {
                // HubSpot may be at it still.
                let waits = account.try_write(&new).await;
                assert!(matches!(waits, Err(CrmError::Unseen)), "{waits:?}");
                account.desk.clock.advance_secs(120);
            }
            let undone = account.write(&new).await;
            assert_eq!((undone.state, undone.detail.as_str()), (state, ""), "{fault:?}");
            assert!(account.world().there().is_empty(), "{fault:?}");
        }
        // Undone while HubSpot answers: the answer comes to a decision that holds no more.
        account.accept(&new).await;
        let Desk { db, vault, tenant, clock, .. } = &account.desk;
        let planned = account.last_write(&new).await.id;
        let made = write::make(&account.http, db, vault, clock, tenant, &planned).await.unwrap();
        account.undo(&new).await;
        let mut tx = db.begin_write().await.unwrap();
        let anew = write::settle(&mut tx, tenant, made.unwrap(), clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        assert!(anew.is_empty());
        assert_eq!(account.last_write(&new).await.state, State::Undoing);
        assert_eq!(account.write(&new).await.state, State::Undone);
        assert!(account.world().there().is_empty());

        // The same for a change of a record.
        let anna = account.world().add(&RECORD);
        account.read().await.unwrap();
        let change = account.signed(2, &format!("Mobil {MOBILE}")).await;
        for (done, state) in [(true, State::Undone), (false, State::Cancelled)] {
            account.accept(&change).await;
            account.fault(patch, 502, done);
            assert!(account.try_write(&change).await.is_err());
            account.undo(&change).await;
            assert_eq!(account.write(&change).await.state, state);
            assert_eq!(account.world().text(anna, "mobilephone"), "");
            assert_eq!(account.world().text(anna, "jobtitle"), "Leiterin Einkauf");
        }
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_up_is_open_again_and_an_undo_can_be_tried_again() {
    on_sqlite(async |database| {
        let account = Account::connected(database).await;
        let new = account.suggested(1, SIGNATURE).await.id;
        account.accept(&new).await;
        let mobile = account.signed(2, &format!("Mobil {MOBILE}")).await;
        account.accept(&mobile).await;
        account.give_up(&new).await;
        for id in [&new, &mobile] {
            assert_eq!(account.desk.suggestion(id).await.state, Decided::Open);
        }
        let given_up = account.last_write(&new).await;
        assert_eq!(given_up.state, State::Failed);
        assert!(given_up.detail.contains("four days"), "{}", given_up.detail);
        assert!(!account.undo_again(&new).await, "it was never written");

        // Accepted again they are one contact, as before.
        for id in [&new, &mobile] {
            account.accept(id).await;
            assert_eq!(account.write(id).await.state, State::Written);
        }
        assert_eq!(account.world().there().len(), 1);
        account.undo(&mobile).await;
        assert_eq!(account.write(&mobile).await.state, State::Undone);
        account.undo(&new).await;
        account.world().lacks = Some("crm.objects.contacts.write");
        assert!(matches!(account.try_write(&new).await, Err(CrmError::Refused(_))));
        account.give_up(&new).await;
        assert_eq!(account.last_write(&new).await.state, State::Failed);
        assert_eq!(account.world().there().len(), 1);

        account.world().lacks = None;
        assert!(account.undo_again(&new).await);
        assert_eq!(account.write(&new).await.state, State::Undone);
        assert!(account.world().there().is_empty());
        assert!(!account.undo_again(&new).await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_who_write_from_one_mailbox_are_two_contacts() {
    on_sqlite(async |database| {
        let account = Account::connected(database).await;
        let mut made = Vec::new();
        for (number, name) in [(1, "Anna Müller"), (2, "Jörg Weiß")] {
            let lines =
                format!("{name}\nVertriebsleitung\nExempla GmbH\nTel. +49 931 300000{number}");
            let from = format!("{name} <Verkauf-Sued@exempla.example>");
            let new = account.office.suggested(number, &from, &lines).await;
            account.accept(&new.id).await;
            // Also where nobody hears that it was made.
            account.fault("POST /crm/v3/objects/contacts", 502, true);
            assert!(account.try_write(&new.id).await.is_err());
            made.push((new.id.clone(), account.write(&new.id).await));
        }
        let [(_, first), (id, second)] = &made[..] else { panic!("{made:?}") };
        assert_eq!((first.state, first.detail.as_str()), (State::Written, ""));
        assert_eq!(second.state, State::Written, "{}", second.detail);
        assert!(second.detail.contains("without the e-mail address"), "{}", second.detail);
        let there = account.world().there();
        let names: Vec<_> = there.iter().map(|id| account.world().text(*id, "lastname")).collect();
        assert_eq!(names, ["Müller", "Weiß"]);
        account.undo(id).await;
        assert_eq!(account.write(id).await.state, State::Undone);
        assert_eq!(account.world().there(), there[..1]);

        // An address that does not look like several people's: the rep says that they are two.
        let hers = [("lastname", "Klein"), ("email", "leitung@probe.example")];
        let klein = account.world().add(&hers);
        account.read().await.unwrap();
        let lines = "Uwe Zander\nGeschäftsführer\nProbe AG\nTel. +49 911 3000001";
        let uwe = account.office.suggested(3, "Uwe Zander <leitung@probe.example>", lines).await;
        assert!(uwe.known.is_some(), "{uwe:?}");
        account.accept_apart(&uwe.id).await;
        let written = account.write(&uwe.id).await;
        assert_eq!(written.state, State::Written, "{}", written.detail);
        assert!(written.detail.contains("without the e-mail address"), "{}", written.detail);
        let there = account.world().there();
        let new: Vec<_> = there.into_iter().filter(|id| *id > klein).collect();
        let [new] = new[..] else { panic!("{new:?}") };
        assert_eq!(account.world().text(new, "lastname"), "Zander");
        assert_eq!(account.world().text(klein, "jobtitle"), "");
        // What he writes later goes there, still without the address.
        let lines = format!("{lines}\nMobil +49 171 7654321");
        let more = account.office.suggested(4, "Uwe Zander <leitung@probe.example>", &lines).await;
        account.accept(&more.id).await;
        let written = account.write(&more.id).await;
        assert_eq!(written.state, State::Written, "{}", written.detail);
        assert_eq!(account.world().text(new, "mobilephone").replace(' ', ""), "+491717654321");
        assert_eq!(account.world().text(new, "email"), "");
    })
    .await;
}
