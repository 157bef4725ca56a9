//! A postal address in parts.

use serde::{Deserialize, Serialize};

/// A postal address; parts that are not known are absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct PostalAddress {
    /// Street with number, or the PO box.
    pub street: Option<String>,
    /// Postcode without a country prefix.
    pub postcode: Option<String>,
    /// City or town.
    pub city: Option<String>,
    /// State, province or county as written.
    pub region: Option<String>,
    /// Country as ISO 3166-1 alpha-2, upper case.
    pub country: Option<String>,
}

impl PostalAddress {
    /// Whether no part is known.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The address on one line: `Industriestraße 12, 97070 Würzburg, DE`.
    pub fn display(&self) -> String {
        let city = [self.postcode.as_deref(), self.city.as_deref()];
        let city = city.into_iter().flatten().collect::<Vec<_>>().join(" ");
        [
            self.street.as_deref(),
            Some(city.as_str()),
            self.region.as_deref(),
            self.country.as_deref(),
        ]
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(", ")
    }
}
