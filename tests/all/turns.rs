//! One process reads for all tenants, and none of them waits for another one.

use crate::support::databases::on_sqlite;
use crate::support::desk::{Desk, letter};
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::timeout;
use undersigned::contact::Contact;
use undersigned::mail::{Limits, Reason, Skipped};
use undersigned::signature::Hints;
use undersigned::suggestion::{Intake, Outcome, Settings};

const ANNA: &str = "Anna Müller <anna.mueller@exempla.example>";

/// Set once the slow messages may end.
static RELEASED: AtomicBool = AtomicBool::new(false);

/// Reads as a program that some messages keep busy.
fn busy(bytes: &[u8], _: &Limits, _: &Hints) -> Result<Contact, Skipped> {
    let is_slow = String::from_utf8_lossy(bytes).contains("Slow");
    while is_slow && !RELEASED.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(10));
    }
    Err(Skipped::new(Reason::NoSignature, "nobody signs"))
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_slow_messages_one_tenant_gets_another_ones_are_read() {
    on_sqlite(async |database| {
        let db = database.open().await;
        let flooded = Desk::of(&db, "Kugellager").await;
        let other = flooded.neighbour("Nachbar").await;
        let settings = Settings {
            deadline: Duration::from_mins(5),
            lanes: NonZero::new(2).unwrap(),
            read: busy,
            ..Settings::default()
        };
        let (vault, clock) = (flooded.vault.clone(), flooded.clock.clone());
        let intake = Intake::new(db.clone(), vault, clock, settings);
        let slow: Vec<_> = (0..12)
            .map(|number| {
                let (intake, message) =
                    (intake.clone(), flooded.message(&letter(number, ANNA, "Slow")));
                tokio::spawn(async move { intake.take(message, None).await.unwrap() })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(300)).await;
        for number in 20..30 {
            let fine = intake.take(other.message(&letter(number, ANNA, "Fine")), None);
            let fine = timeout(Duration::from_secs(10), fine).await;
            assert!(matches!(fine.expect("it waits for nobody"), Ok(Outcome::Skipped(_))));
        }
        assert!(slow.iter().all(|one| !one.is_finished()));
        RELEASED.store(true, Ordering::Relaxed);
        for one in slow {
            assert!(matches!(one.await.unwrap(), Outcome::Skipped(_)));
        }
    })
    .await;
}
