//! What accepting makes of new people.

use crate::store::{Conn, StoreError, TenantId};

/// What new people are made as, in a CRM that has more than one kind of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum NewPeople {
    /// Contacts.
    #[default]
    Contact,
    /// Leads, who are to be qualified first.
    Lead,
}

impl NewPeople {
    /// The name in the database and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Lead => "lead",
        }
    }

    /// Reads what [`NewPeople::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Contact, Self::Lead].into_iter().find(|it| it.as_str() == text)
    }
}

/// Sets what new people are made as from now on. False if there is no connection.
pub async fn set_new_people(
    conn: &mut Conn,
    tenant: &TenantId,
    new_people: NewPeople,
) -> Result<bool, StoreError> {
    let done = sqlx::query("UPDATE crm_connections SET new_people = $2 WHERE tenant_id = $1")
        .bind(tenant.as_str())
        .bind(new_people.as_str())
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}
