//! A sample letter goes most of the way of a message when the program starts. Lists of words, tables and
//! grammars are made when they are wanted first, and the first letter would wait for all of them.

use super::judge::{Beliefs, Judge};
use super::reader;
use crate::contact::Contact;
use crate::mail::{self, Limits, Policy};
use crate::matching::{self, Match};
use crate::signature::Hints;

const SAMPLE: &[u8] = include_bytes!("../../fixtures/demo/mailbox/01-vogelsang-inquiry.eml");

/// Makes what the first message would wait for, which takes some tens of milliseconds.
pub fn rehearse() {
    let _ = rehearsed();
}

/// Who signed the sample, its match keys, and how well they match with themselves.
fn rehearsed() -> Option<(Contact, Vec<String>, Match)> {
    mail::screen(SAMPLE, &Policy::default()).ok()?;
    let contact = reader::read(SAMPLE, &Limits::default(), &Hints::default()).ok()?;
    let keys = matching::keys(&contact);
    let beliefs = Beliefs::default();
    let matched = Judge::of(&beliefs, &contact, &[]).judge(&contact);
    Some((contact, keys, matched))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::Level;

    #[test]
    fn the_sample_goes_the_whole_way() {
        let (contact, keys, matched) = rehearsed().expect("read");
        assert!(contact.name.is_some() && !contact.organizations.is_empty());
        assert!(!contact.phones.is_empty() && !contact.addresses.is_empty());
        assert!(!keys.is_empty());
        assert_eq!(matched.level, Level::Exact);
    }
}
