//! What a rep types instead of a suggested value.

use super::merge::BadChoice;
use super::person::taken_apart;
use crate::contact::{Contact, EmailAddress, Found, Link, Origin, Phone, PostalAddress};
use std::collections::{BTreeMap, BTreeSet};

/// Longest text a rep may type.
const MAX_LEN: usize = 500;

/// The place a typed text stands for: `addresses/1` of `addresses/1/street`.
pub(super) fn place_of(key: &str) -> &str {
    key.match_indices('/').nth(1).map_or(key, |(end, _)| key.split_at(end).0)
}

/// The suggestion with the typed values in place of its own, and the places that were emptied.
pub(super) fn put_in(
    suggested: &Contact,
    typed: &BTreeMap<String, String>,
    country: &str,
) -> Result<(Contact, BTreeSet<String>), BadChoice> {
    let mut contact = suggested.clone();
    let mut left_out = BTreeSet::new();
    for (key, text) in typed {
        let text = text.trim();
        let part_of_address = place_of(key) != key;
        if text.is_empty() && !part_of_address {
            left_out.insert(key.clone());
        } else if text.len() > MAX_LEN || text.contains(char::is_control) {
            return Err(BadChoice::Invalid(key.clone(), "value: too long, or several lines"));
        } else {
            put_one(&mut contact, key, text, country)?;
        }
    }
    Ok((contact, left_out))
}

fn put_one(contact: &mut Contact, key: &str, text: &str, country: &str) -> Result<(), BadChoice> {
    let nowhere = || BadChoice::NoSuchPlace(key.to_owned());
    let invalid = |what| BadChoice::Invalid(key.to_owned(), what);
    if key == "name" {
        let name = taken_apart(text, contact.name.as_ref().map(|it| &it.value));
        contact.name = Some(Found::certain(name, Origin::User));
        return Ok(());
    }
    let mut parts = key.splitn(3, '/');
    let field = parts.next().unwrap_or_default();
    let place: usize = parts.next().and_then(|place| place.parse().ok()).ok_or_else(nowhere)?;
    let place = place.checked_sub(1).ok_or_else(nowhere)?;
    match (field, parts.next()) {
        ("titles", None) => put_at(&mut contact.titles, place, text.to_owned()),
        ("departments", None) => put_at(&mut contact.departments, place, text.to_owned()),
        ("organizations", None) => put_at(&mut contact.organizations, place, text.to_owned()),
        ("phones", None) => {
            let kind = contact.phones.get(place).ok_or_else(nowhere)?.value.kind;
            let phone = Phone::parse_in(kind, text, country);
            put_at(&mut contact.phones, place, phone.ok_or_else(|| invalid("phone number"))?)
        }
        ("emails", None) => {
            let email = EmailAddress::parse(text).ok_or_else(|| invalid("e-mail address"))?;
            put_at(&mut contact.emails, place, email)
        }
        ("links", None) => {
            let link = Link::parse(text).ok_or_else(|| invalid("web address"))?;
            put_at(&mut contact.links, place, link)
        }
        ("onlineServices", None) => {
            let link = Link::parse(text).ok_or_else(|| invalid("web address"))?;
            put_at(&mut contact.profiles, place, link)
        }
        ("addresses", Some(part)) => {
            let mut address = contact.addresses.get(place).ok_or_else(nowhere)?.value.clone();
            put_part(&mut address, part, text).ok_or_else(nowhere)?;
            put_at(&mut contact.addresses, place, address)
        }
        _ => None,
    }
    .ok_or_else(nowhere)
}

fn put_at<T>(found: &mut [Found<T>], place: usize, value: T) -> Option<()> {
    *found.get_mut(place)? = Found::certain(value, Origin::User);
    Some(())
}

fn put_part(address: &mut PostalAddress, part: &str, text: &str) -> Option<()> {
    let part = match part {
        "street" => &mut address.street,
        "postcode" => &mut address.postcode,
        "city" => &mut address.city,
        "region" => &mut address.region,
        "country" => &mut address.country,
        _ => return None,
    };
    *part = (!text.is_empty()).then(|| text.to_owned());
    Some(())
}
