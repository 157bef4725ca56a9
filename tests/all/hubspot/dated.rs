//! A title changes only when newer: what a colleague has typed in the CRM is not replaced by what mail said before that,
//! whenever it is read.

use super::fields::with;
use super::{Account, EVA, RECORD};
use crate::support::databases::{Database, on_each_database};
use crate::support::desk::{Desk, letter};
use crate::support::hubspot::TOKEN;
use crate::support::office::ANNA;
use serde_json::json;
use undersigned::store::crm_writes::State;
use undersigned::store::suggestions::Suggestion;
use undersigned::store::{ListId, lists};
use undersigned::suggestion::{Outcome, RawMessage};

const DAY: i64 = 24 * 3600;

impl Account {
    /// What a letter, which was received then, comes to on a list.
    async fn reads(
        &self,
        list: &ListId,
        (number, when): (usize, &str),
        (from, signature): (&str, &str),
    ) -> Outcome {
        let Desk { clock, intake, .. } = &self.desk;
        clock.advance_secs(1);
        let received =
            format!("Received: from mx.exempla.example by mx.kugellager.test;\n {when}\n");
        let message = self.desk.message(&(received + &letter(number, from, signature)));
        let message = RawMessage { list: list.clone(), ..message };
        Box::pin(intake.take(message, None)).await.unwrap()
    }

    /// The update that a letter suggests, with the titles in it.
    async fn update(
        &self,
        list: &ListId,
        dated: (usize, &str),
        signed: (&str, &str),
    ) -> (Suggestion, Vec<String>) {
        let outcome = self.reads(list, dated, signed).await;
        let Outcome::Update(id) = outcome else { panic!("{dated:?}: {outcome:?}") };
        let update = self.desk.suggestion(&id).await;
        let titles = update.contact.titles.iter().map(|title| title.value.clone()).collect();
        (update, titles)
    }

    /// A list to which nobody has written before.
    async fn another_list(&self, name: &str) -> ListId {
        let Desk { db, tenant, clock, .. } = &self.desk;
        let mut tx = db.begin_write().await.unwrap();
        let list = lists::create(&mut tx, tenant, name, clock.now()).await.unwrap().id;
        tx.commit().await.unwrap();
        list
    }
}

