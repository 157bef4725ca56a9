//! A table of contacts into the tenant's CRM records.

use super::columns::Chosen;
use super::intake::{Entries, Entry, Problem};
use super::newcomers;
use super::rows::{self, Table, TableError};
use crate::clock::Millis;
use crate::crm::{follow, keep};
use crate::store::audit::{self, Actor};
use crate::store::{Db, StoreError, TenantId, jobs, records, repeated};
use std::mem;
use tokio::task::spawn_blocking;

/// How many rows are written in one transaction, so that mail is not kept waiting.
const BATCH: usize = 500;

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// Rows that became a record.
    pub new: usize,
    /// Rows that changed or confirmed a record.
    pub again: usize,
    /// Records that left, where the table is the whole CRM.
    pub gone: usize,
    /// Rows, or values of them, that were left out.
    pub problems: Vec<Problem>,
}

/// Why nothing, or nothing more, was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file is no table of contacts.
    #[error(transparent)]
    Table(#[from] TableError),
    /// A quote is left open, so that nobody knows where the rows after it begin.
    #[error(
        "line {0} is not CSV: a cell begins there with a quote that is not closed, and nothing is read \
         from there on; close it, or take it out"
    )]
    Malformed(u64),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whose table it is, who brings it, and how it is to be read.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// Whose records these are.
    pub tenant: &'a TenantId,
    /// Who imports, for the audit log.
    pub actor: &'a Actor,
    /// What columns hold where their names do not say.
    pub chosen: &'a Chosen,
    /// Country (ISO 3166) of phone numbers without a prefix.
    pub region: &'a str,
    /// When.
    pub now: Millis,
}

/// Imports a table, CSV or Excel. A row with an id known from before, or without ids one of the same
/// address or of the same name and company, brings its record up to date; records that are not in the
/// table stay, and those whose row is left out stay as they were. `progress` is told after each batch how
/// many rows are done. That `actor` imports is written down with the first rows, so that an import that is
/// cut short can be found too.
pub async fn import(
    db: &Db,
    order: Order<'_>,
    bytes: impl AsRef<[u8]> + Send + 'static,
    progress: impl FnMut(usize),
) -> Result<Imported, ImportError> {
    let table = open(order, bytes).await?;
    import_table(db, order, table, progress).await
}

/// Opens the file.
pub(super) async fn open(
    order: Order<'_>,
    bytes: impl AsRef<[u8]> + Send + 'static,
) -> Result<Table, TableError> {
    let chosen = order.chosen.clone();
    // A workbook takes seconds to unpack; one on which its reader gives up is damaged.
    let table = spawn_blocking(move || rows::read(bytes.as_ref(), &chosen)).await;
    table.unwrap_or(Err(TableError::Excel))
}

/// [`import`], of a file that is open.
pub(super) async fn import_table(
    db: &Db,
    order: Order<'_>,
    table: Table,
    mut progress: impl FnMut(usize),
) -> Result<Imported, ImportError> {
    let mut entries = Entries::of(table, order.region);
    let mut done = Imported::default();
    let mut first = true;
    loop {
        let mut batch = Vec::with_capacity(BATCH);
        let mut malformed = None;
        for entry in entries.by_ref().take(BATCH) {
            match entry {
                Ok(entry) => batch.push(entry),
                Err(line) => {
                    malformed = Some(line);
                    break;
                }
            }
        }
        let last = batch.len() < BATCH;
        let batch = Batch { rows: batch, named: mem::take(&mut entries.named), first, last };
        // Saying it twice changes nothing, and there may be any number of them: mail is not kept waiting.
        for some in batch.named.chunks(BATCH) {
            repeated(async || confirm(db, order, some).await).await?;
        }
        if first || last || !batch.rows.is_empty() {
            write_again(db, order, &batch, &mut done).await?;
        }
        first = false;
        progress(done.new + done.again);
        if let Some(line) = malformed {
            return Err(ImportError::Malformed(line));
        } else if last {
            done.problems = entries.problems;
            return Ok(done);
        }
    }
}

/// Some rows of a table, and where they stand in it.
#[derive(Debug)]
struct Batch {
    rows: Vec<Entry>,
    /// The ids of rows among them that were left out.
    named: Vec<String>,
    first: bool,
    last: bool,
}

async fn confirm(db: &Db, order: Order<'_>, named: &[String]) -> Result<(), StoreError> {
    let mut tx = db.begin_write().await?;
    records::seen_in_file(&mut tx, order.tenant, named, order.now).await?;
    Ok(tx.commit().await?)
}

/// How often a batch is written again because another worker was faster.
const REPEATS: usize = 5;

async fn write_again(
    db: &Db,
    order: Order<'_>,
    batch: &Batch,
    done: &mut Imported,
) -> Result<(), StoreError> {
    for _ in 0..REPEATS {
        match write(db, order, batch, done).await {
            Err(error) if error.may_pass_if_repeated() => {}
            written => return written,
        }
    }
    write(db, order, batch, done).await
}

async fn write(
    db: &Db,
    order: Order<'_>,
    batch: &Batch,
    done: &mut Imported,
) -> Result<(), StoreError> {
    let Order { tenant, now, .. } = order;
    let mut tx = db.begin_write().await?;
    let Batch { rows, first, last, .. } = batch;
    let known = newcomers::keep(&mut tx, tenant, rows, now).await?;
    let mut new = rows.len() - known.len();
    for Entry { external_id, contact } in known {
        let (version, changed_at, after) = (None, None, keep::After::default());
        let read = keep::Read { external_id, version, contact, filled: &[], changed_at, after };
        let (id, before) = keep::record(&mut tx, tenant, read, now).await?;
        match before {
            // What an earlier connection has left is there, and nobody's record.
            None => new += 1,
            Some(before) => {
                follow::record(&mut tx, tenant, &id, (&before.contact, contact), now).await?;
            }
        }
    }
    if *first {
        let subject = tenant.as_str();
        audit::record(&mut tx, tenant, order.actor, "records.import", subject, now).await?;
    }
    if *last {
        // The same job lets open suggestions hear of what was imported.
        jobs::hurry(&mut tx, tenant, jobs::Kind::ReadCrm, now).await?;
    }
    tx.commit().await?;
    done.new += new;
    done.again += rows.len() - new;
    Ok(())
}
