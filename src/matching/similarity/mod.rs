//! How far two people agree, field by field.

mod company;
mod degree;
mod email;
mod letters;
mod name;
mod phone;
mod place;

pub(super) use degree::Agreement;
pub use degree::{Degree, Field};
pub(super) use letters::Letters;

use super::person::Person;

/// Compares two people in every field. Of fields with several values the two that agree most count.
pub(super) fn compare(left: &Person, right: &Person, letters: &mut Letters) -> Agreement {
    let mut agreement = Agreement::default();
    let (given, family) = name::compare(left, right, letters);
    agreement.set(Field::Given, given);
    agreement.set(Field::Family, family);
    let mut set = |field, degree| agreement.set(field, degree);
    set(Field::Email, best(&left.emails, &right.emails, |l, r| email::compare(l, r, letters)));
    set(
        Field::Phone,
        best(&left.phones, &right.phones, |l, r| phone::compare(l.digits(), r.digits(), letters)),
    );
    set(Field::Profile, texts(&left.profiles, &right.profiles, same));
    set(Field::Title, texts(&left.titles, &right.titles, |l, r| place::phrase(l, r, letters)));
    set(
        Field::Company,
        texts(&left.companies, &right.companies, |l, r| company::compare(l, r, letters)),
    );
    set(Field::Domain, texts(&left.domains, &right.domains, same));
    set(Field::Street, texts(&left.streets, &right.streets, |l, r| place::street(l, r, letters)));
    set(
        Field::Postcode,
        texts(&left.postcodes, &right.postcodes, |l, r| place::postcode(l, r, letters)),
    );
    set(Field::City, texts(&left.cities, &right.cities, |l, r| place::phrase(l, r, letters)));
    set(Field::Region, texts(&left.regions, &right.regions, same));
    set(Field::Country, texts(&left.countries, &right.countries, same));
    agreement
}

fn best<T>(left: &[T], right: &[T], mut compare: impl FnMut(&T, &T) -> Degree) -> Degree {
    let mut best = Degree::Missing;
    for l in left {
        for r in right {
            best = best.max(compare(l, r));
            if best == Degree::Same {
                return best;
            }
        }
    }
    best
}

fn texts(
    left: &[Box<str>],
    right: &[Box<str>],
    mut compare: impl FnMut(&str, &str) -> Degree,
) -> Degree {
    best(left, right, |l, r| if l == r { Degree::Same } else { compare(l, r) })
}

fn same(_: &str, _: &str) -> Degree {
    Degree::Different
}
