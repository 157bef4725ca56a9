//! Tells the tenant's admins by mail of mailboxes that stay ill, of an ill CRM, and of groups that cannot be followed: once, again after a
//! day, and when it is well again. What passes by itself within the patience of its state is nobody's
//! business. What one cause makes of many is one mail.

mod crowd;
mod due;
mod patient;

use super::JobError;
use super::telling::Telling;
use crate::clock::Millis;
use crate::followup::notice::{Notice, Notices};
use crate::store::users::{self, User};
use crate::store::{Conn, Db, StoreError, TenantId, UserId};
use crowd::Crowd;
use patient::Patient;
use url::Url;

/// After how long they are reminded, once.
const REMINDER_SECS: i64 = 86_400;
/// As many of a kind are told of one by one; what makes more of them ill or well at the same time is told
/// once.
const HANDFUL: usize = 5;

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

    /// How often they were told of the illness, once they are told this.
    const fn times(self) -> u32 {
        match self {
            Self::Well => 0,
            Self::Ill => 1,
            Self::StillIll => 2,
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
    let due = due::due(found, now);
    if due.is_empty() {
        return Ok(());
    }
    let Some(mut telling) = Telling::begin(db, notices, tenant, now).await? else { return Ok(()) };
    let mut noted: Vec<(News, Patient)> = Vec::new();
    for (told, news) in due {
        let times = (told.times, news.times());
        if told.of.note_told(telling.conn(), tenant, times, now).await? {
            noted.push((news, told.of));
        }
    }
    for (news, of) in subjects(&noted) {
        let news = news.as_str();
        telling.tell(|admin| format!("{news}:{of}:{admin}")).await?;
    }
    telling.end().await
}

/// What each mail is about: one patient, or all of a kind of which the same news came now.
fn subjects(noted: &[(News, Patient)]) -> Vec<(News, String)> {
    let mut subjects: Vec<(News, String)> = Vec::new();
    for (news, patient) in noted {
        let crowd = Crowd::of(patient).filter(|crowd| {
            let of_it =
                |(its, other): &&(News, Patient)| its == news && Crowd::of(other) == Some(*crowd);
            noted.iter().filter(of_it).count() > HANDFUL
        });
        let subject = (*news, crowd.map_or_else(|| patient.id(), |crowd| crowd.id().to_owned()));
        if !subjects.contains(&subject) {
            subjects.push(subject);
        }
    }
    subjects
}

/// The mail of a job, unless it has become untrue meanwhile or has nobody to go to.
pub(super) async fn notice(
    conn: &mut Conn,
    job: &super::Job,
    public_url: &Url,
    now: Millis,
) -> Result<Option<Notice>, JobError> {
    let (news, of, user) =
        parse(&job.payload).ok_or_else(|| JobError::fail("the job names no notice"))?;
    let user = users::get(conn, &job.tenant, &user).await?.filter(|user| !user.disabled);
    let Some(user) = user else { return Ok(None) };
    let crowd = Crowd::parse(of);
    let patients = if let Some(crowd) = crowd {
        crowd.told_at(conn, &job.tenant, (job.created_at, news.times())).await?
    } else {
        Vec::from_iter(Patient::get(conn, &job.tenant, of).await?)
    };
    let is_true = |patient: &Patient| (news == News::Well) == patient.ill_since().is_none();
    let patients: Vec<Patient> = patients.into_iter().filter(is_true).collect();
    // It could not be sent for so long that the reminder says it, or nobody waits for it any more.
    if news != News::StillIll && job.created_at.plus_secs(REMINDER_SECS) <= now {
        return Ok(None);
    }
    let Some(first) = patients.first() else { return Ok(None) };
    let (subject, body) = match crowd.filter(|_| patients.len() > 1) {
        None => words(news, first, &user, public_url),
        Some(crowd) => crowd::words(news, crowd, (first, &patients), &user, public_url),
    };
    Ok(Some(Notice { id: job.id.to_string(), to: user.email, to_name: user.name, subject, body }))
}

fn parse(payload: &str) -> Option<(News, &str, UserId)> {
    let mut parts = payload.split(':');
    let word = parts.next()?;
    let news = News::ALL.into_iter().find(|news| news.as_str() == word)?;
    Some((news, parts.next()?, UserId::parse(parts.next()?)?))
}

fn page(public_url: &Url, name: &str) -> String {
    public_url.join(name).map_or_else(|_| public_url.to_string(), String::from)
}

fn words(news: News, patient: &Patient, user: &User, public_url: &Url) -> (String, String) {
    let words = patient.words();
    let what = &words.what;
    let page = page(public_url, words.page);
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
