//! How far two people agree, field by field.

mod company;
mod degree;
mod email;
mod letters;
mod name;
mod phone;
mod place;
mod profile;

pub(super) use degree::Agreement;
pub use degree::{Degree, Field};
pub(super) use email::{Glance as EmailGlance, compare as of_emails};
pub(super) use letters::Letters;
pub(super) use name::{
    Glance as NameGlance, Kind as NameKind, compare as of_names, of_one as of_one_name,
    part as of_name,
};
pub(super) use phone::Glance as PhoneGlance;

use super::person::{Number, Person};
use super::text::Text;

/// Compares two people in every field.
pub(super) fn compare(left: &Person, right: &Person, letters: &mut Letters) -> Agreement {
    let mut agreement = Agreement::default();
    let mut part = |kind, l, r| of_name(kind, l, r, letters);
    let names = of_names((&left.given, &left.family), (&right.given, &right.family), &mut part);
    agreement.set(Field::Given, names.0);
    agreement.set(Field::Family, names.1);
    for field in Field::ALL {
        let degree = match field {
            Field::Given | Field::Family => continue,
            Field::Email => best(&left.emails, &right.emails, |l, r| of_emails(l, r, letters)),
            Field::Phone => best(&left.phones, &right.phones, |l, r| of_phones(l, r, letters)),
            _ => best(left.texts(field), right.texts(field), |l, r| of_texts(field, l, r, letters)),
        };
        agreement.set(field, degree);
    }
    agreement
}

/// Of several values the two that agree most count.
pub(super) fn best<T>(
    left: &[T],
    right: &[T],
    mut compare: impl FnMut(&T, &T) -> Degree,
) -> Degree {
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

/// How far two phone numbers agree.
pub(super) fn of_phones(left: &Number, right: &Number, letters: &mut Letters) -> Degree {
    phone::compare(left.digits(), right.digits(), letters)
}

/// How far two texts of a field agree.
pub(super) fn of_texts(field: Field, left: &Text, right: &Text, letters: &mut Letters) -> Degree {
    if field == Field::Profile {
        return profile::compare(left, right);
    }
    if left == right {
        return Degree::Same;
    }
    match field {
        Field::Title | Field::City => place::phrase(left, right, letters),
        Field::Company => company::compare(left, right, letters),
        Field::Street => place::street(left, right, letters),
        Field::Postcode => place::postcode(left, right, letters),
        _ => Degree::Different,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values that resemble each other in many ways.
    fn people() -> Vec<Person> {
        let names = "Anna,Ana,Hanna,Annamaria,An,Bernd,Berndt,Bernhard,Meier,Mayer,Maier,Schmidt,\
                     Schmitt,Karsten,Carsten,Robert,Bob,Alex,Alexander,Sandra,Li,Lee,Jörg,Joerg,\
                     Anna Maria,Müller-Lüdenscheidt,Ottokar,Ottakar,Иванов,Ivanov,鈴木,יעל";
        let local =
            "a.meier,anna.meier,anna.maier,meier,kunde12345,kunde12354,x12345,info2,info3,ab";
        let phones = "+4993130012,+4993130017,+499313001234,93130012,+4939130012,+4989555555,\
                      +4917112345678,+4917112345687,017112345678,+15875302271,+15875302271 x44";
        let mut people = Vec::new();
        for (at, name) in names.split(',').enumerate() {
            for (nth, local) in local.split(',').enumerate() {
                let mut person = Person::default();
                person.named(Some(name), None, None);
                person.add_email(&format!("{local}@{}", ["a.example", "b.example"][nth % 2]));
                let phone = phones.split(',').nth((at + nth) % 11).expect("a number").trim();
                person.add_phone(phone, "DE", crate::contact::PhoneKind::Work);
                people.push(person);
            }
        }
        people
    }

    #[test]
    fn a_glance_never_misleads() {
        let people = people();
        let letters = &mut Letters::default();
        let mut told_apart = [0; 3];
        for left in &people {
            for right in &people {
                let glance = |person: &Person| NameGlance::from(&person.given);
                if glance(left).differs(glance(right)) {
                    told_apart[0] += 1;
                    let found = of_name(NameKind::Given, &left.given, &right.given, letters);
                    assert_eq!(found, Degree::Different, "{left:?} {right:?}");
                }
                let (l, r) = (&left.emails[0], &right.emails[0]);
                if EmailGlance::from(l).differs(r.into()) {
                    told_apart[1] += 1;
                    assert_eq!(of_emails(l, r, letters), Degree::Different, "{l:?} {r:?}");
                }
                let (l, r) = (&left.phones[0], &right.phones[0]);
                if PhoneGlance::from(l.digits()).differs(r.digits().into()) {
                    told_apart[2] += 1;
                    assert_eq!(of_phones(l, r, letters), Degree::Different, "{l:?} {r:?}");
                }
            }
        }
        assert!(told_apart.iter().all(|pairs| *pairs > 1000), "{told_apart:?}");
    }
}
