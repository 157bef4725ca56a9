//! The lines of a table one after the other as contacts, each once.

use super::row::{self, Row};
use super::rows::{Line, Table};
use crate::contact::Contact;
use crate::matching::fold;
use crate::store::records::CrmRecord;
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// What an id begins with that a table gave; what stands for one begins otherwise.
const GIVEN: &str = "id:";

/// The id of a record where it came from, a table or the connected CRM, by which that knows it again; none
/// if its table gave none.
pub fn id_given(record: &CrmRecord) -> Option<&str> {
    let id = record.external_id.as_str();
    if record.is_imported() { id.strip_prefix(GIVEN) } else { Some(id) }
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line in the file where the row begins.
    pub line: u64,
    /// What it is and what to do; no value of the row.
    pub message: String,
    /// Whether the whole row is left out, and not only a value of it.
    pub whole: bool,
}

/// A contact of a table.
#[derive(Debug)]
pub(super) struct Entry {
    /// The CRM's id of it, or what stands for one.
    pub(super) external_id: String,
    pub(super) contact: Contact,
}

/// Reads the lines of a table.
pub(super) struct Entries {
    pub(super) table: Table,
    /// Country (ISO 3166) of phone numbers without a prefix.
    region: String,
    /// What was left out so far.
    pub(super) problems: Vec<Problem>,
    /// The ids that rows name which were left out since this was taken: who has one is in the CRM all the same.
    pub(super) named: Vec<String>,
    /// Where in this table each id was.
    firsts: HashMap<String, First>,
}

/// The first row of an id.
#[derive(Debug, Clone, Copy)]
struct First {
    line: u64,
    /// The name in it as a hash, for there are many; none if it has none.
    name: Option<u64>,
}

impl Entries {
    pub(super) fn of(table: Table, region: &str) -> Self {
        let (problems, named, firsts) = Default::default();
        Self { table, region: region.to_owned(), problems, named, firsts }
    }

    /// The contact of a line, unless it has none or came before.
    pub(super) fn entry(&mut self, line: &Line) -> Option<Entry> {
        let cells = line.cells.iter().map(String::as_str);
        let Table { columns, addresses, .. } = &self.table;
        let Row { id, contact, problems } = row::read(columns, addresses, cells, &self.region);
        let line = line.number;
        let of_value = |message| Problem { line, message, whole: false };
        let is_empty = id.is_none() && contact == Contact::default() && problems.is_empty();
        self.problems.extend(problems.into_iter().map(of_value));
        let id = id.map(|id| format!("{GIVEN}{id}"));
        if contact.name.is_none() && contact.emails.is_empty() {
            if !is_empty {
                self.leave_out(line, "neither a name nor an e-mail address: fill in one of them");
            }
            self.named.extend(id);
            return None;
        }
        let external_id = id.or_else(|| stand_in(&contact))?;
        let here = First { line, name: hashed_name(&contact) };
        if let Some(first) = self.firsts.get(&external_id) {
            let message = first.again(here, external_id.starts_with(GIVEN));
            self.leave_out(line, &message);
            return None;
        }
        self.firsts.insert(external_id.clone(), here);
        Some(Entry { external_id, contact })
    }

    /// The ids that the lines so far have named, or what stands for them.
    pub(super) fn ids(&mut self) -> HashSet<String> {
        self.firsts.drain().map(|(id, _)| id).chain(self.named.drain(..)).collect()
    }

    fn leave_out(&mut self, line: u64, message: &str) {
        self.problems.push(Problem { line, message: message.to_owned(), whole: true });
    }
}

impl First {
    /// What to do about a later row of the same id, or of what stands for one.
    fn again(self, later: Self, is_id_given: bool) -> String {
        let line = self.line;
        let are_named = self.name.is_some() && later.name.is_some();
        match (are_named && self.name != later.name, is_id_given) {
            (false, _) => format!("the same contact as line {line}: merge the two in the CRM"),
            (true, true) => format!(
                "the same id as line {line}, but another name: if they are two people, give each an id \
                 of their own, or leave the column of ids out; if they are one, merge them in the CRM"
            ),
            (true, false) => format!(
                "the same e-mail address as line {line}, but another name: if they are two people, give \
                 each an address or an id of their own; if they are one, merge them in the CRM"
            ),
        }
    }
}

fn hashed_name(contact: &Contact) -> Option<u64> {
    let name = contact.name.as_ref()?;
    let mut hasher = DefaultHasher::new();
    fold::fold(&name.value.full).hash(&mut hasher);
    Some(hasher.finish())
}

impl Iterator for Entries {
    /// A contact, or the number of a line at which the table cannot be read on.
    type Item = Result<Entry, u64>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let line = match self.table.lines.next()? {
                Ok(line) => line,
                Err(number) => return Some(Err(number)),
            };
            if let Some(entry) = self.entry(&line) {
                return Some(Ok(entry));
            }
        }
    }
}

/// What stands for an id where the table has none.
fn stand_in(contact: &Contact) -> Option<String> {
    let personal = contact.emails.iter().find(|email| !email.value.is_role_mailbox());
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