fn anna(title: &str, more: &str) -> String {
    format!("Dr. Anna Müller\n{title}\nExempla GmbH\nTel. +49 931 3000001{more}")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_colleague_has_typed_is_not_replaced_by_mail_of_before() {
    Box::pin(on_each_database(async |database| Box::pin(typed(database)).await)).await;
}

async fn typed(database: &Database) {
    let account = Account::open(database).await;
    let record = account.world().add(&RECORD);
    account.office.connect(&account.settings(TOKEN)).await;
    account.read().await.unwrap();
    let [first, second, third] = ["One", "Two", "Three"];
    let first = account.another_list(first).await;

    // On the first of October a colleague promotes her; it is read five days later only.
    account.desk.clock.advance_secs(10 * DAY);
    account.world().change(record, &[("jobtitle", "Geschäftsführerin")]);
    account.desk.clock.advance_secs(5 * DAY);
    account.read().await.unwrap();

    // A letter of the week before brings a number, and no title; one of after that brings one.
    let before = "Thu, 24 Sep 2026 12:00:00 +0200";
    let older = anna("Bereichsleiterin", "\nMobil +49 170 1234567");
    let (update, titles) = account.update(&first, (1, before), (ANNA, &older)).await;
    assert_eq!((titles, update.contact.phones.len()), (Vec::new(), 2));
    let alone = anna("Einkaufsleiterin", "");
    let other = account.another_list(second).await;
    let outcome = account.reads(&other, (2, before), (ANNA, &alone)).await;
    assert_eq!(outcome, Outcome::Known, "there is nothing but that");
    let after = "Mon, 05 Oct 2026 12:00:00 +0200";
    let newer = anna("Vorständin", "");
    let (update, titles) = account.update(&first, (3, after), (ANNA, &newer)).await;
    assert_eq!(titles, ["Vorständin"], "the colleague was first, whenever that was read");

    // What we have written is as old as the letter of it, and not as the write.
    account.accept(&update.id).await;
    assert_eq!(account.write(&update.id).await.state, State::Written);
    assert_eq!(account.world().text(record, "jobtitle"), "Vorständin");
    let third = account.another_list(third).await;
    let (between, later) = ("Sat, 03 Oct 2026 12:00:00 +0200", "Tue, 06 Oct 2026 09:00:00 +0200");
    let outcome = account.reads(&third, (4, between), (ANNA, &anna("Prokuristin", ""))).await;
    assert_eq!(outcome, Outcome::Known);
    let (_, titles) = account.update(&third, (5, later), (ANNA, &anna("Beirätin", ""))).await;
    assert_eq!(titles, ["Beirätin"]);

    // Nor is it a colleague's word where it is taken back.
    account.undo(&update.id).await;
    assert_eq!(account.write(&update.id).await.state, State::Undone);
    assert_eq!(account.world().text(record, "jobtitle"), "Geschäftsführerin");
    account.read().await.unwrap();
    let (_, titles) = account.update(&other, (6, later), (ANNA, &anna("Dekanin", ""))).await;
    assert_eq!(titles, ["Dekanin"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_back_leaves_a_record_as_old_as_it_was() {
    for is_seen in [true, false] {
        Box::pin(on_each_database(async |database| Box::pin(aged(database, is_seen)).await)).await;
    }
}

/// On the first of October a colleague promotes her, and a letter of the fifth says otherwise; nobody need see
/// that it was written.
async fn aged(database: &Database, is_seen: bool) {
    let account = Account::open(database).await;
    let record = account.world().add(&RECORD);
    account.office.connect(&account.settings(TOKEN)).await;
    account.read().await.unwrap();
    account.desk.clock.advance_secs(10 * DAY);
    account.world().change(record, &[("jobtitle", "Geschäftsführerin")]);
    account.desk.clock.advance_secs(5 * DAY);
    account.read().await.unwrap();
    let list = account.desk.list.clone();
    let (between, after) = ("Sat, 03 Oct 2026 12:00:00 +0200", "Mon, 05 Oct 2026 12:00:00 +0200");
    let signed = anna("Vorständin", "\nTechnische Abteilung");
    let (update, _) = account.update(&list, (1, after), (ANNA, &signed)).await;
    account.accept(&update.id).await;
    if is_seen {
        assert_eq!(account.write(&update.id).await.state, State::Written);
    } else {
        account.fault("PATCH", 502, true);
        assert!(account.try_write(&update.id).await.is_err());
        // To who only reads the record that is what somebody has typed there.
        account.desk.clock.advance_secs(DAY);
        account.read().await.unwrap();
    }
    assert_eq!(account.world().text(record, "jobtitle"), "Vorständin");
    let other = account.another_list("Other").await;
    let early = account.reads(&other, (2, between), (ANNA, &anna("Prokuristin", ""))).await;
    assert_eq!(early, Outcome::Known, "what is there is of a later letter");

    account.undo(&update.id).await;
    let undone = account.write(&update.id).await;
    assert_eq!((undone.state, undone.detail.as_str()), (State::Undone, ""));
    assert_eq!(account.world().text(record, "jobtitle"), "Geschäftsführerin");
    account.read().await.unwrap();
    // It came after the colleague's word.
    let third = account.another_list("Third").await;
    let (_, titles) = account.update(&third, (3, between), (ANNA, &anna("Prokuristin", ""))).await;
    assert_eq!(titles, ["Prokuristin"]);
    // And this one before.
    let before = "Thu, 24 Sep 2026 12:00:00 +0200";
    let outcome = account.reads(&third, (4, before), (ANNA, &anna("Einkaufsleiterin", ""))).await;
    assert_eq!(outcome, Outcome::Known);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_what_is_only_read_for_the_first_time_nobody_knows_how_old_it_is() {
    on_each_database(async |database| {
        let account = Account::open(database).await;
        account.world().add(&[
            ("firstname", "Eva"),
            ("lastname", "Braunschweig"),
            ("email", "eva@probe.example"),
            ("jobtitle", "Leiterin Vertrieb"),
        ]);
        account.desk.clock.advance_secs(DAY);
        account.office.connect(&account.settings(TOKEN)).await;
        account.read().await.unwrap();
        let long_ago = "Tue, 07 Mar 2023 09:00:00 +0100";
        let eva = |title: &str| format!("Eva Braunschweig\n{title}\nProbe AG");
        let list = account.desk.list.clone();
        let signed = eva("Verkäuferin");
        let (_, titles) = account.update(&list, (1, long_ago), (EVA, &signed)).await;
        assert_eq!(titles, ["Verkäuferin"], "the card says how old that is");

        // Read again because an admin has changed the fields: nobody has typed anything.
        account.desk.clock.advance_secs(DAY);
        for hidden in [true, false] {
            account.map(&with("jobtitle", "hidden", &json!(hidden))).await.unwrap();
            account.read().await.unwrap();
        }
        let other = account.another_list("Other").await;
        let (_, titles) = account.update(&other, (2, long_ago), (EVA, &signed)).await;
        assert_eq!(titles, ["Verkäuferin"]);
    })
    .await;
}
