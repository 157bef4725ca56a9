//! Warns the tenant's admins by mail of what ends by itself at Microsoft: the app's secret or
//! certificate, and a consent that nobody uses. Each is warned of 30, 14, 7 and 1 days before, once.

use super::{JobError, Kind, NewJob};
use crate::clock::Millis;
use crate::followup::notice::Notice;
use crate::store::graph::{self, Credential, Ending, Subject};
use crate::store::users::{self, User};
use crate::store::{
    Conn, Db, Id, MailboxId, StoreError, TenantId, UserId, mailboxes, technical_users,
};
use tracing::warn;
use url::Url;

/// How many days before an end it is warned of.
const WARNINGS: [i64; 4] = [30, 14, 7, 1];
const DAY_SECS: i64 = 86_400;

/// The first word of a notice about an end.
const WORD: &str = "ends";

/// Finds what ends soon, and enqueues a mail to each admin in the transaction that notes it. Without
/// a technical user nothing is noted: mail follows when there is one.
pub(super) async fn look(db: &Db, tenant: &TenantId, now: Millis) -> Result<(), StoreError> {
    let mut conn = db.read().await?;
    if let Some(at) = graph::first_end(&mut conn, tenant).await? {
        let gauge = metrics::gauge!(
            "undersigned_graph_end_timestamp_seconds", "tenant" => tenant.to_string()
        );
        gauge.set(seconds(at));
    }
    let until = now.plus_secs(WARNINGS[0] * DAY_SECS);
    let found = graph::endings(&mut conn, tenant, now, until).await?;
    drop(conn);
    let due: Vec<(Ending, i64)> =
        found.into_iter().filter_map(|end| warning(&end, now).map(|days| (end, days))).collect();
    if due.is_empty() {
        return Ok(());
    }
    let mut tx = db.begin_write().await?;
    if technical_users::get(&mut tx, tenant).await?.is_none() {
        warn!(%tenant, "nobody can be told of what ends soon at Microsoft: no technical user");
        return Ok(());
    }
    let admins = users::admins(&mut tx, tenant).await?;
    for (ending, days) in due {
        if graph::note_warned(&mut tx, tenant, &ending, days).await? {
            for admin in &admins {
                tell(&mut tx, tenant, &ending.subject, admin, now).await?;
            }
        }
    }
    tx.commit().await?;
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit for millions of years")]
fn seconds(at: Millis) -> f64 {
    at.0 as f64 / 1000.0
}

/// The warning that is due: for the fewest days that the end is not further away than.
fn warning(ending: &Ending, now: Millis) -> Option<i64> {
    let left = ending.at.0 - now.0;
    let due = WARNINGS.into_iter().rev().find(|days| left <= days * DAY_SECS * 1000)?;
    (ending.warned_days == 0 || due < ending.warned_days).then_some(due)
}

async fn tell(
    conn: &mut Conn,
    tenant: &TenantId,
    subject: &Subject,
    admin: &User,
    now: Millis,
) -> Result<(), StoreError> {
    let what = match subject {
        Subject::App => tenant.as_str(),
        Subject::Consent(mailbox) => mailbox.as_str(),
    };
    let job = NewJob {
        tenant: tenant.clone(),
        kind: Kind::SendNotice,
        payload: format!("{WORD}:{what}:{}", admin.id),
        dedupe_key: None,
        run_at: now,
    };
    super::enqueue(conn, &job, now).await?;
    Ok(())
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
    let (what, user) =
        parse(&job.payload).ok_or_else(|| JobError::fail("the job names no notice"))?;
    let user = users::get(conn, &job.tenant, &user).await?.filter(|user| !user.disabled);
    let Some(user) = user else { return Ok(None) };
    let until = now.plus_secs(WARNINGS[0] * DAY_SECS);
    let of_app = what.as_str() == job.tenant.as_str();
    let subject = if of_app { Subject::App } else { Subject::Consent(what.clone()) };
    let endings = graph::endings(conn, &job.tenant, now, until).await?;
    let Some(ending) = endings.into_iter().find(|ending| ending.subject == subject) else {
        return Ok(None);
    };
    let told = if of_app {
        let app = graph::app_view(conn, &job.tenant).await?;
        app.map(|app| of_credential(app.credential, &app.client_id))
    } else {
        let mailbox = mailboxes::get(conn, &job.tenant, &what).await?;
        mailbox.map(|mailbox| of_consent(&mailbox.address))
    };
    let Some((title, what_to_do)) = told else { return Ok(None) };
    let day = ending.at.to_rfc3339();
    let day = day.split('T').next().unwrap_or_default();
    let page = public_url.join("mailboxes").map_or_else(|_| public_url.to_string(), String::from);
    Ok(Some(Notice {
        id: job.id.to_string(),
        to: user.email,
        subject: format!("{title} ends on {day}"),
        body: format!("Hello {},\n\n{what_to_do}\n\nIt ends on {day}.\n\n{page}\n", user.name),
        to_name: user.name,
    }))
}

fn of_credential(credential: Credential, client_id: &str) -> (String, String) {
    let what = match credential {
        Credential::Secret => "client secret",
        Credential::Certificate => "certificate",
    };
    let to_do = format!(
        "the {what} of the app registration {client_id} at Microsoft Entra ends soon. From then on no \
         mailbox at Microsoft 365 is read. Make a new one at entra.microsoft.com, App registrations, \
         Certificates & secrets, and enter it with `undersigned admin set-graph-app` or \
         `PUT /api/v1/graph-app`; the mailboxes go on where they were."
    );
    (format!("The {what} for Microsoft 365"), to_do)
}

fn of_consent(address: &str) -> (String, String) {
    let to_do = format!(
        "the consent to read the mailbox {address} was not used for a while, and Microsoft ends what \
         is not used for 90 days. Resume the mailbox, or see why it is not read; if it is not needed \
         any more, remove it."
    );
    (format!("The consent to read {address}"), to_do)
}

fn parse(payload: &str) -> Option<(MailboxId, UserId)> {
    let mut parts = payload.split(':').skip(1);
    Some((Id::parse(parts.next()?)?, UserId::parse(parts.next()?)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_warning_is_due_once_and_the_end_itself_is_none() {
        let now = Millis(1_800_000_000_000);
        let due = |days: i64, warned_days| {
            let at = now.plus_secs(days * DAY_SECS);
            warning(&Ending { subject: Subject::App, at, warned_days }, now)
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
