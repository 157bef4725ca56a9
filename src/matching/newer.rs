//! A suggestion that nobody has decided yet, after another signature of the same person.

use super::dates::{Said, says_as_much};
use super::diff::news;
use super::fold::fold;
use super::names::{Names, names_agree};
use super::value::Field;
use crate::contact::{Contact, Found, Phone};
use std::collections::BTreeSet;

/// Most values of one kind: a stranger may send any number of signatures.
const MOST: usize = 12;

/// The open suggestion's values with those of another signature, in whatever order both came. What a
/// signature does not name stays (a phone's short signature takes nothing away); a newer title,
/// department, employer or address takes the older one's place, and an older one only fills a blank; a
/// newer number or link stands before the older ones.
pub fn newer(open: Said<'_>, other: Said<'_>) -> Contact {
    let news: BTreeSet<String> = news(other.contact, open.contact).into_iter().collect();
    let is_older = other.dates.newest() < open.dates.newest();
    let step = Step { open, other, news, is_older };
    let (open, other) = (open.contact, other.contact);
    Contact {
        name: step.name(),
        titles: step.one(Field::Titles, &open.titles, &other.titles),
        departments: step.one(Field::Departments, &open.departments, &other.departments),
        organizations: step.one(Field::Organizations, &open.organizations, &other.organizations),
        phones: step.phones(),
        emails: step.any(Field::Emails, &open.emails, &other.emails),
        links: step.any(Field::Links, &open.links, &other.links),
        profiles: step.any(Field::OnlineServices, &open.profiles, &other.profiles),
        addresses: step.one(Field::Addresses, &open.addresses, &other.addresses),
    }
}

/// What another signature is to an open suggestion.
struct Step<'a> {
    open: Said<'a>,
    other: Said<'a>,
    /// The places of the other's values that the open one does not have.
    news: BTreeSet<String>,
    /// Whether all that is open is newer than the other.
    is_older: bool,
}

