//! What is done with the bytes of a message, on a thread of its own.

use crate::clock::Millis;
use crate::contact::Contact;
use crate::mail::{self, Limits, Policy, Sender, Skipped};
use crate::signature::{self, Hints};
use crate::vault::HashKey;

/// Reads whoever signed a message, from its bytes.
pub type Read = fn(&[u8], &Limits, &Hints) -> Result<Contact, Skipped>;

/// What the headers of a message tell.
pub(super) struct Head<E> {
    /// The keyed hash by which the message is known again.
    pub(super) key: String,
    /// When it came, if they say so.
    pub(super) received: Option<Millis>,
    /// Whether they prove its sender; or why it is not to be read.
    pub(super) screened: Result<Sender, E>,
}

/// Reads the headers of a message.
pub(super) fn head(bytes: &[u8], hash_key: &HashKey, policy: &Policy) -> Head<Skipped> {
    Head {
        key: hash_key.digest("message", &[&mail::message_key_parts(bytes)]),
        received: mail::received(bytes),
        screened: mail::screen(bytes, policy),
    }
}

/// Reads whoever signed a message, if it is its author and says enough.
pub(super) fn read(bytes: &[u8], limits: &Limits, hints: &Hints) -> Result<Contact, Skipped> {
    let reading = mail::read(bytes, limits)?;
    let extraction = signature::extract(&reading, hints);
    signature::plausible(&reading, &extraction)?;
    Ok(extraction.contact)
}
