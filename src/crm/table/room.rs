//! How many columns a table has for what a contact may have several of, and what stands in each.

use super::columns::Column;
use crate::contact::{Contact, Found, PhoneKind, PostalAddress};

/// Most columns of one kind. What a contact has beyond stands in the last of them, with semicolons
/// between; a tenth postal address has no place.
const MOST: usize = 9;

/// What a contact has once.
const ONCE: [Column; 6] =
    [Column::Id, Column::Prefix, Column::Given, Column::Family, Column::Suffix, Column::Name];

/// What it may have several of, and how many columns a table has of it at least.
const SEVERAL: [(Column, usize); 9] = [
    (Column::Title, 1),
    (Column::Department, 1),
    (Column::Company, 1),
    (Column::Email, 2),
    (Column::Phone, 2),
    (Column::Mobile, 2),
    (Column::Fax, 1),
    (Column::Website, 1),
    (Column::Profile, 1),
];

/// The parts of a postal address.
const ADDRESS: [Column; 5] =
    [Column::Street, Column::Postcode, Column::City, Column::Region, Column::Country];

/// Room for so many values of each kind.
#[derive(Debug, Clone)]
pub struct Room {
    /// In the order of [`SEVERAL`].
    several: [usize; SEVERAL.len()],
    addresses: usize,
}

impl Default for Room {
    /// The columns that every table has.
    fn default() -> Self {
        Self { several: SEVERAL.map(|(_, least)| least), addresses: 1 }
    }
}

impl Room {
    /// Makes room for all that a contact has.
    pub fn make_for(&mut self, contact: &Contact) {
        for (width, (column, _)) in self.several.iter_mut().zip(SEVERAL) {
            *width = texts(column, contact).len().clamp(*width, MOST);
        }
        self.addresses = contact.addresses.len().clamp(self.addresses, MOST);
    }

    /// Whether a table may have several columns of this kind, each with a number in its name.
    pub(super) fn holds_several(column: Column) -> bool {
        SEVERAL.iter().any(|(several, _)| *several == column)
    }

    /// The kinds of which a contact may have several, with the number of their columns.
    fn several(&self) -> impl Iterator<Item = (Column, usize)> {
        SEVERAL.into_iter().zip(self.several).map(|((column, _), width)| (column, width))
    }

    /// The names of the columns.
    pub(super) fn headers(&self) -> impl Iterator<Item = String> {
        let several = self
            .several()
            .flat_map(|(column, width)| (1..=width).map(move |nth| column.numbered_header(nth)));
        let addresses =
            (1..=self.addresses).flat_map(|nth| ADDRESS.map(|column| column.numbered_header(nth)));
        ONCE.into_iter().map(|column| column.numbered_header(1)).chain(several).chain(addresses)
    }

    /// What stands in the columns for a contact.
    pub(super) fn cells(
        &self,
        id: &str,
        contact: &Contact,
    ) -> impl Iterator<Item = (Column, String)> {
        let name = contact.name.as_ref().map(|name| name.value.clone()).unwrap_or_default();
        let once = [Some(id.to_owned()), name.prefix, name.given, name.family, name.suffix];
        let once = once.into_iter().map(Option::unwrap_or_default).chain([name.full]);
        let several = self.several().flat_map(|(column, width)| {
            let cells = spread(texts(column, contact), width);
            cells.into_iter().map(move |cell| (column, cell))
        });
        let addresses = contact.addresses.iter().map(|address| address.value.clone());
        let addresses = addresses.map(Some).chain(std::iter::repeat(None)).take(self.addresses);
        let addresses = addresses.flat_map(|address| {
            let PostalAddress { street, postcode, city, region, country } =
                address.unwrap_or_default();
            let parts = [street, postcode, city, region, country].map(Option::unwrap_or_default);
            ADDRESS.into_iter().zip(parts)
        });
        ONCE.into_iter().zip(once).chain(several).chain(addresses)
    }
}

/// All that a contact has for a column.
fn texts(column: Column, contact: &Contact) -> Vec<String> {
    let phones = |kind: PhoneKind| {
        let of_kind = contact.phones.iter().filter(|phone| phone.value.kind == kind);
        of_kind.map(|phone| phone.value.display()).collect()
    };
    let plain = |values: &[Found<String>]| values.iter().map(|it| it.value.clone()).collect();
    match column {
        Column::Title => plain(&contact.titles),
        Column::Department => plain(&contact.departments),
        Column::Company => plain(&contact.organizations),
        Column::Email => contact.emails.iter().map(|it| it.value.as_str().to_owned()).collect(),
        Column::Phone => phones(PhoneKind::Work),
        Column::Mobile => phones(PhoneKind::Mobile),
        Column::Fax => phones(PhoneKind::Fax),
        Column::Website => contact.links.iter().map(|it| it.value.as_str().to_owned()).collect(),
        Column::Profile => contact.profiles.iter().map(|it| it.value.as_str().to_owned()).collect(),
        _ => Vec::new(),
    }
}

/// The texts over so many cells; the last has what is left.
fn spread(mut texts: Vec<String>, width: usize) -> Vec<String> {
    if let Some(last) = width.checked_sub(1)
        && texts.len() > width
    {
        let rest = texts.split_off(last).join("; ");
        texts.push(rest);
    }
    texts.resize(width, String::new());
    texts
}
