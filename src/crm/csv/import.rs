//! A table of contacts into the tenant's CRM records.

use super::columns::{Column, columns};
use super::{decode, row};
use crate::clock::Millis;
use crate::contact::Contact;
use crate::crm::keep;
use crate::matching::fold;
use crate::store::audit::{self, Actor};
use crate::store::records::NewRecord;
use crate::store::{Conn, Db, StoreError, TenantId};
use std::collections::HashMap;

/// How many rows are written in one transaction, so that mail is not kept waiting.
const BATCH: usize = 500;

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// Rows that became a record.
    pub new: usize,
    /// Rows that changed or confirmed a record.
    pub again: usize,
    /// Rows, or values of them, that were left out.
    pub problems: Vec<Problem>,
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line in the file where the row begins.
    pub line: u64,
    /// What it is and what to do; no value of the row.
    pub message: String,
}

/// Why nothing, or nothing more, was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The first line names no column that we know.
    #[error(
        "the first line names no column of contacts; it must hold names such as `First name`, \
         `Last name`, `Company`, `E-mail`, `Phone`"
    )]
    NoColumns,
    /// The table ends in the middle, or a quote is never closed.
    #[error("line {0} is not CSV: a quote may be missing; the lines before it were imported")]
    Malformed(u64),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Imports a table. A row with an id known from before, or without ids one of the same address or
/// of the same name and company, brings its record up to date; records that are not in the table
/// stay. `progress` is told after each batch how many rows are done. `region` (ISO 3166) is that of
/// phone numbers without a prefix. That `actor` imports is written down with the first rows, so that
/// an import that is cut short can be found too.
pub async fn import(
    db: &Db,
    tenant: &TenantId,
    actor: &Actor,
    bytes: &[u8],
    region: &str,
    now: Millis,
    mut progress: impl FnMut(usize),
) -> Result<Imported, ImportError> {
    let text = decode::text(bytes);
    let (text, delimiter, skipped) = decode::delimiter(&text);
    let mut table =
        csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
    let headers = table.headers().map_err(|_| ImportError::NoColumns)?.clone();
    let columns = columns(headers.iter());
    if !columns.iter().flatten().any(|column| *column != Column::Id) {
        return Err(ImportError::NoColumns);
    }
    let mut import = Import {
        db,
        tenant,
        actor,
        is_noted: false,
        now,
        batch: Vec::new(),
        done: Imported::default(),
        lines: HashMap::new(),
    };
    for (place, record) in (2..).zip(table.records()) {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                import.write().await?;
                return Err(ImportError::Malformed(
                    skipped + error.position().map_or(place, csv::Position::line),
                ));
            }
        };
        let line = skipped + record.position().map_or(place, csv::Position::line);
        import.add(line, row::read(&columns, record.iter(), region));
        if import.batch.len() >= BATCH {
            import.write().await?;
            progress(import.done.new + import.done.again);
        }
    }
    import.write().await?;
    progress(import.done.new + import.done.again);
    Ok(import.done)
}

struct Import<'a> {
    db: &'a Db,
    tenant: &'a TenantId,
    actor: &'a Actor,
    /// Whether the audit log knows of it.
    is_noted: bool,
    now: Millis,
    batch: Vec<(String, Contact)>,
    done: Imported,
    /// Where in this table each id was.
    lines: HashMap<String, u64>,
}

impl Import<'_> {
    fn add(&mut self, line: u64, row: row::Row) {
        for message in row.problems {
            self.done.problems.push(Problem { line, message });
        }
        let id = row.id.map(|id| format!("id:{id}")).or_else(|| stand_in(&row.contact));
        let Some(id) = id.filter(|_| row.contact.name.is_some() || !row.contact.emails.is_empty())
        else {
            if row.contact != Contact::default() {
                let message = "neither a name nor an e-mail address: fill in one of them";
                self.done.problems.push(Problem { line, message: message.into() });
            }
            return;
        };
        if let Some(first) = self.lines.get(&id) {
            let message = format!("the same contact as line {first}: merge the two in the CRM");
            self.done.problems.push(Problem { line, message });
            return;
        }
        self.lines.insert(id.clone(), line);
        self.batch.push((id, row.contact));
    }

    async fn write(&mut self) -> Result<(), StoreError> {
        let mut tx = self.db.begin_write().await?;
        for (external_id, contact) in self.batch.drain(..) {
            if write_one(&mut tx, self.tenant, &external_id, &contact, self.now).await? {
                self.done.new += 1;
            } else {
                self.done.again += 1;
            }
        }
        if !self.is_noted {
            let (tenant, subject) = (self.tenant, self.tenant.as_str());
            audit::record(&mut tx, tenant, self.actor, "records.import", subject, self.now).await?;
        }
        tx.commit().await?;
        self.is_noted = true;
        Ok(())
    }
}

/// Writes a record and its keys; true if it is new.
async fn write_one(
    conn: &mut Conn,
    tenant: &TenantId,
    external_id: &str,
    contact: &Contact,
    now: Millis,
) -> Result<bool, StoreError> {
    let record = NewRecord { external_id, version: None, contact };
    let (_, new) = keep::record(conn, tenant, record, now).await?;
    Ok(new)
}

/// What stands for an id where the table has none.
fn stand_in(contact: &Contact) -> Option<String> {
    let personal = contact.emails.iter().find(|email| !fold::is_role_mailbox(email.value.local()));
    if let Some(email) = personal {
        return Some(format!("e:{}", email.value.key()));
    }
    let name = contact.name.as_ref().map(|name| fold::fold(&name.value.full));
    let email = contact.emails.first().map(|email| email.value.key());
    let company = contact.organizations.first().map(|name| fold::fold_company(&name.value));
    if name.is_none() && email.is_none() {
        return None;
    }
    let parts = [name, company, email].map(Option::unwrap_or_default);
    Some(format!("n:{}", parts.join("|")))
}
