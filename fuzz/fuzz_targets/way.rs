//! The whole way of a message, from its bytes to the card and vCard, and what must hold on it.

use undersigned::contact::card::{confidences, to_card};
use undersigned::contact::vcard::to_vcard;
use undersigned::mail::{self, Limits, Policy};
use undersigned::signature::{self, Hints};

/// Goes the whole way, whatever the screening says: a message that is screened out today may be
/// read under another policy.
pub fn go(raw: &[u8]) {
    let _ = mail::screen(raw, &Policy::default());
    let Ok(reading) = mail::read(raw, &Limits::default()) else { return };
    let extraction = signature::extract(&reading, &Hints::default());
    let _ = signature::plausible(&reading, &extraction);
    let contact = &extraction.contact;
    assert!(to_card(contact).is_object());
    let sure = confidences(contact);
    let numbers = sure.as_object().into_iter().flatten().flat_map(|(_, value)| numbers(value));
    for number in numbers {
        assert!((0.0..=1.0).contains(&number), "a confidence is a probability");
    }
    if let Some(card) = to_vcard(contact) {
        assert!(card.starts_with("BEGIN:VCARD") && card.trim_end().ends_with("END:VCARD"));
    }
    for phone in &contact.phones {
        let number = phone.value.number();
        assert!(number.starts_with('+') && number[1..].bytes().all(|b| b.is_ascii_digit()));
    }
}

/// The numbers in a JSON value.
fn numbers(value: &serde_json::Value) -> Vec<f64> {
    match value {
        serde_json::Value::Number(number) => number.as_f64().into_iter().collect(),
        serde_json::Value::Array(values) => values.iter().flat_map(numbers).collect(),
        serde_json::Value::Object(values) => values.values().flat_map(numbers).collect(),
        _ => Vec::new(),
    }
}
