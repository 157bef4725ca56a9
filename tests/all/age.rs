//! The mail of years ago is read after that of today, as when a mailbox is connected: what somebody was
//! then never takes the place of what they are now.

use crate::support::databases::on_each_database;
use crate::support::desk::{Desk, letter};
use undersigned::contact::Contact;
use undersigned::store::audit::Actor;
use undersigned::store::suggestions::{Kind, State};
use undersigned::store::{ListId, SuggestionId, contacts, lists};
use undersigned::suggestion::{Choice, Outcome, RawMessage, accept, dismiss};

const ANNA: &str = "Anna Müller <anna.mueller@exempla.example>";
const OLD: &str = "Anna Müller\nEinkäuferin\nAbteilung Logistik\nExempla GmbH\nAlte Gasse 9\n\
    97070 Würzburg\nMobil +49 170 1111111\nanna.mueller@exempla.example";
const NEW: &str = "Anna Müller\nLeiterin Einkauf\nExempla GmbH\nNeue Straße 1\n97080 Würzburg\n\
    Mobil +49 170 2222222\nanna.mueller@exempla.example";

/// A letter of Anna's that her correspondent's server received then.
fn received(number: usize, when: &str, signature: &str) -> String {
    format!("Received: from mx.exempla.example by mx.kugellager.test;\n {when}\n")
        + &letter(number, ANNA, signature)
}

const THEN: &str = "Tue, 07 Mar 2023 09:00:00 +0100";
const LATER: &str = "Fri, 10 May 2024 09:00:00 +0200";
const NOW: &str = "Mon, 21 Sep 2026 12:00:00 +0200";

impl Desk {
    async fn takes(&self, list: &ListId, number: usize, when: &str, signature: &str) -> Outcome {
        self.clock.advance_secs(1);
        let message =
            RawMessage { list: list.clone(), ..self.message(&received(number, when, signature)) };
        self.intake.take(message, None).await.unwrap()
    }

    async fn decides(&self, id: &SuggestionId, accepts: bool) {
        let mut tx = self.db.begin_write().await.unwrap();
        let (actor, now) = (Actor::CommandLine, self.clock.now());
        if accepts {
            let all = Choice::default();
            accept(&mut tx, &self.tenant, id, &all, &actor, now).await.unwrap();
        } else {
            dismiss(&mut tx, &self.tenant, id, &actor, now).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
}

/// What is true of a person once: title, department, street. And their numbers, in order.
fn told(contact: &Contact) -> (String, String, String, Vec<String>) {
    let street = |address: &undersigned::contact::PostalAddress| address.street.clone();
    (
        contact.titles.iter().map(|it| it.value.clone()).collect(),
        contact.departments.iter().map(|it| it.value.clone()).collect(),
        contact.addresses.iter().filter_map(|it| street(&it.value)).collect(),
        contact.phones.iter().map(|it| it.value.number().to_owned()).collect(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_suggestion_is_the_same_in_whatever_order_its_mail_is_read() {
    on_each_database(async |database| {
        let desk = Desk::of(&database.open().await, "Kugellager").await;
        let mut tx = desk.db.begin_write().await.unwrap();
        let backwards = lists::create(&mut tx, &desk.tenant, "Backwards", desk.clock.now());
        let backwards = backwards.await.unwrap().id;
        tx.commit().await.unwrap();
        let forwards = desk.list.clone();
        let mut open = Vec::new();
        for (list, letters) in [
            (forwards, [(1, THEN, OLD), (2, NOW, NEW)]),
            (backwards, [(3, NOW, NEW), (4, THEN, OLD)]),
        ] {
            let mut last = None;
            for (number, when, signature) in letters {
                let outcome = desk.takes(&list, number, when, signature).await;
                let Outcome::New(id) = outcome else { panic!("{outcome:?}") };
                assert!(last.is_none_or(|last| last == id), "one suggestion");
                last = Some(id);
            }
            let id = last.unwrap();
            // Once more what is old, in other words: nothing.
            let shorter = OLD.replace("\nAbteilung Logistik", "");
            assert_eq!(desk.takes(&list, letters[1].0 + 10, LATER, &shorter).await, Outcome::Known);
            open.push(desk.suggestion(&id).await);
        }
        let [one, other] = open.try_into().unwrap();
        assert_eq!(told(&one.contact), told(&other.contact));
        let (title, department, street, numbers) = told(&one.contact);
        assert_eq!((title.as_str(), street.as_str()), ("Leiterin Einkauf", "Neue Straße 1"));
        assert!(department.contains("Logistik"), "a blank is filled: {department}");
        assert_eq!(numbers, ["+491702222222", "+491701111111"]);
        assert_eq!(one.dates, other.dates);
        let newest = one.dates.newest().unwrap();
        assert_eq!(newest.to_rfc3339(), "2026-09-21T10:00:00Z");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_newer_mail_has_told_of_a_known_person_is_not_changed_by_older_mail() {
    on_each_database(async |database| {
        let desk = Desk::of(&database.open().await, "Kugellager").await;
        let list = desk.list.clone();
        let Outcome::New(first) = desk.takes(&list, 1, LATER, NEW).await else { panic!("new") };
        desk.decides(&first, true).await;
        // She signs so until today: what she was in between is past too.
        assert_eq!(desk.takes(&list, 2, NOW, NEW).await, Outcome::Known);
        let title_only = "Anna Müller\nEinkäuferin\nExempla GmbH\nanna.mueller@exempla.example";
        let between = "Mon, 01 Jun 2026 09:00:00 +0200";
        assert_eq!(desk.takes(&list, 3, between, title_only).await, Outcome::Known);

        // Her old letter has a number that nobody knows, and a department; nothing else is offered.
        let outcome = desk.takes(&list, 4, THEN, OLD).await;
        let Outcome::Update(update) = outcome else { panic!("{outcome:?}") };
        let suggestion = desk.suggestion(&update).await;
        assert_eq!((suggestion.kind, suggestion.state), (Kind::Update, State::Open));
        let (title, department, street, numbers) = told(&suggestion.contact);
        assert_eq!((title.as_str(), street.as_str()), ("", ""));
        assert!(department.contains("Logistik"), "{department}");
        assert_eq!(numbers, ["+491701111111"]);
        assert_eq!(suggestion.dates.newest().unwrap().to_rfc3339(), "2023-03-07T08:00:00Z");

        // The rep does not want them; when she is promoted that is all there is to decide, although she
        // signs with the old number too.
        desk.decides(&update, false).await;
        let promoted = NEW
            .replace("Leiterin Einkauf", "Geschäftsführerin")
            .replace("anna.mueller@", "Mobil +49 170 1111111\nanna.mueller@");
        let outcome = desk.takes(&list, 5, "Mon, 21 Sep 2026 13:00:00 +0200", &promoted).await;
        let Outcome::Update(update) = outcome else { panic!("{outcome:?}") };
        let (title, _, _, numbers) = told(&desk.suggestion(&update).await.contact);
        assert_eq!(title, "Geschäftsführerin");
        assert_eq!(numbers, ["+491702222222"], "what was turned down does not come back");
        desk.decides(&update, true).await;
        let mut conn = desk.db.read().await.unwrap();
        let known = contacts::page(&mut conn, &desk.tenant, Some(&list), None, 10).await.unwrap();
        let [anna] = known.as_slice() else { panic!("one contact: {known:?}") };
        let (title, _, street, numbers) = told(&anna.contact);
        assert_eq!((title.as_str(), street.as_str()), ("Geschäftsführerin", "Neue Straße 1"));
        assert_eq!(numbers, ["+491702222222"]);
    })
    .await;
}
