//! A contact as it is compared: every value in the one form that all its spellings share.

mod email;
mod generation;
mod name;
mod names;
mod number;
mod profile;
mod titles;
mod typed;

pub(super) use email::Email;
pub(super) use generation::Generation;
pub(super) use name::{Name, Word};
pub(super) use number::Number;
pub(super) use profile::of_one;
pub use titles::name_and_titles;
pub(super) use typed::taken_apart;

use super::company::latin_company;
use super::fold::{fold_street_of, is_free_mail};
use super::latin::latin;
use super::shared_domains::SharedDomains;
use super::similarity::Field;
use super::text::Text;
use crate::contact::{Contact, PhoneKind};
pub(super) use names::given_and_family;

/// What is known of a person, ready to be compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    pub(super) given: Name,
    pub(super) family: Name,
    pub(super) generation: Option<Generation>,
    pub(super) emails: Vec<Email>,
    pub(super) phones: Vec<Number>,
    pub(super) profiles: Vec<Text>,
    pub(super) titles: Vec<Text>,
    pub(super) companies: Vec<Text>,
    pub(super) domains: Vec<Text>,
    pub(super) streets: Vec<Text>,
    pub(super) postcodes: Vec<Text>,
    pub(super) cities: Vec<Text>,
    pub(super) regions: Vec<Text>,
    pub(super) countries: Vec<Text>,
}

impl Person {
    /// Sets the name from its parts as written.
    pub fn named(&mut self, given: Option<&str>, family: Option<&str>, full: Option<&str>) {
        let (family, of_family) = generation::apart(family.unwrap_or_default(), 1);
        let (full, _) = name_and_titles(full.unwrap_or_default());
        let (full, of_full) = generation::apart(full, 2);
        // `Müller jun., Karl`
        let turned = full.split_once(',').and_then(|(name, given)| {
            let (name, generation) = generation::apart(name, 1);
            Some((format!("{name},{given}"), generation?))
        });
        let full = turned.as_ref().map_or(full, |(turned, _)| turned);
        (self.given, self.family) = given_and_family(given, Some(family), Some(full));
        self.generation = of_family.or(of_full).or(turned.map(|(_, generation)| generation));
        self.complete();
    }

    /// Adds what follows the name: `jun.`, `Sr.`, `III`.
    pub fn add_suffix(&mut self, text: &str) {
        self.generation = self.generation.or_else(|| Generation::of(text));
    }

    /// Adds an e-mail address as written, whole or damaged.
    pub fn add_email(&mut self, text: &str) {
        let Some(email) = Email::read(text) else { return };
        if let Some(domain) = email.employer_domain() {
            put(&mut self.domains, &domain);
        }
        if email.is_personal() && !self.emails.contains(&email) {
            self.emails.reserve_exact(1);
            self.emails.push(email);
            self.complete();
        }
    }

    /// Of a given name that is an initial the address may tell the rest: `A. Müller`, anna.mueller@….
    fn complete(&mut self) {
        if self.given.is_initial() && !self.given.is_empty() {
            let mut names = self.emails.iter();
            if let Some(name) = names.find_map(|one| one.given_name(&self.given, &self.family)) {
                self.given = name.into();
            }
        }
    }

    /// Adds a phone number as written; `country` (ISO 3166) is that of numbers without a prefix, and
    /// `kind` what it is said to reach.
    pub fn add_phone(&mut self, text: &str, country: &str, kind: PhoneKind) {
        if let Some(number) = Number::read(text, country, kind)
            && !self.phones.contains(&number)
        {
            self.phones.reserve_exact(1);
            self.phones.push(number);
        }
    }

    /// Adds a job title.
    pub fn add_title(&mut self, text: &str) {
        put(&mut self.titles, &latin(text));
    }

    /// Adds an employer.
    pub fn add_company(&mut self, text: &str) {
        put(&mut self.companies, &latin_company(text));
    }

