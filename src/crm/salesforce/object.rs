//! What tells the two kinds of people's records in an org apart: contacts, and leads, who are no contacts
//! yet. A lead that was converted is a contact; its own record stays, and takes no change any more
//! (<https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_lead.htm>).
//! Of two records that were merged one is in the recycle bin, and names the other as its master.

use super::answer::Page;
use super::refusal::Trouble;
use super::soql;
use crate::crm::mapping::{Change, Edit, Fields, Mapping};

/// A kind of people's records.
#[derive(Debug)]
pub(super) struct Object {
    /// Its name in the API.
    pub(super) name: &'static str,
    /// What the ids of its records begin with, and of no others.
    pub(super) prefix: &'static str,
    /// What is asked for of a record beside what is mapped.
    always: &'static [&'static str],
    /// Of which of its records somebody is there.
    pub(super) present: &'static str,
    /// A field that must not be empty, and what stands in it where nobody knows better.
    filler: Option<(&'static str, &'static str)>,
    /// Whether its company is an account, a record of its own.
    pub(super) has_account: bool,
    /// Whether an org may be without it, or the app's user without a right to see it.
    may_lack: bool,
}

pub(super) static CONTACT: Object = Object {
    name: "Contact",
    prefix: "003",
    always: &[
        "Id",
        "IsDeleted",
        "MasterRecordId",
        "AccountId",
        "CreatedById",
        "CreatedDate",
        "LastModifiedDate",
        "SystemModstamp",
    ],
    present: "IsDeleted = false",
    filler: None,
    has_account: true,
    may_lack: false,
};

pub(super) static LEAD: Object = Object {
    name: "Lead",
    prefix: "00Q",
    always: &[
        "Id",
        "IsDeleted",
        "MasterRecordId",
        "IsConverted",
        "ConvertedContactId",
        "CreatedById",
        "CreatedDate",
        "LastModifiedDate",
        "SystemModstamp",
    ],
    present: "IsDeleted = false AND IsConverted = false",
    // As Salesforce's own forms for leads on web sites have it.
    filler: Some(("Company", "[not provided]")),
    has_account: false,
    may_lack: true,
};

/// Both, the one that is meant where both have somebody first.
pub(super) static ALL: [&Object; 2] = [&CONTACT, &LEAD];

impl Object {
    /// Whose record an id names.
    pub(super) fn of(id: &str) -> &'static Self {
        ALL.into_iter().find(|object| object.has(id)).unwrap_or(&CONTACT)
    }

    /// Whether its records are leads.
    pub(super) fn is_lead(&self) -> bool {
        self.name == LEAD.name
    }

    /// Whether an id is of one of its records.
    pub(super) fn has(&self, id: &str) -> bool {
        soql::is_id(id) && id.starts_with(self.prefix)
    }

    /// The beginning of every query for its records. A field is named once, or the query is refused.
    pub(super) fn select(&self, mapping: &Mapping) -> String {
        let mapped = mapping.properties().filter(|name| !self.always.contains(name));
        let names: Vec<&str> = self.always.iter().copied().chain(mapped).collect();
        format!("SELECT {} FROM {}", names.join(", "), self.name)
    }

    /// What a query has found: nobody, of a kind that may be lacking.
    pub(super) fn or_nobody(&self, page: Result<Page, Trouble>) -> Result<Page, Trouble> {
        match page {
            Err(Trouble::Unseen(_)) if self.may_lack => Ok(Page::unseen()),
            page => page,
        }
    }

    /// What a record says, without what only fills a field.
    pub(super) fn told(&self, mut fields: Fields) -> Fields {
        if let Some((field, filler)) = self.filler
            && fields.get(field).is_some_and(|text| text == filler)
        {
            fields.remove(field);
        }
        fields
    }

    /// The fields of a new record.
    pub(super) fn complete(&self, mut change: Change) -> Change {
        if let Some((field, _)) = self.filler
            && !change.edits.iter().any(|edit| edit.property == field)
        {
            let (from, to) = (String::new(), String::new());
            change.edits.push(Edit { property: field.to_owned(), from, to });
        }
        change
    }

    /// The fields as they are sent: one that must not be empty is filled.
    pub(super) fn sent(&self, mut fields: Fields) -> Fields {
        if let Some((field, filler)) = self.filler
            && let Some(text) = fields.get_mut(field).filter(|text| text.is_empty())
        {
            filler.clone_into(text);
        }
        fields
    }
}

/// Whether an id of an org names a lead.
pub fn is_lead(id: &str) -> bool {
    LEAD.has(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_tells_a_lead_from_a_contact() {
        assert!(is_lead("00Q7Q0000000001QAQ") && is_lead("00Q7Q0000000001"));
        assert!(!is_lead("0037Q0000000001QAQ") && !is_lead("00Q") && !is_lead("00Q7Q000000000'"));
        assert_eq!(Object::of("0037Q0000000001QAQ").name, "Contact");
        assert_eq!(Object::of("00Q7Q0000000001QAQ").name, "Lead");
    }

    #[test]
    fn a_lead_without_a_company_has_what_salesforce_puts_there() {
        let lead = LEAD.complete(Change::default());
        assert_eq!(LEAD.sent(lead.fields())["Company"], "[not provided]");
        assert!(LEAD.told(LEAD.sent(lead.fields())).is_empty());
        let named = Fields::from([("Company".to_owned(), "Exempla GmbH".to_owned())]);
        assert_eq!(LEAD.told(LEAD.sent(named.clone())), named);
        assert!(CONTACT.complete(Change::default()).edits.is_empty());
    }
}
