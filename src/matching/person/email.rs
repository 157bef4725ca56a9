//! An e-mail address as it is compared: tags, and dots where they mean nothing, are gone.

use crate::contact::{EmailAddress, is_role_mailbox};
use crate::matching::fold::is_free_mail;
use crate::matching::given::bearers;
use crate::matching::latin::latin;
use crate::matching::shared_domains::SharedDomains;
use crate::matching::text::Text;

/// Shortest run of digits by which a damaged address is still known.
const TELLING_DIGITS: usize = 5;

/// An address, or what is left of a damaged one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::matching) struct Email {
    /// What stands before the `@`; of a masked address (`ann***@…`) what is not masked.
    local: Text,
    /// The registrable domain.
    domain: Text,
    /// The digits of the local part.
    digits: Text,
    /// `local@domain`, or nothing of a damaged one.
    key: Box<str>,
    /// Whether the domain is an employer's.
    of_employer: bool,
}

impl Email {
    /// Reads an address as written. A damaged one is kept if something of it still tells.
    pub(super) fn read(text: &str) -> Option<Self> {
        let lower = text.trim().to_lowercase();
        if let Some((visible, domain)) = masked(&lower) {
            let of_employer = !domain.is_empty() && !is_free_mail(domain);
            let domain = Text::from(domain);
            return Some(Self { local: visible.into(), domain, of_employer, ..Self::damaged("") });
        }
        let Some(address) = EmailAddress::parse(&lower) else {
            let digits = digits_of(lower.split('@').next().unwrap_or(""));
            return (digits.len() >= TELLING_DIGITS).then(|| Self::damaged(&digits));
        };
        let key = mailbox(&address);
        let (local, domain) = key.rsplit_once('@').unwrap_or_default();
        let domain = psl::domain_str(domain).unwrap_or(domain);
        Some(Self {
            local: local.into(),
            digits: Text::of_digits(&digits_of(local)),
            domain: domain.into(),
            of_employer: !domain.is_empty() && !is_free_mail(domain),
            key: key.into(),
        })
    }

    /// An address of which only digits are known.
    fn damaged(digits: &str) -> Self {
        let digits = Text::of_digits(digits);
        let (local, domain) = Default::default();
        Self { local, domain, digits, key: Box::default(), of_employer: false }
    }

    /// `local@domain`; empty for a damaged address.
    pub(in crate::matching) fn key(&self) -> &str {
        &self.key
    }

    pub(in crate::matching) fn local(&self) -> &Text {
        &self.local
    }

    pub(in crate::matching) fn domain(&self) -> &Text {
        &self.domain
    }

    /// The digits of the local part, if there are enough of them to tell anything.
    pub(in crate::matching) fn number(&self) -> Option<&Text> {
        (self.digits.len() >= TELLING_DIGITS).then_some(&self.digits)
    }

    /// Whether only the beginning of the local part is known.
    pub(in crate::matching) fn is_masked(&self) -> bool {
        self.key.is_empty() && !self.local.is_empty()
    }

    /// Whether the local part is made of a name, as everybody of that name has it: `anna.mueller`,
    /// `a.mueller`, `mueller`.
    pub(in crate::matching) fn is_of_name(&self, given: &str, family: &str) -> bool {
        let plain = |text: &str| {
            let text = latin(text).replace("ae", "a").replace("oe", "o").replace("ue", "u");
            text.chars().filter(char::is_ascii_alphanumeric).collect::<String>()
        };
        let (local, given, family) = (plain(&self.local), plain(given), plain(family));
        let initial = |name: &str| name.chars().next().map(String::from).unwrap_or_default();
        let (g, f) = (initial(&given), initial(&family));
        let made = [(&given, &family), (&g, &family), (&given, &f)];
        local == given
            || local == family
            || made.iter().any(|(one, other)| {
                local == format!("{one}{other}") || local == format!("{other}{one}")
            })
    }

    /// The given name that the local part is, alone or with the family name, if it begins so.
    pub(super) fn given_name(&self, initial: &str, family: &str) -> Option<String> {
        let words = self.local.split(|c: char| !c.is_alphanumeric()).map(latin);
        let words: Vec<String> = words.filter(|word| !word.is_empty()).collect();
        let name = match words.as_slice() {
            [name] => name,
            [name, other] | [other, name] if other == family => name,
            _ => return None,
        };
        let fits = name.starts_with(initial) && name.len() > 2 && bearers(name).is_some();
        fits.then(|| name.clone())
    }

