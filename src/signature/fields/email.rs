//! The author's own e-mail addresses: the one in `From`, and those of the same person below.

use super::Block;
use crate::contact::{EmailAddress, Found, Origin};
use crate::signature::atom::Kind;
use crate::signature::fold::words;

/// The addresses, `From`'s first.
pub(super) fn read(block: &Block<'_>) -> Vec<Found<EmailAddress>> {
    let mut emails: Vec<Found<EmailAddress>> = Vec::new();
    if let Some(own) = &block.context.author.address {
        emails.push(Found::certain(own.clone(), Origin::Header));
    }
    for (_, atom) in block.own() {
        let Kind::Email(email) = &atom.kind else { continue };
        let known = emails.iter().any(|found| found.value.key() == email.key());
        if !known && !email.is_role_mailbox() && is_same_person(email, block) {
            emails.push(Found::new(email.clone(), 0.8, Origin::Layout));
        }
    }
    emails
}

/// Whether the local part is made of the author's names.
fn is_same_person(email: &EmailAddress, block: &Block<'_>) -> bool {
    let sender = block.context.sender;
    let local = words(email.local());
    let same_local =
        sender.address.as_ref().is_some_and(|own| own.local().eq_ignore_ascii_case(email.local()));
    let joined: String = local.iter().map(|word| word.folded.as_str()).collect();
    same_local
        || local.iter().any(|word| sender.names.contains(&word.folded))
        || sender.names.iter().any(|name| name.len() > 3 && joined.contains(name.as_str()))
}
