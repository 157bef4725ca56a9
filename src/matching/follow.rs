//! A list's contact when its CRM record changes.

use super::diff::news;
use super::value::Field;
use crate::contact::{Contact, Found, Origin};
use std::collections::BTreeSet;

/// The contact after its record has gone from `before` to `after`: what came into the record or went
/// from it does so here. What the record neither had nor has stays, as a number that a rep took and the
/// CRM has no room for; so does a name, title, department, employer or address while the record's
/// own stays the same.
pub fn follow(contact: &Contact, before: &Contact, after: &Contact) -> Contact {
    let places = [news(after, before), news(before, after)].concat();
    let changed: BTreeSet<&str> = places.iter().filter_map(|key| key.split('/').next()).collect();
    let mut own: BTreeSet<String> = news(contact, before).into_iter().collect();
    let beyond = news(contact, after);
    own.retain(|key| beyond.contains(key));
    let step = Step { changed, own };
    Contact {
        name: step.one(Field::Name, contact.name.as_ref(), after.name.as_ref()),
        titles: step.whole(Field::Titles, &contact.titles, &after.titles),
        departments: step.whole(Field::Departments, &contact.departments, &after.departments),
        organizations: step.whole(
            Field::Organizations,
            &contact.organizations,
            &after.organizations,
        ),
        phones: step.each(Field::Phones, &contact.phones, &after.phones),
        emails: step.each(Field::Emails, &contact.emails, &after.emails),
        links: step.each(Field::Links, &contact.links, &after.links),
        profiles: step.each(Field::OnlineServices, &contact.profiles, &after.profiles),
        addresses: step.whole(Field::Addresses, &contact.addresses, &after.addresses),
    }
}

/// What a record's change is to a contact.
struct Step<'a> {
    /// The fields that the record has otherwise now.
    changed: BTreeSet<&'a str>,
    /// The places of the contact's values that the record neither had nor has.
    own: BTreeSet<String>,
}

impl Step<'_> {
    fn one<T: Clone + PartialEq>(
        &self,
        field: Field,
        mine: Option<&Found<T>>,
        after: Option<&Found<T>>,
    ) -> Option<Found<T>> {
        let follows = self.changed.contains(field.as_str()) || mine.is_none();
        if follows { after.map(|after| told_by(after, mine)) } else { mine.cloned() }
    }

    fn whole<T: Clone + PartialEq>(
        &self,
        field: Field,
        mine: &[Found<T>],
        after: &[Found<T>],
    ) -> Vec<Found<T>> {
        let follows = self.changed.contains(field.as_str()) || mine.is_empty();
        if follows {
            after.iter().map(|after| told_by(after, mine)).collect()
        } else {
            mine.to_vec()
        }
    }

    fn each<T: Clone + PartialEq>(
        &self,
        field: Field,
        mine: &[Found<T>],
        after: &[Found<T>],
    ) -> Vec<Found<T>> {
        let own = (1..).zip(mine).filter_map(|(place, found)| {
            let key = format!("{}/{place}", field.as_str());
            self.own.contains(&key).then_some(found)
        });
        after.iter().map(|after| told_by(after, mine)).chain(own.cloned()).collect()
    }
}

/// What a record says; where a letter or a human has told a contact the same, it goes on coming from there.
fn told_by<'a, T: Clone + PartialEq + 'a>(
    after: &Found<T>,
    mine: impl IntoIterator<Item = &'a Found<T>>,
) -> Found<T> {
    let told = |mine: &&Found<T>| mine.value == after.value && mine.origin != Origin::Crm;
    mine.into_iter().find(told).unwrap_or(after).clone()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::EmailAddress;

    fn contact(title: &str, emails: &[&str]) -> Contact {
        let emails = emails.iter().filter_map(|email| EmailAddress::parse(email));
        Contact {
            titles: vec![Found::certain(title.to_owned(), Origin::Layout)],
            emails: emails.map(|email| Found::certain(email, Origin::Header)).collect(),
            ..Contact::default()
        }
    }

    #[test]
    fn what_changes_in_the_crm_changes_and_what_it_never_took_stays() {
        let before = contact("Buyer", &["one@a.example", "two@a.example"]);
        let mine = contact("Head", &["one@a.example", "two@a.example", "mine@a.example"]);
        let after = contact("BUYER", &["one@a.example", "three@a.example"]);
        let followed = follow(&mine, &before, &after);
        let wanted = contact("Head", &["one@a.example", "three@a.example", "mine@a.example"]);
        assert_eq!(followed, wanted);
        let promoted = contact("Director", &["one@a.example"]);
        assert_eq!(follow(&followed, &after, &promoted).titles, promoted.titles);
        assert_eq!(follow(&after, &after, &after), after, "nothing happened");
    }
}