    /// Whether two whole addresses are of one employer.
    pub(in crate::matching) fn is_beside(&self, other: &Self) -> bool {
        let whole = !self.key.is_empty() && !other.key.is_empty();
        whole && self.domain == other.domain && self.of_employer && other.of_employer
    }

    /// Forgets that its domain is an employer's, if it is one of these.
    pub(super) fn leave(&mut self, shared: &SharedDomains) {
        self.of_employer &= !shared.has(&self.domain);
    }

    /// Whether one person reads what is sent to it.
    pub(super) fn is_personal(&self) -> bool {
        !is_role_mailbox(&self.local)
    }

    /// The domain, if it is an employer's.
    pub(super) fn employer_domain(&self) -> Option<String> {
        self.of_employer.then(|| self.domain.to_string())
    }
}

fn digits_of(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// The visible beginning and the domain of an address of which the rest is hidden by stars.
fn masked(text: &str) -> Option<(&str, &str)> {
    let (local, domain) = text.rsplit_once('@')?;
    let (visible, hidden) = local.split_once('*')?;
    let all_hidden = hidden.chars().all(|c| c == '*');
    (all_hidden && visible.len() >= 2).then_some((visible, domain))
}

/// The address of the mailbox that all its spellings reach: `+tag` means nothing, with Google no
/// dot does, Yahoo's tags follow a `-`, and a provider may have several names.
fn mailbox(address: &EmailAddress) -> String {
    let key = address.key();
    let Some((local, domain)) = key.rsplit_once('@') else { return key };
    match domain {
        "gmail.com" | "googlemail.com" => format!("{}@gmail.com", local.replace('.', "")),
        "pm.me" | "proton.me" | "protonmail.com" => {
            format!("{}@proton.me", local.replace(['.', '-', '_'], ""))
        }
        "me.com" | "mac.com" | "icloud.com" => format!("{local}@icloud.com"),
        _ if domain.starts_with("yahoo.") => {
            format!("{}@{domain}", local.split('-').next().unwrap_or(local))
        }
        _ => key,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_reaches_one_mailbox() {
        let key = |text: &str| Email::read(text).expect("an address").key().to_owned();
        assert_eq!(key("Anna.Mueller+crm@GoogleMail.com"), "annamueller@gmail.com");
        assert_eq!(key("anna-shop@yahoo.de"), "anna@yahoo.de");
        assert_eq!(key("anna.mueller+x@exempla.example"), "anna.mueller@exempla.example");
        assert_ne!(key("an.na@exempla.example"), key("anna@exempla.example"));
    }

    #[test]
    fn a_local_part_made_of_a_name_is_anybodys_of_that_name() {
        let of_name = |text: &str| Email::read(text).expect("one").is_of_name("jorg", "muller");
        for text in ["joerg.mueller@a.example", "j.muller@a.example", "muellerj@a.example"] {
            assert!(of_name(text), "{text}");
        }
        assert!(!of_name("joerg.mueller77@a.example") && !of_name("jmx-sailing@a.example"));
    }

    #[test]
    fn an_address_tells_the_rest_of_an_initial() {
        let name = |text: &str| Email::read(text).expect("one").given_name("j", "muller");
        for text in ["joerg.mueller@a.example", "mueller_joerg@a.example", "joerg@a.example"] {
            assert_eq!(name(text).as_deref(), Some("jorg"), "{text}");
        }
        for text in ["j.mueller@a.example", "mueller@a.example", "anna@a.example"] {
            assert_eq!(name(text), None, "{text}");
        }
    }

    #[test]
    fn of_a_damaged_address_what_tells_is_kept() {
        let masked = Email::read("ann***@exempla.example").expect("its beginning");
        assert_eq!((masked.key(), &**masked.local()), ("", "ann"));
        assert_eq!(
            Email::read("98 76 54").expect("its digits").number().map(|digits| &**digits),
            Some("987654")
        );
        assert_eq!(Email::read("none"), None);
    }
}
