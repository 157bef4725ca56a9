//! A contact: the values that were read from a signature or from a CRM record.
//!
//! Every value is parsed once into a type that cannot be wrong, and carries how sure we are and
//! where it came from ([`Found`]), never the text around it. At every edge (API, events, command
//! line, export) a contact is a JSContact Card, see [`card`].

mod address;
pub mod card;
mod countries;
mod email;
pub mod from_card;
mod link;
pub mod lookalike;
mod name;
mod phone;
mod post_nominals;
mod profile;
mod role_mailbox;
pub mod vcard;

pub use address::PostalAddress;
pub use countries::Countries;
pub use email::EmailAddress;
pub use link::Link;
pub use name::{PersonName, title_of, titled};
pub use phone::{Phone, PhoneKind};
pub use post_nominals::{listed_post_nominals, without_post_nominals};
pub use role_mailbox::is_role_mailbox;

use serde::{Deserialize, Serialize};

/// The values of one person, as far as they are known.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Contact {
    /// The person's name.
    pub name: Option<Found<PersonName>>,
    /// Job titles as written; several joined on one line are one title.
    pub titles: Vec<Found<String>>,
    /// Unit or team within the organization.
    pub departments: Vec<Found<String>>,
    /// The employer; brand and legal name when both are written, the legal name first.
    pub organizations: Vec<Found<String>>,
    /// Telephone and fax numbers.
    pub phones: Vec<Found<Phone>>,
    /// E-mail addresses of the person, never of a shared mailbox.
    pub emails: Vec<Found<EmailAddress>>,
    /// Web sites of the person or employer.
    pub links: Vec<Found<Link>>,
    /// Social profiles of the person or employer.
    pub profiles: Vec<Found<Link>>,
    /// Postal addresses, the office's first.
    pub addresses: Vec<Found<PostalAddress>>,
}

impl Contact {
    /// Whether there is anything beyond a name and e-mail addresses, so that it is worth a
    /// suggestion.
    pub fn has_detail(&self) -> bool {
        !(self.titles.is_empty()
            && self.departments.is_empty()
            && self.organizations.is_empty()
            && self.phones.is_empty()
            && self.links.is_empty()
            && self.profiles.is_empty()
            && self.addresses.is_empty())
    }

    /// The country (ISO 3166) of the first address that names one.
    pub fn country(&self) -> Option<&str> {
        self.addresses.iter().find_map(|address| address.value.country.as_deref())
    }

    /// The e-mail addresses that nobody shares: by these a person is looked for.
    pub fn own_emails(&self) -> impl Iterator<Item = &EmailAddress> {
        self.emails.iter().map(|email| &email.value).filter(|email| !email.is_role_mailbox())
    }
}

/// A value with its confidence and origin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Found<T> {
    /// The value itself.
    pub value: T,
    /// How sure we are that it is right.
    pub confidence: Confidence,
    /// Where it came from.
    pub origin: Origin,
}

impl<T> Found<T> {
    /// A value read from a message.
    pub fn new(value: T, confidence: f64, origin: Origin) -> Self {
        Self { value, confidence: Confidence::new(confidence), origin }
    }

    /// A value that a human or a CRM vouches for.
    pub fn certain(value: T, origin: Origin) -> Self {
        Self::new(value, 1.0, origin)
    }
}

/// A probability, 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Confidence(f64);

impl Confidence {
    /// Clamps into 0..=1; what is not a number is 0.
    pub fn new(value: f64) -> Self {
        Self(if value.is_nan() { 0.0 } else { value.clamp(0.0, 1.0) })
    }

    /// The probability.
    pub fn get(self) -> f64 {
        self.0
    }
}

/// Where a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// A header of the message, such as `From`.
    Header,
    /// A label stood before it ("Tel.", "Mobil").
    Label,
    /// The target of a link in HTML (`tel:`, `mailto:`, a profile behind an icon).
    HtmlLink,
    /// Its place in the block or its shape.
    Layout,
    /// A vCard attached by the sender.
    Vcard,
    /// A record of the CRM.
    Crm,
    /// A user typed it.
    User,
}
