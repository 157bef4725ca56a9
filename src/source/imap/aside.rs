//! Messages that the server lists and does not hand over: put aside, so that they hold up no other, and
//! asked for again ever less often.

use super::end::End;
use super::fetch::{self, Place};
use super::proof::prove;
use super::reader::Reader;
use super::watch::Watch;
use super::wire::{Transport, Wire};
use crate::store::StoreError;
use crate::store::mailboxes::{self, Lane, Withheld};

/// When a message that was put aside is asked for again, in seconds after each try; after the last
/// one it is quarantined.
const AGAIN_SECS: [i64; 5] = [600, 3600, 6 * 3600, 24 * 3600, 48 * 3600];

/// How many that were put aside are asked for with one look.
const AT_ONCE: u32 = 20;

/// Moves the cursor past a message, and notes to ask for it again.
pub(super) async fn put_aside<R: Reader>(
    watch: &mut Watch<R>,
    place: &Place<'_>,
    uid: u32,
) -> Result<(), End> {
    watch.aside = None;
    let now = watch.clock.now();
    let mut tx = watch.db.begin_write().await?;
    let retry_at = now.plus_secs(AGAIN_SECS[0]);
    mailboxes::withhold(&mut tx, &watch.held, place.folder, uid, retry_at).await?;
    if !mailboxes::pass_over(&mut tx, &watch.cursor(place, uid)).await? {
        return Err(End::Stopped);
    }
    tx.commit().await.map_err(StoreError::from)?;
    watch.note_progress();
    tracing::warn!(mailbox = %watch.held.mailbox.id, uid, "a message the server does not hand over is put aside");
    Ok(())
}

/// Asks again for those that were put aside and are due, in the folder that is open, if it hands over any
/// message: then whatever comes of it counts as a try.
pub(super) async fn withheld_again<S: Transport, R: Reader>(
    wire: &mut Wire<S>,
    watch: &mut Watch<R>,
    place: &Place<'_>,
) -> Result<(), End> {
    let now = watch.clock.now();
    let mut conn = watch.db.read().await?;
    let due = mailboxes::withheld_due(&mut conn, &watch.held, place.folder, now, AT_ONCE).await?;
    drop(conn);
    if !due.is_empty() {
        prove(wire, watch, place.folder).await?;
    }
    let place = Place { lane: Lane::Withheld, ..*place };
    for Withheld { uid, tries } in due {
        let plainly = tries.is_multiple_of(2);
        let Err(unread) = fetch::read_alone(wire, watch, &place, uid, plainly).await else {
            // It was read, which forgot it, or it is gone from the folder.
            let mut tx = watch.db.begin_write().await?;
            mailboxes::pass_over(&mut tx, &watch.cursor(&place, uid)).await?;
            tx.commit().await.map_err(StoreError::from)?;
            continue;
        };
        if unread.blamed.is_none() {
            return Err(unread.end);
        }
        let again = usize::try_from(tries).ok().and_then(|tries| AGAIN_SECS.get(tries));
        if let Some(seconds) = again {
            let retry_at = now.plus_secs(*seconds);
            let mut tx = watch.db.begin_write().await?;
            mailboxes::withhold(&mut tx, &watch.held, place.folder, uid, retry_at).await?;
            tx.commit().await.map_err(StoreError::from)?;
        } else {
            let cursor = watch.cursor(&place, uid);
            watch.reader.give_up(&watch.held.mailbox, &cursor).await?;
        }
        watch.note_progress();
        if !unread.is_over_a_refusal() {
            return Err(unread.end);
        }
    }
    Ok(())
}
