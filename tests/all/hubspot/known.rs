//! Suggestions that lie open for days hear what becomes of the people they may be of.

use super::{Account, EVA, RECORD};
use crate::support::colleague::{Replaced, nothing_is_overwritten_unseen};
use crate::support::databases::on_each_database;
use crate::support::desk::{Desk, letter};
use crate::support::hubspot::TOKEN;
use crate::support::office::ANNA;
use undersigned::crm::table::{self, Chosen, Order, import};
use undersigned::matching::{Compared, Degree, Level};
use undersigned::store::audit::Actor;
use undersigned::store::crm_writes::State;
use undersigned::store::suggestions::{GONE, Kind, State as Decided, Suggestion};
use undersigned::suggestion::{self, DecideError, Outcome};

/// How Anna signs with another title.
pub(super) fn titled(title: &str) -> String {
    format!("Anna Müller\n{title}\nExempla GmbH\nTel. +49 931 3000001")
}

impl Account {
    /// Imports a table of the whole CRM, and says how many have left.
    async fn import_whole(&self, table: &str) -> usize {
        let Desk { db, tenant, clock, .. } = &self.desk;
        clock.advance_secs(1);
        let (actor, chosen, now) = (&Actor::CommandLine, &Chosen::new(), clock.now());
        let order = Order { tenant, actor, chosen, region: "DE", now };
        let whole = table::import_whole(db, order, table.as_bytes().to_vec(), |_| {});
        let done = Box::pin(whole).await;
        Box::pin(suggestion::renew(db, tenant, clock)).await.unwrap();
        done.unwrap().gone
    }

    async fn import(&self, table: &str) {
        let Desk { db, tenant, clock, .. } = &self.desk;
        clock.advance_secs(1);
        let (actor, chosen, now) = (&Actor::CommandLine, &Chosen::new(), clock.now());
        let order = Order { tenant, actor, chosen, region: "DE", now };
        let done = Box::pin(import(db, order, table.as_bytes().to_vec(), |_| {})).await;
        assert!(done.unwrap().problems.is_empty());
        Box::pin(suggestion::renew(db, tenant, clock)).await.unwrap();
    }
}

