//! Tells the tenant's admins by mail of mailboxes that stay ill, and of an ill CRM: once, again after a
//! day, and when it is well again. What passes by itself within the patience of its state is nobody's
//! business.

mod patient;

use super::JobError;
use super::telling::Telling;
use crate::clock::Millis;
use crate::followup::notice::{Notice, Notices};
use crate::store::users::{self, User};
use crate::store::{Conn, Db, StoreError, TenantId, Told, UserId};
use patient::Patient;
use url::Url;

/// How long what only a person can heal is waited for: a server may err for a moment.
const PATIENCE_FOR_A_PERSON_SECS: i64 = 10 * 60;
/// How long what mostly heals by itself is waited for.
const PATIENCE_SECS: i64 = 3600;
/// After how long they are reminded, once.
const REMINDER_SECS: i64 = 86_400;

/// What is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum News {
    Ill,
    StillIll,
    Well,
}

impl News {
    const ALL: [Self; 3] = [Self::Ill, Self::StillIll, Self::Well];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Ill => "ill",
            Self::StillIll => "still-ill",
            Self::Well => "well",
        }
    }
}

/// Finds what is to be told, and enqueues a mail to each admin in the transaction that notes it.
/// While there is no account to send with nothing is noted: the page says it, and mail follows when there
/// is one.
pub(super) async fn look(
    db: &Db,
    notices: &Notices,
    tenant: &TenantId,
    now: Millis,
) -> Result<(), StoreError> {
    let found = patient::to_be_told(&mut *db.read().await?, tenant).await?;
    let due: Vec<(Told<Patient>, News)> =
        found.into_iter().filter_map(|told| news(&told, now).map(|news| (told, news))).collect();
    if due.is_empty() {
        return Ok(());
    }
    let Some(mut telling) = Telling::begin(db, notices, tenant, now).await? else { return Ok(()) };
    for (told, news) in due {
        let times = match news {
            News::Ill => 1,
            News::StillIll => 2,
            News::Well => 0,
        };
        if told.of.note_told(telling.conn(), tenant, (told.times, times), now).await? {
            let (news, of) = (news.as_str(), told.of.id());
            telling.tell(|admin| format!("{news}:{of}:{admin}")).await?;
        }
    }
    telling.end().await
}

fn news(told: &Told<Patient>, now: Millis) -> Option<News> {
    let Some(since) = told.of.ill_since() else {
        return (told.times > 0).then_some(News::Well);
    };
    let patience =
        if told.of.needs_a_person() { PATIENCE_FOR_A_PERSON_SECS } else { PATIENCE_SECS };
    match (told.times, told.at) {
        (0, _) => (since.plus_secs(patience) <= now).then_some(News::Ill),
        (1, Some(at)) => (at.plus_secs(REMINDER_SECS) <= now).then_some(News::StillIll),
        _ => None,
    }
}

/// The mail of a job, unless it has become untrue meanwhile or has nobody to go to.
pub(super) async fn notice(
    conn: &mut Conn,
    job: &super::Job,
    public_url: &Url,
    now: Millis,
) -> Result<Option<Notice>, JobError> {
    let (news, patient, user) =
        parse(&job.payload).ok_or_else(|| JobError::fail("the job names no notice"))?;
    let patient = Patient::get(conn, &job.tenant, patient).await?;
    let user = users::get(conn, &job.tenant, &user).await?.filter(|user| !user.disabled);
    let (Some(patient), Some(user)) = (patient, user) else { return Ok(None) };
    if (news == News::Well) != patient.ill_since().is_none() {
        return Ok(None);
    }
    // It could not be sent for so long that the reminder says it, or nobody waits for it any more.
    if news != News::StillIll && job.created_at.plus_secs(REMINDER_SECS) <= now {
        return Ok(None);
    }
    let (subject, body) = words(news, &patient, &user, public_url);
    Ok(Some(Notice { id: job.id.to_string(), to: user.email, to_name: user.name, subject, body }))
}

fn parse(payload: &str) -> Option<(News, &str, UserId)> {
    let mut parts = payload.split(':');
    let word = parts.next()?;
    let news = News::ALL.into_iter().find(|news| news.as_str() == word)?;
    Some((news, parts.next()?, UserId::parse(parts.next()?)?))
}

fn words(news: News, patient: &Patient, user: &User, public_url: &Url) -> (String, String) {
    let words = patient.words();
    let what = &words.what;
    let page = public_url.join(words.page).map_or_else(|_| public_url.to_string(), String::from);
    let hello = format!("Hello {},", user.name);
    if news == News::Well {
        let subject = format!("{} {} again", words.short, words.works);
        let body = format!("{hello}\n\n{what} is well again. {}\n\n{page}\n", words.is_done);
        return (subject, body);
    }
    let since = patient.ill_since().map(Millis::to_rfc3339).unwrap_or_default();
    let still = if news == News::StillIll { "still " } else { "" };
    let (subject, detail) = (
        format!("{} is {still}not being {}: {}", words.short, words.done, words.why),
        words.detail,
    );
    let body = format!(
        "{hello}\n\n{what} has not been {} since {since}:\n\n{detail}\n\n{}\n\n{}: {page}\n",
        words.done, words.waits, words.to_do
    );
    (subject, body)
}
