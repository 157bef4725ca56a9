//! How old the values of a suggestion are: a name, title, department, employer or address changes only
//! when the mail that says so is newer.

use super::value::{Field, Placed, values};
use crate::clock::Millis;
use crate::contact::{Contact, Origin};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A date is only moved by this much, so that not every mail of somebody who writes often is noted.
const STEP: i64 = 24 * 60 * 60;

/// For each field of which a contact has one value at a time: when the newest message came that gave it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Dates(BTreeMap<Field, i64>);

/// What mail, or the CRM, has said of a person, and when.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// The values.
    pub contact: &'a Contact,
    /// How old they are.
    pub dates: &'a Dates,
}

impl Dates {
    /// Those of a signature in a message that came at `at`.
    pub fn of(signature: &Contact, at: Millis) -> Self {
        let fields = values(signature).into_iter().map(|value| value.field);
        Self(fields.filter(|field| field.replaces()).map(|field| (field, at.0)).collect())
    }

    /// The newest of all.
    pub fn newest(&self) -> Option<Millis> {
        self.0.values().max().copied().map(Millis)
    }

    /// Whether what is said here of a field is older than what is said there; not if nothing is.
    pub(super) fn is_older(&self, field: Field, than: &Self) -> bool {
        self.0.get(&field) < than.0.get(&field)
    }

    /// The dates of a record that said one thing `before` and says another now. What is otherwise is as old as
    /// the change, `at`; but what `ours` has brought is as old as that is, or as it was.
    #[must_use]
    pub fn changed(
        &self,
        (before, now): (&Contact, &Contact),
        at: Millis,
        ours: Option<Said<'_>>,
    ) -> Self {
        let said = |field| ours.filter(|ours| says_as_much(field, now, ours.contact));
        self.redated((before, now), |field| match said(field) {
            Some(ours) => ours.dates.0.get(&field).or(self.0.get(&field)).copied(),
            None => Some(at.0),
        })
    }

    /// The dates of a record out of which was taken again what we had brought: what says what it `was` is as old as
    /// that was, and what is otherwise as old as the change, `at`.
    #[must_use]
    pub fn restored(&self, (before, now): (&Contact, &Contact), at: Millis, was: Said<'_>) -> Self {
        self.redated((before, now), |field| {
            let is_back = says_as_much(field, now, was.contact);
            if is_back { was.dates.0.get(&field).copied() } else { Some(at.0) }
        })
    }

    /// With other dates of those fields that are otherwise now than before.
    fn redated(
        &self,
        (before, now): (&Contact, &Contact),
        date: impl Fn(Field) -> Option<i64>,
    ) -> Self {
        let mut dates = self.0.clone();
        let is_other = |field: &Field| !says_as_much(*field, now, before);
        for field in Field::REPLACED.into_iter().filter(is_other) {
            dates.remove(&field);
            dates.extend(date(field).map(|at| (field, at)));
        }
        Self(dates)
    }

    /// The dates of what a letter says of a contact, of which some was typed at `at` instead.
    #[must_use]
    pub fn typed(&self, contact: &Contact, at: Millis) -> Self {
        let typed = values(contact).into_iter().filter(|value| value.origin == Origin::User);
        let typed = typed.map(|value| value.field).filter(|field| field.replaces());
        Self(self.0.clone().into_iter().chain(typed.map(|field| (field, at.0))).collect())
    }

    /// The later one of two dates, field by field.
    #[must_use]
    pub fn later(&self, other: &Self) -> Self {
        let mut dates = self.0.clone();
        for (field, at) in &other.0 {
            let date = dates.entry(*field).or_insert(*at);
            *date = (*date).max(*at);
        }
        Self(dates)
    }
}

/// The places of those values of a signature of which newer mail says otherwise.
pub fn overtaken(signature: Said<'_>, newer: Said<'_>) -> Vec<String> {
    let is_overtaken = |value: &Placed<'_>| {
        signature.dates.is_older(value.field, newer.dates)
            && !says_as_much(value.field, newer.contact, signature.contact)
    };
    values(signature.contact).into_iter().filter(is_overtaken).map(|value| value.key).collect()
}

