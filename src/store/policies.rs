//! A tenant's policies: what is accepted without a rep, and who may accept.

use super::{Conn, StoreError, TenantId};

/// What a tenant lets happen without asking, and who may accept. As long as nobody has set them,
/// nothing is accepted without a rep, and every rep may.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Policies {
    /// Whether blanks of a certainly known record are filled without a rep.
    pub fill_blanks: FillBlanks,
    /// Who accepts.
    pub who_may_accept: WhoMayAccept,
}

/// Whether blanks of a certainly known record are filled without a rep.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum FillBlanks {
    /// A rep decides everything.
    #[default]
    Off,
    /// Values that are at least this sure fill what is blank.
    From(f64),
}

impl FillBlanks {
    /// The least confidence that can be set: what is as likely wrong as right fills nothing.
    const LEAST: f64 = 0.5;

    /// Filling with values that are at least this sure (0.5 to 1); otherwise `None`.
    pub fn from(confidence: f64) -> Option<Self> {
        (Self::LEAST..=1.0).contains(&confidence).then_some(Self::From(confidence))
    }

    /// The least confidence of a value that fills a blank; `None` if none does.
    pub const fn confidence(self) -> Option<f64> {
        match self {
            Self::Off => None,
            Self::From(confidence) => Some(confidence),
        }
    }
}

/// Who accepts suggestions, and takes that back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WhoMayAccept {
    /// Whoever reviews.
    #[default]
    Reps,
    /// Admins, and programs that may write the CRM connection.
    Admins,
}

impl WhoMayAccept {
    /// As it stands in the database, in the API and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reps => "reps",
            Self::Admins => "admins",
        }
    }

    /// Reads [`WhoMayAccept::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Reps, Self::Admins].into_iter().find(|who| who.as_str() == text)
    }
}

/// The policies that the tenant has set, or the usual ones.
pub async fn get(conn: &mut Conn, tenant: &TenantId) -> Result<Policies, StoreError> {
    let row: Option<(f64, String)> =
        sqlx::query_as("SELECT fill_blanks, who_may_accept FROM policies WHERE tenant_id = $1")
            .bind(tenant.as_str())
            .fetch_optional(conn)
            .await?;
    let Some((fill_blanks, who)) = row else { return Ok(Policies::default()) };
    let bad = |column| StoreError::Row { table: "policies", column, row: tenant.to_string() };
    Ok(Policies {
        fill_blanks: FillBlanks::from(fill_blanks).unwrap_or_default(),
        who_may_accept: WhoMayAccept::parse(&who).ok_or_else(|| bad("who_may_accept"))?,
    })
}

/// Sets the tenant's policies.
pub async fn set(
    conn: &mut Conn,
    tenant: &TenantId,
    policies: &Policies,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO policies (tenant_id, fill_blanks, who_may_accept) VALUES ($1, $2, $3)
         ON CONFLICT (tenant_id) DO UPDATE
         SET fill_blanks = excluded.fill_blanks, who_may_accept = excluded.who_may_accept",
    )
    .bind(tenant.as_str())
    .bind(policies.fill_blanks.confidence().unwrap_or(0.0))
    .bind(policies.who_may_accept.as_str())
    .execute(conn)
    .await?;
    Ok(())
}
