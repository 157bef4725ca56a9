//! A reader that notes what it is given.

use crate::source::imap::reader::{NotRead, Reader};
use crate::store::Db;
use crate::store::mailboxes::{self, Cursor, Mailbox};
use std::sync::Mutex;

/// Notes what it is given, and moves the cursor as the intake does.
pub(super) struct Notes {
    pub(super) db: Db,
    pub(super) read: Mutex<Vec<String>>,
    pub(super) given_up: Mutex<Vec<u32>>,
}

impl Reader for Notes {
    type Ahead = ();

    async fn look_ahead(&self, _: &Mailbox) -> Option<()> {
        None
    }

    fn guess(&self, _: &Mailbox) -> Option<()> {
        None
    }

    async fn read(
        &self,
        _: &Mailbox,
        bytes: Vec<u8>,
        _: Option<()>,
        cursor: &Cursor,
    ) -> Result<(), NotRead> {
        let mut tx = self.db.begin_repeatable().await.unwrap();
        if !mailboxes::advance(&mut tx, cursor).await.unwrap() {
            return Err(NotRead::LeaseLost);
        }
        tx.commit().await.unwrap();
        self.read.lock().unwrap().push(String::from_utf8(bytes).unwrap());
        Ok(())
    }

    async fn settle_by_head(
        &self,
        _: &Mailbox,
        head: &[u8],
        cursor: &Cursor,
    ) -> Result<bool, NotRead> {
        let is_bulk = head.starts_with(b"Precedence: bulk");
        if is_bulk {
            let mut tx = self.db.begin_repeatable().await.unwrap();
            assert!(mailboxes::advance(&mut tx, cursor).await.unwrap());
            tx.commit().await.unwrap();
        }
        Ok(is_bulk)
    }

    async fn refuse_size(
        &self,
        mailbox: &Mailbox,
        _: &[u8],
        cursor: &Cursor,
    ) -> Result<(), NotRead> {
        self.give_up(mailbox, cursor).await
    }

    async fn give_up(&self, _: &Mailbox, cursor: &Cursor) -> Result<(), NotRead> {
        let mut tx = self.db.begin_repeatable().await.unwrap();
        assert!(mailboxes::pass_over(&mut tx, cursor).await.unwrap());
        tx.commit().await.unwrap();
        self.given_up.lock().unwrap().push(cursor.uid);
        Ok(())
    }
}
