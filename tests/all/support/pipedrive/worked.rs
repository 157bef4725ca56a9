//! What others do with a person, which Pipedrive counts.

use super::world::World;
use serde_json::{Map, Value, json};

/// Something that is with a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    Activity {
        done: bool,
    },
    Note,
    File,
    Mail,
    Deal {
        open: bool,
    },
    /// A deal of somebody else, in which the person takes part.
    Part {
        open: bool,
    },
}

/// What can be asked for beside the usual fields.
const FURTHER: [&str; 24] = [
    "next_activity_id",
    "last_activity_id",
    "open_deals_count",
    "related_open_deals_count",
    "closed_deals_count",
    "related_closed_deals_count",
    "participant_open_deals_count",
    "participant_closed_deals_count",
    "email_messages_count",
    "activities_count",
    "done_activities_count",
    "undone_activities_count",
    "files_count",
    "notes_count",
    "followers_count",
    "won_deals_count",
    "related_won_deals_count",
    "lost_deals_count",
    "related_lost_deals_count",
    "last_incoming_mail_time",
    "last_outgoing_mail_time",
    "marketing_status",
    "doi_status",
    "smart_bcc_email",
];

impl World {
    /// A colleague does something with a person.
    pub(crate) fn put_with(&mut self, person: u64, work: Work) {
        self.work.push((person, work));
    }

    /// A colleague takes all that away again.
    pub(crate) fn take_away(&mut self, person: u64) {
        self.work.retain(|(of, _)| *of != person);
    }

    /// What is with a person goes over to another one.
    pub(super) fn hand_over(&mut self, person: u64, other: u64) {
        for (of, _) in self.work.iter_mut().filter(|(of, _)| *of == person) {
            *of = other;
        }
    }

    /// A person with the further fields that are asked for; none if one of them is not known.
    pub(super) fn with_further(&self, person: u64, names: &str) -> Option<Map<String, Value>> {
        let mut shown = self.persons[&person].clone();
        for name in names.split(',') {
            if !FURTHER.contains(&name) {
                return None;
            }
            shown.insert(name.to_owned(), self.further(person, name));
        }
        Some(shown)
    }

    fn further(&self, person: u64, name: &str) -> Value {
        let count = |of: &dyn Fn(Work) -> bool| {
            json!(self.work.iter().filter(|(whose, work)| *whose == person && of(*work)).count())
        };
        match name {
            "activities_count" => count(&|it| matches!(it, Work::Activity { .. })),
            "done_activities_count" => count(&|it| it == Work::Activity { done: true }),
            "undone_activities_count" => count(&|it| it == Work::Activity { done: false }),
            "notes_count" => count(&|it| it == Work::Note),
            "files_count" => count(&|it| it == Work::File),
            "email_messages_count" => count(&|it| it == Work::Mail),
            "open_deals_count" => count(&|it| it == Work::Deal { open: true }),
            "closed_deals_count" => count(&|it| it == Work::Deal { open: false }),
            "participant_open_deals_count" => count(&|it| it == Work::Part { open: true }),
            "participant_closed_deals_count" => count(&|it| it == Work::Part { open: false }),
            // Its owner.
            "followers_count" => json!(1),
            name => panic!("the stories do not ask for {name}"),
        }
    }
}
