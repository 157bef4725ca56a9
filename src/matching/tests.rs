//! The cases of `fixtures/matching`, and what a rep's choice makes of a contact.

use super::*;
use crate::contact::{
    Contact, EmailAddress, Found, Link, Origin, PersonName, Phone, PhoneKind, PostalAddress,
};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Person {
    name: Option<String>,
    prefix: Option<String>,
    title: Option<String>,
    company: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    mobile: Option<String>,
    fax: Option<String>,
    street: Option<String>,
    postcode: Option<String>,
    city: Option<String>,
    profile: Option<String>,
}

impl Person {
    fn contact(self) -> Contact {
        fn one<T>(value: Option<T>) -> Vec<Found<T>> {
            value.into_iter().map(|value| Found::certain(value, Origin::Layout)).collect()
        }
        let phone = |kind, text: Option<String>| {
            one(text.map(|text| Phone::parse(kind, &text).expect("a number")))
        };
        let mut phones = phone(PhoneKind::Work, self.phone);
        phones.extend(phone(PhoneKind::Mobile, self.mobile));
        phones.extend(phone(PhoneKind::Fax, self.fax));
        let prefix = self.prefix;
        let name = self.name.map(|full| PersonName { prefix, ..PersonName::of(full) });
        let Self { street, postcode, city, .. } = self;
        let address = PostalAddress { street, postcode, city, ..PostalAddress::default() };
        Contact {
            name: one(name).pop(),
            titles: one(self.title),
            organizations: one(self.company),
            phones,
            emails: one(self.email.map(|text| EmailAddress::parse(&text).expect("an address"))),
            addresses: one((!address.is_empty()).then_some(address)),
            profiles: one(self.profile.map(|text| Link::parse(&text).expect("a link"))),
            ..Contact::default()
        }
    }
}

#[derive(Debug, Deserialize)]
struct Case {
    story: String,
    suggested: Person,
    known: Person,
    level: Level,
    news: Option<Vec<String>>,
    /// How many records the CRM has, and how many of them bear the name.
    #[serde(default)]
    records: u64,
    #[serde(default)]
    namesakes: u32,
}

/// Judges as the daemon does, among so many records.
fn judged(person: &Contact, record: &Contact, records: u64, namesakes: u32) -> Match {
    let mut population = Population::new(records);
    for key in keys(person).into_iter().filter(|key| key.starts_with("n:")) {
        population.share(&key, namesakes);
    }
    Model::default().judge_among(&population, &person.into(), &record.into())
}

#[derive(Debug, Deserialize)]
struct Cases {
    case: Vec<Case>,
}

