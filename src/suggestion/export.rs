//! Accepted contacts as a file: CSV with the columns that an import reads, JSContact (RFC 9553),
//! vCard 4 (RFC 6350). It is written piece by piece, so that its size does not matter.

use crate::contact::{Contact, card, vcard};
use crate::crm::table::{Room, Writer, id_given};
use crate::store::ContactId;
use crate::store::contacts::AcceptedContact;
use crate::store::records::CrmRecord;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use tracing::warn;

/// The formats of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A table.
    Csv,
    /// An array of Cards.
    JsContact,
    /// vCards, one after the other.
    Vcard,
}

/// A file that is being written: contacts go in, [`File::take`] gives what they became.
pub struct File {
    written: Written,
    form: Form,
}

enum Form {
    Csv(Box<Table>),
    JsContact { is_first: bool },
    Vcard,
}

/// A table, begun with its first contact or its end.
struct Table {
    room: Room,
    begun: Option<Writer<Written>>,
}

impl File {
    /// A file without contacts. A table has room for what contacts have several of; other formats need
    /// none.
    pub fn new(format: Format, room: Room) -> Self {
        let form = match format {
            Format::Csv => Form::Csv(Box::new(Table { room, begun: None })),
            Format::JsContact => Form::JsContact { is_first: true },
            Format::Vcard => Form::Vcard,
        };
        Self { written: Written::default(), form }
    }

    /// Writes one contact. A table says the id that its record has where that came from, so that an import
    /// of the table knows it again; other formats say ours. One that cannot become a vCard is left out, and
    /// the log names it.
    pub fn write(
        &mut self,
        contact: &AcceptedContact,
        record: Option<&CrmRecord>,
    ) -> io::Result<()> {
        match &mut self.form {
            Form::Csv(table) => {
                let id = record.and_then(id_given).unwrap_or_default();
                table.begin(&self.written)?.write(id, &contact.contact)
            }
            Form::JsContact { is_first } => {
                let between = if std::mem::take(is_first) { "[\n" } else { ",\n" };
                self.written.push(format!("{between}{}", uid_card(contact)).as_bytes());
                Ok(())
            }
            Form::Vcard => {
                push_vcard(&self.written, &contact.id, vcard::to_vcard(&contact.contact));
                Ok(())
            }
        }
    }

    /// What was written since the last time.
    pub fn take(&self) -> Vec<u8> {
        self.written.take()
    }

    /// Ends the file and gives the rest of it.
    pub fn finish(self) -> io::Result<Vec<u8>> {
        match self.form {
            Form::Csv(mut table) => {
                table.begin(&self.written)?;
                table.begun.map_or(Ok(()), Writer::finish)?;
            }
            Form::JsContact { is_first } => {
                self.written.push(if is_first { b"[]\n" } else { b"\n]\n" });
            }
            Form::Vcard => {}
        }
        Ok(self.written.take())
    }
}

/// Everybody else's vCards are worth more than a file that breaks off at one contact.
fn push_vcard(written: &Written, id: &ContactId, card: Option<String>) {
    if let Some(card) = card {
        written.push(card.as_bytes());
    } else {
        warn!(contact = %id, "a contact has no vCard and is left out of an export");
    }
}

impl Table {
    fn begin(&mut self, written: &Written) -> io::Result<&mut Writer<Written>> {
        match &mut self.begun {
            Some(table) => Ok(table),
            none => Ok(none.insert(Writer::new(written.clone(), self.room.clone())?)),
        }
    }
}

/// What is written and not yet taken. The table's writer keeps one end of it.
#[derive(Debug, Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    fn push(&self, bytes: &[u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
    }

    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.push(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The Card of an accepted contact, with its id as `uid`.
pub fn uid_card(contact: &AcceptedContact) -> serde_json::Value {
    let mut card = uid_card_of(&contact.id, &contact.contact);
    card["updated"] = contact.changed_at.to_rfc3339().into();
    card
}

/// The Card of what an accepted contact said at another time, with its id as `uid`.
pub fn uid_card_of(id: &ContactId, contact: &Contact) -> serde_json::Value {
    let mut card = card::to_card(contact);
    card["uid"] = format!("urn:uuid:{id}").into();
    card
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_without_a_vcard_is_left_out_and_the_others_follow() {
        let file = File::new(Format::Vcard, Room::default());
        for card in [Some("BEGIN:VCARD 1\r\n"), None, Some("BEGIN:VCARD 2\r\n")] {
            push_vcard(&file.written, &ContactId::new(), card.map(str::to_owned));
        }
        assert_eq!(file.finish().expect("a file"), b"BEGIN:VCARD 1\r\nBEGIN:VCARD 2\r\n");
    }
}
