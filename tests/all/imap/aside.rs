//! What is put aside and until when a folder is read, as each database keeps it.

use super::house::{House, fresh_address};
use crate::support::databases::on_each_database;
use undersigned::clock::Millis;
use undersigned::store::mailboxes::{self, Baseline, Cursor, Kind, Lane, Withheld};

#[tokio::test]
async fn a_message_that_is_put_aside_is_remembered_until_the_folder_is_numbered_anew() {
    on_each_database(async |database| {
        let house = House::new(database.open().await).await;
        let mailbox = house.connect(&fresh_address("aside")).await;
        let now = house.clock.now();
        let mut tx = house.db.begin_write().await.unwrap();
        let held = mailboxes::claim(&mut tx, Kind::Imap, "worker", now, 1).await.unwrap().remove(0);
        assert_eq!(held.mailbox.id, mailbox);
        let numbered = |uid_validity| Baseline {
            uid_validity,
            last_uid: 0,
            backfill_from: now.plus_secs(-86_400),
            backfill_until: 0,
        };
        assert!(mailboxes::rebaseline(&mut tx, &held, "INBOX", &numbered(7)).await.unwrap());
        let after = mailboxes::unread_after(&mut tx, &held, "INBOX").await.unwrap();
        assert_eq!(after, None, "something may be left to be read");

        // Caught up; then a message is put aside, and a day later nothing else is left.
        let (first, later) = (now.plus_secs(60), now.plus_secs(86_400));
        mailboxes::note_caught_up(&mut tx, &held, "INBOX", first).await.unwrap();
        for tries in 1..=2 {
            mailboxes::withhold(&mut tx, &held, "INBOX", 5, later).await.unwrap();
            let due = mailboxes::withheld_due(&mut tx, &held, "INBOX", later, 9).await.unwrap();
            assert_eq!(due, [Withheld { uid: 5, tries }]);
            mailboxes::note_caught_up(&mut tx, &held, "INBOX", later).await.unwrap();
        }
        let after = mailboxes::unread_after(&mut tx, &held, "INBOX").await.unwrap();
        assert_eq!(after, Some(first));
        let cursor = Cursor {
            tenant: house.tenant.clone(),
            mailbox: mailbox.clone(),
            fence: held.fence,
            folder: "INBOX".to_owned(),
            uid_validity: 7,
            uid: 5,
            lane: Lane::Withheld,
            at: later,
        };
        assert!(mailboxes::advance(&mut tx, &cursor).await.unwrap(), "it came after all");
        let after = mailboxes::unread_after(&mut tx, &held, "INBOX").await.unwrap();
        assert_eq!(after, Some(later));

        mailboxes::withhold(&mut tx, &held, "INBOX", 6, later).await.unwrap();
        assert!(mailboxes::rebaseline(&mut tx, &held, "INBOX", &numbered(8)).await.unwrap());
        let ever = Millis(i64::MAX);
        assert_eq!(mailboxes::withheld_due(&mut tx, &held, "INBOX", ever, 9).await.unwrap(), []);
        let position = mailboxes::position(&mut tx, &held, "INBOX").await.unwrap().unwrap();
        assert_eq!((position.uid_validity, position.caught_up_at), (Some(8), None));
        tx.commit().await.unwrap();
    })
    .await;
}
