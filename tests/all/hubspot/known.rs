//! Suggestions that lie open for days hear what becomes of the people they may be of.

use super::{Account, RECORD};
use crate::support::databases::on_each_database;
use crate::support::desk::{Desk, letter};
use crate::support::hubspot::TOKEN;
use crate::support::office::ANNA;
use undersigned::crm::sync;
use undersigned::crm::table::{Chosen, Order, import};
use undersigned::matching::Level;
use undersigned::store::SuggestionId;
use undersigned::store::audit::Actor;
use undersigned::store::crm_writes::State;
use undersigned::store::suggestions::{Kind, State as Decided, Suggestion};
use undersigned::suggestion::{self, Choice, DecideError, Outcome};

/// How Anna signs with another title.
fn titled(title: &str) -> String {
    format!("Anna Müller\n{title}\nExempla GmbH\nTel. +49 931 3000001")
}

impl Account {
    /// Accepts a suggestion as it looked when it had this version.
    async fn accept_seen(&self, id: &SuggestionId, seen: i64) -> Result<(), DecideError> {
        let Desk { db, tenant, clock, .. } = &self.desk;
        clock.advance_secs(1);
        let mut tx = db.begin_write().await?;
        let choice = Choice { seen: Some(seen), ..Choice::default() };
        let (by, now) = (Actor::CommandLine, clock.now());
        suggestion::accept(&mut tx, tenant, id, &choice, &by, now).await?;
        tx.commit().await.unwrap();
        Ok(())
    }

    async fn import(&self, table: &str) {
        let Desk { db, tenant, clock, .. } = &self.desk;
        clock.advance_secs(1);
        let (actor, chosen, now) = (&Actor::CommandLine, &Chosen::new(), clock.now());
        let order = Order { tenant, actor, chosen, region: "DE", now };
        let done = import(db, order, table.as_bytes().to_vec(), |_| {}).await;
        assert!(done.unwrap().problems.is_empty());
        suggestion::renew(db, tenant, clock).await.unwrap();
    }
}

fn known_title(suggestion: &Suggestion) -> &str {
    &suggestion.known.as_ref().unwrap().titles[0].value
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_colleague_typed_since_the_rep_looked_is_never_overwritten_unseen() {
    on_each_database(async |database| {
        let account = Account::open(database).await;
        let anna = account.world().add(&RECORD);
        account.office.connect(&account.settings(TOKEN)).await;
        account.read().await.unwrap();

        // The rep looks; a colleague types another title; it is read; the rep accepts what they saw.
        let monday = account.suggested(1, &titled("Einkaufsdirektorin")).await;
        assert_eq!(known_title(&monday), "Leiterin Einkauf");
        account.world().change(anna, &[("jobtitle", "Geschäftsführerin")]);
        let Desk { db, vault, tenant, clock, .. } = &account.desk;
        clock.advance_secs(1);
        sync::sync(&account.http, db, vault, clock, tenant).await.unwrap();
        for _ in 0..2 {
            let refused = account.accept_seen(&monday.id, monday.changed_at.0).await;
            assert!(matches!(refused, Err(DecideError::Changed)), "{refused:?}");
            account.read().await.unwrap();
        }
        assert_eq!(account.world().text(anna, "jobtitle"), "Geschäftsführerin");
        let tuesday = account.desk.suggestion(&monday.id).await;
        assert_eq!(known_title(&tuesday), "Geschäftsführerin");
        assert!(tuesday.changed_at > monday.changed_at);
        account.accept_seen(&tuesday.id, tuesday.changed_at.0).await.unwrap();
        assert_eq!(account.write(&tuesday.id).await.state, State::Written);
        assert_eq!(account.world().text(anna, "jobtitle"), "Einkaufsdirektorin");

        // The same where the list has a contact of hers, which follows the record.
        account.read().await.unwrap();
        let seen = account.suggested(2, &titled("Vertriebsleiterin")).await;
        account.world().change(anna, &[("jobtitle", "Vorständin")]);
        account.read().await.unwrap();
        let refused = account.accept_seen(&seen.id, seen.changed_at.0).await;
        assert!(matches!(refused, Err(DecideError::Changed)), "{refused:?}");
        let open = account.desk.suggestion(&seen.id).await;
        assert_eq!((open.state, known_title(&open)), (Decided::Open, "Vorständin"));

        // What changes beside her changes nothing; what she signs, typed by the colleague, closes it.
        account.world().add(&[("lastname", "Müller"), ("email", "otto@exempla.example")]);
        account.read().await.unwrap();
        assert_eq!(account.desk.suggestion(&seen.id).await, open);
        account.world().change(anna, &[("jobtitle", "Vertriebsleiterin")]);
        account.read().await.unwrap();
        let closed = account.desk.suggestion(&seen.id).await;
        assert_eq!(closed.state, Decided::Expired);
        assert_eq!(closed.match_reasons, ["everything it says is known by now"]);
        let again = account.desk.take(&letter(3, ANNA, &titled("Vertriebsleiterin"))).await;
        assert_eq!(again, Outcome::Known);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_suggested_before_the_crm_was_connected_is_compared_with_it() {
    on_each_database(async |database| {
        let account = Account::open(database).await;
        let office = &account.office;
        let signed = |name: &str, title: &str, number: usize| {
            format!("{name}\n{title}\nProbe AG\nTel. +49 911 30000{number}")
        };
        let anna = account.suggested(1, &titled("Leiterin Einkauf")).await;
        let eva = "Eva Braunschweig <eva@probe.example>";
        let eva = office.suggested(2, eva, &signed("Eva Braunschweig", "Vertrieb", 21)).await;
        let otto = "Otto Zwackel <otto@probe.example>";
        let otto = office.suggested(3, otto, &signed("Otto Zwackel", "Technik", 22)).await;
        assert!([&anna, &eva, &otto].iter().all(|it| it.kind == Kind::New));

        account.world().add(&RECORD);
        account.world().add(&[
            ("firstname", "Eva"),
            ("lastname", "Braunschweig"),
            ("jobtitle", "Einkauf"),
            ("email", "eva@probe.example"),
        ]);
        for number in 0..120 {
            account.world().add(&[("lastname", &format!("Nobody{number}"))]);
        }
        office.connect(&account.settings(TOKEN)).await;
        account.read().await.unwrap();
        assert_eq!(account.desk.suggestion(&anna.id).await.state, Decided::Expired);
        let eva = account.desk.suggestion(&eva.id).await;
        let is = (eva.state, eva.kind, eva.match_level);
        assert_eq!(is, (Decided::Open, Kind::Update, Level::Exact));
        assert_eq!(known_title(&eva), "Einkauf");
        assert_eq!(account.desk.suggestion(&otto.id).await, otto);

        // A file that is imported says the rest.
        account.import("Vorname;Name;Firma;E-Mail-Adresse\r\nOtto;Zwackel;Probe AG;otto@probe.example\r\n").await;
        let otto = account.desk.suggestion(&otto.id).await;
        assert_eq!((otto.kind, otto.match_level), (Kind::Update, Level::Exact));
        account.import("Vorname;Name;Firma;E-Mail-Adresse;Funktion;Telefon\r\nOtto;Zwackel;Probe AG;otto@probe.example;Technik;+49 911 3000022\r\n").await;
        assert_eq!(account.desk.suggestion(&otto.id).await.state, Decided::Expired);
    })
    .await;
}
