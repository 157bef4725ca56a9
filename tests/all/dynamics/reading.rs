//! What changed in the environment is read, and nothing else; what is gone is forgotten.

use super::{Environment, RECORD, SECRET};
use crate::support::databases::on_each_database;

#[tokio::test(flavor = "multi_thread")]
async fn only_what_changed_is_read_and_what_is_gone_is_forgotten() {
    on_each_database(async |database| {
        let dynamics = Environment::open(database).await;
        let (anna, eva, ina, jan) = {
            let mut world = dynamics.world();
            world.page = 2;
            let eva = world.add(&[("lastname", "Braunschweig")]);
            let ina = world.add(&[("lastname", "Lindqvist")]);
            (world.add(&RECORD), eva, ina, world.add(&[("lastname", "Petersen")]))
        };
        // A reading that breaks off goes on where it was, or anew, if that is too long ago.
        dynamics.office.connect(&dynamics.settings(SECRET)).await;
        for status in [503, 400] {
            dynamics.fault("skiptoken", status, "0x80060888", false);
            assert!(dynamics.read().await.is_err());
            assert_eq!(dynamics.known().await, 2);
        }
        dynamics.desk.clock.advance_secs(7200);
        dynamics.fault("skiptoken", 400, "0x80060888", false);
        dynamics.read().await.unwrap();
        assert_eq!(dynamics.known().await, 4);
        assert_eq!(dynamics.world().asked_for("EntityDefinitions"), 2);

        let asked = dynamics.world().asked.len();
        dynamics.read().await.unwrap();
        assert_eq!(dynamics.world().asked.len(), asked + 1, "nothing has changed");

        dynamics.desk.clock.advance_secs(3600);
        {
            let mut world = dynamics.world();
            world.change(&anna, &[("mobilephone", "+49 170 1234567")]);
            world.add(&[("lastname", "Neumann"), ("emailaddress1", "n@probe.example")]);
            world.remove(&eva);
            world.set_state(&ina, 1);
        }
        dynamics.read().await.unwrap();
        assert_eq!(dynamics.known().await, 3);
        assert_eq!(dynamics.world().asked.len(), asked + 4, "two pages of what changed, one look");
        dynamics.world().set_state(&ina, 0);
        dynamics.read().await.unwrap();
        assert_eq!(dynamics.known().await, 4);

        // Whoever was not asked for a week has to read everything again.
        {
            let mut world = dynamics.world();
            world.remove(&jan);
            world.forgotten = u64::MAX;
        }
        dynamics.read().await.unwrap();
        assert_eq!(dynamics.known().await, 3);
        assert_eq!(dynamics.world().asked_for("EntityDefinitions"), 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_not_tracked_is_read_by_the_time_of_change() {
    on_each_database(async |database| {
        let dynamics = Environment::open(database).await;
        let eva = {
            let mut world = dynamics.world();
            (world.tracks, world.page) = (false, 2);
            world.add(&RECORD);
            world.add(&[("lastname", "Lindqvist")]);
            world.add(&[("lastname", "Braunschweig")])
        };
        dynamics.office.connect(&dynamics.settings(SECRET)).await;
        // A link that leads elsewhere is not followed: the token stays where it belongs.
        dynamics.world().links = "http://127.0.0.1:9".into();
        let told = dynamics.read().await.unwrap_err().to_string();
        assert!(told.contains("another address"), "{told}");
        dynamics.world().links = dynamics.crm.url.clone();
        dynamics.read().await.unwrap();
        assert_eq!(dynamics.known().await, 3);
        dynamics.desk.clock.advance_secs(3600);
        let asked = dynamics.world().asked.len();
        {
            let mut world = dynamics.world();
            world.page = 50;
            world.add(&[("lastname", "Neumann")]);
            world.remove(&eva);
        }
        dynamics.read().await.unwrap();
        assert_eq!(dynamics.known().await, 4, "what is removed tells nothing of itself");
        assert_eq!(dynamics.world().asked.len(), asked + 1);
        dynamics.desk.clock.advance_secs(24 * 3600);
        dynamics.read().await.unwrap();
        assert_eq!(dynamics.known().await, 3);
    })
    .await;
}