    /// Adds a web address: a profile, the person's or a firm's, or the web site of the employer.
    pub fn add_link(&mut self, text: &str) {
        let Some(link) = crate::contact::Link::parse(text) else { return };
        let domain = psl::domain_str(link.host()).unwrap_or(link.host());
        if link.is_profile() {
            put(&mut self.profiles, &profile::page(&link, domain).unwrap_or_default());
        } else if !is_free_mail(domain) {
            put(&mut self.domains, domain);
        }
    }

    /// Adds the parts of a postal address.
    pub fn add_address(&mut self, street: &str, postcode: &str, city: &str, region: &str) {
        put(&mut self.streets, &fold_street_of(&latin(street)));
        put(&mut self.postcodes, &latin(postcode).replace(' ', ""));
        put(&mut self.cities, &latin(city));
        put(&mut self.regions, &latin(region));
    }

    /// Adds a country as ISO 3166 code or name.
    pub fn add_country(&mut self, text: &str) {
        put(&mut self.countries, &latin(text));
    }

    /// Forgets that these domains name an employer.
    pub(super) fn leave(&mut self, shared: &SharedDomains) {
        self.domains.retain(|domain| !shared.has(domain));
        self.emails.iter_mut().for_each(|email| email.leave(shared));
    }

    /// The values of a field that is a text as it stands: neither a name, an address nor a number.
    pub(super) fn texts(&self, field: Field) -> &[Text] {
        match field {
            Field::Given | Field::Family | Field::Email | Field::Phone => &[],
            Field::Profile => &self.profiles,
            Field::Title => &self.titles,
            Field::Company => &self.companies,
            Field::Domain => &self.domains,
            Field::Street => &self.streets,
            Field::Postcode => &self.postcodes,
            Field::City => &self.cities,
            Field::Region => &self.regions,
            Field::Country => &self.countries,
        }
    }

    /// The mobile numbers.
    pub(super) fn mobiles(&self) -> impl Iterator<Item = &Number> {
        self.phones.iter().filter(|number| number.is_mobile())
    }

    /// Whether it is a company of which no person is named.
    pub(super) fn is_firm(&self) -> bool {
        let nobody = self.given.is_empty() && self.family.is_empty();
        nobody
            && self.emails.is_empty()
            && self.own_profiles().next().is_none()
            && self.is_employed()
    }

    /// The profiles that are one person's, and no firm's.
    pub(super) fn own_profiles(&self) -> impl Iterator<Item = &Text> {
        self.profiles.iter().filter(|page| of_one(page).is_some())
    }

    /// Whether an employer is known.
    pub(super) fn is_employed(&self) -> bool {
        !self.companies.is_empty() || !self.domains.is_empty()
    }
}

impl From<&Contact> for Person {
    fn from(contact: &Contact) -> Self {
        let mut person = Self::default();
        if let Some(name) = contact.name.as_ref().map(|name| &name.value) {
            person.named(name.given.as_deref(), name.family.as_deref(), Some(&name.full));
            name.suffix.iter().for_each(|suffix| person.add_suffix(suffix));
        }
        contact.emails.iter().for_each(|email| person.add_email(email.value.as_str()));
        for phone in contact.phones.iter().filter(|phone| phone.value.kind != PhoneKind::Fax) {
            let number = Number::of(&phone.value);
            if !person.phones.contains(&number) {
                person.phones.push(number);
            }
        }
        contact.titles.iter().for_each(|title| person.add_title(&title.value));
        contact.organizations.iter().for_each(|name| person.add_company(&name.value));
        for link in contact.links.iter().chain(&contact.profiles) {
            person.add_link(link.value.as_str());
        }
        for address in &contact.addresses {
            let part = |part: &Option<String>| part.clone().unwrap_or_default();
            let address = &address.value;
            let [street, postcode, city, region] =
                [&address.street, &address.postcode, &address.city, &address.region].map(part);
            person.add_address(&street, &postcode, &city, &region);
            person.add_country(&part(&address.country));
        }
        person
    }
}

fn put(values: &mut Vec<Text>, value: &str) {
    if !value.is_empty() && !values.iter().any(|old| **old == *value) {
        // Nearly everybody has one.
        values.reserve_exact(1);
        values.push(value.into());
    }
}
