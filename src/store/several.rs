//! Statements about several rows at once. They have one text however many rows are meant, so that
//! a database prepares each once; what is not needed of it is filled with blanks.

use super::StoreError;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::QueryAs;
use sqlx::{Any, AssertSqlSafe, FromRow};

/// How many values one statement takes.
pub(super) const SEVERAL: usize = 16;

/// `$from, …`: the places of the values of one statement.
pub(super) fn places(from: usize) -> String {
    let places: Vec<String> = (from..from + SEVERAL).map(|place| format!("${place}")).collect();
    places.join(", ")
}

/// The rows that `sql`, which [`places`] is part of, finds for any of `values`, which are bound after
/// `first`.
pub(super) async fn rows<R>(
    conn: &mut super::Conn,
    sql: String,
    first: &[&str],
    values: &[&str],
) -> Result<Vec<R>, StoreError>
where
    R: for<'r> FromRow<'r, AnyRow> + Send + Unpin,
{
    let mut rows = Vec::new();
    for some in values.chunks(SEVERAL) {
        let mut query: QueryAs<'_, Any, R, AnyArguments> =
            sqlx::query_as(AssertSqlSafe(sql.clone()));
        for first in first {
            query = query.bind(*first);
        }
        for place in 0..SEVERAL {
            query = query.bind(some.get(place).copied().unwrap_or_default());
        }
        rows.extend(query.fetch_all(&mut *conn).await?);
    }
    Ok(rows)
}
