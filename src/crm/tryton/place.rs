//! Where the value of a named field stands in a party.

/// A place in a party, named as in the mapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place<'a> {
    /// `phone`, `email_2`, …: the first, second, … contact mechanism of a type.
    Mechanism { kind: &'a str, at: usize },
    /// `address.city`, …: a part of the first address.
    Address(&'a str),
    /// `address.subdivision`, …: a part of the first address that is only read.
    Further(&'a str),
    /// `relation.3`: the name of the party that a relation of the type with this id leads to.
    Employer(i64),
    /// A text field of the party itself: `name`, or one of a module of the user's own.
    Own,
}

/// The types of contact mechanisms (`party/contact_mechanism.py`).
const KINDS: [&str; 10] =
    ["phone", "mobile", "fax", "email", "website", "skype", "sip", "irc", "jabber", "other"];
/// The parts of an address that hold a value of ours.
pub(super) const PARTS: [&str; 4] = ["street", "postal_code", "city", "country"];
/// Those that hold none (`party/address.py`): a subdivision is one of its country, and where a street is entered in
/// parts, or something stands in its place, it cannot be written.
pub(super) const FURTHER: [&str; 10] = [
    "subdivision",
    "street_name",
    "building_name",
    "building_number",
    "unit_number",
    "floor_number",
    "room_number",
    "post_box",
    "private_bag",
    "post_office",
];

impl<'a> Place<'a> {
    /// The place that a property of the mapping names.
    pub(super) fn of(property: &'a str) -> Self {
        match property.strip_prefix("address.") {
            Some(part) if PARTS.contains(&part) => return Self::Address(part),
            Some(part) if FURTHER.contains(&part) => return Self::Further(part),
            _ => {}
        }
        let relation = property.strip_prefix("relation.").and_then(|id| id.parse().ok());
        if let Some(id) = relation {
            return Self::Employer(id);
        }
        let (kind, number) = property.split_once('_').unwrap_or((property, "1"));
        match number.parse::<usize>().ok().and_then(|number| number.checked_sub(1)) {
            Some(at) if KINDS.contains(&kind) => Self::Mechanism { kind, at },
            _ => Self::Own,
        }
    }

    /// The kind of relation, of a property that holds an employer.
    pub(super) fn employment(property: &'a str) -> Option<i64> {
        match Self::of(property) {
            Self::Employer(kind) => Some(kind),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_where_a_value_stands() {
        let phone = |at| Place::Mechanism { kind: "phone", at };
        assert_eq!(Place::of("phone"), phone(0));
        assert_eq!(Place::of("phone_3"), phone(2));
        assert_eq!(Place::of("address.city"), Place::Address("city"));
        assert_eq!(Place::of("address.subdivision"), Place::Further("subdivision"));
        assert_eq!(Place::of("relation.7"), Place::Employer(7));
        for own in ["name", "job_title", "phone_0", "phone_x", "address.moon", "relation.x", ""] {
            assert_eq!(Place::of(own), Place::Own, "{own}");
        }
    }
}
