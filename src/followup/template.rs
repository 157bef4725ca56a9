//! The tenant's template: a subject and a plain text with places for a contact's values.
//!
//! The language is a small part of Jinja: `{{ name }}`, with filters, and `{% if title %}…{% endif %}`.
//! Inside of tags stand only names, texts in double quotes and comparisons: nothing that repeats or
//! joins, so that no template can ask for more memory or time than its own length. Values are
//! filled in once and never read as a template.

mod check;

use super::line::one_line;
use crate::contact::{Contact, EmailAddress, Found, Origin, PersonName};
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;

/// The most characters of a subject.
const SUBJECT_CHARS: usize = 200;
/// The most bytes of a template or of a text.
const TEXT_BYTES: usize = 32 * 1024;
/// The most characters of a value.
const VALUE_CHARS: usize = 120;
/// The most steps of rendering.
const FUEL: u64 = 20_000;

/// The values a template can name.
pub const VALUES: [&str; 8] =
    ["name", "given", "family", "prefix", "title", "organization", "sender", "sender_address"];

/// A template that renders for every contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    subject: String,
    body: String,
}

/// Languages of the texts that come with us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// German.
    German,
}

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// It cannot be read.
    #[error("the {part} cannot be read, line {line}: {detail}")]
    Syntax {
        /// `subject` or `text`.
        part: &'static str,
        /// Counted from 1.
        line: usize,
        /// What the parser says.
        detail: String,
    },
    /// A tag holds more than a name, filters and comparisons.
    #[error(
        "the {part} may hold values like {{{{ name }}}} and {{% if title %}}…{{% endif %}}, with texts in \
         double quotes; this is neither: {tag}"
    )]
    Tag {
        /// `subject` or `text`.
        part: &'static str,
        /// The tag, cut short.
        tag: String,
    },
    /// It names a value that there is not.
    #[error("the {part} names `{name}`; there are {}", VALUES.join(", "))]
    UnknownValue {
        /// `subject` or `text`.
        part: &'static str,
        /// The name.
        name: String,
    },
    /// Nothing is left of it for some contact.
    #[error(
        "the {part} is empty for a contact of whom only the address is known; write words around the values"
    )]
    Empty {
        /// `subject` or `text`.
        part: &'static str,
    },
    /// The subject has more than one line.
    #[error("the subject must be one line")]
    Lines,
    /// It is too long.
    #[error("the {part} is longer than {TEXT_BYTES} bytes")]
    TooLong {
        /// `subject` or `text`.
        part: &'static str,
    },
}

/// A mail's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The subject, one line.
    pub subject: String,
    /// The text.
    pub body: String,
}

/// Whose name stands under the mail.
#[derive(Debug, Clone)]
pub struct Sender<'a> {
    /// The name that recipients see.
    pub name: &'a str,
    /// The address that the mail comes from.
    pub address: &'a EmailAddress,
}

#[derive(Serialize)]
struct Values {
    name: String,
    given: String,
    family: String,
    prefix: String,
    title: String,
    organization: String,
    sender: String,
    sender_address: String,
}

impl Template {
    /// Checks a template by rendering it for a contact with every value and for one with none.
    pub fn parse(subject: &str, body: &str) -> Result<Self, TemplateError> {
        let template =
            Self { subject: subject.trim().to_owned(), body: body.replace("\r\n", "\n") };
        if template.subject.contains(char::is_control) {
            return Err(TemplateError::Lines);
        }
        for (part, text) in [("subject", &template.subject), ("text", &template.body)] {
            if text.len() > TEXT_BYTES {
                return Err(TemplateError::TooLong { part });
            }
            check::tags(part, text)?;
            check::names(part, text)?;
        }
        for contact in [Contact::default(), sample()] {
            let address = EmailAddress::try_from("sender@example.com".to_owned());
            if let Ok(address) = &address {
                template.render(&contact, &Sender { name: "", address })?;
            }
        }
        Ok(template)
    }

    /// The template that comes with us.
    pub fn of(language: Language) -> (&'static str, &'static str) {
        let text = match language {
            Language::English => include_str!("texts/en.txt"),
            Language::German => include_str!("texts/de.txt"),
        };
        text.split_once("\n\n").unwrap_or((text, text))
    }

    /// The words of the mail to one contact.
    pub fn render(
        &self,
        contact: &Contact,
        sender: &Sender<'_>,
    ) -> Result<Rendered, TemplateError> {
        let values = Values::of(contact, sender);
        let subject = one_line(&fill("subject", &self.subject, &values)?, SUBJECT_CHARS);
        let body = fill("text", &self.body, &values)?.trim().to_owned();
        if subject.is_empty() {
            return Err(TemplateError::Empty { part: "subject" });
        }
        if body.is_empty() {
            return Err(TemplateError::Empty { part: "text" });
        }
        Ok(Rendered { subject, body })
    }
}

impl Values {
    /// The first of each, so that there is always one; what is not known is empty.
    fn of(contact: &Contact, sender: &Sender<'_>) -> Self {
        fn clean(text: Option<&String>) -> String {
            one_line(text.map_or("", String::as_str), VALUE_CHARS)
        }
        let name = contact.name.as_ref().map(|name| &name.value);
        Self {
            name: clean(name.map(|name| &name.full)),
            given: clean(name.and_then(|name| name.given.as_ref())),
            family: clean(name.and_then(|name| name.family.as_ref())),
            prefix: clean(name.and_then(|name| name.prefix.as_ref())),
            title: clean(contact.titles.first().map(|title| &title.value)),
            organization: clean(contact.organizations.first().map(|name| &name.value)),
            sender: one_line(sender.name, VALUE_CHARS),
            sender_address: sender.address.as_str().to_owned(),
        }
    }
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.add_filter("upper", str::to_uppercase);
    environment.add_filter("lower", str::to_lowercase);
    environment
}

fn fill(part: &'static str, text: &str, values: &Values) -> Result<String, TemplateError> {
    environment().render_str(text, values).map_err(|error| syntax(part, &error))
}

fn syntax(part: &'static str, error: &minijinja::Error) -> TemplateError {
    let detail = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    TemplateError::Syntax { part, line: error.line().unwrap_or(1), detail: one_line(&detail, 200) }
}

/// A contact with every value a template can name.
fn sample() -> Contact {
    let found = |text: &str| vec![Found::certain(text.to_owned(), Origin::User)];
    let name = PersonName {
        full: "Anna Beispiel".into(),
        given: Some("Anna".into()),
        family: Some("Beispiel".into()),
        prefix: Some("Dr.".into()),
        suffix: None,
    };
    Contact {
        name: Some(Found::certain(name, Origin::User)),
        titles: found("Head of Sales"),
        organizations: found("Beispiel GmbH"),
        ..Contact::default()
    }
}

#[cfg(test)]
mod tests;