/// What was said before with its dates moved on, where a signature says the same later.
pub fn confirmed(before: Said<'_>, signature: Said<'_>) -> Option<Dates> {
    let mut dates = before.dates.clone();
    for (field, at) in &signature.dates.0 {
        if says_as_much(*field, signature.contact, before.contact)
            && let Some(date) = dates.0.get_mut(field)
            && Millis(*at) >= Millis(*date).plus_secs(STEP)
        {
            *date = *at;
        }
    }
    (dates != *before.dates).then_some(dates)
}

/// Whether `other` says of a field all that `one` says, in forms that are as rich, and no more.
pub(super) fn says_as_much(field: Field, one: &Contact, other: &Contact) -> bool {
    let of = |contact| {
        let values = values(contact).into_iter().filter(|value| value.field == field);
        values.collect::<Vec<_>>()
    };
    let (one, other) = (of(one), of(other));
    let is_said =
        |new: &Placed<'_>| other.iter().any(|old| new.value.says_nothing_beyond(&old.value));
    one.len() == other.len() && one.iter().all(is_said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::Found;

    fn says(title: &str, department: &str, origin: Origin) -> Contact {
        let found = |text: &str| Found::certain(text.to_owned(), origin);
        let some = |text: &str| Some(found(text)).filter(|found| !found.value.is_empty());
        Contact {
            titles: some(title).into_iter().collect(),
            departments: some(department).into_iter().collect(),
            ..Contact::default()
        }
    }

    fn dates(of: &[(Field, i64)]) -> Dates {
        Dates(of.iter().copied().collect())
    }

    #[test]
    fn what_a_record_says_is_as_old_as_its_change_or_as_what_we_have_written() {
        use Field::{Departments, Titles};
        let before = says("Buyer", "Logistics", Origin::Crm);
        let known = dates(&[(Departments, 3)]);
        let changed = |now: &Contact, ours| known.changed((&before, now), Millis(9), ours);
        assert_eq!(changed(&says("BUYER", "Logistics", Origin::Crm), None), known);
        let promoted = says("Head", "Logistics", Origin::Crm);
        assert_eq!(changed(&promoted, None), dates(&[(Titles, 9), (Departments, 3)]));
        let emptied = says("Buyer", "", Origin::Crm);
        assert_eq!(changed(&emptied, None), dates(&[(Departments, 9)]));

        let (contact, letter) = (says("Head", "Logistics", Origin::Layout), dates(&[(Titles, 5)]));
        let ours = Some(Said { contact: &contact, dates: &letter });
        assert_eq!(changed(&promoted, ours), dates(&[(Titles, 5), (Departments, 3)]));
        let other = says("Director", "", Origin::Crm);
        assert_eq!(changed(&other, ours), dates(&[(Titles, 9), (Departments, 9)]));
        let (nothing, back) = (Dates::default(), says("Head", "", Origin::Crm));
        let taken_back = Some(Said { contact: &back, dates: &nothing });
        assert_eq!(changed(&back, taken_back), known, "as it was");

        // Taken back, the title is as old as it was before we wrote it, or of nobody knows when again.
        let ours = dates(&[(Titles, 5), (Departments, 3)]);
        for was in [dates(&[(Titles, 2), (Departments, 3)]), known.clone()] {
            let said = Said { contact: &before, dates: &was };
            let restored = |now: &Contact| ours.restored((&promoted, now), Millis(9), said);
            assert_eq!(restored(&before), was);
            let other = says("Director", "Logistics", Origin::Crm);
            assert_eq!(restored(&other), dates(&[(Titles, 9), (Departments, 3)]));
            assert_eq!(restored(&promoted), ours);
        }

        let typed = says("Director", "", Origin::User);
        assert_eq!(letter.typed(&typed, Millis(7)), dates(&[(Titles, 7)]));
        assert_eq!(letter.typed(&contact, Millis(7)), letter);
    }
}
