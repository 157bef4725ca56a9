//! The values of a contact that a field can hold, and a contact taken apart into them.

use super::super::country::country_code;
use crate::contact::{Contact, Countries, EmailAddress, Link, Phone, PhoneKind, title_of};
use serde::{Deserialize, Serialize};

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Slot {
    /// The whole name.
    Name,
    /// Titles before the name.
    Prefix,
    /// Given names.
    Given,
    /// Family names; the whole name where its parts are not known and no field holds the whole.
    Family,
    /// What follows the name.
    Suffix,
    /// The job title.
    Title,
    /// Unit or team.
    Department,
    /// The employer.
    Organization,
    /// An e-mail address.
    Email,
    /// Further addresses with semicolons between them; only read.
    MoreEmails,
    /// A land line.
    Phone,
    /// A mobile phone.
    Mobile,
    /// A phone number of either kind that has no free field of its own.
    AnyPhone,
    /// Further phone numbers, as a private one or that of the company; only read.
    MorePhones,
    /// A fax.
    Fax,
    /// A web site.
    Website,
    /// A social profile.
    Profile,
    /// Street with number.
    Street,
    /// Postcode.
    Postcode,
    /// City.
    City,
    /// State or province.
    Region,
    /// Country, as ISO 3166-1 alpha-2.
    Country,
}

impl Slot {
    /// All of them, in the order in which people think of a contact.
    pub const ALL: [Self; 22] = [
        Self::Name,
        Self::Prefix,
        Self::Given,
        Self::Family,
        Self::Suffix,
        Self::Title,
        Self::Department,
        Self::Organization,
        Self::Email,
        Self::MoreEmails,
        Self::Phone,
        Self::Mobile,
        Self::AnyPhone,
        Self::MorePhones,
        Self::Fax,
        Self::Website,
        Self::Profile,
        Self::Street,
        Self::Postcode,
        Self::City,
        Self::Region,
        Self::Country,
    ];

