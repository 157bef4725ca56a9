//! The keys kept for every record.
//!
//! | key | is |
//! | --- | --- |
//! | `e:` | an e-mail address that one person reads |
//! | `l:` | its local part, which moves with its bearer to another employer |
//! | `p:` | the last nine digits of a phone number, never a fax |
//! | `u:` | a profile |
//! | `n:` | given and family name, in either order |
//! | `s:` | the sound of both |
//! | `c:` | one of the names by its sound, with the company or its domain |
//! | `a:` | the family name with the postcode |

use super::{first_word, head, heard, last_word};
use crate::matching::nicknames::representative;
use crate::matching::person::{Number, Person};

/// Shortest local part that tells anything.
const TELLING_LOCAL: usize = 5;

/// Gives every kept key.
pub(in crate::matching) fn kept(person: &Person, give: &mut dyn FnMut(String)) {
    for email in person.emails.iter().filter(|email| !email.key().is_empty()) {
        give(format!("e:{}", email.key()));
        if email.local().len() >= TELLING_LOCAL {
            give(format!("l:{}", email.local()));
        }
    }
    for phone in &person.phones {
        let digits = phone.digits();
        give(phone_key(phone));
        if digits.len() > 10 {
            give(format!("p:{}", head(digits, 10)));
        }
    }
    person.profiles.iter().for_each(|profile| give(format!("u:{profile}")));
    names(person, give);
}

fn names(person: &Person, give: &mut dyn FnMut(String)) {
    let (given, family) = (first_word(&person.given), last_word(&person.family));
    if let Some(key) = name_key(person) {
        give(key);
        let known_as = representative(given);
        if known_as != given {
            give(pair("n:", &known_as, family));
        }
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

/// The key of a person's names as they are written.
pub(in crate::matching) fn name_key(person: &Person) -> Option<String> {
    let (given, family) = (first_word(&person.given), last_word(&person.family));
    (!given.is_empty() && !family.is_empty()).then(|| pair("n:", given, family))
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
