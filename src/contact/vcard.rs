//! The contact as a vCard 4.0 (RFC 6350), by way of its Card (RFC 9555).

use super::{Contact, card};
use calcard::jscontact::JSContact;

/// The vCard of a contact, lines ended by CRLF.
pub fn to_vcard(contact: &Contact) -> Option<String> {
    let card = card::to_card(contact).to_string();
    let card = JSContact::<String, String>::parse(&card).ok()?;
    Some(card.into_vcard()?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::{EmailAddress, Found, Origin, PersonName, Phone, PhoneKind};

    #[test]
    fn a_contact_becomes_a_vcard_4() {
        let contact = Contact {
            name: Some(Found::certain(
                PersonName {
                    full: "Anna Müller".into(),
                    given: Some("Anna".into()),
                    family: Some("Müller".into()),
                    ..PersonName::default()
                },
                Origin::User,
            )),
            phones: Phone::parse(PhoneKind::Mobile, "+491701234567")
                .map(|phone| Found::certain(phone, Origin::User))
                .into_iter()
                .collect(),
            emails: EmailAddress::parse("anna@example.com")
                .map(|email| Found::certain(email, Origin::User))
                .into_iter()
                .collect(),
            ..Contact::default()
        };
        let card = to_vcard(&contact).expect("a vCard");
        assert!(card.starts_with("BEGIN:VCARD\r\nVERSION:4.0"), "{card}");
        for line in [":Müller;Anna;", "FN:Anna Müller", "+491701234567", "anna@example.com"] {
            assert!(card.contains(line), "{line} in {card}");
        }
    }
}