    /// As it stands in a mapping and in forms.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Prefix => "prefix",
            Self::Given => "given",
            Self::Family => "family",
            Self::Suffix => "suffix",
            Self::Title => "title",
            Self::Department => "department",
            Self::Organization => "organization",
            Self::Email => "email",
            Self::MoreEmails => "more-emails",
            Self::Phone => "phone",
            Self::Mobile => "mobile",
            Self::AnyPhone => "any-phone",
            Self::MorePhones => "more-phones",
            Self::Fax => "fax",
            Self::Website => "website",
            Self::Profile => "profile",
            Self::Street => "street",
            Self::Postcode => "postcode",
            Self::City => "city",
            Self::Region => "region",
            Self::Country => "country",
        }
    }

    /// Reads [`Slot::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|slot| slot.as_str() == text)
    }

    /// What it is, for people who choose one.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Name => "whole name",
            Self::Prefix => "title before the name",
            Self::Given => "given name",
            Self::Family => "family name",
            Self::Suffix => "what follows the name",
            Self::MoreEmails => "further e-mail addresses (only read)",
            Self::AnyPhone => "another phone, of either kind",
            Self::MorePhones => "further phone numbers (only read)",
            Self::Profile => "social profile",
            Self::Street => "street and number",
            Self::Postcode => "postcode",
            Self::City => "city",
            Self::Region => "state or province",
            Self::Country => "country",
            _ => self.label(),
        }
    }

    /// Those of which a contact may have several, each on its own.
    pub(super) const SEVERAL: [Self; 9] = [
        Self::Title,
        Self::Department,
        Self::Organization,
        Self::Email,
        Self::Phone,
        Self::Mobile,
        Self::Fax,
        Self::Website,
        Self::Profile,
    ];

    /// Those that make a name, which changes as a whole.
    pub(super) const NAME: [Self; 5] =
        [Self::Name, Self::Prefix, Self::Given, Self::Family, Self::Suffix];

    /// Those that make a postal address, which changes as a whole.
    pub(super) const ADDRESS: [Self; 5] =
        [Self::Street, Self::Postcode, Self::City, Self::Region, Self::Country];

    pub(super) fn is_of_address(self) -> bool {
        Self::ADDRESS.contains(&self)
    }

    /// Its name for people.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Name | Self::Prefix | Self::Given | Self::Family | Self::Suffix => "name",
            Self::Title => "job title",
            Self::Department => "department",
            Self::Organization => "company",
            Self::Email | Self::MoreEmails => "e-mail address",
            Self::Phone | Self::AnyPhone | Self::MorePhones => "phone",
            Self::Mobile => "mobile phone",
            Self::Fax => "fax",
            Self::Website => "web site",
            Self::Profile => "profile",
            Self::Street | Self::Postcode | Self::City | Self::Region | Self::Country => "address",
        }
    }

    /// Whether a field that holds it is never written.
    pub(super) const fn is_only_read(self) -> bool {
        matches!(self, Self::MoreEmails | Self::MorePhones)
    }

    /// What a field holds that takes such a value too, where those of its own are full.
    const fn overflow(self) -> Option<Self> {
        match self {
            Self::Phone | Self::Mobile => Some(Self::AnyPhone),
            _ => None,
        }
    }

    /// Whether a field that holds `held` can have such a value.
    pub(super) fn fits_in(self, held: Self) -> bool {
        held == self || self.overflow() == Some(held)
    }

    /// What a field holds where such a value is read and never written.
    pub(super) const fn further(self) -> Option<Self> {
        match self {
            Self::Email => Some(Self::MoreEmails),
            Self::Phone | Self::Mobile => Some(Self::MorePhones),
            _ => None,
        }
    }

    /// Whether two texts say the same in it; a form of address is no title. `countries` are those of phone
    /// numbers without a prefix.
    pub(super) fn same(self, one: &str, other: &str, countries: Countries<'_>) -> bool {
        let phone = |text: &str| {
            let phone = Phone::parse_in(PhoneKind::Work, text, countries.of_number(text));
            phone.map(|phone| phone.uri_number())
        };
        match self {
            Self::Phone | Self::Mobile | Self::Fax => {
                one == other || phone(one).is_some_and(|one| Some(one) == phone(other))
            }
            Self::Prefix => title_of(one) == title_of(other),
            Self::Email => one.trim().eq_ignore_ascii_case(other.trim()),
            Self::Website | Self::Profile => match (Link::parse(one), Link::parse(other)) {
                (Some(one), Some(other)) => one.key() == other.key(),
                _ => one == other,
            },
            Self::Country => match (country_code(one), country_code(other)) {
                (Some(one), Some(other)) => one == other,
                _ => one == other,
            },
            _ => one.split_whitespace().eq(other.split_whitespace()),
        }
    }

    /// The texts that a contact has for it, the first first.
    pub(in crate::crm) fn texts(self, contact: &Contact) -> Vec<String> {
        let phones = |kind: PhoneKind| {
            let phones = contact.phones.iter().filter(|phone| phone.value.kind == kind);
            phones.map(|phone| phone.value.display()).collect()
        };
        let name = contact.name.as_ref().map(|name| &name.value);
        let address = contact.addresses.first().map(|address| &address.value);
        let one = |text: Option<&String>| text.cloned().into_iter().collect();
        match self {
            Self::Name => one(name.map(|name| &name.full)),
            Self::Prefix => one(name.and_then(|name| name.prefix.as_ref())),
            Self::Given => one(name.and_then(|name| name.given.as_ref())),
            Self::Family => one(name.and_then(|name| match (&name.given, &name.family) {
                (None, None) => Some(&name.full),
                (_, family) => family.as_ref(),
            })),
            Self::Suffix => one(name.and_then(|name| name.suffix.as_ref())),
            Self::Title => contact.titles.iter().map(|it| it.value.clone()).collect(),
            Self::Department => contact.departments.iter().map(|it| it.value.clone()).collect(),
            Self::Organization => contact.organizations.iter().map(|it| it.value.clone()).collect(),
            Self::Email => contact.emails.iter().map(|it| text(&it.value)).collect(),
            Self::MoreEmails | Self::AnyPhone | Self::MorePhones => Vec::new(),
            Self::Phone => phones(PhoneKind::Work),
            Self::Mobile => phones(PhoneKind::Mobile),
            Self::Fax => phones(PhoneKind::Fax),
            Self::Website => contact.links.iter().map(|it| it.value.as_str().into()).collect(),
            Self::Profile => contact.profiles.iter().map(|it| it.value.as_str().into()).collect(),
            Self::Street => one(address.and_then(|address| address.street.as_ref())),
            Self::Postcode => one(address.and_then(|address| address.postcode.as_ref())),
            Self::City => one(address.and_then(|address| address.city.as_ref())),
            Self::Region => one(address.and_then(|address| address.region.as_ref())),
            Self::Country => one(address.and_then(|address| address.country.as_ref())),
        }
    }
}

fn text(address: &EmailAddress) -> String {
    address.as_str().to_owned()
}
