//! How far two values of a field agree.

use serde::{Deserialize, Serialize};

/// The fields in which two people are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Field {
    /// Given names.
    Given,
    /// Family names.
    Family,
    /// E-mail addresses that one person reads.
    Email,
    /// Phone numbers, never a fax.
    Phone,
    /// Profiles on social networks: the same if it is one person's, loose if it may be a firm's.
    Profile,
    /// Job titles.
    Title,
    /// Names of employers without their legal form.
    Company,
    /// Domains of employers.
    Domain,
    /// Streets with their number.
    Street,
    /// Postcodes.
    Postcode,
    /// Cities.
    City,
    /// States, provinces, counties.
    Region,
    /// Countries.
    Country,
}

impl Field {
    /// All of them, in the order of an agreement.
    pub const ALL: [Self; 13] = [
        Self::Given,
        Self::Family,
        Self::Email,
        Self::Phone,
        Self::Profile,
        Self::Title,
        Self::Company,
        Self::Domain,
        Self::Street,
        Self::Postcode,
        Self::City,
        Self::Region,
        Self::Country,
    ];

    /// Whether the field tells where people of one employer work, so that colleagues share it.
    pub(in crate::matching) const fn of_place(self) -> bool {
        matches!(
            self,
            Self::Domain
                | Self::Street
                | Self::Postcode
                | Self::City
                | Self::Region
                | Self::Country
        )
    }
}

/// How far two values agree.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Degree {
    /// One of them is not known.
    #[default]
    Missing,
    /// They differ.
    Different,
    /// They have much in common.
    Loose,
    /// One is short for the other: an initial, an acronym, a number without its extension.
    Short,
    /// One is a slip, a nickname or another spelling of the other.
    Close,
    /// They are the same.
    Same,
}

impl Degree {
    /// All of them, in order.
    pub const ALL: [Self; 6] =
        [Self::Missing, Self::Different, Self::Loose, Self::Short, Self::Close, Self::Same];
}

/// How far two people agree, field by field: three bits for each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::matching) struct Agreement(u64);

impl Agreement {
    /// The degree of a field.
    pub(in crate::matching) fn of(self, field: Field) -> Degree {
        let place = (self.0 >> (3 * field as u32)) & 7;
        Degree::ALL.get(place as usize).copied().unwrap_or_default()
    }

    /// The same with another degree of a field.
    pub(in crate::matching) fn set(&mut self, field: Field, degree: Degree) {
        let place = 3 * field as u32;
        self.0 = self.0 & !(7 << place) | (degree as u64) << place;
    }

    /// Every field with its degree.
    pub(in crate::matching) fn fields(self) -> impl Iterator<Item = (Field, Degree)> {
        Field::ALL.into_iter().map(move |field| (field, self.of(field)))
    }
}
