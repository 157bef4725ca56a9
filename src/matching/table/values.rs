//! The values of a table: a record is a row of numbers, and two records share a value if they have its
//! number.

use super::column::Column;
use super::hopes::{Glance, Hopes};
use super::memo::Memo;
use crate::matching::counted::Counted;
use crate::matching::model::{
    Apart, Compared, MOST_OF_ONE, are_two_generations, are_unread, line_of, may_be_namesakes,
    may_be_two_mailboxes,
};
use crate::matching::person::{Email, Generation, Name, Number, Person};
use crate::matching::similarity::{
    Agreement, Degree, EmailGlance, Field, Letters, NameGlance, NameKind, PhoneGlance, best,
    of_emails, of_name, of_names, of_one_name, of_phones, of_texts,
};
use crate::matching::text::Text;
use rayon::prelude::*;
use std::array::from_fn;
use std::mem::take;

const FIELDS: usize = Field::ALL.len();

/// The number of a value of which a record has several; they stand in the column.
const SEVERAL: u32 = u32::MAX;

/// The values of all records.
#[derive(Debug)]
pub(super) struct Values {
    rows: Vec<Row>,
    given: Column<Name>,
    family: Column<Name>,
    emails: Column<Email>,
    phones: Column<Number>,
    texts: Vec<Column<Text>>,
    generations: Vec<Option<Generation>>,
    /// Whether each names no person, but a company.
    firms: Vec<bool>,
}

/// A record: all that is seen of it at a glance stands together.
#[derive(Debug, Clone, Copy)]
struct Row {
    /// The number of the value in each field; 0 is none.
    numbers: [u32; FIELDS],
    /// What is seen of the given and of the family name.
    names: [NameGlance; 2],
    /// What is seen of the one address.
    email: EmailGlance,
    /// What is seen of the one phone number.
    phone: PhoneGlance,
}

/// What is seen of two values by their numbers.
fn glance(left: u32, right: u32) -> Glance {
    match (left, right) {
        (0, _) | (_, 0) => Glance::Missing,
        _ if left == right || left == SEVERAL || right == SEVERAL => Glance::MayBeOne,
        _ => Glance::Two,
    }
}

/// What is used again for every two records that are compared.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    letters: Letters,
    memo: Memo,
    rows: Vec<Row>,
}

/// What tells names that stand in each other's place apart from the fields.
const CROSSED: usize = FIELDS;

impl Values {
    /// The values of records.
    pub(super) fn of(people: &[Person]) -> Self {
        fn known(name: &Name) -> Option<&Name> {
            (!name.is_empty()).then_some(name)
        }
        let ((given, family), ((emails, phones), texts)) = rayon::join(
            || {
                rayon::join(
                    || Column::of(people.iter().map(|person| known(&person.given))),
                    || Column::of(people.iter().map(|person| known(&person.family))),
                )
            },
            || {
                rayon::join(
                    || {
                        rayon::join(
                            || Column::of(people.iter().map(|person| &person.emails)),
                            || Column::of(people.iter().map(|person| &person.phones)),
                        )
                    },
                    || {
                        let column = |field: &Field| {
                            Column::of(people.iter().map(|person| person.texts(*field)))
                        };
                        Field::ALL.par_iter().map(column).collect()
                    },
                )
            },
        );
        let generations = people.iter().map(|person| person.generation).collect();
        let firms = people.iter().map(Person::is_firm).collect();
        let mut values =
            Self { rows: Vec::new(), given, family, emails, phones, texts, generations, firms };
        let records = 0..u32::try_from(people.len()).unwrap_or(u32::MAX);
        values.rows = records.map(|record| values.row(record)).collect();
        values
    }

    fn row(&self, record: u32) -> Row {
        let numbers = Field::ALL.map(|field| match self.numbers(field, record) {
            [] => 0,
            [one] => *one,
            _ => SEVERAL,
        });
        let one = |field: Field| {
            let number = numbers[field as usize];
            (number > 0 && number != SEVERAL).then_some(number)
        };
        let given = one(Field::Given).map(|number| self.given.value(number).into());
        let family = one(Field::Family).map(|number| self.family.value(number).into());
        let names = [given, family].map(Option::unwrap_or_default);
        let email = one(Field::Email).map(|number| self.emails.value(number).into());
        let phone = one(Field::Phone).map(|number| self.phones.value(number).digits().into());
        let (email, phone) = (email.unwrap_or_default(), phone.unwrap_or_default());
        Row { numbers, names, email, phone }
    }

