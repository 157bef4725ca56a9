//! Numbers without a prefix are of the country that their record names.

use super::*;

#[test]
fn a_number_is_of_the_country_that_its_record_names() {
    let usual = Mapping::usual(Kind::Salesforce).expect("Salesforce has fields");
    let now = |country| {
        fields(&[
            ("LastName", "Hofer"),
            ("MobilePhone", "0664 1234567"),
            ("Phone", "0911 3000021"),
            ("MailingCountry", country),
        ])
    };
    let read = |country| {
        let phones = usual.read(&now(country), "DE").phones;
        phones.iter().map(|phone| phone.value.number().to_owned()).collect::<Vec<_>>()
    };
    for country in ["Austria", " Österreich", "AT"] {
        assert_eq!(read(country), ["+499113000021", "+436641234567"], "{country}");
    }
    for country in ["", "Atlantis", "XX"] {
        assert_eq!(read(country), ["+499113000021", "+496641234567"], "{country}");
    }

    // What stands there already, in its own country's way, is not written a second time.
    let (now, before) = (now("Austria"), Contact::default());
    let signed = contact_of(&usual, &[("MobilePhone", "+43 664 1234567")]);
    assert!(usual.change(&now, &before, &signed, "DE").edits.is_empty());
    // Where it goes, or another one takes its place, it is found.
    let gone = usual.change(&now, &signed, &before, "DE");
    assert_eq!(gone.fields(), fields(&[("MobilePhone", "")]));
    let other = contact_of(&usual, &[("MobilePhone", "+43 664 7654321")]);
    let change = usual.change(&now, &signed, &other, "DE");
    assert_eq!(change.fields(), fields(&[("MobilePhone", "+43 664 7654321")]));
}

#[test]
fn a_number_that_was_typed_before_the_record_had_a_country_stays_when_ours_goes() {
    let usual = Mapping::usual(Kind::Salesforce).expect("Salesforce has fields");
    let now = fields(&[("LastName", "Hofer"), ("MobilePhone", "0664 1234567")]);
    let before = usual.read(&now, "DE");
    let of_letter = contact_of(
        &usual,
        &[
            ("LastName", "Hofer"),
            ("MobilePhone", "+43 664 1234567"),
            ("MailingStreet", "Ring 1"),
            ("MailingPostalCode", "1010"),
            ("MailingCity", "Wien"),
            ("MailingCountry", "Austria"),
        ],
    );
    let mut after = of_letter.clone();
    after.phones.splice(..0, before.phones.iter().cloned());
    let mut there = now.clone();
    there.extend(usual.change(&now, &before, &after, "DE").fields());
    assert_eq!(there.get("MobilePhone").map(String::as_str), Some("0664 1234567"), "{there:?}");
    let back = usual.change(&there, &after, &before, "DE").fields();
    assert!(!back.contains_key("MobilePhone"), "{back:?}");
    there.extend(back);
    there.retain(|_, text| !text.is_empty());
    assert_eq!(there, now);
}
