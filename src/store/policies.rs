//! A tenant's policies: what is accepted without a rep, who may accept, and what that makes in the CRM.

use super::{Conn, StoreError, TenantId};

/// What a tenant lets happen without asking, and who may accept. As long as nobody has set them,
/// nothing is accepted without a rep, every rep may, and the CRM says who owns a new record.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Policies {
    /// Whether blanks of a certainly known record are filled without a rep.
    pub fill_blanks: FillBlanks,
    /// Who accepts.
    pub who_may_accept: WhoMayAccept,
    /// Who owns a record that accepting makes in the CRM.
    pub owner: NewOwner,
    /// What becomes of a company that the CRM has not.
    pub companies: Companies,
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

/// Who owns a record that accepting makes in the CRM.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum NewOwner {
    /// Whoever the CRM says by a rule of its own.
    #[default]
    Crm,
    /// The rep who accepts, whom the CRM knows by the address of the user here.
    Rep,
    /// One owner, by the CRM's id of them.
    Fixed(String),
}

impl NewOwner {
    /// The longest id of an owner.
    const LONGEST: usize = 100;

    /// As it stands in the database, in the API and on the command line: `crm`, `rep` or `id:…`.
    pub fn to_text(&self) -> String {
        match self {
            Self::Crm => "crm".into(),
            Self::Rep => "rep".into(),
            Self::Fixed(id) => format!("id:{id}"),
        }
    }

    /// Reads [`NewOwner::to_text`]; an id has letters, digits and `-`.
    pub fn parse(text: &str) -> Option<Self> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        match (text, text.strip_prefix("id:")) {
            ("crm", _) => Some(Self::Crm),
            ("rep", _) => Some(Self::Rep),
            (_, Some(id))
                if (1..=Self::LONGEST).contains(&id.len()) && id.chars().all(is_plain) =>
            {
                Some(Self::Fixed(id.to_owned()))
            }
            _ => None,
        }
    }
}

/// What becomes of the company of a new record that the CRM has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Companies {
    /// Nothing: companies are found and linked only.
    #[default]
    Link,
    /// It is made, and the record is with it.
    Make,
}

impl Companies {
    /// As it stands in the database, in the API and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Make => "make",
        }
    }

    /// Reads [`Companies::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Link, Self::Make].into_iter().find(|it| it.as_str() == text)
    }
}

/// The policies that the tenant has set, or the usual ones.
pub async fn get(conn: &mut Conn, tenant: &TenantId) -> Result<Policies, StoreError> {
    let row: Option<(f64, String, String, String)> = sqlx::query_as(
        "SELECT fill_blanks, who_may_accept, owner, companies FROM policies WHERE tenant_id = $1",
    )
    .bind(tenant.as_str())
    .fetch_optional(conn)
    .await?;
    let Some((fill_blanks, who, owner, companies)) = row else { return Ok(Policies::default()) };
    let bad = |column| StoreError::Row { table: "policies", column, row: tenant.to_string() };
    Ok(Policies {
        fill_blanks: FillBlanks::from(fill_blanks).unwrap_or_default(),
        who_may_accept: WhoMayAccept::parse(&who).ok_or_else(|| bad("who_may_accept"))?,
        owner: NewOwner::parse(&owner).ok_or_else(|| bad("owner"))?,
        companies: Companies::parse(&companies).ok_or_else(|| bad("companies"))?,
    })
}

/// Sets the tenant's policies.
pub async fn set(
    conn: &mut Conn,
    tenant: &TenantId,
    policies: &Policies,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO policies (tenant_id, fill_blanks, who_may_accept, owner, companies)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (tenant_id) DO UPDATE
         SET fill_blanks = excluded.fill_blanks, who_may_accept = excluded.who_may_accept,
             owner = excluded.owner, companies = excluded.companies",
    )
    .bind(tenant.as_str())
    .bind(policies.fill_blanks.confidence().unwrap_or(0.0))
    .bind(policies.who_may_accept.as_str())
    .bind(policies.owner.to_text())
    .bind(policies.companies.as_str())
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets the one owner that the tenant has named, as when another CRM takes the place of theirs: there
/// the id is of somebody else.
pub async fn forget_owner(conn: &mut Conn, tenant: &TenantId) -> Result<(), StoreError> {
    sqlx::query("UPDATE policies SET owner = 'crm' WHERE tenant_id = $1 AND owner LIKE 'id:%'")
        .bind(tenant.as_str())
        .execute(conn)
        .await?;
    Ok(())
}
