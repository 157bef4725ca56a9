//! The people of firms as the file that a CRM exports.

use undersigned::contact::Contact;
use undersigned::crm::table::{Room, Writer};

/// A row for each of these contacts, with its place as its id.
pub(super) fn table(contacts: impl Iterator<Item = Contact>) -> Vec<u8> {
    let mut csv = Vec::new();
    let mut table = Writer::new(&mut csv, Room::default()).unwrap();
    for (number, contact) in contacts.enumerate() {
        table.write(&number.to_string(), &contact).unwrap();
    }
    table.finish().unwrap();
    csv
}
