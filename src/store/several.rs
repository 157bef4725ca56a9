//! Statements about several rows at once. They have one text however many rows are meant, so that
//! a database prepares each once; what is not needed of it is filled with blanks.

use super::StoreError;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::QueryAs;
use sqlx::{Any, AssertSqlSafe, FromRow};
use std::array;

/// How many values one statement takes: as many of a kind as a signature is compared
/// with.
pub(super) const SEVERAL: usize = 48;

/// How many match keys one statement takes: more than almost anybody has. Each costs a look of its own,
/// needed or not.
pub(super) const KEYS: usize = 16;

/// `$from, …`: the places of the values of one statement.
pub(super) fn places(from: usize) -> String {
    let places: Vec<String> = (from..from + SEVERAL).map(|place| format!("${place}")).collect();
    places.join(", ")
}

/// The values of one statement after the other, the last ones filled with blanks.
pub(super) fn filled<const N: usize, T: AsRef<str>>(
    values: &[T],
) -> impl Iterator<Item = [&str; N]> {
    values.chunks(N).map(|some| array::from_fn(|place| some.get(place).map_or("", T::as_ref)))
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
    for some in filled::<SEVERAL, _>(values) {
        let query: QueryAs<'_, Any, R, AnyArguments> = sqlx::query_as(AssertSqlSafe(sql.clone()));
        let query = first.iter().copied().chain(some).fold(query, QueryAs::bind);
        rows.extend(query.fetch_all(&mut *conn).await?);
    }
    Ok(rows)
}
