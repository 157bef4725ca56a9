//! Notices: mail to the tenant's own people about its connections, through its technical user.
//!
//! A notice says nothing that its page would not say, and goes to users of the tenant only. It may
//! come twice when the process dies in the wrong moment; unlike a follow-up that harms nobody.

use super::line::one_line;
use super::message::{self, Envelope};
use super::smtp::{Consequence, SmtpError, Way};
use super::technical_user::password;
use super::template::Rendered;
use crate::clock::Clock;
use crate::contact::EmailAddress;
use crate::store::{Db, StoreError, TenantId, technical_users};
use crate::vault::Vault;

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
    /// The tenant has no account to send with.
    #[error("the tenant has no technical user, so its admins cannot be written to")]
    NoTechnicalUser,
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

/// Sends notices.
#[derive(Clone)]
pub struct Notices {
    db: Db,
    vault: Vault,
    clock: Clock,
    way: Way,
}

impl Notices {
    /// `way` is how connections to technical users' servers are made.
    pub fn new(db: Db, vault: Vault, clock: Clock, way: Way) -> Self {
        Self { db, vault, clock, way }
    }

    /// Sends a notice, whether or not follow-ups are switched on.
    pub async fn send(&self, tenant: &TenantId, notice: &Notice) -> Result<(), NoticeError> {
        let user = technical_users::get(&mut *self.db.read().await?, tenant).await?;
        let user = user.ok_or(NoticeError::NoTechnicalUser)?;
        let envelope = Envelope {
            from_name: &user.from_name,
            from: &user.from_address,
            to_name: &notice.to_name,
            to: &notice.to,
        };
        let words = Rendered {
            subject: one_line(&notice.subject, SUBJECT_CHARS),
            body: notice.body.clone(),
        };
        let mail = message::build(&notice.id, &envelope, &words, self.clock.now())
            .map_err(|_| NoticeError::Never("its addresses cannot be written in SMTP"))?;
        let sent = async {
            let password = password(&self.db, &self.vault, tenant, &user).await?;
            let mut connection = self.way.open(&user.account(&password)).await?;
            connection.offer(&mail.from, &mail.to).await?;
            connection.hand_over(&mail.bytes).await?;
            connection.close().await;
            Ok::<_, SmtpError>(())
        };
        match sent.await {
            Ok(()) => Ok(()),
            Err(error) => match error.consequence() {
                // It may have arrived, and the page says the same.
                Consequence::LeaveAlone => Ok(()),
                Consequence::GiveUp => Err(NoticeError::Never(error.name())),
                Consequence::TryAgain | Consequence::MendAccount => {
                    Err(NoticeError::NotNow(error.name()))
                }
            },
        }
    }
}
