//! Mother and daughter have one name, one firm and one mailbox. A rep says that they are two, and two they
//! stay, whatever comes of the CRM; and nobody is taken for somebody else between a look and a click.

use super::{Account, RECORD};
use crate::support::databases::{Database, on_each_database, on_sqlite};
use crate::support::desk::Desk;
use crate::support::hubspot::TOKEN;
use crate::support::office::ANNA;
use undersigned::crm::connection;
use undersigned::matching::{Level, Thresholds};
use undersigned::store::crm_writes::State;
use undersigned::store::suggestions::{Kind, Suggestion};
use undersigned::store::{SuggestionId, match_models};
use undersigned::suggestion::{DecideError, compare};

const MOTHER: &str = "Anna Müller\nLeiterin Einkauf\nExempla GmbH\nTel. +49 931 3000001";
const DAUGHTER: &str = "Anna Müller\nAuszubildende\nExempla GmbH\nTel. +49 931 3000001\n\
                        Mobil +49 170 1234567";
const FAX: &str = "+49 931 3000009";

impl Account {
    async fn daughter(&self, number: usize) -> SuggestionId {
        let daughter = self.suggested(number, DAUGHTER).await;
        assert_eq!(daughter.match_level, Level::Exact, "{daughter:?}");
        self.accept_apart(&daughter.id).await;
        daughter.id
    }

    /// The mother is in the CRM, and her daughter was made there; answers both, and what was accepted of the daughter.
    async fn with_both(database: &Database) -> (Self, [u64; 2], SuggestionId) {
        let account = Self::open(database).await;
        let mother = account.world().add(&RECORD);
        account.office.connect(&account.settings(TOKEN)).await;
        account.read().await.unwrap();
        let daughter = account.daughter(1).await;
        assert_eq!(account.write(&daughter).await.state, State::Written);
        let made = account.record_of(&daughter).await.unwrap().parse().unwrap();
        account.read().await.unwrap();
        (account, [mother, made], daughter)
    }

    /// The daughter writes to another list, and is accepted there as nobody known; answers the record that is made.
    async fn is_made_from_elsewhere(&self, number: usize) -> u64 {
        let id = self.suggested_elsewhere(number, ANNA, DAUGHTER).await;
        assert_eq!(self.desk.suggestion(&id).await.kind, Kind::New);
        self.accept(&id).await;
        let written = self.write(&id).await;
        assert_eq!(written.state, State::Written, "{}", written.detail);
        assert!(written.detail.contains("without the e-mail address"), "{}", written.detail);
        written.external_id.parse().unwrap()
    }

