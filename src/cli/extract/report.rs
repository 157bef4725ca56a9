//! The forms in which `extract` answers.

use super::Format;
use crate::contact::card::{confidences, to_card};
use crate::contact::{Contact, vcard};
use crate::mail::Skipped;
use crate::signature::Extraction;
use serde_json::{Value, json};
use std::fmt::Display;
use std::io::{self, Write};

/// What one message gave.
#[derive(Debug)]
pub(super) struct Answer {
    /// The file's base name.
    pub(super) file: String,
    /// What was read, if the message was read at all.
    pub(super) extraction: Option<Extraction>,
    /// Why no suggestion is made of it.
    pub(super) skipped: Option<Skipped>,
}

impl Answer {
    /// The contact, if it may be suggested.
    fn contact(&self) -> Option<&Contact> {
        let extraction = self.extraction.as_ref().filter(|_| self.skipped.is_none())?;
        Some(&extraction.contact)
    }

    /// Confidence and origin of every value, and the confidence of the contact as a whole.
    fn confidence(&self) -> Value {
        let (Some(contact), Some(extraction)) = (self.contact(), &self.extraction) else {
            return json!({});
        };
        let mut all = confidences(contact);
        all["contact"] =
            json!({"confidence": (extraction.confidence.get() * 1000.0).round() / 1000.0});
        all
    }

    fn to_json(&self) -> Value {
        let contact = self.contact();
        json!({
            "file": self.file,
            "card": contact.map(to_card),
            "signature": self.extraction.as_ref().and_then(|extraction| extraction.block.as_deref()),
            "skipped": self.skipped,
            "confidence": self.confidence(),
        })
    }
}

/// Writes answers in one form.
#[derive(Debug)]
pub(super) struct Writer<W> {
    format: Format,
    out: W,
    answers: usize,
}

impl<W: Write> Writer<W> {
    /// A writer to `out`.
    pub(super) fn new(format: Format, out: W) -> Self {
        Self { format, out, answers: 0 }
    }

    /// Writes one answer.
    pub(super) fn write(&mut self, answer: &Answer) -> io::Result<()> {
        self.answers += 1;
        match self.format {
            Format::Jsonl => writeln!(self.out, "{}", answer.to_json()),
            Format::Json => {
                let lead = if self.answers == 1 { "[\n" } else { ",\n" };
                write!(self.out, "{lead}{:#}", answer.to_json())
            }
            Format::Vcard => match answer.contact().and_then(vcard::to_vcard) {
                Some(card) => write!(self.out, "{card}"),
                None => Ok(()),
            },
            Format::Table => self.table(answer),
        }
    }

    /// Ends the output.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        if self.format == Format::Json {
            writeln!(self.out, "{}", if self.answers == 0 { "[]" } else { "\n]" })?;
        }
        self.out.flush()
    }

    /// Tells of a file that could not be read.
    pub(super) fn complain(&mut self, error: &dyn Display) -> io::Result<()> {
        self.out.flush()?;
        writeln!(io::stderr(), "{error}")
    }

    fn table(&mut self, answer: &Answer) -> io::Result<()> {
        writeln!(self.out, "{}", answer.file)?;
        if let Some(skipped) = &answer.skipped {
            writeln!(self.out, "  no suggestion ({skipped})")?;
        }
        let Some(contact) = answer.contact() else { return Ok(()) };
        for (field, value, confidence) in rows(contact) {
            writeln!(self.out, "  {field:<13}{value}  ({:.0} %)", confidence * 100.0)?;
        }
        Ok(())
    }
}

/// A contact's values with their names and confidences.
fn rows(contact: &Contact) -> Vec<(&'static str, String, f64)> {
    let mut rows = Vec::new();
    if let Some(name) = &contact.name {
        rows.push(("name", name.value.display(), name.confidence.get()));
    }
    for title in &contact.titles {
        rows.push(("title", title.value.clone(), title.confidence.get()));
    }
    for unit in &contact.departments {
        rows.push(("department", unit.value.clone(), unit.confidence.get()));
    }
    for organization in &contact.organizations {
        rows.push(("organization", organization.value.clone(), organization.confidence.get()));
    }
    for phone in &contact.phones {
        let field = match phone.value.kind {
            crate::contact::PhoneKind::Work => "phone",
            crate::contact::PhoneKind::Mobile => "mobile",
            crate::contact::PhoneKind::Fax => "fax",
        };
        rows.push((field, phone.value.display(), phone.confidence.get()));
    }
    for email in &contact.emails {
        rows.push(("e-mail", email.value.to_string(), email.confidence.get()));
    }
    for link in &contact.links {
        rows.push(("web", link.value.key(), link.confidence.get()));
    }
    for profile in &contact.profiles {
        rows.push(("profile", profile.value.key(), profile.confidence.get()));
    }
    for address in &contact.addresses {
        rows.push(("address", address.value.display(), address.confidence.get()));
    }
    rows
}
