//! One signature against a tenant with 500,000 CRM records: how long the whole way of its message
//! takes, look-up and transaction included, and what memory the worker needs for that.
//!
//! ```sh
//! cargo bench --bench lookup                                    # SQLite, in a temporary file
//! cargo bench --bench lookup -- --database postgres://… --records 50000
//! cargo bench --bench lookup -- --records 50000,500000          # is memory the same for both?
//! cargo bench --bench lookup -- --database postgres://… --records 500000,2000
//! ```
//!
//! On PostgreSQL each number is a tenant of its own in the one database. The server's keeper goes through
//! what was written for the first, as it does by itself within minutes; of the others the server has no
//! statistics yet, like of a tenant who has just come.
//!
//! A missed bar makes the exit code 1: the time of a message, and, where several numbers of records are
//! measured one after the other, the memory that more of them take.

#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark prints, and stops where it cannot measure"
)]

mod firm;

use firm::Firms;
use sqlx::Executor;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use tikv_jemallocator::Jemalloc;
use tokio_util::sync::CancellationToken;
use undersigned::clock::{Clock, Millis};
use undersigned::jobs;
use undersigned::matching;
use undersigned::store::mailboxes::{self, NewMailbox};
use undersigned::store::match_keys::{self, Owner};
use undersigned::store::records::{self, NewRecord};
use undersigned::store::tenants::{self, NewTenant};
use undersigned::store::{Backend, Db, ListId, MailboxId, Security, TenantId, lists};
use undersigned::suggestion::{Intake, Outcome, RawMessage, Settings};
use undersigned::vault::Vault;

// As in the program.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

/// Messages that are taken, half of them from people whom the CRM has.
const MESSAGES: usize = 2000;
/// Records written in one transaction.
const BATCH: usize = 5000;
/// What one suggestion may take.
const BAR: Duration = Duration::from_millis(10);
/// How much more memory may be resident after more records, in MiB: what comes and goes in a process.
const SPREAD: u64 = 48;
const NOW: Millis = Millis(1_790_000_000_000);

struct Options {
    database: Option<String>,
    records: Vec<usize>,
}

fn options() -> Options {
    let mut options = Options { database: None, records: vec![500_000] };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().expect("a value after the option");
        match argument.as_str() {
            "--database" => options.database = Some(value()),
            "--records" => {
                let number = |text: &str| text.parse().expect("a number of records");
                options.records = value().split(',').map(number).collect();
            }
            "--bench" => {} // cargo says so
            other => panic!("{other}: only --database URL and --records N,… are understood"),
        }
    }
    options
}