    /// The numbers of a record's values.
    fn numbers(&self, field: Field, record: u32) -> &[u32] {
        match field {
            Field::Given => self.given.of_record(record),
            Field::Family => self.family.of_record(record),
            Field::Email => self.emails.of_record(record),
            Field::Phone => self.phones.of_record(record),
            _ => self.texts[field as usize].of_record(record),
        }
    }

    /// Compares a record with others, and gives those of which there is hope that they are of one
    /// person.
    pub(super) fn compare(
        &self,
        a: u32,
        others: &[u32],
        hopes: &Hopes,
        scratch: &mut Scratch,
        mut give: impl FnMut(u32, Agreement),
    ) {
        // The others stand anywhere in memory: fetched together they come much sooner.
        let mut rows = take(&mut scratch.rows);
        rows.clear();
        rows.extend(others.iter().map(|b| self.rows[*b as usize]));
        let left = &self.rows[a as usize];
        for (b, right) in others.iter().zip(&rows) {
            if let Some(agreement) = self.compare_rows((a, left), (*b, right), hopes, scratch) {
                give(*b, agreement);
            }
        }
        scratch.rows = rows;
    }

    /// Compares two records field by field, until there is no hope left.
    fn compare_rows(
        &self,
        (a, left_row): (u32, &Row),
        (b, right_row): (u32, &Row),
        hopes: &Hopes,
        scratch: &mut Scratch,
    ) -> Option<Agreement> {
        let (left, right) = (&left_row.numbers, &right_row.numbers);
        let glances = from_fn(|field| glance(left[field], right[field]));
        let hopes = if self.are_firms(a, b) { &hopes.firms } else { hopes.after(&glances) };
        let mut hope = hopes.at_a_glance(&glances);
        if !hopes.suffice(hope) {
            return None;
        }
        let mut agreement = Agreement::default();
        let mut found = |field, degree| {
            agreement.set(field, degree);
            hope += hopes.change(field, glances[field as usize], degree);
            hopes.suffice(hope)
        };
        let (given, family) = (Field::Given, Field::Family);
        let names = of_names(
            ((given, left_row), (family, left_row)),
            ((given, right_row), (family, right_row)),
            &mut |kind, left, right| self.names(kind, left, right, scratch),
        );
        let mut any = found(Field::Given, names.0) && found(Field::Family, names.1);
        for field in Field::ALL.into_iter().skip(2) {
            if !any {
                return None;
            }
            let (l, r) = (left[field as usize], right[field as usize]);
            let two = glances[field as usize] == Glance::Two;
            let degree = if l == 0 || r == 0 {
                Degree::Missing
            } else if two && field == Field::Email && left_row.email.differs(right_row.email)
                || two && field == Field::Phone && left_row.phone.differs(right_row.phone)
            {
                Degree::Different
            } else if l == SEVERAL || r == SEVERAL {
                let (left, right) = (self.numbers(field, a), self.numbers(field, b));
                best(left, right, |l, r| self.degree(field, *l, *r, scratch))
            } else {
                self.degree(field, l, r, scratch)
            };
            any = found(field, degree);
        }
        any.then_some(agreement)
    }

    /// Compares two names, each of a field of a record.
    fn names(
        &self,
        kind: NameKind,
        left: (Field, &Row),
        right: (Field, &Row),
        scratch: &mut Scratch,
    ) -> Degree {
        let Scratch { letters, memo, .. } = scratch;
        let number = |(field, row): (Field, &Row)| row.numbers[field as usize];
        let seen = |(field, row): (Field, &Row)| row.names[field as usize];
        let crossed = kind == NameKind::Crossed;
        let (l, r) = (number(left), number(right));
        if l == 0 || r == 0 {
            return Degree::Missing;
        }
        let name = |field, number| match field {
            Field::Given => self.given.value(number),
            _ => self.family.value(number),
        };
        if l == r && !crossed {
            return of_one_name(name(left.0, l));
        }
        if seen(left).differs(seen(right)) {
            return Degree::Different;
        }
        let place = left.0 as usize + if crossed { CROSSED } else { 0 };
        memo.degree(place, l, r, || of_name(kind, name(left.0, l), name(right.0, r), letters))
    }