impl Step<'_> {
    /// Whether a field of which a contact has one value is the other's.
    fn is_others(&self, field: Field) -> bool {
        let (open, other) = (self.open, self.other);
        self.news.iter().any(|key| key.split('/').next() == Some(field.as_str()))
            && (!other.dates.is_older(field, open.dates)
                || says_as_much(field, open.contact, other.contact))
    }

    fn name(&self) -> Option<Found<crate::contact::PersonName>> {
        let (Some(old), Some(new)) = (&self.open.contact.name, &self.other.contact.name) else {
            return self.other.contact.name.clone().or_else(|| self.open.contact.name.clone());
        };
        let same = names_agree(&fold(&old.value.full), &fold(&new.value.full)) == Names::Same;
        let stays = same && new.value.title().is_none() || !self.is_others(Field::Name);
        Some(if stays { old.clone() } else { new.clone() })
    }

    fn one<T: Clone>(&self, field: Field, open: &[Found<T>], other: &[Found<T>]) -> Vec<Found<T>> {
        if open.is_empty() || self.is_others(field) {
            other.iter().take(MOST).cloned().collect()
        } else {
            open.to_vec()
        }
    }

    fn any<T: Clone>(&self, field: Field, open: &[Found<T>], other: &[Found<T>]) -> Vec<Found<T>> {
        let is_news = |place: usize| self.news.contains(&format!("{}/{place}", field.as_str()));
        let new = (1..).zip(other).filter(|(place, _)| is_news(*place)).map(|(_, found)| found);
        let (first, then): (Vec<_>, Vec<_>) = if self.is_older {
            (open.iter().collect(), new.collect())
        } else {
            (new.collect(), open.iter().collect())
        };
        first.into_iter().chain(then).take(MOST).cloned().collect()
    }

    /// As [`Step::any`], but a number that gains its extension is not there twice.
    fn phones(&self) -> Vec<Found<Phone>> {
        let mut phones =
            self.any(Field::Phones, &self.open.contact.phones, &self.other.contact.phones);
        let completed: BTreeSet<String> = phones
            .iter()
            .filter(|phone| phone.value.extension().is_some())
            .map(|phone| phone.value.number().to_owned())
            .collect();
        phones.retain(|phone| {
            phone.value.extension().is_some() || !completed.contains(phone.value.number())
        });
        phones
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Millis;
    use crate::contact::{Origin, PersonName, PhoneKind};
    use crate::matching::dates::{Dates, confirmed, overtaken};

    fn signs(name: &str, titles: &[&str], department: &str, mobile: &str) -> Contact {
        let found = |text: &str| Found::certain(text.to_owned(), Origin::Layout);
        let phone = Phone::parse_in(PhoneKind::Mobile, mobile, "DE").expect("a number");
        let name = PersonName { full: name.into(), ..PersonName::default() };
        Contact {
            name: Some(Found::certain(name, Origin::Layout)),
            titles: titles.iter().map(|title| found(title)).collect(),
            departments: [department]
                .iter()
                .filter(|it| !it.is_empty())
                .map(|it| found(it))
                .collect(),
            phones: vec![Found::certain(phone, Origin::Layout)],
            ..Contact::default()
        }
    }

    /// Days become dates.
    fn on(contact: &Contact, day: i64) -> Dates {
        Dates::of(contact, Millis(0).plus_secs(day * 24 * 60 * 60))
    }

    #[test]
    fn in_whatever_order_two_signatures_come_the_newer_one_wins_and_the_older_one_fills_blanks() {
        let old = signs("Jan Müller", &["Einkäufer"], "Logistik", "+49 170 1111111");
        let new = signs("J. Müller", &["Leiter Einkauf"], "", "+49 170 2222222");
        let (old_dates, new_dates) = (on(&old, 10), on(&new, 700));
        let (old, new) =
            (Said { contact: &old, dates: &old_dates }, Said { contact: &new, dates: &new_dates });
        let joined = newer(old, new);
        assert_eq!(joined.titles, new.contact.titles);
        assert_eq!(joined.departments, old.contact.departments, "a blank is filled");
        assert_eq!(joined.name, old.contact.name, "the fuller form of the same name");
        let numbers: Vec<&str> = joined.phones.iter().map(|phone| phone.value.number()).collect();
        assert_eq!(numbers, ["+491702222222", "+491701111111"]);
        assert_eq!(newer(new, old), joined);
        assert_eq!(new_dates.later(&old_dates), old_dates.later(&new_dates));

        // A second old one, in between, changes what the oldest gave and nothing else.
        let between = signs("Jan Müller", &["Einkäuferin"], "Disposition", "+49 170 1111111");
        let (dates, joined_dates) = (on(&between, 300), new_dates.later(&old_dates));
        let between = Said { contact: &between, dates: &dates };
        let joined = newer(Said { contact: &joined, dates: &joined_dates }, between);
        assert_eq!(joined.titles, new.contact.titles);
        assert_eq!(joined.departments, between.contact.departments);
    }

    #[test]
    fn what_newer_mail_says_otherwise_is_overtaken_and_what_it_says_again_is_as_new_as_that() {
        let old = signs("Jan Müller", &["Einkäufer"], "Logistik", "+49 170 1111111");
        let new = signs("J. Müller", &["Leiter Einkauf"], "", "+49 170 2222222");
        let (old_dates, new_dates) = (on(&old, 10), on(&new, 700));
        let (old, new) =
            (Said { contact: &old, dates: &old_dates }, Said { contact: &new, dates: &new_dates });
        assert_eq!(overtaken(old, new), ["titles/1"]);
        assert_eq!(overtaken(new, old), [""; 0]);
        let titled = Contact { name: None, ..new.contact.clone() };
        let titled = Said { contact: &titled, ..new };
        assert_eq!(confirmed(old, titled), None, "it says otherwise");
        let (soon, later) = (on(old.contact, 10), on(old.contact, 11));
        assert_eq!(
            confirmed(old, Said { dates: &soon, ..old }),
            None,
            "it is written when a day has gone"
        );
        assert_eq!(confirmed(old, Said { dates: &later, ..old }), Some(later.clone()));
        let undated = Dates::default();
        assert_eq!(
            overtaken(Said { dates: &undated, ..old }, Said { dates: &undated, ..new }),
            [""; 0]
        );
    }
}
