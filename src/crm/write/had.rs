//! What a record had before a write: what is taken back is what the write changed, not what it meant.

use crate::contact::{Contact, Found, Link, Phone, PhoneKind};
use crate::crm::{Updated, Written};
use crate::matching::fold::fold_company;
use crate::store::crm_writes::CrmWrite;

/// Notes what a write has changed of a record. Where somebody else had written all of it, nothing is to be
/// taken back.
pub(super) fn note(write: &mut CrmWrite, updated: Updated) -> Written {
    let Updated { written, said, linked } = updated;
    let (Written::Done(record) | Written::Partly(record, _)) = &written else { return written };
    write.linked = linked;
    let is_of_try = write.is_tried() && record.version != write.version;
    let said = said.or_else(|| write.known.clone().filter(|_| is_of_try));
    if let Some(said) = said {
        write.before = write.before.take().map(|before| had(&before, &write.after, &said));
    } else if !is_of_try {
        write.before = Some(write.after.clone());
        write.version.clone_from(&record.version);
    }
    written
}

/// What is known to have been there, with what of the values that come a record said already. A name and a
/// postal address are one, whatever is written of them.
pub(super) fn had(before: &Contact, after: &Contact, said: &Contact) -> Contact {
    let mut had = before.clone();
    if after.name.is_some() && had.name.is_none() {
        had.name.clone_from(&said.name);
    }
    if !after.addresses.is_empty() && had.addresses.is_empty() {
        had.addresses.clone_from(&said.addresses);
    }
    add(&mut had.titles, &after.titles, &said.titles, |one, other| same_words(one, other));
    add(&mut had.departments, &after.departments, &said.departments, |one, other| {
        same_words(one, other)
    });
    add(&mut had.organizations, &after.organizations, &said.organizations, |one, other| {
        same_company(one, other)
    });
    add(&mut had.phones, &after.phones, &said.phones, same_number);
    add(&mut had.emails, &after.emails, &said.emails, |one, other| one.key() == other.key());
    add(&mut had.links, &after.links, &said.links, same_link);
    add(&mut had.profiles, &after.profiles, &said.profiles, same_link);
    had
}

/// Adds what comes and was said already; what only is written otherwise than before was changed.
fn add<T: Clone>(
    had: &mut Vec<Found<T>>,
    after: &[Found<T>],
    said: &[Found<T>],
    same: impl Fn(&T, &T) -> bool,
) {
    let is_among =
        |one: &Found<T>, all: &[Found<T>]| all.iter().any(|it| same(&it.value, &one.value));
    let there = after.iter().filter(|one| is_among(one, said) && !is_among(one, had));
    let there: Vec<Found<T>> = there.cloned().collect();
    had.extend(there);
}

fn same_words(one: &str, other: &str) -> bool {
    one.split_whitespace().eq(other.split_whitespace())
}

fn same_company(one: &str, other: &str) -> bool {
    one == other || (!fold_company(one).is_empty() && fold_company(one) == fold_company(other))
}

/// Under whichever name a number is kept, but for a fax machine's.
fn same_number(one: &Phone, other: &Phone) -> bool {
    let is_fax = |phone: &Phone| phone.kind == PhoneKind::Fax;
    is_fax(one) == is_fax(other) && one.uri_number() == other.uri_number()
}

fn same_link(one: &Link, other: &Link) -> bool {
    one.key() == other.key()
}

#[cfg(test)]
mod tests {
    use super::had;
    use crate::contact::{Contact, Countries};
    use crate::crm::card::of_vcard;
    use calcard::vcard::VCard;

    fn contact(lines: &str) -> Contact {
        let text = format!("BEGIN:VCARD\nVERSION:4.0\n{lines}\nEND:VCARD\n").replace('\n', "\r\n");
        of_vcard(VCard::parse(text).unwrap(), Countries::usual("DE"))
    }

    fn numbers(contact: &Contact) -> Vec<&str> {
        contact.phones.iter().map(|phone| phone.value.number()).collect()
    }

    #[test]
    fn what_the_record_said_of_what_comes_was_there_and_the_rest_was_not() {
        let before = contact("FN:Anna Müller\nTEL;TYPE=work:+49 931 3000001");
        let after = contact(
            "FN:Anna Müller\nTITLE:Prokuristin\nORG:Exempla GmbH;Einkauf\n\
             TEL;TYPE=work:+49 931 3000001\nTEL;TYPE=cell:+49 170 1234567\n\
             TEL;TYPE=cell:+49 170 7654321\nEMAIL:anna@exempla.example\nEMAIL:am@exempla.example",
        );
        // A number under another name, a company and an address written otherwise; one number more, of a colleague.
        let said = contact(
            "FN:Anna Müller\nORG:EXEMPLA\nTEL;TYPE=work:+49 170 1234567\n\
             TEL;TYPE=work:+49 931 3000099\nEMAIL:Anna@Exempla.example",
        );
        let had = had(&before, &after, &said);
        assert_eq!(numbers(&had), ["+499313000001", "+491701234567"]);
        assert_eq!(had.organizations, after.organizations);
        assert_eq!((had.titles.len(), had.departments.len()), (0, 0));
        assert_eq!(had.emails, after.emails[..1]);
    }

    #[test]
    fn a_fax_machines_number_is_no_telephones() {
        let after = contact("FN:A B\nTEL;TYPE=cell:+49 170 1234567");
        let said = contact("FN:A B\nTEL;TYPE=fax:+49 170 1234567");
        assert_eq!(numbers(&said), ["+491701234567"]);
        assert_eq!(numbers(&had(&Contact::default(), &after, &said)), [""; 0]);
    }

    #[test]
    fn a_name_and_an_address_are_one_and_only_come_where_there_was_none() {
        let (home, office) = ("ADR:;;Gasse 1;Ulm;;89073;", "ADR:;;Marktplatz 3;Würzburg;;97070;");
        let after = contact(&format!("FN:Dr. Anna Müller\n{office}"));
        let said = contact(&format!("FN:A. Müller\n{home}"));
        assert_eq!((said.addresses.len(), after.addresses.len()), (1, 1));
        let of_none = had(&Contact::default(), &after, &said);
        assert_eq!((&of_none.name, &of_none.addresses), (&said.name, &said.addresses));

        let before = contact("FN:Anna Müller\nADR:;;Weg 2;Fürth;;90762;");
        let of_some = had(&before, &after, &said);
        assert_eq!((&of_some.name, &of_some.addresses), (&before.name, &before.addresses));

        // Where neither comes, neither is noted.
        let nothing = had(&Contact::default(), &Contact::default(), &said);
        assert_eq!(nothing, Contact::default());
    }
}
