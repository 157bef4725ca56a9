//! Warns the tenant's admins by mail of what ends by itself: the secrets and certificates of apps, and a
//! consent at Microsoft that nobody uses. Each is warned of 30, 14, 7 and 1 days before, once.

mod words;

use super::JobError;
use super::telling::Telling;
use crate::clock::Millis;
use crate::followup::notice::{Notice, Notices};
use crate::store::endings::{self, Ending, Subject};
use crate::store::users;
use crate::store::{Conn, Db, StoreError, TenantId, UserId};
use url::Url;
use words::Words;

/// How many days before an end it is warned of.
const WARNINGS: [i64; 4] = [30, 14, 7, 1];
const DAY_SECS: i64 = 86_400;

/// The first word of a notice about an end.
const WORD: &str = "ends";

/// Finds what ends soon, and enqueues a mail to each admin in the transaction that notes it. While there is
/// no account to send with nothing is noted: mail follows when there is one.
pub(super) async fn look(
    db: &Db,
    notices: &Notices,
    tenant: &TenantId,
    now: Millis,
) -> Result<(), StoreError> {
    let mut conn = db.read().await?;
    let until = now.plus_secs(WARNINGS[0] * DAY_SECS);
    let found = endings::endings(&mut conn, tenant, now, until).await?;
    drop(conn);
    let due: Vec<(Ending, i64)> =
        found.into_iter().filter_map(|end| warning(&end, now).map(|days| (end, days))).collect();
    if due.is_empty() {
        return Ok(());
    }
    let Some(mut telling) = Telling::begin(db, notices, tenant, now).await? else { return Ok(()) };
    for (ending, days) in due {
        if endings::note_warned(telling.conn(), tenant, &ending, days).await? {
            telling.tell(|admin| format!("{WORD}:{admin}:{}", ending.subject)).await?;
        }
    }
    telling.end().await
}

/// The warning that is due: for the fewest days that the end is not further away than.
fn warning(ending: &Ending, now: Millis) -> Option<i64> {
    let left = ending.at.0 - now.0;
    let due = WARNINGS.into_iter().rev().find(|days| left <= days * DAY_SECS * 1000)?;
    (ending.warned_days == 0 || due < ending.warned_days).then_some(due)
}

/// Whether a notice is about an end.
pub(super) fn is_meant(payload: &str) -> bool {
    payload.split(':').next() == Some(WORD)
}

/// The mail of a job, unless what ends was renewed meanwhile or it has nobody to go to.
pub(super) async fn notice(
    conn: &mut Conn,
    job: &super::Job,
    public_url: &Url,
    now: Millis,
) -> Result<Option<Notice>, JobError> {
    let (user, subject) =
        parse(&job.payload).ok_or_else(|| JobError::fail("the job names no notice"))?;
    let user = users::get(conn, &job.tenant, &user).await?.filter(|user| !user.disabled);
    let Some(user) = user else { return Ok(None) };
    let until = now.plus_secs(WARNINGS[0] * DAY_SECS);
    let endings = endings::endings(conn, &job.tenant, now, until).await?;
    let Some(ending) = endings.into_iter().find(|ending| ending.subject == subject) else {
        return Ok(None);
    };
    // It could not be sent for so long that the next warning says it.
    let due_then = warning(&Ending { warned_days: 0, ..ending.clone() }, job.created_at);
    if due_then.is_some_and(|days| (1..days).contains(&ending.warned_days)) {
        return Ok(None);
    }
    let Some(words) = words::of(conn, &job.tenant, &subject).await? else { return Ok(None) };
    let Words { title, to_do, page } = words;
    let day = ending.at.to_rfc3339();
    let day = day.split('T').next().unwrap_or_default();
    let page = public_url.join(page).map_or_else(|_| public_url.to_string(), String::from);
    Ok(Some(Notice {
        id: job.id.to_string(),
        to: user.email,
        subject: format!("{title} ends on {day}"),
        body: format!("Hello {},\n\n{to_do}\n\nIt ends on {day}.\n\n{page}\n", user.name),
        to_name: user.name,
    }))
}

fn parse(payload: &str) -> Option<(UserId, Subject)> {
    let mut parts = payload.splitn(3, ':').skip(1);
    Some((UserId::parse(parts.next()?)?, Subject::parse(parts.next()?)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_warning_is_due_once_and_the_end_itself_is_none() {
        let now = Millis(1_800_000_000_000);
        let due = |days: i64, warned_days| {
            let at = now.plus_secs(days * DAY_SECS);
            warning(&Ending { subject: Subject::GraphApp, at, warned_days }, now)
        };
        assert_eq!(due(31, 0), None);
        assert_eq!([due(30, 0), due(30, 30), due(15, 30)], [Some(30), None, None]);
        assert_eq!(
            [due(14, 30), due(8, 14), due(7, 14), due(1, 7)],
            [Some(14), None, Some(7), Some(1)]
        );
        // Entered late: one mail, not three.
        assert_eq!([due(5, 0), due(5, 7), due(1, 1)], [Some(7), None, None]);
    }
}
