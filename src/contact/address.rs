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

    /// The address on one line as its country writes it: `Industriestraße 12, 97070 Würzburg, DE`,
    /// `75 State St, Boston, MA 02109, US`.
    pub fn display(&self) -> String {
        let (code, city) = (self.postcode.as_deref(), self.city.as_deref());
        let region = self.region.as_deref();
        let country = self.country.as_deref().unwrap_or_default();
        let (city, region) = if STATE_AND_CODE.contains(&country) && region.is_some() {
            (joined([city, None]), joined([region, code]))
        } else if CITY_AND_CODE.contains(&country) || STATE_AND_CODE.contains(&country) {
            (joined([city, code]), joined([region, None]))
        } else {
            (joined([code, city]), joined([region, None]))
        };
        [
            self.street.as_deref(),
            Some(city.as_str()),
            Some(region.as_str()),
            self.country.as_deref(),
        ]
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(", ")
    }
}

/// Countries that write the postcode behind the state.
const STATE_AND_CODE: &[&str] = &["US", "CA", "AU"];

/// Countries that write it behind the city (Universal Postal Union, addressing sheets).
const CITY_AND_CODE: &[&str] =
    &["GB", "IE", "NZ", "ZA", "IN", "SG", "CO", "TW", "KR", "ID", "TH", "PK", "BD", "LK", "LV"];

fn joined(parts: [Option<&str>; 2]) -> String {
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_as_its_country_writes_it() {
        let address =
            |street: &str, code: &str, city: &str, region: Option<&str>, country: &str| {
                PostalAddress {
                    street: Some(street.to_owned()),
                    postcode: Some(code.to_owned()),
                    city: Some(city.to_owned()),
                    region: region.map(str::to_owned),
                    country: Some(country.to_owned()),
                }
                .display()
            };
        assert_eq!(
            address("Lange Gasse 3", "97070", "Würzburg", None, "DE"),
            "Lange Gasse 3, 97070 Würzburg, DE"
        );
        assert_eq!(
            address("75 State St", "02109", "Boston", Some("MA"), "US"),
            "75 State St, Boston, MA 02109, US"
        );
        assert_eq!(
            address("1 High St", "LS1 2DE", "Leeds", None, "GB"),
            "1 High St, Leeds LS1 2DE, GB"
        );
        assert_eq!(
            address("Via Roma 1", "36016", "Thiene", Some("VI"), "IT"),
            "Via Roma 1, 36016 Thiene, VI, IT"
        );
    }
}
