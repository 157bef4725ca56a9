//! The values of a contact one by one, so that they can be compared, shown and chosen alike.

use super::fold::{fold, fold_company, fold_street};
use super::names::{Names, names_agree};
use crate::contact::{
    Confidence, Contact, EmailAddress, Found, Link, Origin, PersonName, Phone, PhoneKind,
    PostalAddress,
};
use serde::{Deserialize, Serialize};

/// The kinds of values, named as in the Card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Field {
    /// The name.
    Name,
    /// A job title.
    Titles,
    /// A unit within the organization.
    Departments,
    /// An employer.
    Organizations,
    /// A phone number.
    Phones,
    /// An e-mail address.
    Emails,
    /// A web site.
    Links,
    /// A social profile.
    OnlineServices,
    /// A postal address.
    Addresses,
}

impl Field {
    /// The field as in the Card and in the keys of rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Titles => "titles",
            Self::Departments => "departments",
            Self::Organizations => "organizations",
            Self::Phones => "phones",
            Self::Emails => "emails",
            Self::Links => "links",
            Self::OnlineServices => "onlineServices",
            Self::Addresses => "addresses",
        }
    }

    /// Those of which a contact has one at a time, so that a new value takes the old one's place. Of the
    /// others a contact may have any number.
    pub(super) const REPLACED: [Self; 5] =
        [Self::Name, Self::Titles, Self::Departments, Self::Organizations, Self::Addresses];

    /// Whether it is one of [`Field::REPLACED`].
    pub(super) fn replaces(self) -> bool {
        Self::REPLACED.contains(&self)
    }
}

