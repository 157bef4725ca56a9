//! Is what was read worth a suggestion at all?

use super::Extraction;
use super::fold::{Folded, Word, words};
use super::language::{Sense, lexicon};
use super::script::is_foreign;
use super::sender::Sender;
use crate::contact::EmailAddress;
use crate::mail::{Reading, Reason, Skipped};

/// Says why no suggestion may be made of an extraction, or nothing.
///
/// # Errors
/// The reason: nobody signed, a team signed, the signature is somebody else's, or it tells nothing
/// beyond a name and an address.
pub fn plausible(reading: &Reading, extraction: &Extraction) -> Result<(), Skipped> {
    let contact = &extraction.contact;
    let Some(address) = &reading.author.address else {
        return Err(Skipped::new(Reason::NoAuthor, "`From` holds no usable address."));
    };
    if extraction.automatic {
        return Err(Skipped::new(
            Reason::Automatic,
            "The text says that it was sent automatically or to a list, or that nobody reads answers.",
        ));
    }
    if extraction.block.is_none() && reading.vcards.is_empty() {
        return Err(Skipped::new(
            Reason::NoSignature,
            "No lines below the text sign it: neither the author's name nor an address, a number or a company stand there.",
        ));
    }
    let Some(name) = &contact.name else {
        return Err(Skipped::new(
            Reason::RoleMailbox,
            "No person signs and `From` names none, only a team or a company.",
        ));
    };
    if name.value.family.is_none() && address.is_role_mailbox() {
        return Err(Skipped::new(
            Reason::RoleMailbox,
            "The address is a shared mailbox and no full name signs.",
        ));
    }
    if is_team(&name.value.full, &extraction.sender) {
        return Err(Skipped::new(
            Reason::RoleMailbox,
            "`From` and the signature name a team or a counter, and no person.",
        ));
    }
    if !contact.has_detail() {
        return Err(Skipped::new(
            Reason::NoDetail,
            "Nothing is written beyond a name and an e-mail address: no title, company, number, postal address or site.",
        ));
    }
    if is_other_person(reading, extraction) {
        return Err(Skipped::new(
            Reason::OtherPerson,
            "The signature names another person than `From`, with another address.",
        ));
    }
    Ok(())
}

/// Whether what reads like a name is a team's: "Servicedesk Fietsplan" of `helpdesk@fietsplan.nl`.
fn is_team(name: &str, sender: &Sender) -> bool {
    let read = words(name);
    let hits = lexicon().find(name, &read);
    let team = hits.iter().filter(|hit| hit.means.sense == Sense::Team && hit.first == 0);
    // Of `assistenza@…` the team's own words are no person's.
    team.map(|hit| hit.last + 1)
        .max()
        .is_some_and(|rest| !read.iter().skip(rest).any(|word| sender.local.contains(&word.folded)))
}

/// Whether the block's name and address are both not the author's.
fn is_other_person(reading: &Reading, extraction: &Extraction) -> bool {
    let (Some(name), Some(block)) = (&extraction.contact.name, &extraction.block) else {
        return false;
    };
    let sender = &extraction.sender;
    // A name in another script may be spelled in ways that no rule knows.
    let comparable =
        is_foreign(&name.value.full) == sender.names.iter().any(|name| is_foreign(name));
    let strange_name =
        comparable && !sender.names.is_empty() && sender.recognises(&words(&name.value.full)) < 0.4;
    let own = reading.author.address.as_ref().map(EmailAddress::key);
    let addresses: Vec<_> = super::entity::entities(block, "")
        .into_iter()
        .filter_map(|(_, entity)| match entity {
            super::entity::Entity::Email(email) => Some(email),
            _ => None,
        })
        .collect();
    let strange_address = addresses.iter().any(|email| !email.is_role_mailbox())
        && addresses.iter().all(|email| Some(email.key()) != own);
    if !strange_name {
        return strange_address && addresses.iter().any(|email| signs_for(email, block, sender));
    }
    strange_address || sender.names.len() >= 2 && !header_is_company(sender, reading)
}

/// Whether the owner of an address signs the block, and the author nowhere with the whole name: an
/// assistant writes, the chief's signature stands below.
fn signs_for(email: &EmailAddress, block: &str, sender: &Sender) -> bool {
    let tokens: Vec<Folded> = words(email.local()).into_iter().map(|word| word.folded).collect();
    let lines = || block.lines().map(words).filter(|line| (2..=7).contains(&line.len()));
    let owns =
        |line: &Vec<Word>| tokens.iter().all(|token| line.iter().any(|word| word.folded == *token));
    tokens.len() >= 2
        && sender.names.len() >= 2
        && tokens.iter().all(|token| token.len() >= 2 && !sender.names.contains(token))
        && lines().any(|line| owns(&line))
        && !lines().any(|line| sender.recognises(&line) >= 0.85)
}

fn header_is_company(sender: &Sender, reading: &Reading) -> bool {
    let display = reading.author.name.as_deref().unwrap_or_default();
    let senses = lexicon().senses(display);
    [Sense::Organization, Sense::Department, Sense::LegalForm, Sense::Team]
        .into_iter()
        .any(|sense| senses.has(sense))
        || sender.owns(&words(display)) > 0.6
        || reading.author.address.as_ref().is_some_and(EmailAddress::is_role_mailbox)
}
