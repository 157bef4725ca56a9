//! What speaks for and against two contacts being one person.

use super::fold::{fold, fold_company};
use super::keys::{employer_domains, personal_emails};
use crate::contact::{Contact, PhoneKind};
use std::collections::BTreeSet;

/// How two names go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    /// The same words, in any order.
    Same,
    /// One is a shorter or slightly misspelt form of the other.
    Compatible,
    /// The given names are the same and the family names are not: a marriage, or somebody else.
    OtherFamily,
    /// One of them is not known.
    Unknown,
    /// Two people.
    Different,
}

/// How two employers go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Employers {
    /// The same name without legal form, or the same mail domain.
    Same,
    /// One name begins with the other.
    Similar,
    /// Nothing says so.
    Unrelated,
}

/// All that was compared.
#[derive(Debug, Clone, Copy)]
pub(super) struct Evidence {
    pub(super) names: Names,
    pub(super) employers: Employers,
    /// A personal address in common.
    pub(super) email: bool,
    /// A phone number, not fax, in common.
    pub(super) phone: bool,
    /// Each has a personal address at the same employer, and they differ.
    pub(super) other_address: bool,
}

pub(super) fn weigh(left: &Contact, right: &Contact) -> Evidence {
    let addresses = |contact| personal_emails(contact).map(crate::contact::EmailAddress::key);
    let left_addresses: BTreeSet<String> = addresses(left).collect();
    let right_addresses: BTreeSet<String> = addresses(right).collect();
    let email = !left_addresses.is_disjoint(&right_addresses);
    let left_domains: BTreeSet<String> = employer_domains(left).collect();
    let right_domains: BTreeSet<String> = employer_domains(right).collect();
    let domain = !left_domains.is_disjoint(&right_domains);
    Evidence {
        names: names(left, right),
        employers: if domain { Employers::Same } else { employers(left, right) },
        email,
        phone: !numbers(left).is_disjoint(&numbers(right)),
        other_address: domain
            && !email
            && !left_addresses.is_empty()
            && !right_addresses.is_empty(),
    }
}

fn numbers(contact: &Contact) -> BTreeSet<&str> {
    let reach = contact.phones.iter().filter(|phone| phone.value.kind != PhoneKind::Fax);
    reach.map(|phone| phone.value.number()).collect()
}

fn names(left: &Contact, right: &Contact) -> Names {
    let (Some(left), Some(right)) = (&left.name, &right.name) else { return Names::Unknown };
    names_agree(&fold(&left.value.full), &fold(&right.value.full))
}

/// Compares two folded names.
pub(super) fn names_agree(left: &str, right: &str) -> Names {
    let left: Vec<&str> = left.split_whitespace().collect();
    let right: Vec<&str> = right.split_whitespace().collect();
    let (Some(left_first), Some(right_first)) = (left.first(), right.first()) else {
        return Names::Unknown;
    };
    let sorted =
        |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<BTreeSet<_>>();
    let (left_set, right_set) = (sorted(&left), sorted(&right));
    if left_set == right_set {
        return Names::Same;
    }
    let (short, long) = if left.len() <= right.len() { (&left, &right) } else { (&right, &left) };
    if every_word_fits(short, long) {
        return Names::Compatible;
    }
    if left_first == right_first && left_first.chars().count() > 1 {
        return Names::OtherFamily;
    }
    Names::Different
}

/// Whether each word of the shorter name has its own word in the longer one that it may stand for.
/// At least one must be more than an initial.
fn every_word_fits(short: &[&str], long: &[&str]) -> bool {
    let mut free: Vec<&str> = long.to_vec();
    let mut whole = 0;
    for word in short {
        let Some(place) = free.iter().position(|other| may_stand_for(word, other)) else {
            return false;
        };
        whole += usize::from(word.chars().count() > 1 && free[place].chars().count() > 1);
        free.remove(place);
    }
    whole > 0 && short.len() > 1
}

fn may_stand_for(word: &str, other: &str) -> bool {
    let initial = |short: &str, long: &str| short.chars().count() == 1 && long.starts_with(short);
    word == other || initial(word, other) || initial(other, word) || one_slip_apart(word, other)
}

/// Whether one letter more, less, other or two swapped turn one long word into the other.
fn one_slip_apart(left: &str, right: &str) -> bool {
    let left: Vec<char> = left.chars().collect();
    let right: Vec<char> = right.chars().collect();
    if left.len().min(right.len()) < 5 || left.len().abs_diff(right.len()) > 1 {
        return false;
    }
    let same = left.iter().zip(&right).take_while(|(l, r)| l == r).count();
    let (left, right) = (&left[same..], &right[same..]);
    let tail = |l: usize, r: usize| left.get(l..).is_some_and(|l| Some(l) == right.get(r..));
    let swapped = left.len() > 1
        && right.len() > 1
        && left[0] == right[1]
        && left[1] == right[0]
        && tail(2, 2);
    tail(1, 1) || tail(1, 0) || tail(0, 1) || swapped
}

fn employers(left: &Contact, right: &Contact) -> Employers {
    let folded = |contact: &Contact| {
        let names = contact.organizations.iter().map(|name| fold_company(&name.value));
        names.filter(|name| !name.is_empty()).collect::<Vec<_>>()
    };
    let (left, right) = (folded(left), folded(right));
    if left.iter().any(|name| right.contains(name)) {
        return Employers::Same;
    }
    let begins = |long: &str, short: &str| {
        long.strip_prefix(short).is_some_and(|rest| rest.starts_with(' ')) && short.len() > 2
    };
    let similar = left.iter().any(|l| right.iter().any(|r| begins(l, r) || begins(r, l)));
    if similar { Employers::Similar } else { Employers::Unrelated }
}
