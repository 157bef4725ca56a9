//! What can go wrong with the database.

/// A failure of the database, without the values that were bound.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The URL names no database we know.
    #[error("database.url must begin with `sqlite:` or `postgres:`")]
    Url,
    /// No connection.
    #[error("cannot open the database; check database.url and that the server runs")]
    Connect(#[source] sqlx::Error),
    /// Another daemon is on the same SQLite database.
    #[error(
        "another undersigned runs on this SQLite database; stop it, or set database.url to a \
         PostgreSQL database, which several can share"
    )]
    InUse,
    /// The schema could not be brought up to date.
    #[error("cannot bring the database's schema up to date")]
    Migrate(#[source] sqlx::migrate::MigrateError),
    /// A statement failed.
    #[error("the database refused a statement")]
    Statement(#[from] sqlx::Error),
    /// A row holds what this version cannot read.
    #[error("{table}.{column} holds what this version cannot read (row {row})")]
    Row {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's id.
        row: String,
    },
}

impl StoreError {
    /// Whether the same transaction may succeed if it is tried again at once: another one was faster
    /// (a UNIQUE constraint, PostgreSQL's serialization failure or deadlock).
    pub fn may_pass_if_repeated(&self) -> bool {
        match self {
            Self::Statement(sqlx::Error::Database(error)) => {
                error.is_unique_violation()
                    || error.code().is_some_and(|code| matches!(&*code, "40001" | "40P01"))
            }
            _ => false,
        }
    }

    /// Whether a statement broke a UNIQUE constraint.
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Statement(sqlx::Error::Database(error)) if error.is_unique_violation())
    }
}
