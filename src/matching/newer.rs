//! A suggestion that nobody has decided yet, after a newer signature of the same person.

use super::diff::news;
use super::fold::fold;
use super::names::{Names, names_agree};
use crate::contact::{Contact, Found, Phone};
use std::collections::BTreeSet;

/// Most values of one kind: a stranger may send any number of signatures.
const MOST: usize = 12;

/// The open suggestion's values with those of a newer signature. What the newer one does not name
/// stays (a phone's short signature takes nothing away); a newer title, department, employer or
/// address takes the older one's place; a newer number or link comes before the older ones.
pub fn newer(open: &Contact, newer: &Contact) -> Contact {
    let news: BTreeSet<String> = news(newer, open).into_iter().collect();
    Contact {
        name: newer_name(open, newer, &news),
        titles: replaced("titles", &open.titles, &newer.titles, &news),
        departments: replaced("departments", &open.departments, &newer.departments, &news),
        organizations: replaced("organizations", &open.organizations, &newer.organizations, &news),
        phones: newer_phones(&open.phones, &newer.phones, &news),
        emails: first("emails", &open.emails, &newer.emails, &news),
        links: first("links", &open.links, &newer.links, &news),
        profiles: first("onlineServices", &open.profiles, &newer.profiles, &news),
        addresses: replaced("addresses", &open.addresses, &newer.addresses, &news),
    }
}

fn newer_name(
    open: &Contact,
    newer: &Contact,
    news: &BTreeSet<String>,
) -> Option<Found<crate::contact::PersonName>> {
    let (Some(old), Some(new)) = (&open.name, &newer.name) else {
        return newer.name.clone().or_else(|| open.name.clone());
    };
    let same = names_agree(&fold(&old.value.full), &fold(&new.value.full)) == Names::Same;
    if same && new.value.title().is_none() || !news.contains("name") {
        Some(old.clone())
    } else {
        Some(new.clone())
    }
}

fn replaced<T: Clone>(
    field: &str,
    open: &[Found<T>],
    newer: &[Found<T>],
    news: &BTreeSet<String>,
) -> Vec<Found<T>> {
    if news.iter().any(|key| key.split('/').next() == Some(field)) {
        newer.iter().take(MOST).cloned().collect()
    } else {
        open.to_vec()
    }
}

fn first<T: Clone>(
    field: &str,
    open: &[Found<T>],
    newer: &[Found<T>],
    news: &BTreeSet<String>,
) -> Vec<Found<T>> {
    let is_news = |place: usize| news.contains(&format!("{field}/{place}"));
    let new = (1..).zip(newer).filter(|(place, _)| is_news(*place)).map(|(_, found)| found);
    new.chain(open).take(MOST).cloned().collect()
}

/// As [`first`], but a number that gains its extension is not there twice.
fn newer_phones(
    open: &[Found<Phone>],
    newer: &[Found<Phone>],
    news: &BTreeSet<String>,
) -> Vec<Found<Phone>> {
    let mut phones = first("phones", open, newer, news);
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
