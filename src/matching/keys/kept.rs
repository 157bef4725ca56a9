//! The keys kept for every record.
//!
//! | key | is |
//! | --- | --- |
//! | `e:` | an e-mail address that one person reads |
//! | `l:` | its local part, which moves with its bearer to another employer; not one that is made of their name |
//! | `p:` | the last nine digits of a phone number, never a fax |
//! | `u:` | a profile that is one person's |
//! | `n:` | given and family name, in either order; a nickname is the name that it is short for |
//! | `s:` | the sound of both as they are written |
//! | `c:` | one of the names by its sound, with the company or its domain |
//! | `a:` | the family name with the postcode |
//!
//! Each costs a look and a page that is written, whoever signs, so that a key stands here only if it brings
//! people together whom no other one does. The beginning of a number (of one trunk, or of mobile numbers that
//! were sold on one day) was most of what was looked at, and brought nobody whose signature is undamaged:
//! only whole tables meet by it.

use super::{first_word, head, heard, last_word};
use crate::matching::nicknames::representative;
use crate::matching::person::{Number, Person};

/// Shortest local part that tells anything.
const TELLING_LOCAL: usize = 5;

/// Gives every kept key.
pub(in crate::matching) fn kept(person: &Person, give: &mut dyn FnMut(String)) {
    for email in person.emails.iter().filter(|email| !email.key().is_empty()) {
        give(format!("e:{}", email.key()));
        if email.local().len() >= TELLING_LOCAL && !email.is_of_name(&person.given, &person.family)
        {
            give(format!("l:{}", email.local()));
        }
    }
    person.phones.iter().for_each(|phone| give(phone_key(phone)));
    person.own_profiles().for_each(|profile| give(format!("u:{profile}")));
    names(person, give);
}

/// Digits at the beginning of a number that two of one line share.
const BEGINNING: usize = 10;

/// Gives the kept keys, and those that are worth their candidates only where all records of a table are
/// compared at once: the names as they are written, every local part, and the beginning of a number.
pub(in crate::matching) fn kept_in_tables(person: &Person, give: &mut dyn FnMut(String)) {
    kept(person, give);
    let (given, family) = (first_word(&person.given), last_word(&person.family));
    if !given.is_empty() && !family.is_empty() {
        give(pair("n:", given, family));
    }
    for email in person.emails.iter().filter(|email| !email.key().is_empty()) {
        if email.local().len() >= TELLING_LOCAL {
            give(format!("l:{}", email.local()));
        }
    }
    for digits in person.phones.iter().map(Number::digits) {
        if digits.len() > BEGINNING {
            give(format!("p:{}", head(digits, BEGINNING)));
        }
    }
}

fn names(person: &Person, give: &mut dyn FnMut(String)) {
    let (given, family) = (first_word(&person.given), last_word(&person.family));
    if let Some(key) = name_key(person) {
        give(key);
        give(pair("s:", &heard(given), &heard(family)));
    }
    for name in [given, family].into_iter().filter(|name| name.len() > 1) {
        let name = heard(name);
        for company in &person.companies {
            give(format!("c:{name} {}", first_word(company)));
        }
        for domain in &person.domains {
            give(format!("c:{name} @{domain}"));
        }
    }
    if !family.is_empty() {
        person.postcodes.iter().for_each(|code| give(format!("a:{} {code}", heard(family))));
    }
}

/// The key of a person's names.
pub(in crate::matching) fn name_key(person: &Person) -> Option<String> {
    let (given, family) = (first_word(&person.given), last_word(&person.family));
    (!given.is_empty() && !family.is_empty()).then(|| pair("n:", &representative(given), family))
}

/// The key of a phone number.
pub(in crate::matching) fn phone_key(number: &Number) -> String {
    let digits = number.digits();
    format!("p:{}", digits.get(digits.len().saturating_sub(9)..).unwrap_or(digits))
}

/// Two names in alphabetical order, so that it makes no difference which stands first.
fn pair(kind: &str, one: &str, other: &str) -> String {
    let (one, other) = if one <= other { (one, other) } else { (other, one) };
    format!("{kind}{one} {other}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::PhoneKind;

    fn keys(name: &str, email: &str, phone: &str) -> Vec<String> {
        let mut person = Person::default();
        person.named(None, None, Some(name));
        person.add_email(email);
        person.add_phone(phone, "DE", PhoneKind::Work);
        let mut keys = Vec::new();
        kept(&person, &mut |key| keys.push(key));
        keys
    }

    #[test]
    fn only_a_page_of_one_person_is_a_key() {
        let mut person = Person::default();
        for page in
            ["linkedin.com/in/kurz", "facebook.com/exempla", "xing.com/pages/exempla", "x.com/kurz"]
        {
            person.add_link(page);
        }
        let mut keys = Vec::new();
        kept(&person, &mut |key| keys.push(key));
        assert_eq!(keys, ["u:linkedin.com/in/kurz"]);
    }

    #[test]
    fn a_nickname_leads_to_the_name_and_what_a_name_or_a_trunk_tells_stands_once() {
        let robert = keys("Robert Kurz", "robert.kurz@a.example", "+49 931 300012");
        let bob = keys("Bob Kurz", "bob1971@b.example", "+49 931 300013");
        let shared: Vec<&String> = robert.iter().filter(|key| bob.contains(key)).collect();
        assert!(matches!(shared.as_slice(), [key] if key.starts_with("n:")), "{shared:?}");
        assert!(bob.contains(&"l:bob1971".to_owned()), "{bob:?}");
        assert!(robert.iter().all(|key| !key.starts_with("l:")), "{robert:?}");
        assert_eq!(robert.iter().filter(|key| key.starts_with("p:")).count(), 1, "{robert:?}");
    }
}
