//! Whom a colleague has made is not made again, also where they have no address of their own and no rule knows
//! them yet.

use super::Environment;
use crate::support::databases::on_each_database;
use undersigned::store::crm_writes::State;
use undersigned::store::suggestions::State as Decided;

const EVA: &str = "Eva Braunschweig <info@probe.example>";
const SIGNS: &str = "Eva Braunschweig\nLeiterin Vertrieb\nTel. +49 911 3000001";
const HERS: [(&str, &str); 5] = [
    ("firstname", "Eva"),
    ("lastname", "Braunschweig"),
    ("emailaddress1", "info@probe.example"),
    ("jobtitle", "Leiterin Vertrieb"),
    ("telephone1", "+49 911 3000001"),
];

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_address_of_their_own_is_found_by_name_before_they_are_read() {
    Box::pin(on_each_database(async |database| {
        let dynamics = Environment::open(database).await;
        dynamics.begin().await;
        dynamics.world().rules_lag = 300_000;
        let new = dynamics.office.suggested(1, EVA, SIGNS).await;
        let other = [HERS[0], HERS[1], ("jobtitle", "Auszubildende")];
        dynamics.world().add(&other);
        let by_hand = dynamics.world().add(&HERS);
        dynamics.accept(&new.id).await;
        let refused = dynamics.write(&new.id).await;
        assert_eq!((refused.state, refused.external_id.as_str()), (State::Conflict, ""));
        assert!(refused.detail.contains("already"), "{}", refused.detail);
        assert_eq!(dynamics.world().there().len(), 2);
        // All that she signs is there by now: nobody need decide that once more.
        assert_eq!(dynamics.desk.suggestion(&new.id).await.state, Decided::Expired);

        // Whom a try of ours has made, whose end nobody saw, is ours and no colleague's.
        let ida = SIGNS.replace("Eva", "Ida").replace("3000001", "3000002");
        let from = EVA.replace("Eva", "Ida");
        let new = dynamics.office.suggested(2, &from, &ida).await;
        dynamics.accept(&new.id).await;
        dynamics.fault("PATCH contacts", 502, "", true);
        assert!(dynamics.try_write(&new.id).await.is_err());
        let written = dynamics.write(&new.id).await;
        assert_eq!(written.state, State::Written, "{}", written.detail);
        assert_ne!(written.external_id, by_hand);
        assert_eq!(dynamics.world().there().len(), 3);
    }))
    .await;
}