/// One value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value<'a> {
    Name(&'a PersonName),
    Title(&'a str),
    Department(&'a str),
    Organization(&'a str),
    Phone(&'a Phone),
    Email(&'a EmailAddress),
    Link(&'a Link),
    Profile(&'a Link),
    Address(&'a PostalAddress),
}

/// A value at its place in a contact.
#[derive(Debug, Clone)]
pub(super) struct Placed<'a> {
    /// `name`, `phones/1`, `titles/2`.
    pub(super) key: String,
    pub(super) field: Field,
    pub(super) value: Value<'a>,
    pub(super) confidence: Confidence,
    pub(super) origin: Origin,
}

/// All values in the order in which people read them.
pub(super) fn values(contact: &Contact) -> Vec<Placed<'_>> {
    let mut all = Vec::new();
    if let Some(name) = &contact.name {
        all.push(Placed {
            key: Field::Name.as_str().into(),
            field: Field::Name,
            value: Value::Name(&name.value),
            confidence: name.confidence,
            origin: name.origin,
        });
    }
    place(&mut all, Field::Titles, &contact.titles, |title| Value::Title(title));
    place(&mut all, Field::Departments, &contact.departments, |unit| Value::Department(unit));
    place(&mut all, Field::Organizations, &contact.organizations, |name| Value::Organization(name));
    place(&mut all, Field::Phones, &contact.phones, Value::Phone);
    place(&mut all, Field::Emails, &contact.emails, Value::Email);
    place(&mut all, Field::Links, &contact.links, Value::Link);
    place(&mut all, Field::OnlineServices, &contact.profiles, Value::Profile);
    place(&mut all, Field::Addresses, &contact.addresses, Value::Address);
    all
}

fn place<'a, T>(
    all: &mut Vec<Placed<'a>>,
    field: Field,
    found: &'a [Found<T>],
    value: fn(&'a T) -> Value<'a>,
) {
    all.extend((1..).zip(found).map(|(place, found)| Placed {
        key: format!("{}/{place}", field.as_str()),
        field,
        value: value(&found.value),
        confidence: found.confidence,
        origin: found.origin,
    }));
}

impl Value<'_> {
    /// The value as people read it.
    pub(super) fn display(&self) -> String {
        match self {
            Self::Name(name) => name.display(),
            Self::Title(text) | Self::Department(text) | Self::Organization(text) => {
                (*text).to_owned()
            }
            Self::Phone(phone) => phone.display(),
            Self::Email(email) => email.as_str().to_owned(),
            Self::Link(link) | Self::Profile(link) => link.key(),
            Self::Address(address) => address.display(),
        }
    }

    /// What the value is, for people.
    pub(super) fn label(&self) -> &'static str {
        match self {
            Self::Name(_) => "Name",
            Self::Title(_) => "Job title",
            Self::Department(_) => "Department",
            Self::Organization(_) => "Organization",
            Self::Phone(phone) => match phone.kind {
                PhoneKind::Work => "Phone",
                PhoneKind::Mobile => "Mobile",
                PhoneKind::Fax => "Fax",
            },
            Self::Email(_) => "E-mail",
            Self::Link(_) => "Web site",
            Self::Profile(_) => "Profile",
            Self::Address(_) => "Address",
        }
    }

    /// What all spellings of the value have in common.
    pub(super) fn folded(&self) -> String {
        match self {
            Self::Name(name) => {
                let title = name.title().unwrap_or_default();
                format!("{}|{}", fold(&name.full), fold(&title))
            }
            Self::Title(text) | Self::Department(text) => fold(text),
            Self::Organization(name) => fold_company(name),
            Self::Phone(phone) => phone.uri_number(),
            Self::Email(email) => email.key(),
            Self::Link(link) | Self::Profile(link) => link.key().to_lowercase(),
            Self::Address(address) => address_parts(address).join("|"),
        }
    }

    /// Whether one may stand for the other: a fax machine is nobody's phone.
    pub(super) fn may_stand_for(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Phone(one), Self::Phone(other)) => {
                (one.kind == PhoneKind::Fax) == (other.kind == PhoneKind::Fax)
            }
            _ => true,
        }
    }

    /// Whether a contact that has `known` learns nothing from this value: it is the same, or a
    /// poorer form of it (`J. Müller` for `Jan Müller`, a number without its extension).
    pub(super) fn says_nothing_beyond(&self, known: &Self) -> bool {
        match (self, known) {
            (Self::Name(new), Self::Name(old)) => name_within(new, old),
            (Self::Phone(new), Self::Phone(old)) => {
                new.number() == old.number()
                    && (new.extension().is_none() || new.extension() == old.extension())
            }
            (Self::Address(new), Self::Address(old)) => address_within(new, old),
            (Self::Title(_), Self::Title(_))
            | (Self::Department(_), Self::Department(_))
            | (Self::Organization(_), Self::Organization(_))
            | (Self::Email(_), Self::Email(_))
            | (Self::Link(_), Self::Link(_))
            | (Self::Profile(_), Self::Profile(_)) => self.folded() == known.folded(),
            _ => false,
        }
    }
}

fn name_within(new: &PersonName, old: &PersonName) -> bool {
    let (new_full, old_full) = (fold(&new.full), fold(&old.full));
    let letters = |name: &str| name.chars().filter(|c| *c != ' ').count();
    let shorter = letters(&new_full) < letters(&old_full)
        && names_agree(&new_full, &old_full) == Names::Compatible;
    let same = names_agree(&new_full, &old_full) == Names::Same;
    let part_within = |new: &Option<String>, old: &Option<String>| {
        let fold_part = |part: &Option<String>| part.as_deref().map(fold).unwrap_or_default();
        new.is_none() || fold_part(old).contains(&fold_part(new))
    };
    (same || shorter) && part_within(&new.title(), &old.title())
}

fn address_parts(address: &PostalAddress) -> [String; 4] {
    let part = |part: &Option<String>| part.as_deref().map(fold).unwrap_or_default();
    [
        address.street.as_deref().map(fold_street).unwrap_or_default(),
        part(&address.postcode),
        part(&address.city),
        part(&address.country),
    ]
}

fn address_within(new: &PostalAddress, old: &PostalAddress) -> bool {
    address_parts(new)
        .iter()
        .zip(&address_parts(old))
        .all(|(new, old)| new.is_empty() || new == old)
}
