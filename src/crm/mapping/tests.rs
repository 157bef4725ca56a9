//! What a tenant may say of its CRM's fields, and what comes of it.

mod numbers;

use super::*;
use crate::contact::{Contact, PhoneKind};

fn usual() -> Mapping {
    Mapping::usual(Kind::HubSpot).expect("HubSpot has fields")
}

fn fields(pairs: &[(&str, &str)]) -> Fields {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

fn contact(pairs: &[(&str, &str)]) -> Contact {
    usual().read(&fields(pairs), "DE")
}

fn contact_of(mapping: &Mapping, pairs: &[(&str, &str)]) -> Contact {
    mapping.read(&fields(pairs), "DE")
}

const ANNA: [(&str, &str); 7] = [
    ("salutation", "Dr."),
    ("firstname", "Anna"),
    ("lastname", "Müller"),
    ("email", "anna@exempla.example"),
    ("hs_additional_emails", "am@exempla.example;nonsense"),
    ("phone", "0931 3000001"),
    ("country", "Deutschland"),
];

#[test]
fn what_a_field_holds_has_one_name_everywhere_and_other_words_for_people() {
    let mut words = std::collections::BTreeSet::new();
    for slot in Slot::ALL {
        assert_eq!(serde_json::to_value(slot).expect("a name"), slot.as_str());
        assert_eq!(Slot::parse(slot.as_str()), Some(slot));
        assert!(words.insert(slot.words()), "{slot:?}");
    }
}

#[test]
fn the_usual_fields_can_be_used() {
    for mapping in Kind::ALL.into_iter().filter_map(Mapping::usual) {
        mapping.check().expect("they fit");
        assert!(mapping.fields.len() > 10);
    }
}

#[test]
fn what_is_read_is_what_is_written() {
    let anna = contact(&ANNA);
    assert_eq!(anna.emails.len(), 2);
    assert_eq!(anna.addresses[0].value.country.as_deref(), Some("DE"));
    let again = usual().create(&anna, "DE");
    let mut read = usual().read(&again.fields(), "DE");
    assert_eq!(again.left_out, ["the CRM has no free field for another e-mail address"]);
    read.emails.push(anna.emails[1].clone());
    assert_eq!(read, anna);
    assert!(usual().change(&fields(&ANNA), &Contact::default(), &anna, "DE").edits.is_empty());
}

#[test]
fn one_value_is_added_and_goes_again_and_others_stay() {
    let (now, before) = (fields(&ANNA), contact(&ANNA));
    let mut after = before.clone();
    after.phones.extend(contact(&[("mobilephone", "0170 1234567")]).phones);
    let change = usual().change(&now, &before, &after, "DE");
    assert_eq!(change.fields(), fields(&[("mobilephone", "+49 170 1234567")]));
    let mut written = now.clone();
    written.extend(change.fields());
    let back = usual().change(&written, &after, &before, "DE");
    assert_eq!(back.fields(), fields(&[("mobilephone", "")]));

    // A second mobile phone is not swapped for the first: there is no room for it.
    let mut second = after.clone();
    second.phones.extend(contact(&[("mobilephone", "0171 7654321")]).phones);
    let change = usual().change(&written, &after, &second, "DE");
    assert!(change.edits.is_empty());
    assert!(change.remark().expect("it is told").contains("mobile phone"));
    let mut mapping = usual();
    mapping.fields.push(Field {
        property: "mobile_2".into(),
        holds: Some(Slot::Mobile),
        hidden: false,
        required: false,
        locked: false,
        locked_because: None,
        max_length: None,
        default: None,
    });
    let change = mapping.change(&written, &after, &second, "DE");
    assert_eq!(change.fields(), fields(&[("mobile_2", "+49 171 7654321")]));

    // What the CRM lets nobody write is passed by, and told only where there is no other place.
    let locked = mapping.clone().locking(&["mobilephone".to_owned()], "it is read");
    let change = locked.change(&now, &before, &after, "DE");
    assert_eq!(change.fields(), fields(&[("mobile_2", "+49 170 1234567")]));
    let locked = usual().locking(&["mobilephone".to_owned()], "it is read");
    let change = locked.change(&now, &before, &after, "DE");
    assert!(change.edits.is_empty());
    assert_eq!(change.left_out, ["the field `mobilephone` is locked: it is read"]);
    assert_eq!(locked.locking(&[], ""), usual(), "and can be written again");
}

#[test]
fn a_number_without_a_free_field_of_its_own_goes_where_either_kind_does() {
    let usual = Mapping::usual(Kind::Salesforce).expect("Salesforce has fields");
    let now = fields(&[
        ("LastName", "Müller"),
        ("Phone", "0931 3000001"),
        ("MobilePhone", "0170 1234567"),
        ("HomePhone", "0931 3000009"),
    ]);
    let before = usual.read(&now, "DE");
    assert_eq!(before.phones.len(), 3);
    let with = |numbers: &[&str]| {
        let mut contact = before.clone();
        for number in numbers {
            contact.phones.extend(contact_of(&usual, &[("MobilePhone", number)]).phones);
        }
        contact
    };
    let second = with(&["0171 7654321"]);
    let change = usual.change(&now, &before, &second, "DE");
    assert_eq!(change.fields(), fields(&[("OtherPhone", "+49 171 7654321")]));
    let mut written = now.clone();
    written.extend(change.fields());
    let read = usual.read(&written, "DE").phones;
    let second_mobile = read.iter().find(|phone| phone.value.number() == "+491717654321");
    assert_eq!(second_mobile.expect("it is read").value.kind, PhoneKind::Mobile);
    let back = usual.change(&written, &second, &before, "DE");
    assert_eq!(back.fields(), fields(&[("OtherPhone", "")]));
    let third = with(&["0171 7654321", "0172 1111111"]);
    let change = usual.change(&written, &second, &third, "DE");
    assert_eq!(change.left_out, ["the CRM has no free field for another mobile phone"]);

    // In place of another it stands where that stood; of one that is only read, nowhere but beside it.
    let in_place = |of: &str| {
        let mut contact = with(&["0171 7654321"]);
        contact.phones.retain(|phone| phone.value.number() != of);
        usual.change(&now, &before, &contact, "DE")
    };
    assert_eq!(in_place("+491701234567").fields(), fields(&[("MobilePhone", "+49 171 7654321")]));
    let beside = in_place("+499313000009");
    assert_eq!(beside.fields(), fields(&[("OtherPhone", "+49 171 7654321")]));
    assert_eq!(beside.left_out, ["the field `HomePhone` is only read here"]);
    // What is there already, wherever, is nothing to be written.
    let at_home = with(&["0931 3000009"]);
    assert!(
        usual
            .change(&now, &Contact::default(), &at_home, "DE")
            .edits
            .iter()
            .all(|edit| { edit.property != "OtherPhone" })
    );
    assert_eq!(usual.filled(&now), ["LastName", "Phone", "MobilePhone", "HomePhone"]);
}

#[test]
fn a_title_stands_behind_the_form_of_address_that_a_human_chose() {
    let record = |salutation| {
        fields(&[("salutation", salutation), ("firstname", "Anna"), ("lastname", "Müller")])
    };
    let (now, before) = (record("Frau"), usual().read(&record("Frau"), "DE"));
    let mut signed = before.clone();
    signed.name.as_mut().expect("a name").value.prefix = Some("Dr.".into());
    let change = usual().change(&now, &before, &signed, "DE");
    assert_eq!(change.fields(), fields(&[("salutation", "Frau Dr.")]));
    let back = usual().change(&record("Frau Dr."), &signed, &before, "DE");
    assert_eq!(back.fields(), fields(&[("salutation", "Frau")]));
    // Another form is nobody's news, and whoever typed it meant it.
    let change = usual().change(&record("Mrs."), &signed, &before, "DE");
    assert!(change.edits.is_empty(), "{change:?}");
}

#[test]
fn an_admin_hides_locks_requires_limits_and_presets() {
    let mut mapping = usual();
    for field in &mut mapping.fields {
        match field.property.as_str() {
            "phone" => field.locked = true,
            "company" => (field.required, field.max_length) = (true, Some(5)),
            "salutation" => field.hidden = true,
            _ => {}
        }
    }
    let owner = Field {
        property: "hubspot_owner_id".into(),
        holds: None,
        hidden: false,
        required: false,
        locked: false,
        locked_because: None,
        max_length: None,
        default: Some("77".into()),
    };
    mapping.fields.push(owner);
    mapping.check().expect("it fits");
    let mut anna = contact(&ANNA);
    anna.organizations = contact(&[("company", "Exempla GmbH")]).organizations;
    let new = mapping.create(&anna, "DE");
    assert_eq!(new.missing, ["company"]);
    assert!(new.left_out.iter().any(|why| why.contains("`company`")), "{new:?}");
    assert_eq!(new.fields().get("hubspot_owner_id").map(String::as_str), Some("77"));
    assert!(!new.fields().contains_key("salutation"));

    let other = contact(&[("phone", "0931 3000002")]);
    let change = mapping.change(
        &fields(&ANNA),
        &contact(&ANNA),
        &Contact { phones: other.phones, ..contact(&ANNA) },
        "DE",
    );
    assert!(change.edits.is_empty());
    assert_eq!(change.left_out, ["the field `phone` is locked"]);
}

#[test]
fn an_address_is_written_as_a_whole_or_not_at_all() {
    let mut mapping = usual();
    for field in mapping.fields.iter_mut().filter(|field| field.property == "address") {
        field.max_length = Some(12);
    }
    let moved = contact(&[
        ("address", "Am Hubland 1, Gebäude 12"),
        ("zip", "97074"),
        ("city", "Rottendorf"),
    ]);
    let before = contact(&ANNA);
    let after = Contact { addresses: moved.addresses, ..before.clone() };
    let change = mapping.change(&fields(&ANNA), &before, &after, "DE");
    assert!(change.edits.is_empty(), "{change:?}");
    assert_eq!(change.left_out, ["the field `address` takes no text so long"]);
    // Of a name what fits is written.
    for field in mapping.fields.iter_mut().filter(|field| field.property == "salutation") {
        field.max_length = Some(2);
    }
    let new = mapping.create(&contact(&ANNA), "DE");
    assert!(new.fields().contains_key("lastname"), "{new:?}");
    assert!(!new.fields().contains_key("salutation"), "{new:?}");
}

#[test]
fn a_name_is_written_as_a_whole_or_not_at_all_but_for_titles() {
    let mut mapping = usual();
    for field in mapping.fields.iter_mut().filter(|field| field.property == "lastname") {
        field.locked = true;
    }
    let before = contact(&ANNA);
    let married = contact(&[
        ("salutation", "Prof. Dr."),
        ("firstname", "Anna Maria"),
        ("lastname", "Schmidt"),
    ]);
    let after = Contact { name: married.name, ..before.clone() };
    let change = mapping.change(&fields(&ANNA), &before, &after, "DE");
    assert_eq!(change.fields(), fields(&[("salutation", "Prof. Dr.")]));
    assert_eq!(change.left_out, ["the field `lastname` is locked"]);
    let mut written = fields(&ANNA);
    written.extend(change.fields());
    let back = mapping.clone().unlocked().change(&written, &after, &before, "DE");
    assert_eq!(back.fields(), fields(&[("salutation", "Dr.")]));
    // Where nobody was called anything, a part is better than nothing.
    let (nobody, short) =
        (Contact::default(), contact(&[("firstname", "Anna"), ("lastname", "Wu")]));
    for field in mapping.fields.iter_mut().filter(|field| field.property == "lastname") {
        (field.locked, field.max_length) = (false, Some(1));
    }
    let new = mapping.change(&Fields::new(), &nobody, &short, "DE");
    assert_eq!(new.fields(), fields(&[("firstname", "Anna")]));
}

#[test]
fn an_address_that_nobody_has_looked_at_stays() {
    let now = [("lastname", "Müller"), ("address", "Marktplatz 3"), ("city", "Würzburg")];
    let at = |street| contact(&[("lastname", "Müller"), ("address", street), ("city", "Würzburg")]);
    let change =
        |from, to| usual().change(&fields(&now), &at(from), &at(to), "DE").fields().into_values();
    assert_eq!(change("Hauptstraße 5", "Domstraße 7").count(), 0);
    assert_eq!(change("", "Domstraße 7").count(), 0, "in the same town");
    assert!(change("MARKTPLATZ 3", "Domstraße 7").eq(["Domstraße 7"]), "in other letters");
}

#[test]
fn an_address_with_a_part_that_no_field_holds_does_not_become_another() {
    let dynamics = Mapping::usual(Kind::Dynamics).expect("Dynamics has fields");
    let [street, city, country] = ["address1_line1", "address1_city", "address1_country"];
    let dom = [("lastname", "Müller"), (street, "Domstraße 7"), (city, "Würzburg")];
    let of = |pairs: &[(&str, &str)]| contact_of(&dynamics, pairs);
    let change = |more: &[(&str, &str)], from: &[(&str, &str)], to: &[(&str, &str)]| {
        let now = fields(&[from, more].concat());
        let change = dynamics.change(&now, &of(from), &of(to), "DE");
        (change.fields(), change.remark())
    };
    let (of_dom, line2) = (&dom[..], &[("address1_line2", "Gebäude C")][..]);
    let haupt = [dom[0], (street, "Hauptstraße 5"), dom[2], ("mobilephone", "+49 170 1234567")];
    let (written, told) = change(line2, of_dom, &haupt);
    assert!(written.keys().eq(["mobilephone"]), "{written:?}");
    assert!(
        told.is_some_and(|told| told.contains("`address1_line2`") && !told.contains("Gebäude"))
    );
    // Neither does it go, nor does one come beside it.
    assert_eq!(change(line2, of_dom, &dom[..1]).0, Fields::new());
    assert_eq!(change(line2, &dom[..1], of_dom).0, Fields::new());
    assert_eq!(change(line2, &[dom[0], dom[2]], of_dom).0, Fields::new());
    // What an address only gains, it has, and loses again.
    let there = [dom[0], (street, "DOMSTR. 7"), dom[2]];
    let known = [&there[..], &[(country, "DE")]].concat();
    assert_eq!(change(line2, &there, &known), (fields(&[(country, "DE")]), None));
    assert_eq!(change(line2, &known, &there), (fields(&[(country, "")]), None));
    // Without such a part all is as ever, and to compare with nothing tells what a record lacks.
    assert_eq!(change(&[], of_dom, &haupt).0.len(), 2);
    let now = fields(&[of_dom, line2].concat());
    let lacks = dynamics.change(&now, &Contact::default(), &of(&haupt), "DE");
    assert_eq!(lacks.fields()[street], "Hauptstraße 5");
    // It is looked at, and tells no version from another.
    assert!(dynamics.properties().any(|name| name == "address1_line2"));
    assert_eq!(dynamics.version(&now), dynamics.version(&fields(&dom)));
}

#[test]
fn what_cannot_be_used_is_refused_with_a_reason() {
    let broken = |change: fn(&mut Mapping)| {
        let mut mapping = usual();
        change(&mut mapping);
        mapping.check().expect_err("it does not fit").to_string()
    };
    let place = |name: &str| usual().fields.iter().position(|it| it.property == name).expect(name);
    assert!(place("email") < place("phone"));
    assert!(broken(|it| it.fields.retain(|it| it.property != "email")).contains("e-mail"));
    assert!(broken(|it| it.fields.retain(|it| it.property != "lastname")).contains("name"));
    assert!(broken(|it| it.fields[0].property = "First name".into()).contains("internal name"));
    assert!(broken(|it| it.fields[1].property = "salutation".into()).contains("twice"));
    assert!(broken(|it| it.fields[0].max_length = Some(0)).contains("max_length"));
    assert!(broken(|it| it.fields[0].holds = None).contains("default"));
    // All that is wrong is told, each where it stands.
    let mut mapping = usual();
    mapping.fields[0].max_length = Some(0);
    mapping.fields[2].property = "First name".into();
    mapping.fields[3].holds = Some(Slot::Given);
    let wrong = mapping.check().expect_err("it does not fit").0;
    let places: Vec<_> = wrong.iter().map(|wrong| wrong.place).collect();
    let expected = [(0, Part::MaxLength), (2, Part::Property), (3, Part::Holds)];
    assert_eq!(places, expected.map(Some));
}
