//! Queries in the words of `OData` 4.0
//! (<https://docs.oasis-open.org/odata/odata/v4.0/odata-v4.0-part2-url-conventions.html>).

use url::form_urlencoded::byte_serialize;

/// Whether a text is a GUID, as ids are.
pub(super) fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// A text as a literal: in quotes, a quote in it twice.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Conditions of which one must hold.
pub(super) fn any(conditions: impl Iterator<Item = String>) -> String {
    format!("({})", conditions.collect::<Vec<_>>().join(" or "))
}

/// The name of a column where it is read: a lookup is read by the id it holds.
pub(super) fn read_as(column: &str) -> String {
    match column {
        "parentcustomerid" | "ownerid" | "masterid" => format!("_{column}_value"),
        _ => column.to_owned(),
    }
}

/// `$select` with these columns.
pub(super) fn select<'a>(columns: impl Iterator<Item = &'a str>) -> String {
    columns.map(read_as).collect::<Vec<_>>().join(",")
}

/// A query of options and their values; a space is `%20`, as `+` is not a space to everybody.
pub(super) fn query(options: &[(&str, &str)]) -> String {
    let options = options.iter().map(|(name, value)| {
        let value: String = byte_serialize(value.as_bytes()).collect();
        format!("{name}={}", value.replace('+', "%20"))
    });
    options.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_or_a_plus_stays_what_it_is() {
        let filter = format!("name eq {}", literal("O'Neill & Söhne+1 eq 'x' or true"));
        assert_eq!(filter, "name eq 'O''Neill & Söhne+1 eq ''x'' or true'");
        assert_eq!(
            query(&[("$filter", "a eq 'b''c+d&e'"), ("$top", "1")]),
            "$filter=a%20eq%20%27b%27%27c%2Bd%26e%27&$top=1"
        );
        assert_eq!(select(["fax", "ownerid"].into_iter()), "fax,_ownerid_value");
    }

    #[test]
    fn only_a_guid_is_an_id() {
        assert!(is_guid("60c4e274-0d87-e711-80e5-00155db19e6d"));
        for odd in
            ["", "60c4e274-0d87-e711-80e5-00155db19e6", "60c4e274-0d87-e711-80e5-00155db19e6)"]
        {
            assert!(!is_guid(odd), "{odd}");
        }
    }
}
