//! The header block of a message or part, field by field (RFC 5322 §2.2), as it came.

use super::{Limits, Reason, Skipped};
use std::borrow::Cow;

/// The fields of one block from top to bottom.
#[derive(Debug, Default)]
pub(super) struct Headers<'x>(Vec<Field<'x>>);

#[derive(Debug)]
struct Field<'x> {
    name: &'x [u8],
    value: &'x [u8],
}

impl<'x> Headers<'x> {
    /// Splits the block at the beginning of `bytes`; also gives what follows its blank line.
    /// Lines that are no field (mbox's `From `, garbage) are passed over.
    pub(super) fn split(bytes: &'x [u8], limits: &Limits) -> Result<(Self, &'x [u8]), Skipped> {
        let mut fields: Vec<Field<'x>> = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let end = line_end(bytes, at);
            let line = trim_newline(&bytes[at..end]);
            if line.is_empty() {
                return Ok((Self(fields), &bytes[end..]));
            }
            if matches!(line[0], b' ' | b'\t') {
                if let Some(last) = fields.last_mut() {
                    let start = last.value.as_ptr() as usize - bytes.as_ptr() as usize;
                    last.value = trim_newline(&bytes[start..end]);
                }
            } else if let Some(field) = Field::parse(line) {
                fields.push(field);
            }
            at = end;
            if at > limits.header_bytes {
                return Err(unreadable("more than the limit of header bytes (`header_bytes`)"));
            }
            if fields.len() > limits.header_count {
                return Err(unreadable("more than the limit of header fields (`header_count`)"));
            }
        }
        Ok((Self(fields), &[]))
    }

    /// Whether not a single field was found.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of the topmost field of this name, folding and all.
    pub(super) fn raw(&self, name: &str) -> Option<&'x [u8]> {
        self.all_raw(name).next()
    }

    /// Every field from the top: its name and its value, folding and all.
    pub(super) fn all(&self) -> impl Iterator<Item = (&'x [u8], &'x [u8])> {
        self.0.iter().map(|field| (field.name, field.value))
    }

    fn all_raw<'n>(&'n self, name: &'n str) -> impl Iterator<Item = &'x [u8]> + 'n {
        self.0
            .iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name.as_bytes()))
            .map(|field| field.value)
    }

    /// The value of the topmost field of this name on one line, in lower case: for protocol
    /// values, not for names of people.
    pub(super) fn lower(&self, name: &str) -> Option<String> {
        self.raw(name).map(lower)
    }

    /// As [`Self::lower`], of every field of this name from the top.
    pub(super) fn all_lower<'n>(&'n self, name: &'n str) -> impl Iterator<Item = String> + 'n {
        self.all_raw(name).map(lower)
    }

    /// Whether a field of this name is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.raw(name).is_some()
    }

    /// Whether a field's name begins so.
    pub(super) fn has_prefix(&self, prefix: &str) -> bool {
        self.0.iter().any(|field| {
            field
                .name
                .get(..prefix.len())
                .is_some_and(|n| n.eq_ignore_ascii_case(prefix.as_bytes()))
        })
    }
}

impl<'x> Field<'x> {
    fn parse(line: &'x [u8]) -> Option<Self> {
        let colon = line.iter().position(|&b| b == b':')?;
        let name = line[..colon].trim_ascii_end();
        let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
        is_name.then(|| Self { name, value: line[colon + 1..].trim_ascii() })
    }
}

fn lower(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    text.split_ascii_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// The end of the line that begins at `at`, its newline included.
pub(super) fn line_end(bytes: &[u8], at: usize) -> usize {
    let newline = bytes[at..].iter().position(|&b| b == b'\n');
    newline.map_or(bytes.len(), |found| at + found + 1)
}

pub(super) fn trim_newline(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

pub(super) fn unreadable(detail: impl Into<Cow<'static, str>>) -> Skipped {
    Skipped::new(Reason::Unreadable, detail.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> (Headers<'_>, &str) {
        let (headers, body) = Headers::split(text.as_bytes(), &Limits::default()).expect("fits");
        (headers, std::str::from_utf8(body).expect("text"))
    }

    #[test]
    fn folded_fields_are_one_and_garbage_is_passed_over() {
        let (headers, body) =
            split("From x Mon\nSubject : a\n  b\r\ngarbage\nX-A:\r\n\tB\n\nbody\n\nmore");
        assert_eq!(headers.lower("subject").as_deref(), Some("a b"));
        assert_eq!(headers.lower("x-a").as_deref(), Some("b"));
        assert_eq!(body, "body\n\nmore");
        assert!(headers.has_prefix("x-") && !headers.has("From"));
    }

    #[test]
    fn too_many_or_too_long_fields_are_refused() {
        let limits = Limits { header_count: 10, header_bytes: 100, ..Limits::default() };
        for bomb in ["A: b\n".repeat(20), format!("A: {}\n", "b".repeat(200))] {
            let refused = Headers::split(bomb.as_bytes(), &limits).map(|_| ()).unwrap_err();
            assert_eq!(refused.reason, Reason::Unreadable);
        }
    }
}
