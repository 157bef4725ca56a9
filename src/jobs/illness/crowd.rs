//! Many of a kind of which the same is to be told: one mail for all of them.
//!
//! The job names the kind only. Who they are is what was noted with it: those of which admins were told at
//! the moment that the job was made. Of whoever has become well since, or of whom more was told, it says
//! nothing.

use super::patient::{Patient, Words};
use super::{HANDFUL, News};
use crate::clock::Millis;
use crate::store::users::User;
use crate::store::{Conn, StoreError, TenantId, graph, mailboxes};
use std::fmt::Write as _;
use url::Url;

/// How many causes are told one by one.
const CAUSES: usize = 5;

/// Of what there may be many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Crowd {
    Mailboxes,
    Groups,
}

impl Crowd {
    const ALL: [Self; 2] = [Self::Mailboxes, Self::Groups];

    /// To which a patient belongs; there is one CRM.
    pub(super) const fn of(patient: &Patient) -> Option<Self> {
        match patient {
            Patient::Mailbox(_) => Some(Self::Mailboxes),
            Patient::Group(_) => Some(Self::Groups),
            Patient::Crm(_) => None,
        }
    }

    /// Stands in a job where the id of a patient would.
    pub(super) const fn id(self) -> &'static str {
        match self {
            Self::Mailboxes => "mailboxes",
            Self::Groups => "groups",
        }
    }

    /// Reads what [`Crowd::id`] wrote.
    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|crowd| crowd.id() == text)
    }

    /// What becomes of what would be done meanwhile.
    const fn waits(self) -> &'static str {
        match self {
            Self::Mailboxes => {
                "Nothing is lost: mail that comes meanwhile is read as soon as they are well again."
            }
            Self::Groups => {
                "Meanwhile whoever leaves them goes on being read, and whoever joins them is not connected."
            }
        }
    }

    /// Those of which admins were told at that moment, and so often by then.
    pub(super) async fn told_at(
        self,
        conn: &mut Conn,
        tenant: &TenantId,
        told: (Millis, u32),
    ) -> Result<Vec<Patient>, StoreError> {
        Ok(match self {
            Self::Mailboxes => {
                let found = mailboxes::told_at(conn, tenant, told).await?.into_iter();
                found.map(|it| Patient::Mailbox(Box::new(it))).collect()
            }
            Self::Groups => {
                let found = graph::groups_told_at(conn, tenant, told).await?.into_iter();
                found.map(|it| Patient::Group(Box::new(it))).collect()
            }
        })
    }
}

/// The mail about several of a kind; `first` is one of them.
pub(super) fn words(
    news: News,
    crowd: Crowd,
    (first, many): (&Patient, &[Patient]),
    user: &User,
    public_url: &Url,
) -> (String, String) {
    let (kind, count, hello) = (crowd.id(), many.len(), format!("Hello {},", user.name));
    let Words { page, done, is_done, .. } = first.words();
    let page = super::page(public_url, page);
    if news == News::Well {
        let subject = format!("{count} {kind} are {done} again");
        let named = named(many.iter());
        return (
            subject,
            format!("{hello}\n\nThese are well again: {named}. {is_done}\n\n{page}\n"),
        );
    }
    let still = if news == News::StillIll { "still " } else { "" };
    let headline = format!("{count} {kind} are {still}not being {done}");
    let causes = causes(many);
    let subject = match causes.as_slice() {
        [only] => format!("{headline}: {}", only.detail),
        several => format!("{headline}, for {} reasons", several.len()),
    };
    let mut body = format!("{hello}\n\n{headline}.\n\n");
    for cause in causes.iter().take(CAUSES) {
        let since = cause.ill.iter().filter_map(|patient| patient.ill_since()).min();
        let since = since.map(Millis::to_rfc3339).unwrap_or_default();
        let named = named(cause.ill.iter().copied());
        let _ = write!(body, "{named}, since {since}:\n{}\n\n", cause.detail);
    }
    let others: usize = causes.iter().skip(CAUSES).map(|cause| cause.ill.len()).sum();
    if others > 0 {
        let _ = write!(body, "Of {others} more the page says what is wrong.\n\n");
    }
    let _ = write!(body, "{}\n\nTo see all of them and to heal them: {page}\n", crowd.waits());
    (subject, body)
}

/// What several are ill of.
struct Cause<'a> {
    same: (&'static str, &'a str),
    /// The sentence about the first of them.
    detail: &'a str,
    ill: Vec<&'a Patient>,
}

/// What they are ill of, that of most of them first.
fn causes(many: &[Patient]) -> Vec<Cause<'_>> {
    let mut causes: Vec<Cause<'_>> = Vec::new();
    for patient in many {
        let same = patient.cause();
        match causes.iter_mut().find(|cause| cause.same == same) {
            Some(cause) => cause.ill.push(patient),
            None => causes.push(Cause { same, detail: patient.words().detail, ill: vec![patient] }),
        }
    }
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.ill.len()));
    causes
}

/// The first few, and how many more there are.
fn named<'a>(many: impl ExactSizeIterator<Item = &'a Patient>) -> String {
    let more = many.len().saturating_sub(HANDFUL);
    let first: Vec<String> = many.take(HANDFUL).map(|patient| patient.words().short).collect();
    let first = first.join(", ");
    if more == 0 { first } else { format!("{first} and {more} more") }
}
