//! What can be with a contact, and what becomes of it when the contact is removed: each table's relationships
//! say that (<https://learn.microsoft.com/power-apps/developer/data-platform/reference/entities/contact>).

use super::columns::Type::{Id, Lookup, Text};
use super::columns::{ACCOUNTS, CONTACTS, Column, USERS};
use super::world::{Row, Rows, World};
use serde_json::{Value, json};

/// What becomes of a row whose contact is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Removal {
    /// It is removed, too.
    Cascade,
    /// It leads nowhere any more.
    RemoveLink,
    /// It stays as it is.
    NoCascade,
}

use Removal::{Cascade, NoCascade, RemoveLink};

/// A table of rows that lead to contacts.
struct Related {
    set: &'static str,
    name: &'static str,
    /// The right to read it.
    right: &'static str,
    columns: &'static [Column],
    /// The columns that lead there.
    lead: &'static [(&'static str, Removal)],
}

static RELATED: [Related; 9] = [
    Related {
        set: "activitypointers",
        name: "activitypointer",
        right: "prvReadActivity",
        columns: &[
            ("activityid", Id, false),
            ("subject", Text(400), true),
            ("regardingobjectid", Lookup("Lookup"), true),
        ],
        lead: &[("regardingobjectid", Cascade)],
    },
    Related {
        set: "activityparties",
        name: "activityparty",
        right: "prvReadActivity",
        columns: &[("activitypartyid", Id, false), ("partyid", Lookup("Lookup"), true)],
        lead: &[("partyid", NoCascade)],
    },
    Related {
        set: "annotations",
        name: "annotation",
        right: "prvReadNote",
        columns: &[
            ("annotationid", Id, false),
            ("subject", Text(500), true),
            ("objectid", Lookup("Lookup"), true),
        ],
        lead: &[("objectid", Cascade)],
    },
    Related {
        set: "opportunities",
        name: "opportunity",
        right: "prvReadOpportunity",
        columns: &[
            ("opportunityid", Id, false),
            ("name", Text(300), true),
            ("customerid", Lookup("Customer"), true),
            ("parentcontactid", Lookup("Lookup"), true),
        ],
        lead: &[("customerid", Cascade), ("parentcontactid", RemoveLink)],
    },
    Related {
        set: "quotes",
        name: "quote",
        right: "prvReadQuote",
        columns: &[("quoteid", Id, false), ("customerid", Lookup("Customer"), true)],
        lead: &[("customerid", Cascade)],
    },
    Related {
        set: "salesorders",
        name: "salesorder",
        right: "prvReadOrder",
        columns: &[("salesorderid", Id, false), ("customerid", Lookup("Customer"), true)],
        lead: &[("customerid", Cascade)],
    },
    Related {
        set: "invoices",
        name: "invoice",
        right: "prvReadInvoice",
        columns: &[("invoiceid", Id, false), ("customerid", Lookup("Customer"), true)],
        lead: &[("customerid", Cascade)],
    },
    Related {
        set: "incidents",
        name: "incident",
        right: "prvReadIncident",
        columns: &[
            ("incidentid", Id, false),
            ("title", Text(200), true),
            ("customerid", Lookup("Customer"), true),
            ("primarycontactid", Lookup("Lookup"), true),
        ],
        lead: &[("customerid", Cascade), ("primarycontactid", RemoveLink)],
    },
    Related {
        set: "connections",
        name: "connection",
        right: "prvReadConnection",
        columns: &[
            ("connectionid", Id, false),
            ("record1id", Lookup("Lookup"), true),
            ("record2id", Lookup("Lookup"), true),
        ],
        lead: &[("record1id", Cascade), ("record2id", Cascade)],
    },
];

fn related(set: &str) -> Option<&'static Related> {
    RELATED.iter().find(|it| it.set == set)
}

/// The right that reading a table takes.
pub(super) fn right(set: &str) -> Option<&'static str> {
    match set {
        "contacts" => Some("prvReadContact"),
        "accounts" => Some("prvReadAccount"),
        "systemusers" => Some("prvReadUser"),
        set => related(set).map(|it| it.right),
    }
}

/// Every way in which a row can lead to a contact: the table and the column.
pub(crate) fn ways() -> impl Iterator<Item = (&'static str, &'static str)> {
    let of = |it: &'static Related| it.lead.iter().map(move |(column, _)| (it.set, *column));
    RELATED
        .iter()
        .flat_map(of)
        .chain([("accounts", "primarycontactid"), ("contacts", "parentcustomerid")])
}

impl World {
    /// The rows of a table, its columns (the id is the first one), and what a row is called; none if the
    /// environment has no such table.
    pub(super) fn table(&self, set: &str) -> Option<(&Rows, &'static [Column], &'static str)> {
        match set {
            "contacts" => Some((&self.contacts, &CONTACTS, "contact")),
            "accounts" => Some((&self.accounts, &ACCOUNTS, "account")),
            "systemusers" => Some((&self.users, &USERS, "systemuser")),
            set => {
                let table = related(set).filter(|it| !self.without.contains(&it.set))?;
                Some((self.related.get(table.set).unwrap_or(&NONE), table.columns, table.name))
            }
        }
    }

    fn table_mut(&mut self, set: &'static str) -> &mut Rows {
        match set {
            "contacts" => &mut self.contacts,
            "accounts" => &mut self.accounts,
            set => self.related.entry(set).or_default(),
        }
    }

    /// A colleague makes a row that leads to a contact by a column; answers its id.
    pub(crate) fn put_with(
        &mut self,
        contact: &str,
        (set, column): (&'static str, &str),
    ) -> String {
        let id = match set {
            "contacts" => self.add(&[("lastname", "Kurz")]),
            "accounts" => self.add_company("Probe AG", ""),
            set => {
                let id = self.new_id();
                self.table_mut(set).insert(id.clone(), Row::default());
                id
            }
        };
        let row = self.table_mut(set).get_mut(&id).unwrap();
        row.values.insert(format!("_{column}_value"), json!(contact));
        id
    }

    /// Whether such a row leads there still.
    pub(crate) fn is_with(&self, contact: &str, (set, column): (&str, &str), id: &str) -> bool {
        let row = self.table(set).and_then(|(rows, _, _)| rows.get(id));
        row.is_some_and(|row| row.values.get(&format!("_{column}_value")) == Some(&json!(contact)))
    }

    /// A colleague removes such a row.
    pub(crate) fn take_away(&mut self, set: &'static str, id: &str) {
        self.table_mut(set).remove(id).unwrap();
    }

    /// What becomes of all that is with a contact that is removed.
    pub(super) fn cascade(&mut self, contact: &str) {
        let all = RELATED.iter().flat_map(|it| it.lead.iter().map(|(to, how)| (it.set, *to, *how)));
        let more = [
            ("accounts", "primarycontactid", RemoveLink),
            ("contacts", "parentcustomerid", RemoveLink),
        ];
        for (set, column, how) in all.chain(more) {
            let (key, rows) = (format!("_{column}_value"), self.table_mut(set));
            let leads = |row: &Row| row.values.get(&key) == Some(&json!(contact));
            match how {
                NoCascade => {}
                Cascade => rows.retain(|_, row| !leads(row)),
                RemoveLink => {
                    for row in rows.values_mut().filter(|row| leads(row)) {
                        row.values.insert(key.clone(), Value::Null);
                    }
                }
            }
        }
    }
}

/// A table without a row.
static NONE: Rows = Rows::new();