pub(super) fn known_title(suggestion: &Suggestion) -> &str {
    &suggestion.known.as_ref().unwrap().titles[0].value
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_colleague_typed_since_the_rep_looked_is_never_overwritten_unseen() {
    on_each_database(async |database| {
        let account = Account::open(database).await;
        let anna = account.world().add(&RECORD);
        account.office.connect(&account.settings(TOKEN)).await;
        account.read().await.unwrap();

        let colleague = async |title: &str| account.world().change(anna, &[("jobtitle", title)]);
        let record = async || account.world().text(anna, "jobtitle");
        let story = nothing_is_overwritten_unseen(&account, Replaced::Title, colleague, record);
        Box::pin(story).await;

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
        let same = account.desk.suggestion(&seen.id).await;
        assert_eq!((same.changed_at, &same.known), (open.changed_at, &open.known));
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
        let eva =
            office.suggested(2, EVA, &signed("Eva Braunschweig", "Leiterin Vertrieb", 21)).await;
        let otto = "Otto Zwackel <otto@probe.example>";
        let otto =
            office.suggested(3, otto, &signed("Otto Zwackel", "Technischer Leiter", 22)).await;
        assert!([&anna, &eva, &otto].iter().all(|it| it.kind == Kind::New));

        account.world().add(&RECORD);
        account.world().add(&[
            ("firstname", "Eva"),
            ("lastname", "Braunschweig"),
            ("jobtitle", "Assistentin"),
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
        assert_eq!(known_title(&eva), "Assistentin");
        let evidence = eva.match_evidence.as_ref().unwrap();
        let says = evidence.grounds.iter().map(|it| (it.field, it.degree)).collect::<Vec<_>>();
        assert!(says.contains(&(Compared::Email, Degree::Same)), "{evidence:?}");
        assert_eq!(evidence.grounds.len(), eva.match_reasons.len());
        assert!(evidence.probability > 0.99, "{evidence:?}");
        assert_eq!(account.desk.suggestion(&otto.id).await, otto);

        // A file that is imported says the rest.
        let row = "Otto;Zwackel;Probe AG;otto@probe.example";
        account.import(&format!("Vorname;Name;Firma;E-Mail-Adresse\r\n{row}\r\n")).await;
        let otto = account.desk.suggestion(&otto.id).await;
        assert_eq!((otto.kind, otto.match_level), (Kind::Update, Level::Exact));
        let columns = "Vorname;Name;Firma;E-Mail-Adresse;Funktion;Telefon";
        let more = format!("{columns}\r\n{row};Technischer Leiter;+49 911 3000022\r\n");
        account.import(&more).await;
        assert_eq!(account.desk.suggestion(&otto.id).await.state, Decided::Expired);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_deleted_in_the_crm_is_made_again_by_nobody_who_does_not_know() {
    on_each_database(async |database| {
        let account = Account::open(database).await;
        let anna = account.world().add(&RECORD);
        account.office.connect(&account.settings(TOKEN)).await;
        account.read().await.unwrap();
        let first = account.suggested(1, &titled("Einkaufsdirektorin")).await;
        account.accept(&first.id).await;
        assert_eq!(account.write(&first.id).await.state, State::Written);
        let seen = account.suggested(2, &titled("Vertriebsleiterin")).await;
        assert_eq!(seen.kind, Kind::Update);

        // She asks to be deleted, and a colleague does so.
        account.world().contacts.get_mut(&anna).unwrap().archived = true;
        account.desk.clock.advance_secs(24 * 3600);
        account.read().await.unwrap();
        let refused = account.accept_seen(&seen.id, seen.changed_at.0).await;
        assert!(matches!(refused, Err(DecideError::Changed)), "{refused:?}");
        let open = account.desk.suggestion(&seen.id).await;
        assert_eq!((open.kind, open.known.is_none()), (Kind::New, true));
        assert_eq!(open.match_reasons, [GONE]);
        let update = account.desk.take(&letter(3, ANNA, &titled("Einkaufsdirektorin"))).await;
        assert_eq!(update, Outcome::Known, "nothing that was not decided before");
        let next = account.suggested(4, &titled("Vertriebsleiterin\nMobil +49 170 1234567")).await;
        assert_eq!((&next.id, next.kind), (&seen.id, Kind::New));
        assert_eq!(next.match_reasons, [GONE]);
        assert_eq!(account.world().there(), [0_u64; 0], "nothing was made");

        // A rep who sees that may make her again, as she signs now; taken back, she is gone again.
        account.accept_seen(&next.id, next.changed_at.0).await.unwrap();
        assert_eq!(account.write(&next.id).await.state, State::Written);
        let made = account.world().there();
        assert_eq!(made.len(), 1);
        assert_eq!(account.world().text(made[0], "jobtitle"), "Vertriebsleiterin");
        account.undo(&next.id).await;
        assert_eq!(account.write(&next.id).await.state, State::Undone);
        assert!(account.world().there().is_empty());
        let Desk { db, tenant, clock, .. } = &account.desk;
        Box::pin(suggestion::renew(db, tenant, clock)).await.unwrap();
        assert_eq!(account.desk.suggestion(&next.id).await.match_reasons, [GONE]);

        // The colleague enters her anew: she is known, as the contact that the list has.
        account.world().add(&RECORD);
        account.read().await.unwrap();
        let open = account.desk.suggestion(&next.id).await;
        let is = (open.kind, open.match_level, known_title(&open));
        assert_eq!(is, (Kind::Update, Level::Exact, "Leiterin Einkauf"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn imported_records_follow_their_file_become_the_crms_and_can_be_erased() {
    on_each_database(async |database| {
        let account = Account::open(database).await;
        let desk = &account.desk;
        let columns = "ID;Vorname;Name;Firma;E-Mail-Adresse;Funktion";
        let anna = "1;Anna;Müller;Exempla GmbH;anna.mueller@exempla.example";
        let bernd = "2;Bernd;Kurz;Probe AG;kurz@probe.example;Einkauf";
        let rows = |anna_title: &str, bernd: &str| {
            format!("{columns}\r\n{anna};{anna_title}\r\n{bernd}\r\n")
        };
        account.import(&rows("Leiterin Einkauf", bernd)).await;
        let phone = account.suggested(1, &titled("Leiterin Einkauf")).await;
        account.accept(&phone.id).await;

        // A title that was corrected in the CRM and imported again is what her contact says, too.
        account.import(&rows("Vorständin", bernd)).await;
        let update = account.suggested(2, &titled("Leiterin Einkauf\nMobil +49 170 1234567")).await;
        assert_eq!(known_title(&update), "Vorständin");

        // A file that is the whole CRM, without Bernd: he leaves.
        assert_eq!(account.known().await, 2);
        let gone = account.import_whole(&rows("Vorständin", "")).await;
        assert_eq!((gone, account.known().await), (1, 1));
        assert_eq!(
            account.import_whole(&format!("{columns}\r\n3;;;;;\r\n")).await,
            0,
            "nobody is in it"
        );

        // HubSpot is connected, and has Anna: she is one person, and what is accepted goes there.
        let hers = account.world().add(&RECORD);
        account.office.connect(&account.settings(TOKEN)).await;
        account.read().await.unwrap();
        assert_eq!(account.known().await, 1);
        let open = desk.suggestion(&update.id).await;
        account.accept(&open.id).await;
        let written = account.write(&open.id).await;
        assert_eq!((written.state, written.before.is_some()), (State::Written, true));
        assert_eq!(account.world().there(), [hers]);
        // A file beside it that has her too makes her no second one.
        account.import(&rows("Leiterin Einkauf", bernd)).await;
        assert_eq!(account.known().await, 3);
        let Desk { db, tenant, clock, .. } = desk;
        let erased = table::erase(db, tenant, &Actor::CommandLine, clock.now()).await.unwrap();
        assert_eq!((erased, account.known().await), (2, 1));
    })
    .await;
}