    async fn exact_begins(&self, exact: f64) {
        let mut tx = self.desk.db.begin_write().await.unwrap();
        let thresholds = Thresholds::new(0.5, exact).unwrap();
        match_models::set_thresholds(&mut tx, &self.desk.tenant, thresholds).await.unwrap();
        tx.commit().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_kept_apart_before_the_crm_had_either_is_not_made_one_by_it() {
    on_each_database(async |database| {
        // The list has the mother, and Otto, of whom the tenant wants to be surer than anybody can be.
        let account = Account::open(database).await;
        let mother = account.suggested(1, MOTHER).await.id;
        account.accept(&mother).await;
        let otto = "Otto Zwackel <otto@probe.example>";
        let signs = "Otto Zwackel\nTechnischer Leiter\nProbe AG\nTel. +49 911 3000022";
        let otto = account.office.suggested(2, otto, signs).await.id;
        account.accept(&otto).await;
        account.exact_begins(1.0).await;
        account.world().add(&[
            ("firstname", "Otto"),
            ("lastname", "Zwackel"),
            ("email", "otto@probe.example"),
        ]);
        account.office.connect(&account.settings(TOKEN)).await;
        account.read().await.unwrap();
        assert_eq!(account.record_of(&otto).await, None);
        account.exact_begins(0.995).await;

        // The daughter is made in the CRM: her record is hers alone.
        let daughter = account.daughter(3).await;
        assert_eq!(account.write(&daughter).await.state, State::Written);
        let made: u64 = account.record_of(&daughter).await.unwrap().parse().unwrap();
        assert_eq!(account.record_of(&mother).await, None);
        account.world().change(made, &[("jobtitle", "Einkäuferin")]);
        account.read().await.unwrap();
        assert_eq!(account.contact_of(&daughter).await.contact.titles[0].value, "Einkäuferin");
        assert_eq!(account.contact_of(&mother).await.contact.titles[0].value, "Leiterin Einkauf");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_kept_apart_stays_so_when_the_crm_is_connected_anew() {
    on_each_database(async |database| {
        let account = Account::open(database).await;
        let hers = account.world().add(&RECORD);
        account.office.connect(&account.settings(TOKEN)).await;
        account.read().await.unwrap();
        let daughter = account.daughter(1).await;
        let Desk { db, tenant, clock, .. } = &account.desk;
        for _ in 0..2 {
            let mut tx = db.begin_write().await.unwrap();
            assert!(connection::remove(&mut tx, tenant, clock.now()).await.unwrap());
            tx.commit().await.unwrap();
            account.read().await.unwrap();
            assert_eq!(account.known().await, 0);
            account.office.connect(&account.settings(TOKEN)).await;
            account.read().await.unwrap();
            assert_eq!(account.record_of(&daughter).await, None);
        }
        // What is known of the mother is an update of her, and none of her daughter.
        let mobile = format!("{MOTHER}\nMobil +49 171 7654321");
        let mother = account.suggested(2, &mobile).await;
        account.accept(&mother.id).await;
        assert_eq!(account.write(&mother.id).await.state, State::Written);
        assert_eq!(account.record_of(&mother.id).await, Some(hers.to_string()));
        assert_eq!(account.contact_of(&daughter).await.contact.phones.len(), 2);
        // Nor is the daughter, who is not in the CRM, the mother on a list that does not know her.
        let made = account.is_made_from_elsewhere(3).await;
        assert_eq!(account.world().there(), [hers, made]);
    })
    .await;
}

/// The rep was wrong, and a colleague knows better.
#[tokio::test(flavor = "multi_thread")]
async fn whom_a_colleague_makes_one_after_all_is_that_one_on_every_list() {
    Box::pin(on_each_database(async |database| {
        let (account, [mother, made], daughter) = Account::with_both(database).await;
        let one = account.world().merge(made, mother);
        account.read().await.unwrap();
        assert_eq!(account.record_of(&daughter).await, Some(one.to_string()));
        let id = account.suggested_elsewhere(2, ANNA, &format!("{DAUGHTER}\nFax {FAX}")).await;
        assert_eq!(account.desk.suggestion(&id).await.kind, Kind::Update);
        account.accept(&id).await;
        let written = account.write(&id).await;
        assert_eq!(written.state, State::Written, "{}", written.detail);
        assert_eq!(written.external_id, one.to_string());
        assert_eq!(account.world().text(one, "fax"), FAX);
        assert_eq!(account.world().there(), [one]);
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_colleague_removes_stays_apart_on_every_list_and_can_be_made_again() {
    Box::pin(on_each_database(async |database| {
        let (account, [mother, made], daughter) = Account::with_both(database).await;
        account.world().contacts.get_mut(&made).unwrap().archived = true;
        account.desk.clock.advance_secs(24 * 3600);
        account.read().await.unwrap();
        assert!(account.contact_of(&daughter).await.gone);
        let again = account.is_made_from_elsewhere(2).await;
        assert_eq!(account.world().there(), [mother, again]);
        account.read().await.unwrap();
        assert_eq!(account.record_of(&daughter).await, Some(again.to_string()));
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_of_one_list_who_may_both_be_a_record_neither_is() {
    on_sqlite(async |database| {
        let account = Account::open(database).await;
        let mother = account.suggested(1, MOTHER).await.id;
        account.accept(&mother).await;
        let daughter = account.daughter(2).await;
        account.world().add(&RECORD);
        account.office.connect(&account.settings(TOKEN)).await;
        account.read().await.unwrap();
        for id in [&mother, &daughter] {
            assert_eq!(account.record_of(id).await, None);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_accepts_an_update_of_one_person_that_has_become_one_of_another() {
    on_sqlite(async |database| {
        let account = Account::open(database).await;
        let anna = [("firstname", "Anna"), ("lastname", "Müller"), ("company", "Exempla GmbH")];
        let other = [&anna[..], &[("email", "anna.mueller2@exempla.example")]].concat();
        account.world().add(&other);
        account.exact_begins(1.0).await;
        account.office.connect(&account.settings(TOKEN)).await;
        account.read().await.unwrap();
        let seen = account.suggested(1, MOTHER).await;
        assert_eq!(seen.match_level, Level::Possible, "{seen:?}");

        // A colleague enters somebody who is more like her, and of whom no more is known.
        let title = [&anna[..], &[("jobtitle", "Leiterin Einkauf")]].concat();
        account.world().add(&title);
        account.read().await.unwrap();
        let now = account.desk.suggestion(&seen.id).await;
        assert_eq!((now.kind, now.match_level), (seen.kind, seen.match_level));
        assert_ne!(now.known_id, seen.known_id, "{now:?}");
        let beside = |it: &Suggestion| -> Vec<_> {
            let differing = compare(it).into_iter().filter(|row| row.differs);
            differing.map(|row| (row.suggested, row.known)).collect()
        };
        let before = beside(&seen);
        assert!(beside(&now).iter().all(|row| before.contains(row)), "{now:?} {before:?}");
        let refused = account.accept_seen(&seen.id, seen.changed_at.0).await;
        assert!(matches!(refused, Err(DecideError::Changed)), "{refused:?}");
        account.accept_seen(&now.id, now.changed_at.0).await.unwrap();
    })
    .await;
}
