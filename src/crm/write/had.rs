//! What a record had before a write: what is taken back is what the write changed, not what it meant.

use crate::contact::{Contact, Found, Link, Phone, PhoneKind};
use crate::crm::{Updated, Written};
use crate::matching::fold::fold_company;
use crate::store::crm_writes::CrmWrite;

/// Notes what a write has changed of a record. Where somebody else had written all of it, nothing is to be
/// taken back.
pub(super) fn note(write: &mut CrmWrite, updated: Updated) -> Written {
    let Updated { written, said, linked } = updated;
    let (Written::Done(record) | Written::Partly(record, _)) = &written else { return written };
    write.linked = linked;
    let is_of_try = write.is_tried() && record.version != write.version;
    let said = said.or_else(|| write.known.clone().filter(|_| is_of_try));
    if let Some(said) = said {
        write.before = write.before.take().map(|before| had(&before, &write.after, &said));
    } else if !is_of_try {
        write.before = Some(write.after.clone());
        write.version.clone_from(&record.version);
    }
    written
}

/// What is known to have been there, with what of the values that come a record said already. A name and a
/// postal address are one, whatever is written of them.
fn had(before: &Contact, after: &Contact, said: &Contact) -> Contact {
    let mut had = before.clone();
    if after.name.is_some() && had.name.is_none() {
        had.name.clone_from(&said.name);
    }
    if !after.addresses.is_empty() && had.addresses.is_empty() {
        had.addresses.clone_from(&said.addresses);
    }
    add(&mut had.titles, &after.titles, &said.titles, |one, other| same_words(one, other));
    add(&mut had.departments, &after.departments, &said.departments, |one, other| {
        same_words(one, other)
    });
    add(&mut had.organizations, &after.organizations, &said.organizations, |one, other| {
        same_company(one, other)
    });
    add(&mut had.phones, &after.phones, &said.phones, same_number);
    add(&mut had.emails, &after.emails, &said.emails, |one, other| one.key() == other.key());
    add(&mut had.links, &after.links, &said.links, same_link);
    add(&mut had.profiles, &after.profiles, &said.profiles, same_link);
    had
}

/// Adds what comes and was said already; what only is written otherwise than before was changed.
fn add<T: Clone>(
    had: &mut Vec<Found<T>>,
    after: &[Found<T>],
    said: &[Found<T>],
    same: impl Fn(&T, &T) -> bool,
) {
    let is_among =
        |one: &Found<T>, all: &[Found<T>]| all.iter().any(|it| same(&it.value, &one.value));
    let there = after.iter().filter(|one| is_among(one, said) && !is_among(one, had));
    let there: Vec<Found<T>> = there.cloned().collect();
    had.extend(there);
}

fn same_words(one: &str, other: &str) -> bool {
    one.split_whitespace().eq(other.split_whitespace())
}

fn same_company(one: &str, other: &str) -> bool {
    one == other || (!fold_company(one).is_empty() && fold_company(one) == fold_company(other))
}

/// Under whichever name a number is kept, but for a fax machine's.
fn same_number(one: &Phone, other: &Phone) -> bool {
    let is_fax = |phone: &Phone| phone.kind == PhoneKind::Fax;
    is_fax(one) == is_fax(other) && one.uri_number() == other.uri_number()
}

fn same_link(one: &Link, other: &Link) -> bool {
    one.key() == other.key()
}
