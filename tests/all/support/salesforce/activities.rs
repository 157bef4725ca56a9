//! Tasks, appointments and parts in opportunities of contacts and leads.

use super::query::shown;
use super::schema;
use super::soql::{Query, Row};
use super::world::{World, day};
use serde_json::{Value, json};

/// One of them, in a record of its own.
#[derive(Debug, Clone)]
pub(crate) struct Activity {
    kind: &'static str,
    /// The contact or lead.
    person: String,
    /// Its day.
    day: String,
    /// It is a task that is done.
    closed: bool,
}

impl World {
    /// A colleague has a `Task` (not done yet), an `Event` or an `OpportunityContactRole` with somebody; answers
    /// its id.
    pub(crate) fn put_with(&mut self, person: &str, kind: &'static str) -> String {
        let prefix = match kind {
            "Task" => "00T",
            "Event" => "00U",
            _ => "00K",
        };
        let (id, day) = (self.new_id(prefix), day(self.now()));
        let activity = Activity { kind, person: person.to_owned(), day, closed: false };
        self.activities.insert(id.clone(), activity);
        id
    }

    /// A colleague has done a task.
    pub(crate) fn close(&mut self, task: &str) {
        self.activities.get_mut(task).unwrap().closed = true;
    }

    /// A colleague removes one of them.
    pub(crate) fn take_away(&mut self, id: &str) {
        self.activities.remove(id).unwrap();
    }

    /// What is with somebody goes over to somebody else; or away with them.
    pub(super) fn hand_over(&mut self, person: &str, other: Option<&str>) {
        self.activities.retain(|_, it| it.person != person || other.is_some());
        for activity in self.activities.values_mut().filter(|it| it.person == person) {
            other.unwrap().clone_into(&mut activity.person);
        }
    }

    /// The day of the last appointment, or task that is done: what is still to be done does not count.
    pub(super) fn last_activity(&self, person: &str) -> Option<&str> {
        let of = self.activities.values().filter(|it| it.person == person);
        let counted = of.filter(|it| it.kind == "Event" || (it.kind == "Task" && it.closed));
        counted.map(|it| it.day.as_str()).max()
    }

    /// All of a kind, with the field that leads to the contact or lead.
    pub(super) fn activity_rows(&self, kind: &str) -> Vec<Row> {
        let to = if kind == "OpportunityContactRole" { "ContactId" } else { "WhoId" };
        let of = self.activities.iter().filter(|(_, it)| it.kind == kind);
        let rows = of.map(|(id, it)| {
            Row::from([
                ("Id".to_owned(), json!(id)),
                (to.to_owned(), json!(it.person)),
                ("ActivityDate".to_owned(), json!(it.day)),
                ("IsClosed".to_owned(), json!(it.closed)),
            ])
        });
        rows.collect()
    }

    /// What a query within a query finds of a record; null is nothing.
    pub(super) fn children(&self, query: &Query, parent: &str, id: &str) -> Value {
        let (kind, to) = schema::child(parent, &query.from).expect("only what is known is asked");
        let rows = self.activity_rows(kind).into_iter().filter(|row| {
            row[to] == id && query.condition.as_ref().is_none_or(|condition| condition.holds(row))
        });
        let rows = rows.take(query.limit.unwrap_or(usize::MAX));
        let records: Vec<Value> = rows.map(|row| shown(query, kind, &row)).collect();
        if records.is_empty() {
            return Value::Null;
        }
        json!({"totalSize": records.len(), "done": true, "records": records})
    }
}
