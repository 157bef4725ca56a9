//! The fields that contacts, leads, accounts, users and activities have.

use serde_json::{Value, json};

/// A field: its name, the longest text that it takes, and whether it can be written.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) most: usize,
    pub(super) writable: bool,
}

const fn text(name: &'static str, most: usize) -> Field {
    Field { name, most, writable: true }
}

const fn fixed(name: &'static str) -> Field {
    Field { name, most: 255, writable: false }
}

pub(super) const CONTACT: [Field; 30] = [
    fixed("Id"),
    fixed("IsDeleted"),
    fixed("MasterRecordId"),
    fixed("Name"),
    fixed("CreatedById"),
    fixed("CreatedDate"),
    fixed("LastModifiedDate"),
    fixed("LastModifiedById"),
    fixed("LastActivityDate"),
    fixed("SystemModstamp"),
    text("AccountId", 18),
    text("OwnerId", 18),
    text("Salutation", 40),
    text("FirstName", 40),
    text("LastName", 80),
    text("Title", 128),
    text("Department", 80),
    text("Email", 80),
    text("Phone", 40),
    text("MobilePhone", 40),
    text("Fax", 40),
    text("OtherPhone", 40),
    text("HomePhone", 40),
    text("MailingStreet", 255),
    text("MailingPostalCode", 20),
    text("MailingCity", 40),
    text("MailingState", 80),
    text("MailingStateCode", 10),
    text("MailingCountry", 80),
    text("MailingCountryCode", 10),
];
pub(super) const LEAD: [Field; 30] = [
    fixed("Id"),
    fixed("IsDeleted"),
    fixed("IsConverted"),
    fixed("ConvertedContactId"),
    fixed("MasterRecordId"),
    fixed("Name"),
    fixed("CreatedById"),
    fixed("CreatedDate"),
    fixed("LastModifiedDate"),
    fixed("LastModifiedById"),
    fixed("LastActivityDate"),
    fixed("SystemModstamp"),
    text("OwnerId", 18),
    text("Salutation", 40),
    text("FirstName", 40),
    text("LastName", 80),
    text("Company", 255),
    text("Title", 128),
    text("Email", 80),
    text("Phone", 40),
    text("MobilePhone", 40),
    text("Fax", 40),
    text("Website", 255),
    text("Street", 255),
    text("PostalCode", 20),
    text("City", 40),
    text("State", 80),
    text("StateCode", 10),
    text("Country", 80),
    text("CountryCode", 10),
];
pub(super) const ACCOUNT: [Field; 10] = [
    fixed("Id"),
    fixed("IsDeleted"),
    fixed("MasterRecordId"),
    fixed("CreatedDate"),
    fixed("SystemModstamp"),
    text("Name", 255),
    text("Website", 255),
    text("BillingStreet", 255),
    text("BillingPostalCode", 20),
    text("BillingCity", 40),
];
pub(super) const USER: [Field; 5] =
    [fixed("Id"), fixed("Name"), fixed("Email"), fixed("IsActive"), fixed("UserType")];

pub(super) const TASK: [Field; 4] =
    [fixed("Id"), fixed("WhoId"), fixed("ActivityDate"), fixed("IsClosed")];
pub(super) const EVENT: [Field; 3] = [fixed("Id"), fixed("WhoId"), fixed("ActivityDate")];
pub(super) const ROLE: [Field; 2] = [fixed("Id"), fixed("ContactId")];

/// The kind of records that contacts or leads have by a name, and which of its fields leads to them.
pub(super) fn child(kind: &str, name: &str) -> Option<(&'static str, &'static str)> {
    match (kind, name) {
        ("Contact" | "Lead", "Tasks") => Some(("Task", "WhoId")),
        ("Contact" | "Lead", "Events") => Some(("Event", "WhoId")),
        ("Contact", "OpportunityContactRoles") => Some(("OpportunityContactRole", "ContactId")),
        _ => None,
    }
}

/// The fields of a kind of records; none if there is no such kind.
pub(super) fn of(kind: &str) -> Option<&'static [Field]> {
    match kind {
        "Contact" => Some(&CONTACT),
        "Lead" => Some(&LEAD),
        "Account" => Some(&ACCOUNT),
        "User" => Some(&USER),
        "Task" => Some(&TASK),
        "Event" => Some(&EVENT),
        "OpportunityContactRole" => Some(&ROLE),
        _ => None,
    }
}

/// The fields without which there is none.
pub(super) fn required(kind: &str) -> &'static [&'static str] {
    if kind == "Lead" { &["LastName", "Company"] } else { &["LastName"] }
}

/// Whether a query can name it: a field of the kind, or one of a contact's account.
pub(super) fn knows(kind: &str, name: &str) -> bool {
    let (kind, name) = match name.split_once('.') {
        Some(("Account", name)) if kind == "Contact" => ("Account", name),
        Some(_) => return false,
        None => (kind, name),
    };
    of(kind).is_some_and(|fields| fields.iter().any(|field| field.name == name))
}

/// A kind's description, with those of the fields that are shown.
pub(super) fn describe(
    kind: &str,
    fields: &[Field],
    can_write: bool,
    is_seen: impl Fn(&str) -> bool,
) -> Value {
    let shown = fields.iter().filter(|field| is_seen(field.name));
    let fields = shown.map(|field| {
        let writable = field.writable && can_write;
        json!({"name": field.name, "type": "string", "length": field.most,
               "createable": writable, "updateable": writable})
    });
    let fields: Vec<Value> = fields.collect();
    json!({"name": kind, "queryable": true, "createable": can_write, "updateable": can_write,
                "deletable": can_write, "fields": fields})
}
