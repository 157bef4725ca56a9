//! A number for which HubSpot has no field: that is said before it is accepted, and it may take the place of
//! another.

use super::{Account, RECORD};
use crate::support::databases::on_each_database;
use crate::support::desk::Desk;
use crate::support::hubspot::TOKEN;
use std::collections::BTreeMap;
use undersigned::crm::no_room;
use undersigned::matching::BadChoice;
use undersigned::store::SuggestionId;
use undersigned::store::audit::Actor;
use undersigned::store::crm_writes::State;
use undersigned::suggestion::{self, Choice, DecideError};

const OLD: &str = "+49 170 1234567";
const NEW: &str = "+49 171 7654321";

impl Account {
    /// Accepts a suggestion, a number of it in place of a known one.
    async fn accept_instead(&self, id: &SuggestionId, of: &str) -> Result<(), DecideError> {
        let Desk { db, tenant, clock, .. } = &self.desk;
        clock.advance_secs(1);
        let instead_of = BTreeMap::from([("phones/2".to_owned(), of.to_owned())]);
        let choice = Choice { instead_of, ..Choice::default() };
        let (by, now) = (Actor::CommandLine, clock.now());
        let mut tx = db.begin_write().await?;
        Box::pin(suggestion::accept(&mut tx, tenant, id, &choice, &by, now)).await?;
        tx.commit().await.unwrap();
        Ok(())
    }

    /// What of a suggestion the CRM has no room for.
    async fn lacking(&self, id: &SuggestionId) -> Vec<(String, String)> {
        let open = self.desk.suggestion(id).await;
        let mut conn = self.desk.db.read().await.unwrap();
        let mut all = no_room(&mut conn, &self.desk.tenant, [&open]).await.unwrap();
        all.remove(id.as_str()).unwrap_or_default().into_iter().collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_mobile_number_takes_the_place_of_the_old_one_if_a_rep_says_so_and_gives_it_back() {
    on_each_database(async |database| {
        let account = Account::open(database).await;
        let anna = account.world().add(&RECORD);
        let home = "+49 931 3000077";
        account.world().change(anna, &[("mobilephone", OLD), ("hs_whatsapp_phone_number", home)]);
        account.office.connect(&account.settings(TOKEN)).await;
        account.read().await.unwrap();

        let lines = |more: &str| format!("Anna Müller\nTel. +49 931 3000001\n{more}");
        let update = account.suggested(1, &lines(&format!("Mobil {NEW}\nTel. {home}"))).await;
        let rows = suggestion::compare(&update);
        let differing: Vec<_> = rows.iter().filter(|row| row.differs).collect();
        let [row] = differing[..] else { panic!("a number that is only read is known: {rows:?}") };
        assert_eq!((row.key.as_str(), &row.instead_of[..]), ("phones/2", &[OLD.to_owned()][..]));
        let why = "the CRM has no free field for another mobile phone";
        assert_eq!(account.lacking(&update.id).await, [("phones/2".into(), why.into())]);

        // Not in place of what she signs with, or what nobody knows.
        for of in ["+49 931 3000001", "+49 170 1111111"] {
            let refused = account.accept_instead(&update.id, of).await;
            let why = BadChoice::NotThere("phones/2".into());
            assert!(matches!(&refused, Err(DecideError::Choice(it)) if *it == why), "{refused:?}");
        }
        for _ in 0..2 {
            account.accept_instead(&update.id, OLD).await.unwrap();
            let written = account.write(&update.id).await;
            assert_eq!((written.state, written.detail.as_str()), (State::Written, ""));
            assert_eq!(account.world().text(anna, "mobilephone"), NEW);
            assert_eq!(account.world().text(anna, "phone"), "0931 3000001");
            let had = |contact: &undersigned::contact::Contact, number: &str| {
                contact.phones.iter().any(|phone| phone.value.display() == number)
            };
            let before = written.before.as_ref().unwrap();
            assert!(had(before, OLD) && !had(before, NEW), "{before:?}");
            assert!(had(&written.after, NEW) && !had(&written.after, OLD), "{written:?}");
            account.undo(&update.id).await;
            assert_eq!(account.write(&update.id).await.state, State::Undone);
            assert_eq!(account.world().text(anna, "mobilephone"), OLD);
        }

        // Where the field is free there is room, and that is what is said.
        account.world().change(anna, &[("mobilephone", "")]);
        account.read().await.unwrap();
        assert!(account.lacking(&update.id).await.is_empty());
    })
    .await;
}
