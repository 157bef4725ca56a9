//! A contact of a list without what only a CRM has said of it.

use super::blanks::without;
use super::diff::news;
use super::value::{Placed, values};
use crate::contact::{Contact, Origin};
use std::collections::BTreeSet;

/// The contact without the values that came from a CRM, but for those that a record which is `there` has. What
/// one of the `letters` said that were accepted stays as that said it, if the CRM said it too or said more.
pub fn without_crm(contact: &Contact, there: Option<&Contact>, letters: &[&Contact]) -> Contact {
    let there = there.map(values).unwrap_or_default();
    let is_left = |old: &Placed<'_>| {
        old.origin == Origin::Crm
            && !there.iter().any(|it| old.value.says_nothing_beyond(&it.value))
    };
    let left: Vec<Placed<'_>> = values(contact).into_iter().filter(is_left).collect();
    let mut own = without(contact, &left.iter().map(|old| old.key.clone()).collect());
    for letter in letters {
        let unknown = news(letter, &own);
        let stays = |new: &Placed<'_>| {
            new.origin != Origin::Crm
                && unknown.contains(&new.key)
                && left.iter().any(|old| new.value.says_nothing_beyond(&old.value))
        };
        let others: BTreeSet<String> =
            values(letter).into_iter().filter(|new| !stays(new)).map(|new| new.key).collect();
        let said = without(letter, &others);
        own.name = own.name.or(said.name);
        own.titles.extend(said.titles);
        own.departments.extend(said.departments);
        own.organizations.extend(said.organizations);
        own.phones.extend(said.phones);
        own.emails.extend(said.emails);
        own.links.extend(said.links);
        own.profiles.extend(said.profiles);
        own.addresses.extend(said.addresses);
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::{Found, Phone, PhoneKind};

    fn says(titles: &[(&str, Origin)], numbers: &[(&str, Origin)]) -> Contact {
        let phone =
            |number: &str| Phone::parse_in(PhoneKind::Work, number, "DE").expect("a number");
        Contact {
            titles: titles.iter().map(|(it, from)| Found::certain((*it).into(), *from)).collect(),
            phones: numbers.iter().map(|(it, from)| Found::certain(phone(it), *from)).collect(),
            ..Contact::default()
        }
    }

    #[test]
    fn what_only_the_crm_said_goes_and_what_a_letter_or_a_human_said_stays() {
        use Origin::{Crm, Label, Layout, User};
        let [one, two, three] = ["+49 931 3000001", "+49 931 3000002", "+49 931 3000003"];
        let known = says(&[("Head", Crm)], &[(one, Crm), (two, Label), (three, User)]);
        assert_eq!(
            without_crm(&known, None, &[]),
            says(&[], &[(two, Label), (three, User)]),
            "only the CRM said the rest"
        );
        // A letter said her title as the CRM did, and a number that was not taken.
        let letter = says(&[("HEAD", Layout)], &[("+49 931 3000009", Label), (two, Label)]);
        let older = says(&[("head", Layout)], &[]);
        assert_eq!(
            without_crm(&known, None, &[&letter, &older]),
            says(&[("HEAD", Layout)], &[(two, Label), (three, User)])
        );
        // A record of a file, which stays, has one of them.
        let file = says(&[], &[(one, Crm)]);
        assert_eq!(
            without_crm(&known, Some(&file), &[]),
            says(&[], &[(one, Crm), (two, Label), (three, User)])
        );
    }
}