#[test]
fn who_is_who() {
    let file = include_str!("../../fixtures/matching/people.toml");
    let cases: Cases = toml::from_str(file).expect("cases");
    assert!(cases.case.len() > 20);
    let mut wrong = Vec::new();
    for case in cases.case {
        let Case { story, suggested, known, level, news: expected, records, namesakes } = case;
        let (suggested, known) = (suggested.contact(), known.contact());
        let found = judged(&suggested, &known, records, namesakes);
        let back = judged(&known, &suggested, records, namesakes);
        if found.level != level || back.level != level {
            wrong.push(format!("{story}: {found:?}"));
        }
        if level == Level::Exact {
            let of_suggested = keys(&suggested);
            assert!(
                keys(&known).iter().any(|key| of_suggested.contains(key)),
                "{story}: no key leads from one to the other"
            );
        }
        if let Some(expected) = expected {
            assert_eq!(news(&suggested, &known), expected, "{story}");
        }
        assert!(news(&suggested, &suggested).is_empty(), "{story}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn suggested() -> Contact {
    Person {
        name: Some("Anna Müller".into()),
        title: Some("Geschäftsführerin".into()),
        company: Some("Exempla GmbH".into()),
        email: Some("anna@exempla.example".into()),
        mobile: Some("+491717654321".into()),
        street: Some("Neue Straße 1".into()),
        city: Some("Würzburg".into()),
        ..Person::default()
    }
    .contact()
}

fn known() -> Contact {
    Person {
        name: Some("Anna Müller".into()),
        prefix: Some("Dr.".into()),
        title: Some("Leiterin Einkauf".into()),
        company: Some("EXEMPLA".into()),
        mobile: Some("+491701234567".into()),
        street: Some("Alter Weg 9".into()),
        postcode: Some("97070".into()),
        ..Person::default()
    }
    .contact()
}

#[test]
fn taking_all_replaces_what_one_has_once_and_adds_the_rest() {
    let merged =
        merge(Some(&known()), &suggested(), &Choice::default(), "DE").expect("a good choice");
    let name = &merged.name.as_ref().expect("a name").value;
    assert_eq!(name.display(), "Dr. Anna Müller", "a blank never wins");
    assert_eq!(merged.titles[0].value, "Geschäftsführerin");
    assert_eq!(merged.organizations[0].value, "EXEMPLA", "what is the same stays as it is kept");
    let numbers: Vec<_> = merged.phones.iter().map(|phone| phone.value.number()).collect();
    assert_eq!(numbers, ["+491701234567", "+491717654321"], "a second mobile is no swap");
    let address = &merged.addresses[0].value;
    assert_eq!(address.street.as_deref(), Some("Neue Straße 1"));
    assert_eq!(address.postcode, None, "an address comes as a whole");
}

#[test]
fn a_form_of_address_is_no_title_and_stays() {
    let called = |prefix: Option<&str>| {
        let (name, prefix) = (Some("Anna Müller".into()), prefix.map(str::to_owned));
        Person { name, prefix, ..Person::default() }.contact()
    };
    let prefix = |contact: Contact| contact.name.expect("a name").value.prefix;
    let [plain, frau, doctor] = [None, Some("Frau"), Some("Dr.")].map(called);
    assert!(news(&frau, &plain).is_empty() && news(&plain, &frau).is_empty());
    assert!(news(&doctor, &called(Some("Frau Dr."))).is_empty());
    assert_eq!(news(&doctor, &frau), ["name"]);
    assert_eq!(normal_form(&frau), normal_form(&plain));
    let merged = merge(Some(&frau), &doctor, &Choice::default(), "DE").expect("a good choice");
    assert_eq!(prefix(merged).as_deref(), Some("Frau Dr."), "the salutation is the human's");
    let renamed = Person { name: Some("Anna Weber".into()), ..Person::default() }.contact();
    let merged =
        merge(Some(&called(Some("Frau Dr."))), &renamed, &Choice::default(), "DE").expect("good");
    assert_eq!(prefix(merged).as_deref(), Some("Frau Dr."), "a blank never wins");
}

#[test]
fn what_is_taken_stands_in_for_what_was_shown_beside_it_and_for_nothing_else() {
    let address = |street: &str| {
        let street = Some(street.into());
        Found::certain(PostalAddress { street, ..PostalAddress::default() }, Origin::Layout)
    };
    let title = |text: &str| Found::certain(text.to_owned(), Origin::Layout);
    let known = Contact {
        titles: vec![title("Leiterin Einkauf"), title("Prokuristin")],
        addresses: vec![address("Alter Weg 9"), address("Am Garten 3")],
        ..Contact::default()
    };
    let suggested = Contact {
        titles: vec![title("Vorständin"), title("Prokuristin"), title("Beirätin")],
        addresses: vec![address("Neue Straße 1")],
        ..Contact::default()
    };
    let merged = merge(Some(&known), &suggested, &Choice::default(), "DE").expect("a good choice");
    let titles: Vec<_> = merged.titles.iter().map(|title| title.value.as_str()).collect();
    assert_eq!(titles, ["Vorständin", "Prokuristin", "Beirätin"]);
    let streets: Vec<_> =
        merged.addresses.iter().filter_map(|address| address.value.street.as_deref()).collect();
    assert_eq!(
        streets,
        ["Neue Straße 1", "Am Garten 3"],
        "the second address is nobody's business"
    );
    let rows = compare(&suggested, Some(&known));
    let beside = |key: &str| {
        rows.iter().find(|row| row.key == key).expect("a row").known.as_deref().unwrap_or_default()
    };
    assert_eq!(beside("titles/1"), "Leiterin Einkauf");
    assert_eq!(beside("titles/2"), "Prokuristin");
    assert_eq!(beside("titles/3"), "");
    assert_eq!(beside("known/addresses/2"), "Am Garten 3");
}

#[test]
fn taking_nothing_changes_nothing_and_a_typed_value_is_taken() {
    let none = Choice { take: Take::Keys(BTreeSet::new()), ..Choice::default() };
    assert_eq!(merge(Some(&known()), &suggested(), &none, "DE"), Ok(known()));
    let typed = Choice {
        typed: BTreeMap::from([
            ("addresses/1/postcode".into(), "97080".into()),
            ("phones/1".into(), "0171 1111111".into()),
            ("titles/1".into(), String::new()),
        ]),
        ..none
    };
    let merged = merge(Some(&known()), &suggested(), &typed, "DE").expect("a good choice");
    assert_eq!(merged.addresses[0].value.display(), "Neue Straße 1, 97080 Würzburg");
    assert_eq!(merged.phones[1].value.number(), "+491711111111");
    assert_eq!(merged.titles, known().titles);
    for (key, text) in [("phones/1", "none"), ("phones/7", "1"), ("faxes/1", "1"), ("name", "a\nb")]
    {
        let bad =
            Choice { typed: BTreeMap::from([(key.into(), text.into())]), ..Choice::default() };
        assert!(merge(Some(&known()), &suggested(), &bad, "DE").is_err(), "{key}");
    }
}

#[test]
fn a_number_takes_the_place_of_the_one_that_a_rep_names_and_of_no_other() {
    let phone = |kind, number| {
        Found::certain(Phone::parse(kind, number).expect("a number"), Origin::Layout)
    };
    let (work, mobile) = (PhoneKind::Work, PhoneKind::Mobile);
    let known = Contact {
        phones: vec![
            phone(work, "+499313000001"),
            phone(mobile, "+491701234567"),
            phone(PhoneKind::Fax, "+499313000009"),
        ],
        ..known()
    };
    let suggested = Contact {
        phones: vec![
            phone(work, "+499313000001"),
            phone(mobile, "+491717654321"),
            phone(work, "+499313000002"),
        ],
        ..suggested()
    };
    let rows = compare(&suggested, Some(&known));
    let row = |key: &str| rows.iter().find(|row| row.key == key).expect("a row");
    assert_eq!(row("phones/2").instead_of, ["+49 170 1234567"], "no fax, and not what stays");
    assert!(row("phones/1").instead_of.is_empty() && row("titles/1").instead_of.is_empty());
    let merged = |instead_of: &[(&str, &str)]| {
        let named = instead_of.iter().map(|(key, of)| ((*key).to_owned(), (*of).to_owned()));
        let choice = Choice { instead_of: named.collect(), ..Choice::default() };
        let merged = merge(Some(&known), &suggested, &choice, "DE")?;
        Ok(merged.phones.iter().map(|phone| phone.value.number().to_owned()).collect::<Vec<_>>())
    };
    let swapped = ["+499313000001", "+491717654321", "+499313000009", "+499313000002"];
    assert_eq!(merged(&[("phones/2", "+49 170 1234567")]).expect("good"), swapped);
    for wrong in [
        &[("phones/2", "+49 931 3000001")][..],
        &[("phones/2", "+49 931 3000009")],
        &[("phones/9", "+49 170 1234567")],
        &[("titles/1", "Leiterin Einkauf")],
        &[("phones/2", "+49 170 1234567"), ("phones/3", "+49 170 1234567")],
    ] {
        assert!(matches!(merged(wrong), Err(BadChoice::NotThere(_))), "{wrong:?}");
    }
}

#[test]
fn rows_show_both_sides_and_mark_what_differs() {
    let rows = compare(&suggested(), Some(&known()));
    let row = |key: &str| rows.iter().find(|row| row.key == key).expect("a row");
    assert!(!row("name").differs && row("titles/1").differs && !row("organizations/1").differs);
    assert_eq!(row("titles/1").known.as_deref(), Some("Leiterin Einkauf"));
    assert_eq!((row("phones/1").known.as_deref(), row("phones/1").differs), (None, true));
    let only_known = row("known/phones/1");
    assert_eq!((only_known.suggested.as_deref(), only_known.differs), (None, false));
    assert_eq!(only_known.known.as_deref(), Some("+49 170 1234567"));
    assert!(compare(&suggested(), None).iter().all(|row| row.differs && row.known.is_none()));
}

#[test]
fn the_same_values_have_one_form_however_they_are_written() {
    let mut spelt = suggested();
    spelt.organizations[0].value = "EXEMPLA gmbh".into();
    spelt.titles[0].confidence = crate::contact::Confidence::new(0.3);
    assert_eq!(normal_form(&spelt), normal_form(&suggested()));
    spelt.phones.clear();
    assert_ne!(normal_form(&spelt), normal_form(&suggested()));
}

#[test]
fn who_changed_employer_is_shown_as_such() {
    let at = |company: &str, email: &str| {
        let (name, company) = (Some("Ottokar Quandtmeier".into()), Some(company.into()));
        Person { name, company, email: Some(email.into()), ..Person::default() }.contact()
    };
    let (new, old) = (at("Neu AG", "oq@neu.example"), at("Alt GmbH", "quandtmeier@alt.example"));
    let found = judged(&new, &old, 500_000, 1);
    assert_eq!(found.level, Level::Possible, "{found:?}");
    let sentences = found.sentences().join(", ");
    assert!(sentences.contains("may have changed jobs"), "{sentences}");
    let common = judged(&new, &old, 500_000, 40);
    assert!(common.probability < 0.05, "one of forty who are called so: {common:?}");
}

#[test]
fn the_more_bear_a_name_the_less_it_says() {
    let chances = [1, 2, 5, 30].map(|bearers| {
        let found = judged(&suggested(), &known(), 20_000, bearers);
        found.probability
    });
    assert!(chances.is_sorted_by(|one, other| one > other), "{chances:?}");
}

#[test]
fn companies_of_a_table_are_matched_by_domain_name_and_city() {
    let firm = |name: &str, site: &str, postcode: &str, city: &str, email: &str| {
        let mut firm = super::Person::default();
        firm.add_company(name);
        firm.add_link(site);
        firm.add_email(email);
        firm.add_address("", postcode, city, "");
        firm
    };
    let mut table = vec![
        firm("Exempla Logistik GmbH & Co. KG", "https://www.exempla.de", "97070", "Würzburg", ""),
        firm("EXEMPLA LOGISTIK", "exempla.de", "", "Wuerzburg", "info@exempla.de"),
        firm("Exempla Logistik GmbH", "https://exempla.de", "80331", "München", ""),
        firm("UAB Baltija", "", "01100", "Vilnius", "info@baltija.lt"),
        firm("Baltija, UAB", "baltija.lt", "01100", "Vilnius", ""),
        firm("Müller Bau GmbH", "", "97070", "Würzburg", "mueller.bau@gmx.de"),
        firm("Müller Bau GmbH", "", "10115", "Berlin", "muellerbau@gmx.de"),
    ];
    // Its page at a network makes it nobody.
    table[0].add_link("https://www.facebook.com/exempla");
    // Of whom a person is named is no company.
    let mut anna = firm("UAB Baltija", "baltija.lt", "01100", "Vilnius", "");
    anna.named(Some("Anna"), Some("Petrauskaitė"), None);
    table.push(anna);
    for number in 0..40 {
        let city = ["Kiel", "Ulm", "Mainz", "Essen"][number % 4];
        table.push(firm(
            &format!("Werk{number:03} AG"),
            &format!("werk{number:03}.de"),
            "",
            city,
            "",
        ));
    }
    let mut table = Table::new(table, None, Thresholds::default());
    let pairs = table.pairs(&|_| {});
    let found: Vec<_> = pairs.iter().map(|pair| (pair.a, pair.b, pair.level)).collect();
    let wanted = [
        (0, 1, Level::Exact),
        (0, 2, Level::Possible),
        (1, 2, Level::Possible),
        (3, 4, Level::Exact),
    ];
    assert_eq!(
        found,
        wanted,
        "{:?}",
        pairs.iter().map(|pair| table.judge(pair)).collect::<Vec<_>>()
    );
    let reasons = table.judge(&pairs[0]).sentences().join(", ");
    assert!(
        reasons.contains("the same employer") && reasons.contains("the same city"),
        "{reasons}"
    );
}
