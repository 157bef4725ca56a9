//! What a template may hold.

use super::{TemplateError, VALUES, environment, syntax};
use crate::followup::line::one_line;

/// Sees that a text names only values that there are.
pub(super) fn names(part: &'static str, text: &str) -> Result<(), TemplateError> {
    let environment = environment();
    let template = environment.template_from_str(text).map_err(|error| syntax(part, &error))?;
    let mut names: Vec<String> = template.undeclared_variables(false).into_iter().collect();
    names.sort();
    match names.into_iter().find(|name| !VALUES.contains(&name.as_str())) {
        Some(name) => Err(TemplateError::UnknownValue { part, name: one_line(&name, 60) }),
        None => Ok(()),
    }
}

/// Sees that tags hold nothing that repeats, joins, calls or comments. Where a tag ends is told
/// apart from a quoted text by counting the double quotes; there are no others and no escapes.
pub(super) fn tags(part: &'static str, text: &str) -> Result<(), TemplateError> {
    let mut rest = text;
    while let Some(start) = ["{{", "{%", "{#"].iter().filter_map(|open| rest.find(open)).min() {
        let (open, after) = rest[start..].split_at(2);
        let close = if open == "{{" { "}}" } else { "%}" };
        let end = after.find(close);
        let inner = &after[..end.unwrap_or(after.len())];
        let quoted = inner.matches('"').count() % 2 == 1;
        let word = inner.trim_start_matches(['-', '+']).trim_start();
        let word = word.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
        let known = match open {
            "{{" => true,
            "{%" => matches!(word, "if" | "elif" | "else" | "endif"),
            _ => false,
        };
        let plain =
            |c: char| c.is_alphanumeric() || c.is_whitespace() || "_|\"=!<>-.,:;?".contains(c);
        match end {
            Some(end) if known && !quoted && inner.chars().all(plain) => rest = &after[end + 2..],
            _ => return Err(TemplateError::Tag { part, tag: one_line(&rest[start..], 40) }),
        }
    }
    Ok(())
}
