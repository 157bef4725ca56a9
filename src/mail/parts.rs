//! The MIME tree of a message (RFC 2045, 2046), cut without decoding or copying anything.
//!
//! A message inside a message is one leaf and never opened: nobody in it is the author, and what
//! nests cannot overflow a stack. A multipart that lost its end (cut mail) ends where the bytes do.

use super::headers::{Headers, line_end, trim_newline, unreadable};
use super::media::Media;
use super::{Limits, Skipped};

/// A part with what its headers say.
#[derive(Debug)]
pub(super) struct Part<'x> {
    pub(super) headers: Headers<'x>,
    pub(super) media: Media,
    /// The undecoded content; empty for a multipart.
    pub(super) body: &'x [u8],
    /// Whether its end came with it: a delimiter, or for the message itself that of the bytes.
    pub(super) whole: bool,
    /// The places of its children, in order, in [`Parts`].
    pub(super) children: Vec<usize>,
}

/// All parts; the message itself is the first.
#[derive(Debug)]
pub(super) struct Parts<'x>(pub(super) Vec<Part<'x>>);

impl<'x> Parts<'x> {
    /// Cuts a message into its parts.
    pub(super) fn split(raw: &'x [u8], limits: &Limits) -> Result<Self, Skipped> {
        let mut splitter = Splitter { parts: Vec::new(), open: Vec::new(), limits };
        let body = splitter.begin(raw)?;
        if splitter.parts[0].headers.is_empty() {
            return Err(unreadable("no header field: this is no message"));
        }
        splitter.refuse_chain(body)?;
        splitter.walk(raw, raw.len() - body.len())?;
        Ok(Self(splitter.parts))
    }
}

struct Splitter<'x, 'l> {
    parts: Vec<Part<'x>>,
    /// Multiparts that have not ended, outermost first.
    open: Vec<Multipart>,
    limits: &'l Limits,
}

struct Multipart {
    part: usize,
    boundary: Vec<u8>,
}

impl<'x> Splitter<'x, '_> {
    /// Begins a part at the front of `bytes`; gives what follows its headers.
    fn begin(&mut self, bytes: &'x [u8]) -> Result<&'x [u8], Skipped> {
        let (headers, body) = Headers::split(bytes, self.limits)?;
        let parent = self.open.last().map(|multipart| multipart.part);
        let in_digest = parent.is_some_and(|at| self.parts[at].media.is("multipart/digest"));
        let media = Media::of(&headers, in_digest);
        let at = self.parts.len();
        if at >= self.limits.parts {
            return Err(unreadable("more than the limit of MIME parts (`parts`)"));
        }
        if let Some(parent) = parent {
            self.parts[parent].children.push(at);
        }
        if let Some(boundary) = media.boundary() {
            if self.open.len() >= self.limits.depth {
                return Err(unreadable("nested deeper than the limit of multiparts (`depth`)"));
            }
            self.open.push(Multipart { part: at, boundary: boundary.to_vec() });
        }
        self.parts.push(Part { headers, media, body: &[], whole: true, children: Vec::new() });
        Ok(body)
    }

    /// Refuses a message that is nothing but a message that is nothing but a message, and so on.
    fn refuse_chain(&self, mut body: &'x [u8]) -> Result<(), Skipped> {
        let mut is_message = self.parts[0].media.is("message/rfc822");
        for _ in 0..self.limits.depth {
            if !is_message {
                return Ok(());
            }
            let (headers, within) = Headers::split(body, self.limits)?;
            is_message = Media::of(&headers, false).is("message/rfc822");
            body = within;
        }
        Err(unreadable("messages within each other beyond the limit (`depth`)"))
    }

    /// Goes over the lines once; `at` is where the first body begins.
    fn walk(&mut self, raw: &'x [u8], mut at: usize) -> Result<(), Skipped> {
        // The part whose content is being read, and where that began; none within a preamble.
        let mut leaf = self.open.is_empty().then_some((0, at));
        while at < raw.len() {
            let end = line_end(raw, at);
            if let Some((level, closes)) = self.delimiter(trim_newline(&raw[at..end])) {
                self.end_leaf(leaf.take(), raw, at);
                self.open.truncate(if closes { level } else { level + 1 });
                if closes {
                    at = end;
                    continue;
                }
                let opened = self.open.len();
                let place = self.parts.len();
                let body = self.begin(&raw[end..])?;
                at = raw.len() - body.len();
                leaf = (self.open.len() == opened).then_some((place, at));
                continue;
            }
            at = end;
        }
        if let Some((part, _)) = leaf {
            self.parts[part].whole = part == 0;
        }
        self.end_leaf(leaf, raw, raw.len());
        Ok(())
    }

    fn end_leaf(&mut self, leaf: Option<(usize, usize)>, raw: &'x [u8], end: usize) {
        if let Some((part, start)) = leaf {
            self.parts[part].body = raw.get(start..end).unwrap_or_default();
        }
    }

    /// The open multipart whose delimiter this line is, and whether it is the closing one.
    fn delimiter(&self, line: &[u8]) -> Option<(usize, bool)> {
        let rest = line.strip_prefix(b"--")?;
        (0..self.open.len()).rev().find_map(|level| {
            let rest = rest.strip_prefix(self.open[level].boundary.as_slice())?;
            let after = rest.strip_prefix(b"--").unwrap_or(rest);
            after.trim_ascii().is_empty().then_some((level, after.len() < rest.len()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parts as `type: body`, children in parentheses.
    fn tree(parts: &Parts<'_>, at: usize) -> String {
        let part = &parts.0[at];
        let children: Vec<String> = part.children.iter().map(|&child| tree(parts, child)).collect();
        let body = String::from_utf8_lossy(part.body);
        let cut = if part.whole { "" } else { " cut" };
        format!("{}:{}{cut}({})", part.media.kind(), body.trim(), children.join(" "))
    }

    fn split(raw: &str) -> String {
        tree(&Parts::split(raw.as_bytes(), &Limits::default()).expect("fits"), 0)
    }

    #[test]
    fn a_boundary_that_begins_another_is_told_from_it() {
        let inner =
            "Content-Type: multipart/mixed; boundary=ab\n\npreamble\n--ab\n\n1\n--ab--\nepilogue\n";
        let raw = format!(
            "Content-Type: multipart/mixed; boundary=\"a\"\n\n--a\n{inner}--a \n\n2\n--a--\n"
        );
        assert_eq!(
            split(&raw),
            "multipart/mixed:(multipart/mixed:(text/plain:1()) text/plain:2())"
        );
    }

    #[test]
    fn an_inner_multipart_without_end_ends_with_the_outer() {
        let raw = "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n1\n--a\n\n2";
        assert_eq!(
            split(raw),
            "multipart/mixed:(multipart/mixed:(text/plain:1()) text/plain:2 cut())"
        );
    }

    #[test]
    fn a_message_within_is_never_opened() {
        let raw =
            "Content-Type: message/rfc822\n\nContent-Type: multipart/mixed; boundary=a\n\n--a\n\n1";
        assert_eq!(
            split(raw),
            "message/rfc822:Content-Type: multipart/mixed; boundary=a\n\n--a\n\n1()"
        );
        let digest = "Content-Type: multipart/digest; boundary=a\n\n--a\n\nFrom: x\n--a--";
        assert_eq!(split(digest), "multipart/digest:(message/rfc822:From: x())");
        assert!(Parts::split(b"\n\nno header", &Limits::default()).is_err());
    }
}