    /// Compares two values of a field that is no name.
    fn degree(&self, field: Field, l: u32, r: u32, scratch: &mut Scratch) -> Degree {
        let Scratch { letters, memo, .. } = scratch;
        match field {
            // A damaged address is not the same as itself, nor is the page of a firm.
            Field::Profile => {
                let pages = &self.texts[field as usize];
                of_texts(field, pages.value(l), pages.value(r), letters)
            }
            Field::Email => of_emails(self.emails.value(l), self.emails.value(r), letters),
            _ if l == r => Degree::Same,
            Field::Phone => of_phones(self.phones.value(l), self.phones.value(r), letters),
            Field::Domain | Field::Region | Field::Country => Degree::Different,
            _ => {
                let texts = &self.texts[field as usize];
                memo.degree(field as usize, l, r, || {
                    of_texts(field, texts.value(l), texts.value(r), letters)
                })
            }
        }
    }

    /// What of two records matters beside how far they agree.
    pub(super) fn compared(&self, a: u32, b: u32, agreement: Agreement) -> Compared {
        let mut counted = Counted::among(self.rows.len());
        for (field, _) in agreement.fields().filter(|(_, degree)| *degree == Degree::Same) {
            if let Some(count) = self.fewest(field, a, b) {
                counted.have(field, count);
            }
        }
        let employed = |record: u32| {
            let row = &self.rows[record as usize].numbers;
            row[Field::Company as usize] > 0 || row[Field::Domain as usize] > 0
        };
        let own = agreement.of(Field::Phone) == Degree::Same
            && self.fewest(Field::Phone, a, b).is_some_and(|count| count <= MOST_OF_ONE);
        // What a mailbox has decided nobody need look up.
        let undecided = agreement.of(Field::Email) != Degree::Same;
        let generation = |record: u32| self.generations[record as usize];
        Compared {
            agreement,
            line: line_of(own, || undecided && self.share_number_of_one(a, b)),
            apart: Apart {
                mobile: undecided && may_be_namesakes(agreement) && self.have_two_mobiles(a, b),
                mailbox: may_be_two_mailboxes(agreement)
                    && self.emails(a).any(|one| self.emails(b).any(|two| one.is_beside(two))),
                generation: are_two_generations(generation(a), generation(b)),
            },
            firms: self.are_firms(a, b),
            employed: employed(a) || employed(b),
            named_alike: false,
            unread: are_unread(agreement, || self.stand_in_two_scripts(a, b)),
            counted: Some(counted),
        }
    }

    /// Whether only one of two family names stands in a script that tells how it sounds.
    fn stand_in_two_scripts(&self, a: u32, b: u32) -> bool {
        let family =
            |record| self.family.of_record(record).iter().map(|one| self.family.value(*one));
        family(a).any(|one| family(b).any(|other| one.is_unheard_beside(other)))
    }

    fn are_firms(&self, a: u32, b: u32) -> bool {
        self.firms[a as usize] && self.firms[b as usize]
    }

    fn emails(&self, record: u32) -> impl Iterator<Item = &Email> {
        self.numbers(Field::Email, record).iter().map(|number| self.emails.value(*number))
    }

    fn share_number_of_one(&self, a: u32, b: u32) -> bool {
        let others = self.numbers(Field::Phone, b);
        let mut common = self.numbers(Field::Phone, a).iter().filter(|one| others.contains(one));
        common.any(|number| self.phones.value(*number).is_of_one())
    }

    /// Whether each has a mobile number, and none in common.
    fn have_two_mobiles(&self, a: u32, b: u32) -> bool {
        let mobiles = |record: u32| -> Vec<u32> {
            let numbers = self.numbers(Field::Phone, record).iter().copied();
            numbers.filter(|number| self.phones.value(*number).is_mobile()).collect()
        };
        let (left, right) = (mobiles(a), mobiles(b));
        !left.is_empty() && !right.is_empty() && !left.iter().any(|number| right.contains(number))
    }

    /// How many records have the value that two have in common; of several the rarest.
    fn fewest(&self, field: Field, a: u32, b: u32) -> Option<u32> {
        let others = self.numbers(field, b);
        let common = self.numbers(field, a).iter().filter(|number| others.contains(number));
        let count = |number: u32| match field {
            Field::Given => self.given.count(number),
            Field::Family => self.family.count(number),
            Field::Email => self.emails.count(number),
            Field::Phone => self.phones.count(number),
            _ => self.texts[field as usize].count(number),
        };
        common.map(|number| count(*number)).min()
    }
}
