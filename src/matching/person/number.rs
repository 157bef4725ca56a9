//! A phone number as it is compared: the digits that all its spellings share.

use crate::contact::{Phone, PhoneKind};
use crate::matching::text::Text;
use rlibphonenumber::{PhoneNumber, PhoneNumberType};
use std::hash::{Hash, Hasher};
use std::str::FromStr as _;
use std::sync::OnceLock;

/// Fewest digits of a number that reaches somebody.
const FEWEST: usize = 6;
/// Most digits kept, more than any number with its extension has.
const MOST: usize = 24;

/// Most digits of an extension after an `x`, as libphonenumber has it.
const MOST_EXTENSION: usize = 9;

/// A number and its extension, as digits. Two of the same digits are one number, whatever it is said
/// to reach.
#[derive(Debug, Clone)]
pub(in crate::matching) struct Number {
    digits: Text,
    said_mobile: bool,
    /// Whether the digits begin with a country's code.
    international: bool,
    /// Whether they end with an extension that was told as one.
    extended: bool,
    /// Whether it is a mobile one, once somebody asked: to look it up takes longer than to compare two people.
    mobile: OnceLock<bool>,
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.digits == other.digits
    }
}

impl Eq for Number {}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.digits.hash(state);
    }
}

impl Number {
    /// The digits of a valid number.
    pub(super) fn of(phone: &Phone) -> Self {
        let digits = phone.number().chars().chain(phone.extension().unwrap_or("").chars());
        let digits: String = digits.filter(char::is_ascii_digit).take(MOST).collect();
        let said_mobile = phone.kind == PhoneKind::Mobile;
        let extended = phone.extension().is_some();
        let (digits, mobile) = (Text::of_digits(&digits), OnceLock::new());
        Self { digits, said_mobile, international: true, extended, mobile }
    }

    /// Reads a number as written. One that no numbering plan knows is kept as its digits, for it
    /// may be the same slip in both records.
    pub(super) fn read(text: &str, country: &str, kind: PhoneKind) -> Option<Self> {
        let (plain, extension) = plain(text).unwrap_or_else(|| (text.to_owned(), ""));
        if let Some(phone) = Phone::parse_in(kind, &plain, country) {
            return Some(Self::of(&match extension {
                "" => phone,
                extension => phone.with_extension(extension),
            }));
        }
        let digits: String = text.chars().filter(char::is_ascii_digit).take(MOST).collect();
        let digits = digits.trim_start_matches('0');
        (digits.len() >= FEWEST).then(|| Self {
            digits: Text::of_digits(digits),
            said_mobile: kind == PhoneKind::Mobile,
            international: false,
            extended: !extension.is_empty(),
            mobile: OnceLock::new(),
        })
    }

    /// The digits.
    pub(in crate::matching) fn digits(&self) -> &Text {
        &self.digits
    }

    /// Whether one person answers: it is a mobile one, or ends at an extension. A number without one
    /// may be the firm's.
    pub(in crate::matching) fn is_of_one(&self) -> bool {
        self.extended || self.is_mobile()
    }

    /// Whether it reaches one person wherever they are, as the numbering plan has it; where that cannot
    /// tell, as it was said.
    pub(in crate::matching) fn is_mobile(&self) -> bool {
        *self.mobile.get_or_init(|| self.is_mobile_by_plan())
    }

    fn is_mobile_by_plan(&self) -> bool {
        let plan = || PhoneNumber::from_str(&format!("+{}", &*self.digits)).ok();
        match plan().filter(|_| self.international).map(|number| number.get_type()) {
            Some(PhoneNumberType::Mobile) => true,
            None | Some(PhoneNumberType::FixedLineOrMobile | PhoneNumberType::Unknown) => {
                self.said_mobile
            }
            Some(_) => false,
        }
    }
}

/// A number of digits and what commonly stands between them, without the latter, and the extension
/// after an `x`: it is the same number, and read in half the time.
fn plain(text: &str) -> Option<(String, &str)> {
    let text = text.trim();
    let (number, extension) = text.split_once('x').unwrap_or((text, ""));
    let all_digits = extension.bytes().all(|byte| byte.is_ascii_digit());
    let is_whole = !text.ends_with('x') && extension.len() <= MOST_EXTENSION && all_digits;
    let digits = number.strip_prefix('+').unwrap_or(number);
    let begins = digits.starts_with(|c: char| c.is_ascii_digit() || c == '(');
    let is_plain = digits.chars().all(|c| c.is_ascii_digit() || " -.()/".contains(c));
    let plain = number.chars().filter(|c| c.is_ascii_digit() || *c == '+');
    (is_whole && begins && is_plain).then(|| (plain.collect(), extension))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mobile_number_is_one_by_its_plan_or_where_that_is_silent_by_what_is_said() {
        let is_mobile = |text, kind| Number::read(text, "DE", kind).expect("one").is_mobile();
        assert!(is_mobile("0170 1234567", PhoneKind::Work));
        assert!(!is_mobile("+49 931 300001", PhoneKind::Mobile));
        assert!(is_mobile("+1 587 530 2271", PhoneKind::Mobile));
        assert!(!is_mobile("+1 587 530 2271", PhoneKind::Work));
    }

    #[test]
    fn a_plain_number_is_read_as_any_other() {
        for text in [
            "+1-908-555-0161 x7674",
            "+49 (0)931 300-412",
            "0931/300412",
            "+49 931 300412 x12",
            "(587) 530-2271",
            "+39 06 1234567",
            "0049931300412",
            "+1 x5",
        ] {
            for country in ["DE", "US", ""] {
                let whole = Phone::parse_in(PhoneKind::Work, text, country);
                let digits = whole.map(|phone| Number::of(&phone));
                let read = Number::read(text, country, PhoneKind::Work);
                assert!(digits.is_none() || digits == read, "{text} in {country}: {read:?}");
            }
        }
        assert_eq!(plain("1-800-FLOWERS"), None);
        assert_eq!(plain("0931 1x"), None);
    }
}
