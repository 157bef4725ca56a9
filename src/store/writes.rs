//! Statements that write and need no answer of each other, sent together.
//!
//! SQLite works on a thread of its own, so that every statement costs a change to that thread and one
//! back; on a busy machine each of them waits for a core. Several go there at once, one after the other.
//! PostgreSQL takes one at a time, each with a way there and back: several are made the parts of one
//! (<https://www.postgresql.org/docs/current/queries-with.html#QUERIES-WITH-MODIFYING>).

use super::{Backend, Conn, StoreError};
use futures::TryStreamExt;
use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, AssertSqlSafe, Either, Executor, Row};
use std::fmt::Write as _;

/// A statement with its values.
pub struct Statement {
    sql: &'static str,
    values: Vec<Value>,
}

enum Value {
    Text(String),
    Number(i64),
}

impl Statement {
    /// A statement whose values are still to come, in the order of their numbers.
    pub(super) fn new(sql: &'static str) -> Self {
        Self { sql, values: Vec::new() }
    }

    /// With a text as its next value.
    pub(super) fn text(mut self, value: impl Into<String>) -> Self {
        self.values.push(Value::Text(value.into()));
        self
    }

    /// With a number as its next value.
    pub(super) fn number(mut self, value: i64) -> Self {
        self.values.push(Value::Number(value));
        self
    }

    /// Runs it by itself; how many rows it has changed.
    pub(super) async fn run(self, conn: &mut Conn) -> Result<u64, StoreError> {
        let query = self.values.into_iter().fold(sqlx::query(self.sql), bind);
        Ok(query.execute(conn).await?.rows_affected())
    }
}

/// Statements of which none sees what another one does, nor changes a row of another one.
#[derive(Default)]
pub struct Writes(Vec<Statement>);

impl Writes {
    /// Adds one, and says at which place its count will be.
    pub fn add(&mut self, statement: Statement) -> usize {
        self.0.push(statement);
        self.0.len() - 1
    }

    /// Runs all of them; how many rows each has changed.
    pub async fn run(self, conn: &mut Conn) -> Result<Vec<u64>, StoreError> {
        if self.0.is_empty() {
            return Ok(Vec::new());
        }
        match Backend::of_connection(conn) {
            Backend::Sqlite => self.run_in_a_row(conn).await,
            Backend::Postgres => self.run_as_one(conn, "").await,
        }
    }

    /// Runs all of them on PostgreSQL, as a transaction of their own that does not wait for the disk;
    /// how many rows each has changed.
    pub(super) async fn run_repeatable(self, conn: &mut Conn) -> Result<Vec<u64>, StoreError> {
        self.run_as_one(conn, ", set_config('synchronous_commit', 'off', true)").await
    }

    /// `also`: what else is selected.
    async fn run_as_one(self, conn: &mut Conn, also: &str) -> Result<Vec<u64>, StoreError> {
        let count = self.0.len();
        let (mut parts, mut counts, mut values) = (String::new(), String::new(), Vec::new());
        for (place, statement) in self.0.into_iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            let _ = write!(parts, "{comma}part{place} AS (");
            push_numbered(&mut parts, statement.sql, values.len());
            parts.push_str(" RETURNING 1)");
            let _ = write!(counts, "{comma}(SELECT COUNT(*) FROM part{place})");
            values.extend(statement.values);
        }
        let sql = AssertSqlSafe(format!("WITH {parts} SELECT {counts}{also}"));
        let row = values.into_iter().fold(sqlx::query(sql), bind).fetch_one(conn).await?;
        (0..count)
            .map(|place| {
                let changed: i64 = row.try_get(place)?;
                Ok(changed.unsigned_abs())
            })
            .collect()
    }

    async fn run_in_a_row(self, conn: &mut Conn) -> Result<Vec<u64>, StoreError> {
        let (mut sql, mut values) = (String::new(), Vec::new());
        for statement in self.0 {
            if !sql.is_empty() {
                sql.push_str(";\n");
            }
            push_numbered(&mut sql, statement.sql, values.len());
            values.extend(statement.values);
        }
        let query = values.into_iter().fold(sqlx::query(AssertSqlSafe(sql)), bind);
        let mut changed = Vec::new();
        let mut answers = conn.fetch_many(query);
        while let Some(answer) = answers.try_next().await? {
            if let Either::Left(done) = answer {
                changed.push(done.rows_affected());
            }
        }
        Ok(changed)
    }
}

fn bind(query: Query<'_, Any, AnyArguments>, value: Value) -> Query<'_, Any, AnyArguments> {
    match value {
        Value::Text(text) => query.bind(text),
        Value::Number(number) => query.bind(number),
    }
}

/// Adds the text of a statement to that of others which have so many values: its `$1` is the next one after them.
fn push_numbered(all: &mut String, sql: &str, before: usize) {
    let mut pieces = sql.split('$');
    all.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let digits = piece.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = piece.split_at(digits);
        let number = number.parse::<usize>().map_or(before, |number| number + before);
        let _ = write!(all, "${number}{rest}"); // a text takes everything
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Db;

    #[tokio::test]
    async fn each_is_counted_by_itself_and_has_its_own_values() {
        let dir = tempfile::TempDir::new().expect("a directory");
        let url = format!("sqlite://{}", dir.path().join("undersigned.db").display());
        let db = Db::open(&url, 2).await.expect("made");
        let mut tx = db.begin_write().await.expect("begun");
        let table = "CREATE TEMP TABLE things (name TEXT NOT NULL, number INTEGER NOT NULL)";
        Statement::new(table).run(&mut tx).await.expect("made");
        Statement::new("INSERT INTO things VALUES ('c', 0)").run(&mut tx).await.expect("there");
        let insert = || Statement::new("INSERT INTO things VALUES ($1, $2), ($1, $3)");
        let mut writes = Writes::default();
        writes.add(insert().text("a").number(1).number(2));
        let other = writes.add(insert().text("b").number(3).number(4));
        writes.add(Statement::new("DELETE FROM things WHERE name = $1").text("e"));
        let last = writes.add(
            Statement::new("UPDATE things SET name = $2 WHERE number = $1").number(0).text("d"),
        );
        let changed = writes.run(&mut tx).await.expect("done");
        assert_eq!((changed[other], changed[last]), (2, 1));
        assert_eq!(changed, [2, 2, 0, 1]);
        let found: Vec<(String, i64)> =
            sqlx::query_as("SELECT name, number FROM things ORDER BY number")
                .fetch_all(&mut *tx)
                .await
                .expect("read");
        let found: Vec<(&str, i64)> = found.iter().map(|(name, n)| (name.as_str(), *n)).collect();
        assert_eq!(found, [("d", 0), ("a", 1), ("a", 2), ("b", 3), ("b", 4)]);
    }
}
