//! Texts and times in SOQL
//! (<https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_quotedstringescapes.htm>).

use crate::clock::Millis;

/// A text as a literal, quotes and all.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", escaped(text))
}

/// Texts as a list for `IN`.
pub(super) fn list<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    format!("({})", texts.map(quoted).collect::<Vec<_>>().join(", "))
}

/// A pattern for `LIKE` of whatever has the text in it.
pub(super) fn containing(text: &str) -> String {
    format!("'%{}%'", pattern(text))
}

/// A pattern for `LIKE` of whatever begins with the text.
pub(super) fn starting(text: &str) -> String {
    format!("'{}%'", pattern(text))
}

/// A point in time, to the second.
pub(super) fn time(at: Millis) -> String {
    Millis(at.0 - at.0.rem_euclid(1000)).to_rfc3339()
}

/// Whether a text can be the id of a record.
pub(super) fn is_id(text: &str) -> bool {
    matches!(text.len(), 15 | 18) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn pattern(text: &str) -> String {
    let mut pattern = escaped(text);
    for wildcard in ['%', '_'] {
        pattern = pattern.replace(wildcard, &format!("\\{wildcard}"));
    }
    pattern
}

/// Quotes and backslashes are escaped; a control character is a space, as no field that is looked
/// for has one.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 2);
    for c in text.chars() {
        if matches!(c, '\'' | '\\') {
            escaped.push('\\');
        }
        escaped.push(if c.is_control() { ' ' } else { c });
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_its_literal() {
        assert_eq!(quoted("O'Neill"), r"'O\'Neill'");
        assert_eq!(quoted(r"a\' OR Id != '"), r"'a\\\' OR Id != \''");
        assert_eq!(quoted("a\nb"), "'a b'");
        assert_eq!(containing("100%_x'"), r"'%100\%\_x\'%'");
        assert_eq!(list(["a", "b'"].into_iter()), r"('a', 'b\'')");
        for text in ["'", "\\", "\\'", "'\\'", "\\\\''"] {
            let literal = quoted(text);
            let inside = &literal[1..literal.len() - 1];
            let mut escaped = false;
            for c in inside.chars() {
                assert!(escaped || c != '\'', "{literal}");
                escaped = !escaped && c == '\\';
            }
            assert!(!escaped, "{literal}");
        }
    }

    #[test]
    fn times_are_whole_seconds_and_ids_are_plain() {
        assert_eq!(time(Millis(1_790_000_000_999)), "2026-09-21T14:13:20Z");
        assert!(is_id("003RO0000035WQg") && is_id("003RO0000035WQgYAM"));
        assert!(!is_id("003RO0000035WQ'") && !is_id("") && !is_id("1"));
    }
}
