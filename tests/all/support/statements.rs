//! The statements that the database is asked while something happens, as sqlx logs them, and the parts
//! of their plans that walk through more rows than are looked for.

use super::databases::Database;
use regex::Regex;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row, SqliteConnection};
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::mem::take;
use std::sync::{LazyLock, Mutex, Once};
use tracing::field::{Field, Visit};
use tracing::{Event, Instrument, Level, Subscriber, info_span};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use undersigned::store::Backend;

/// What sqlx calls its log of statements, and the field with the text of one.
const TARGET: &str = "sqlx::query";
const TEXT: &str = "db.statement";

/// Columns that say whose a row is or how it stands. Rows that have them in common are any number.
const SHARED: [&str; 8] =
    ["tenant_id", "list_id", "mailbox_id", "kind", "owner_kind", "state", "outcome", "connected"];

/// Tables of which a message needs all that a tenant has, which is one row, or what an admin typed.
const FEW: [&str; 7] = [
    "exclusions",
    "policies",
    "match_models",
    "match_thresholds",
    "crm_connections",
    "webhooks",
    "technical_users",
];

static HEARD: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Hears what is asked within a span of this module.
struct Listener;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Listener {
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if event.metadata().target() == TARGET && context.event_scope(event).is_some() {
            event.record(&mut Text);
        }
    }
}

struct Text;

impl Visit for Text {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == TEXT {
            HEARD.lock().unwrap().insert(value.trim().to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

/// Everything that looks rows up, of what the database is asked while `work` is done.
pub(crate) async fn asked_by(work: impl Future<Output = ()>) -> BTreeSet<String> {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| {
        let only = Targets::new().with_target(TARGET, Level::DEBUG);
        let only = only.with_target(module_path!(), Level::INFO);
        let listening = tracing_subscriber::registry().with(Listener.with_filter(only));
        tracing::subscriber::set_global_default(listening).unwrap();
    });
    work.instrument(info_span!("listening")).await;
    let mut asked = take(&mut *HEARD.lock().unwrap());
    asked.retain(|sql| ["SELECT", "UPDATE", "DELETE"].iter().any(|verb| sql.starts_with(verb)));
    asked
}

/// Makes the database count its rows, as PostgreSQL does by itself now and then.
pub(crate) async fn count_rows(database: &Database) {
    if database.backend == Backend::Postgres {
        let mut conn = PgConnection::connect(&database.url).await.unwrap();
        sqlx::raw_sql("ANALYZE").execute(&mut conn).await.unwrap();
    }
}

/// The lines of a statement's plan that walk through a table, an index, or all that many rows have in
/// common.
pub(crate) async fn walks(database: &Database, sql: &str) -> Vec<String> {
    let plan = plan(database, sql).await;
    match database.backend {
        Backend::Sqlite => sqlite_walks(&plan),
        Backend::Postgres => postgres_walks(&plan),
    }
}

/// The lines of a statement's plan.
pub(crate) async fn plan(database: &Database, sql: &str) -> Vec<String> {
    match database.backend {
        Backend::Sqlite => sqlite_plan(&database.url, sql).await,
        Backend::Postgres => postgres_plan(&database.url, sql).await,
    }
}

async fn sqlite_plan(url: &str, sql: &str) -> Vec<String> {
    let mut conn = SqliteConnection::connect(url).await.unwrap();
    let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
    let rows = sqlx::raw_sql(explain).fetch_all(&mut conn).await.unwrap();
    rows.iter().map(|row| row.get("detail")).collect()
}

/// The plan for whatever the values are, as it is once the statement was prepared and asked some times.
async fn postgres_plan(url: &str, sql: &str) -> Vec<String> {
    static PLACE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\$(\d+)").unwrap());
    let places = PLACE.captures_iter(sql).map(|place| place[1].parse::<usize>().unwrap()).max();
    let values = vec!["NULL"; places.unwrap_or(0)].join(", ");
    let values = if values.is_empty() { values } else { format!("({values})") };
    let mut conn = PgConnection::connect(url).await.unwrap();
    let prepare = format!(
        "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; PREPARE asked AS {sql}"
    );
    sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&mut conn).await.unwrap();
    let explain = AssertSqlSafe(format!("EXPLAIN (COSTS OFF) EXECUTE asked{values}"));
    let rows = sqlx::raw_sql(explain).fetch_all(&mut conn).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// Columns are compared so: `(tenant_id=? AND id>?)`.
fn sqlite_walks(plan: &[String]) -> Vec<String> {
    // What stands for the rows of another part of the plan, which has lines of its own.
    let parts = plan.iter().filter_map(|line| line.split_once(' '));
    let parts = parts.filter(|(word, _)| ["CO-ROUTINE", "MATERIALIZE"].contains(word));
    let parts: Vec<&str> = parts.map(|(_, name)| name).collect();
    let is_walk = |line: &&String| match line.split_once(' ') {
        Some(("SCAN", rest)) => {
            let name = rest.split(' ').next().unwrap_or_default();
            !parts.contains(&name) && !rest.contains("CONSTANT ROW")
        }
        Some(("SEARCH", rest)) => is_walk_by(rest, rest.split_once('(').map_or("", |(_, by)| by)),
        _ => false,
    };
    plan.iter().filter(is_walk).cloned().collect()
}

/// Below a line `… Scan …` stands `Index Cond: ((tenant_id = $1) AND (id = $2))`, if it has one.
fn postgres_walks(plan: &[String]) -> Vec<String> {
    let mut walks = Vec::new();
    for (number, line) in plan.iter().enumerate() {
        if !["Seq Scan", "Index Scan", "Index Only Scan"].into_iter().any(|it| line.contains(it)) {
            continue;
        }
        let below = plan[number + 1..].iter().take_while(|line| !line.contains("->"));
        let by = below.filter_map(|line| line.trim().strip_prefix("Index Cond: "));
        let by: String = by.collect();
        if is_walk_by(line, &by) {
            walks.push(format!("{} {by}", line.trim()));
        }
    }
    walks
}

/// Whether a look-up by these columns finds any number of rows: by none, or by such that many have in
/// common, unless all of them are needed.
fn is_walk_by(line: &str, by: &str) -> bool {
    static COLUMN: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"([a-z_]+) ?[=<>]").unwrap());
    let mut columns = COLUMN.captures_iter(by).map(|column| column[1].to_owned()).peekable();
    let is_needed = columns.peek().is_some() && FEW.iter().any(|table| line.contains(table));
    !is_needed && columns.all(|column| SHARED.contains(&column.as_str()))
}
