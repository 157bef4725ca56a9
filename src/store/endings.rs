//! What ends by itself: the secrets and certificates of a tenant's apps, and the consent of a person that is
//! not used. Their admins are warned of each so many days before, once.

use super::{Conn, Id, MailboxId, StoreError, TenantId};
use crate::clock::Millis;
use std::fmt;

/// What ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// The secret or certificate of the app registration at Microsoft Entra that mailboxes are read through.
    GraphApp,
    /// The consent of the person whose mailbox it is.
    Consent(MailboxId),
    /// The secret of the app at this sign-in service.
    OauthApp(String),
    /// The secret or certificate of the app that is signed in to the CRM.
    Crm,
}

impl Subject {
    const fn kind(&self) -> &'static str {
        match self {
            Self::GraphApp => "graph-app",
            Self::Consent(_) => "consent",
            Self::OauthApp(_) => "oauth-app",
            Self::Crm => "crm",
        }
    }

    /// Which one of its kind; empty: there is one.
    fn name(&self) -> &str {
        match self {
            Self::GraphApp | Self::Crm => "",
            Self::Consent(mailbox) => mailbox.as_str(),
            Self::OauthApp(service) => service,
        }
    }

    fn of(kind: &str, name: &str) -> Option<Self> {
        match kind {
            "graph-app" => Some(Self::GraphApp),
            "consent" => Some(Self::Consent(Id::parse(name)?)),
            "oauth-app" => Some(Self::OauthApp(name.to_owned())),
            "crm" => Some(Self::Crm),
            _ => None,
        }
    }

    /// Reads what it was written as.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, name) = text.split_once('=')?;
        Self::of(kind, name)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.kind(), self.name())
    }
}

/// Something that ends, and what was said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// What it is.
    pub subject: Subject,
    /// When it ends.
    pub at: Millis,
    /// For how many days before the end the last warning was; 0: there was none.
    pub warned_days: i64,
}

/// What of a tenant ends between `from` and `until`, the first first.
pub async fn endings(
    conn: &mut Conn,
    tenant: &TenantId,
    from: Millis,
    until: Millis,
) -> Result<Vec<Ending>, StoreError> {
    let rows: Vec<(String, String, i64, i64)> = sqlx::query_as(
        "SELECT 'graph-app' AS kind, '' AS name, secret_expires_at AS ends_at,
                COALESCE(warned_days, 0)
         FROM graph_apps
         WHERE tenant_id = $1 AND secret_expires_at > $2 AND secret_expires_at <= $3
         UNION ALL
         SELECT 'consent', mailbox_id, consent_ends_at, COALESCE(warned_days, 0)
         FROM graph_mailboxes
         WHERE tenant_id = $1 AND consent_ends_at > $2 AND consent_ends_at <= $3
         UNION ALL
         SELECT 'oauth-app', service, secret_expires_at, COALESCE(warned_days, 0)
         FROM oauth_apps
         WHERE tenant_id = $1 AND secret_expires_at > $2 AND secret_expires_at <= $3
         UNION ALL
         SELECT 'crm', '', secret_expires_at, COALESCE(warned_days, 0)
         FROM crm_connections
         WHERE tenant_id = $1 AND secret_expires_at > $2 AND secret_expires_at <= $3
         ORDER BY ends_at",
    )
    .bind(tenant.as_str())
    .bind(from.0)
    .bind(until.0)
    .fetch_all(conn)
    .await?;
    let ending = |(kind, name, at, warned_days): (String, String, i64, i64)| {
        let bad = || StoreError::Row { table: "endings", column: "kind", row: name.clone() };
        let subject = Subject::of(&kind, &name).ok_or_else(bad)?;
        Ok(Ending { subject, at: Millis(at), warned_days })
    };
    rows.into_iter().map(ending).collect()
}

/// When the first of what ends ends, past or to come, of each tenant that has such: for metrics.
pub async fn first_ends(conn: &mut Conn) -> Result<Vec<(TenantId, Millis)>, StoreError> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT tenant_id, MIN(ends_at)
         FROM (SELECT tenant_id, secret_expires_at AS ends_at FROM graph_apps
               UNION ALL
               SELECT tenant_id, consent_ends_at FROM graph_mailboxes
               UNION ALL
               SELECT tenant_id, secret_expires_at FROM oauth_apps
               UNION ALL
               SELECT tenant_id, secret_expires_at FROM crm_connections) AS ends
         WHERE ends_at IS NOT NULL
         GROUP BY tenant_id",
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|(tenant, at)| (Id::stored(tenant), Millis(at))).collect())
}

/// Notes that admins are warned `days` before. False: it was renewed, or somebody else was faster.
pub async fn note_warned(
    conn: &mut Conn,
    tenant: &TenantId,
    ending: &Ending,
    days: i64,
) -> Result<bool, StoreError> {
    let sql = match &ending.subject {
        Subject::GraphApp => {
            "UPDATE graph_apps SET warned_days = $1
             WHERE tenant_id = $2 AND secret_expires_at = $3 AND COALESCE(warned_days, 0) = $4
               AND $5 = ''"
        }
        Subject::Consent(_) => {
            "UPDATE graph_mailboxes SET warned_days = $1
             WHERE tenant_id = $2 AND consent_ends_at = $3 AND COALESCE(warned_days, 0) = $4
               AND mailbox_id = $5"
        }
        Subject::OauthApp(_) => {
            "UPDATE oauth_apps SET warned_days = $1
             WHERE tenant_id = $2 AND secret_expires_at = $3 AND COALESCE(warned_days, 0) = $4
               AND service = $5"
        }
        Subject::Crm => {
            "UPDATE crm_connections SET warned_days = $1
             WHERE tenant_id = $2 AND secret_expires_at = $3 AND COALESCE(warned_days, 0) = $4
               AND $5 = ''"
        }
    };
    let done = sqlx::query(sql)
        .bind(days)
        .bind(tenant.as_str())
        .bind(ending.at.0)
        .bind(ending.warned_days)
        .bind(ending.subject.name())
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_is_read_as_it_was_written() {
        let google = Subject::OauthApp("google:a=b".into());
        for subject in [Subject::GraphApp, Subject::Consent(MailboxId::new()), google, Subject::Crm]
        {
            assert_eq!(Subject::parse(&subject.to_string()), Some(subject));
        }
        assert_eq!((Subject::parse("consent=x"), Subject::parse("crm")), (None, None));
    }
}
