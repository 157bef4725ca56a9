//! The annotated messages of `fixtures/annotated`: most of what a careful reader finds is found, and
//! nearly nothing else. What is wrong is printed.

use super::super::{Hints, extract, plausible};
use crate::contact::{Contact, PhoneKind};
use crate::mail::{Limits, Policy, read, screen};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Values that were found, that are not there, and that were missed.
#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    right: u32,
    extra: u32,
    missing: u32,
}

impl Tally {
    /// The harmonic mean of precision and recall.
    fn f1(self) -> f64 {
        f64::from(2 * self.right) / f64::from(2 * self.right + self.extra + self.missing).max(1.0)
    }

    fn add(&mut self, other: Self) {
        self.right += other.right;
        self.extra += other.extra;
        self.missing += other.missing;
    }
}

#[test]
fn the_twelve_main_languages_are_read_well() {
    hold("main", 362, 0.95, 0.97);
}

#[test]
fn further_languages_are_read_well() {
    hold("further", 116, 0.95, 0.97);
}

/// Scores a folder of at least so many messages against its least figures.
fn hold(folder: &str, messages: usize, values: f64, contacts: f64) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/annotated").join(folder);
    let gold = fs::read_to_string(folder.join("gold.jsonl")).expect("the annotations");
    let gold: Vec<Value> =
        gold.lines().map(|line| serde_json::from_str(line).expect("an annotation")).collect();
    assert!(gold.len() >= messages, "only {} messages", gold.len());
    let (mut all, mut people) = (Tally::default(), Tally::default());
    for annotation in &gold {
        let file = annotation["file"].as_str().expect("a file");
        let raw = fs::read(folder.join(file)).expect("a message");
        let found = contact_of(&raw);
        let wanted = annotation.get("contact").filter(|contact| !contact.is_null());
        match (&found, wanted) {
            (Some(_), Some(_)) => people.right += 1,
            (Some(_), None) => people.extra += 1,
            (None, Some(_)) => people.missing += 1,
            (None, None) => {}
        }
        let tally = compare(found.as_ref(), wanted);
        if tally.extra + tally.missing > 0 {
            eprintln!("{file}: {} extra, {} missing", tally.extra, tally.missing);
        }
        all.add(tally);
    }
    eprintln!("values F1 {:.3}, contacts F1 {:.3}", all.f1(), people.f1());
    assert!(all.f1() >= values, "values F1 {:.3}", all.f1());
    assert!(people.f1() >= contacts, "contacts F1 {:.3}", people.f1());
}

/// What would be suggested of a message.
fn contact_of(raw: &[u8]) -> Option<Contact> {
    screen(raw, &Policy::default()).ok()?;
    let reading = read(raw, &Limits::default()).ok()?;
    let extraction = extract(&reading, &Hints::default());
    plausible(&reading, &extraction).ok()?;
    Some(extraction.contact)
}

fn fold(text: &str) -> String {
    let letters = text.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// The values of a contact: field and folded value.
fn values_of(contact: &Contact) -> BTreeSet<(&'static str, String)> {
    let mut all = BTreeSet::new();
    let mut put = |field, text: &str| {
        all.insert((field, fold(text)));
    };
    if let Some(name) = &contact.name {
        put("name", &name.value.full);
        put("family", name.value.family.as_deref().unwrap_or_default());
    }
    for (field, texts) in [
        ("title", &contact.titles),
        ("department", &contact.departments),
        ("organization", &contact.organizations),
    ] {
        for text in texts {
            put(field, &text.value);
        }
    }
    for email in &contact.emails {
        put("email", email.value.as_str());
    }
    for phone in &contact.phones {
        let kind = match phone.value.kind {
            PhoneKind::Work => "work",
            PhoneKind::Mobile => "mobile",
            PhoneKind::Fax => "fax",
        };
        let extension = phone.value.extension().unwrap_or_default();
        put("phone", &format!("{kind}{}x{extension}", phone.value.number()));
    }
    if let Some(address) = contact.addresses.first().map(|found| &found.value) {
        put("postcode", address.postcode.as_deref().unwrap_or_default());
        put("city", address.city.as_deref().unwrap_or_default());
    }
    all.retain(|(_, value)| !value.is_empty());
    all
}

/// Every expected value as the set of its acceptable forms.
fn wanted_of(contact: &Value) -> Vec<(&'static str, BTreeSet<String>)> {
    let mut wanted = Vec::new();
    for (field, value) in [
        ("name", &contact["name"]),
        ("family", &contact["family"]),
        ("title", &contact["title"]),
        ("department", &contact["department"]),
        ("organization", &contact["organization"]),
        ("postcode", &contact["address"]["postcode"]),
        ("city", &contact["address"]["city"]),
    ] {
        let forms: BTreeSet<String> = match value {
            Value::Array(forms) => forms.iter().filter_map(Value::as_str).map(fold).collect(),
            Value::String(form) => BTreeSet::from([fold(form)]),
            _ => continue,
        };
        wanted.push((field, forms));
    }
    let list = |key: &str| contact[key].as_array().cloned().unwrap_or_default();
    for email in list("emails") {
        wanted.push(("email", BTreeSet::from([fold(email.as_str().unwrap_or_default())])));
    }
    for phone in list("phones") {
        let text = |key: &str| phone[key].as_str().unwrap_or_default().to_owned();
        let form = format!("{}{}x{}", text("kind"), text("e164"), text("ext"));
        wanted.push(("phone", BTreeSet::from([fold(&form)])));
    }
    wanted.retain(|(_, forms)| forms.iter().any(|form| !form.is_empty()));
    wanted
}

/// A second acceptable form of the same value is no error.
fn compare(found: Option<&Contact>, wanted: Option<&Value>) -> Tally {
    let mut found = found.map(values_of).unwrap_or_default();
    let mut tally = Tally::default();
    for (field, forms) in wanted.map(wanted_of).unwrap_or_default() {
        let before = found.len();
        found.retain(|(of, value)| *of != field || !forms.contains(value));
        if found.len() < before {
            tally.right += 1;
        } else {
            tally.missing += 1;
        }
    }
    tally.extra = u32::try_from(found.len()).unwrap_or(u32::MAX);
    tally
}