/// What was measured with so many records.
struct Measured {
    p99: Duration,
    /// MiB after the messages.
    resident: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = options();
    let mut all: Vec<Measured> = Vec::new();
    for records in &options.records {
        all.push(measure(options.database.as_deref(), *records, all.is_empty()).await);
    }
    let slow = all.iter().any(|measured| measured.p99 > BAR);
    let [fewest, most] = [all.first(), all.last()].map(|one| one.map_or(0, |one| one.resident));
    let grows = most > fewest + SPREAD;
    if all.len() > 1 {
        println!("memory: {fewest} MiB, then {most} MiB (bar {SPREAD} more)");
    }
    if slow || grows { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

async fn measure(database: Option<&str>, records: usize, is_first: bool) -> Measured {
    let dir = tempfile::tempdir().expect("a directory");
    let file = || format!("sqlite://{}", dir.path().join("lookup.db").display());
    let url = database.map_or_else(file, str::to_owned);
    let db = Db::open(&url, 4).await.expect("the database opens");
    let folding = CancellationToken::new();
    let folder = tokio::spawn(db.clone().fold_log(folding.clone())); // as the daemon does
    let (vault, clock) = (Vault::ephemeral(), Clock::fixed(NOW));
    let (tenant, list, mailbox) = desk(&db, &vault, records).await;
    let firms = Firms::of(records);
    let before = resident();
    let start = Instant::now();
    fill(&db, &tenant, &firms, records).await;
    println!("{} records written in {:.0?}", records, start.elapsed());
    if is_first && db.backend() == Backend::Postgres {
        let mut conn = db.read().await.expect("a connection");
        conn.execute("VACUUM ANALYZE").await.expect("the server has gone through them");
    }
    let start = Instant::now();
    jobs::learn(&db, &tenant, NOW).await.expect("what the records teach");
    println!("learned from them in {:.1?}", start.elapsed());
    let intake = Intake::new(db.clone(), vault, clock, Settings::default());
    let mut times = Vec::with_capacity(MESSAGES);
    let mut outcomes = [0; 3];
    for number in 0..MESSAGES {
        // Every other one is somebody of the CRM who has been promoted.
        let person = if number % 2 == 0 { number * (records / MESSAGES) } else { records + number };
        let bytes = firms.letter(person, number).into_bytes();
        let (tenant, mailbox, list) = (tenant.clone(), mailbox.clone(), list.clone());
        let start = Instant::now();
        let outcome = intake.take(RawMessage { tenant, mailbox, list, bytes }, None).await;
        times.push(start.elapsed());
        outcomes[match outcome.expect("the message is dealt with") {
            Outcome::New(_) => 0,
            Outcome::Update(_) => 1,
            _ => 2,
        }] += 1;
    }
    times.sort_unstable();
    let [half, most, p99] = [50, 100, 99].map(|p| times[(times.len() - 1) * p / 100]);
    let [new, updates, nothing] = outcomes;
    println!("{MESSAGES} messages: {new} new, {updates} updates, {nothing} gave nothing");
    println!("a message: median {half:.2?}, p99 {p99:.2?} (bar {BAR:?}), longest {most:.2?}");
    let after = resident();
    println!("resident: {before} MiB before the records, {after} MiB after the messages");
    assert!(updates >= MESSAGES / 2, "those whom the CRM has are known");
    // Whose name one record alone bears may be that person at a new employer, and is offered as such.
    assert!(updates <= MESSAGES * 60 / 100, "few who are new are taken for a namesake");
    folding.cancel();
    let _ = folder.await;
    Measured { p99, resident: after }
}

async fn desk(db: &Db, vault: &Vault, records: usize) -> (TenantId, ListId, MailboxId) {
    let mut tx = db.begin_write().await.expect("a transaction");
    let name = format!("Bench {} {records}", std::process::id());
    let new = NewTenant { name: &name, region: "DE" };
    let tenant = tenants::create(&mut tx, vault, &new, NOW).await.expect("a tenant").id;
    let list = lists::create(&mut tx, &tenant, "Sales", NOW).await.expect("a list").id;
    let new = NewMailbox {
        tenant: tenant.clone(),
        list: list.clone(),
        kind: mailboxes::Kind::File,
        address: "sales@kugellager.example".into(),
        host: String::new(),
        port: 0,
        security: Security::Tls,
        username: String::new(),
        password: String::new().into(),
        folder: "INBOX".into(),
        backfill_days: 0,
    };
    let mailbox = mailboxes::create(&mut tx, vault, &new, NOW).await.expect("a mailbox");
    tx.commit().await.expect("the desk is there");
    (tenant, list, mailbox)
}

async fn fill(db: &Db, tenant: &TenantId, firms: &Firms, count: usize) {
    for from in (0..count).step_by(BATCH) {
        let mut tx = db.begin_write().await.expect("a transaction");
        for person in from..count.min(from + BATCH) {
            let contact = firms.contact(person);
            let external_id = person.to_string();
            let keyed_by = matching::RULES;
            let new = NewRecord {
                external_id: &external_id,
                version: None,
                contact: &contact,
                filled: &[],
                keyed_by,
            };
            let (id, _) = records::put(&mut tx, tenant, new, NOW).await.expect("a record");
            let keys = matching::keys(&contact);
            let added = match_keys::add(&mut tx, tenant, Owner::record(&id), &keys);
            added.await.expect("its keys");
        }
        tx.commit().await.expect("the records are there");
    }
}

/// Memory of this process in MiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok());
    kib.unwrap_or_default() / 1024
}
