//! Notices: mail to the tenant's own people about its connections, through its technical user, or through
//! the operator's account where there is none or it fails.
//!
//! A notice says nothing that its page would not say, and goes to users of the tenant only. It may
//! come twice when the process dies in the wrong moment; unlike a follow-up that harms nobody.

use super::line::one_line;
use super::message::{self, Envelope};
use super::operator::Operator;
use super::smtp::{Account, Consequence, SmtpError, Way};
use super::technical_user::password;
use super::template::Rendered;
use crate::clock::Clock;
use crate::contact::EmailAddress;
use crate::store::technical_users::{self, State, TechnicalUser};
use crate::store::{Conn, Db, StoreError, TenantId};
use crate::vault::Vault;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use tracing::{info, warn};

/// Longest subject, in characters.
const SUBJECT_CHARS: usize = 150;

/// One mail to one of the tenant's people.
#[derive(Debug, Clone)]
pub struct Notice {
    /// Names the mail: the same one has the same Message-ID.
    pub id: String,
    /// Who gets it.
    pub to: EmailAddress,
    /// What the recipient is called.
    pub to_name: String,
    /// The subject, one line.
    pub subject: String,
    /// The text.
    pub body: String,
}

/// Why a notice was not sent.
#[derive(Debug, thiserror::Error)]
pub enum NoticeError {
    /// There is no account to send with.
    #[error(
        "the tenant has no technical user and the operator no account (notices.host), so its admins cannot \
         be written to"
    )]
    NoSender,
    /// It cannot be sent at all.
    #[error("the notice could not be sent: {0}")]
    Never(&'static str),
    /// It can be tried again.
    #[error("the notice could not be sent now: {0}")]
    NotNow(&'static str),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whose account a tenant's admins are written to with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// The tenant's technical user.
    TechnicalUser,
    /// The operator's own account.
    Operator,
}

impl Sender {
    /// As it stands in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TechnicalUser => "technical-user",
            Self::Operator => "operator",
        }
    }
}

/// Whether a tenant's admins hear by mail of what stays ill or ends soon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// Whose account writes to them; none: nobody's.
    pub sender: Option<Sender>,
    /// One sentence if they may not hear of it: why, and what to do; else empty.
    pub detail: &'static str,
}

/// Whether a tenant's admins hear of it, where the operator has an account of his own or has none.
pub async fn reach(
    conn: &mut Conn,
    tenant: &TenantId,
    has_operator: bool,
) -> Result<Reach, StoreError> {
    let user = technical_users::get(conn, tenant).await?;
    let (sender, detail) = match user.map(|user| user.state) {
        Some(State::Ready) => (Some(Sender::TechnicalUser), ""),
        _ if has_operator => (Some(Sender::Operator), ""),
        Some(_) => (
            Some(Sender::TechnicalUser),
            "Admins may not hear by mail of what stays ill or ends soon: the technical user fails. Mend it, \
             or ask the operator for an account of his own (notices.host).",
        ),
        None => (
            None,
            "Nobody is told by mail of what stays ill or ends soon, for there is no technical user to send \
             with: set one (PUT /api/v1/technical-user), or ask the operator for an account of his own \
             (notices.host).",
        ),
    };
    Ok(Reach { sender, detail })
}

/// Sends notices; clones know what the others have logged.
#[derive(Clone)]
pub struct Notices {
    db: Db,
    vault: Vault,
    clock: Clock,
    way: Way,
    operator: Option<Operator>,
    /// Of whom the log says that they cannot be written to.
    unreached: Arc<Mutex<HashSet<TenantId>>>,
}

impl Notices {
    /// `way` is how connections to technical users' servers are made.
    pub fn new(db: Db, vault: Vault, clock: Clock, way: Way) -> Self {
        Self { db, vault, clock, way, operator: None, unreached: Arc::default() }
    }

    /// With the operator's own account, if he has one.
    #[must_use]
    pub fn with_operator(self, operator: Option<Operator>) -> Self {
        Self { operator, ..self }
    }

    /// Whether a tenant's admins can be written to. The log says once that they cannot, until they can.
    pub async fn reaches(&self, conn: &mut Conn, tenant: &TenantId) -> Result<bool, StoreError> {
        let reach = reach(conn, tenant, self.operator.is_some()).await?;
        let mut unreached = self.unreached.lock().unwrap_or_else(PoisonError::into_inner);
        if reach.sender.is_some() {
            unreached.remove(tenant);
        } else if unreached.insert(tenant.clone()) {
            warn!(
                %tenant,
                "nobody can be told of what is ill or ends soon: no technical user, and no notices.host"
            );
        }
        Ok(reach.sender.is_some())
    }

    /// Sends a notice, whether or not follow-ups are switched on.
    pub async fn send(&self, tenant: &TenantId, notice: &Notice) -> Result<(), NoticeError> {
        let user = technical_users::get(&mut *self.db.read().await?, tenant).await?;
        let failed = match &user {
            None => None,
            Some(user) => match self.send_as_user(tenant, user, notice).await {
                Ok(()) => return Ok(()),
                Err(error) => Some(error),
            },
        };
        let Some(operator) = &self.operator else {
            return Err(failed.unwrap_or(NoticeError::NoSender));
        };
        if let Some(error) = &failed {
            info!(%tenant, %error, "the operator's account sends a notice instead of the technical user");
        }
        let from = (operator.from_name.as_str(), &operator.from);
        let sent = self.deliver(notice, from, &operator.way, &operator.account()).await;
        match (sent, failed) {
            (Err(NoticeError::Never(_)), Some(later @ NoticeError::NotNow(_))) => Err(later),
            (sent, _) => sent,
        }
    }

    async fn send_as_user(
        &self,
        tenant: &TenantId,
        user: &TechnicalUser,
        notice: &Notice,
    ) -> Result<(), NoticeError> {
        match password(&self.db, &self.vault, tenant, user).await {
            Ok(password) => {
                let from = (user.from_name.as_str(), &user.from_address);
                self.deliver(notice, from, &self.way, &user.account(&password)).await
            }
            Err(error) => said(&error),
        }
    }

    async fn deliver(
        &self,
        notice: &Notice,
        (from_name, from): (&str, &EmailAddress),
        way: &Way,
        account: &Account<'_>,
    ) -> Result<(), NoticeError> {
        let envelope = Envelope { from_name, from, to_name: &notice.to_name, to: &notice.to };
        let words = Rendered {
            subject: one_line(&notice.subject, SUBJECT_CHARS),
            body: notice.body.clone(),
        };
        let mail = message::build(&notice.id, &envelope, &words, self.clock.now())
            .map_err(|_| NoticeError::Never("its addresses cannot be written in SMTP"))?;
        let sent = async {
            let mut connection = way.open(account).await?;
            connection.offer(&mail.from, &mail.to).await?;
            connection.hand_over(&mail.bytes).await?;
            connection.close().await;
            Ok::<_, SmtpError>(())
        };
        sent.await.or_else(|error| said(&error))
    }
}

/// What an error means for a notice.
fn said(error: &SmtpError) -> Result<(), NoticeError> {
    match error.consequence() {
        // It may have arrived, and the page says the same.
        Consequence::LeaveAlone => Ok(()),
        Consequence::GiveUp => Err(NoticeError::Never(error.name())),
        Consequence::TryAgain | Consequence::MendAccount => Err(NoticeError::NotNow(error.name())),
    }
}
