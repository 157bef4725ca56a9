//! The org's own duplicate rules are heard, and a contact comes to its account.

use super::Org;
use crate::support::databases::on_each_database;
use crate::support::salesforce::SECRET;
use undersigned::store::crm_writes::State;
use undersigned::store::suggestions::State as Decided;

const EVA: &str = "Eva Braunschweig <eva@probe.example>";
const LINES: &str = "Eva Braunschweig\nLeiterin Vertrieb\nProbe AG\nTel. +49 911 3000001";

impl Org {
    async fn goes_to_her_account_and_away_again(&self, eva: &str) {
        let account = self.world().add_account("PROBE", "");
        self.read().await.unwrap();
        let lines = format!("{LINES}\nMobil +49 170 1234567");
        let update = self.office.suggested(2, EVA, &lines).await;
        self.accept(&update.id).await;
        let written = self.write(&update.id).await;
        assert_eq!((written.state, written.detail.as_str()), (State::Written, ""));
        assert_eq!(self.world().text(eva, "AccountId"), account);
        self.undo(&update.id).await;
        assert_eq!(self.write(&update.id).await.state, State::Undone);
        assert_eq!(self.world().text(eva, "AccountId"), "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_the_rules_of_the_org_find_is_compared_and_not_made_again() {
    on_each_database(async |database| {
        let org = Org::open(database).await;
        org.connect(&org.settings(SECRET)).await;
        org.read().await.unwrap();
        let new = org.office.suggested(1, EVA, LINES).await;
        org.accept(&new.id).await;
        // A colleague made her meanwhile, with another address: only Salesforce's rule knows her.
        let by_hand = org.world().add(&[
            ("FirstName", "Eva"),
            ("LastName", "Braunschweig"),
            ("Phone", "+49 911 3000001"),
        ]);
        let refused = org.write(&new.id).await;
        assert_eq!(refused.state, State::Conflict);
        assert!(refused.detail.contains("already"), "{}", refused.detail);
        let open = org.desk.suggestion(&new.id).await;
        assert_eq!(open.state, Decided::Open);
        assert!(open.known.is_some(), "it is an update now");
        org.accept(&new.id).await;
        let written = org.write(&new.id).await;
        assert_eq!(written.state, State::Written);
        assert!(written.detail.contains("no account"), "{}", written.detail);
        assert_eq!(org.world().there(), std::slice::from_ref(&by_hand));
        assert_eq!(org.world().text(&by_hand, "Title"), "Leiterin Vertrieb");
        assert_eq!(org.world().text(&by_hand, "Email"), "eva@probe.example");

        // Her company becomes an account: the next letter brings her there, and undo away again.
        Box::pin(org.goes_to_her_account_and_away_again(&by_hand)).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_the_address_already_or_is_a_lead_out_of_sight_is_not_made() {
    on_each_database(async |database| {
        let org = Org::open(database).await;
        org.connect(&org.settings(SECRET)).await;
        org.read().await.unwrap();
        // An address that is there is found before Salesforce has to say so.
        let paul = "Paul Probst <paul@probe.example>";
        let lines = LINES.replace("Eva Braunschweig", "Paul Probst").replace("01", "02");
        let new = org.office.suggested(3, paul, &lines).await;
        org.accept(&new.id).await;
        org.world().add(&[("LastName", "Probst"), ("Email", "Paul@Probe.example")]);
        assert_eq!(org.write(&new.id).await.state, State::Conflict);
        assert_eq!(org.world().there().len(), 1);

        // A lead whom the app's user may not see: the write says what to do.
        let otto = "Otto O'Neill <o'neill@probe.example>";
        let lines = LINES.replace("Eva Braunschweig", "Otto O'Neill").replace("01", "03");
        let new = org.office.suggested(4, otto, &lines).await;
        org.accept(&new.id).await;
        org.world().unseen = Some("Lead");
        let lead = org.world().add_lead(&[
            ("LastName", "O'Neill"),
            ("Company", "Probe AG"),
            ("Email", "o'neill@probe.example"),
        ]);
        let failed = org.write(&new.id).await;
        assert_eq!(failed.state, State::Failed);
        assert!(failed.detail.contains(&format!("lead already ({lead})")), "{}", failed.detail);
        assert_eq!(org.world().there().len(), 1);

        // An address that several people have makes nobody one.
        org.world().add(&[("LastName", "Zentrale"), ("Email", "info@probe.example")]);
        let ida = "Ida Huber <info@probe.example>";
        let lines = LINES.replace("Eva Braunschweig", "Ida Huber").replace("01", "04");
        let new = org.office.suggested(5, ida, &lines).await;
        org.accept(&new.id).await;
        let written = org.write(&new.id).await;
        assert_eq!(written.state, State::Written, "{}", written.detail);
        let there = org.world().there();
        let emails =
            there.iter().filter(|id| org.world().text(id, "Email") == "info@probe.example");
        assert_eq!((there.len(), emails.count()), (3, 2));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_change_would_make_a_duplicate_by_the_rules_of_the_org_is_told() {
    on_each_database(async |database| {
        let org = Org::open(database).await;
        let names = [("FirstName", "Eva"), ("LastName", "Braunschweig")];
        let eva = org.world().add(&[&names[..], &[("Email", "eva@probe.example")]].concat());
        org.connect(&org.settings(SECRET)).await;
        org.read().await.unwrap();
        let update = org.office.suggested(1, EVA, LINES).await;
        org.accept(&update.id).await;
        let other = org.world().add(&[&names[..], &[("Phone", "+49 911 3000001")]].concat());
        let failed = org.write(&update.id).await;
        assert_eq!(failed.state, State::Failed, "{}", failed.detail);
        for told in ["Salesforce's duplicate rules", other.as_str(), "merge them there"] {
            assert!(failed.detail.contains(told), "{told}: {}", failed.detail);
        }
        assert_eq!(org.world().text(&eva, "Phone"), "");
    })
    .await;
}
