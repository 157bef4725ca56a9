//! One SQL text serves two databases only as long as their tables are the same.

use crate::support::databases::{Database, on_postgres, on_sqlite};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;

/// `table.column type null?` and `index name unique?` of every table and index of ours.
type Shape = BTreeSet<String>;

#[tokio::test]
async fn both_databases_have_the_same_tables() {
    let shapes = Mutex::new(Vec::new());
    let look = async |database: &Database, columns, indexes| {
        let db = database.open().await;
        let mut conn = db.read().await.unwrap();
        let mut shape = Shape::new();
        for sql in [columns, indexes] {
            let found: Vec<(String,)> = sqlx::query_as(sql).fetch_all(&mut *conn).await.unwrap();
            shape.extend(found.into_iter().map(|(line,)| line));
        }
        shapes.lock().unwrap().push(shape);
    };
    on_sqlite(async |database| look(database, SQLITE_COLUMNS, SQLITE_INDEXES).await).await;
    on_postgres(async |database| look(database, POSTGRES_COLUMNS, POSTGRES_INDEXES).await).await;

    let shapes = shapes.into_inner().unwrap();
    let [sqlite, postgres] = shapes.as_slice() else { panic!("two databases") };
    assert!(sqlite.iter().any(|line| line == "suggestions.tenant_id TEXT NOT NULL"), "{sqlite:#?}");
    let differing: Vec<&String> = sqlite.symmetric_difference(postgres).collect();
    assert!(differing.is_empty(), "only in one of the two: {differing:#?}");
}

const SQLITE_COLUMNS: &str = "
    SELECT t.name || '.' || c.name || ' ' || c.type || CASE WHEN c.\"notnull\" = 1 OR c.pk > 0 THEN ' NOT NULL' ELSE '' END
    FROM sqlite_schema t, pragma_table_info(t.name) c
    WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name <> '_sqlx_migrations'
";
const SQLITE_INDEXES: &str = "
    SELECT 'index ' || name || CASE WHEN sql LIKE 'CREATE UNIQUE%' THEN ' unique' ELSE '' END
    FROM sqlite_schema
    WHERE type = 'index' AND sql IS NOT NULL
";
const POSTGRES_COLUMNS: &str = "
    SELECT table_name || '.' || column_name || ' '
        || CASE data_type WHEN 'bigint' THEN 'INTEGER' WHEN 'text' THEN 'TEXT' WHEN 'bytea' THEN 'BLOB'
           WHEN 'double precision' THEN 'REAL' ELSE data_type END
        || CASE is_nullable WHEN 'NO' THEN ' NOT NULL' ELSE '' END
    FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name <> '_sqlx_migrations'
";
const POSTGRES_INDEXES: &str = "
    SELECT 'index ' || i.indexname || CASE WHEN i.indexdef LIKE 'CREATE UNIQUE%' THEN ' unique' ELSE '' END
    FROM pg_indexes i
    WHERE i.schemaname = 'public' AND i.tablename <> '_sqlx_migrations'
      AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conname = i.indexname)
";

#[test]
fn both_databases_have_the_same_steps() {
    let steps = |folder: &str| -> BTreeSet<_> {
        let folder = Path::new("src/store/migrations").join(folder);
        std::fs::read_dir(folder).unwrap().map(|step| step.unwrap().file_name()).collect()
    };
    assert_eq!(steps("sqlite"), steps("postgres"));
    assert!(!steps("sqlite").is_empty());
}
