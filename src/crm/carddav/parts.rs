//! An XML answer as it comes, cut into the elements below its root: each is read by itself, so that an answer
//! of any length takes no more memory than its largest element.
//!
//! Only as much of XML is looked at as tells where an element ends: tags with their quotes, comments, CDATA
//! and processing instructions. A document type is refused, so there are no entities that grow; whether an
//! element is sound says who reads it.

use super::vcard;

/// The longest element: a vCard whose every character is escaped, and what stands around it.
const MAX_PART: usize = 2 * vcard::MAX_BYTES;
/// The longest tag.
const MAX_TAG: usize = 64 * 1024;

/// An answer of which some has come.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// What has come and is not cut off.
    held: Vec<u8>,
    /// Where the next mark-up in it is looked for.
    at: usize,
    /// Up to where the end of the mark-up at that place was looked for.
    sought: usize,
    /// Where the element begins that is being cut off.
    begin: usize,
    /// How many elements are open.
    depth: usize,
    /// The start tag of the root, and what closes it.
    root: Option<(Vec<u8>, Vec<u8>)>,
    is_closed: bool,
}

/// It is no XML that can be cut, or one element of it is too long.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Uncut;

/// What stands between `<` and `>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Start,
    Empty,
    End,
    /// Comment, CDATA or processing instruction.
    Aside,
}

impl Parts {
    /// Takes what comes next, and answers the elements that are whole now, each within a root of its own as a
    /// document; first of all comes a root without any.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<Vec<String>, Uncut> {
        self.held.extend_from_slice(bytes);
        let mut documents = Vec::new();
        while let Some(start) = self.next_mark() {
            let Some((mark, end)) = self.mark(start)? else { break };
            documents.extend(self.step(mark, start, end)?);
            (self.at, self.sought) = (end, end);
        }
        let done = if self.depth > 1 { self.begin } else { self.at };
        self.held.drain(..done);
        for place in [&mut self.at, &mut self.sought, &mut self.begin] {
            *place = place.saturating_sub(done);
        }
        if self.held.len() > MAX_PART { Err(Uncut) } else { Ok(documents) }
    }

    /// Whether the root is closed: an answer that breaks off is none.
    pub(super) const fn is_whole(&self) -> bool {
        self.is_closed
    }

    /// Where the next mark-up begins.
    fn next_mark(&mut self) -> Option<usize> {
        let rest = self.held.get(self.at..).unwrap_or_default();
        let found = rest.iter().position(|byte| *byte == b'<');
        self.at = found.map_or(self.held.len(), |place| self.at + place);
        self.sought = self.sought.max(self.at);
        found.map(|_| self.at)
    }

    /// What begins at `start`, and where it ends; `None` until more has come.
    fn mark(&mut self, start: usize) -> Result<Option<(Mark, usize)>, Uncut> {
        let rest = self.held.get(start..).unwrap_or_default();
        for (opening, ending) in [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")] {
            if rest.starts_with(opening.as_bytes()) {
                let from = (start + opening.len()).max(self.sought);
                let end = find(self.held.get(from..).unwrap_or_default(), ending.as_bytes());
                self.sought = from.max(self.held.len().saturating_sub(ending.len()));
                return Ok(end.map(|end| (Mark::Aside, from + end)));
            }
            if opening.as_bytes().starts_with(rest) {
                return Ok(None);
            }
        }
        if rest.starts_with(b"<!") {
            return Err(Uncut);
        }
        let mut quote = None;
        for (place, byte) in rest.iter().enumerate() {
            match (quote, byte) {
                (None, b'>') => {
                    let tag = rest.get(..place).unwrap_or_default();
                    let mark = match () {
                        () if tag.starts_with(b"</") => Mark::End,
                        () if tag.ends_with(b"/") => Mark::Empty,
                        () => Mark::Start,
                    };
                    return Ok(Some((mark, start + place + 1)));
                }
                (None, b'"' | b'\'') => quote = Some(byte),
                (Some(open), byte) if open == byte => quote = None,
                _ => {}
            }
        }
        if rest.len() > MAX_TAG { Err(Uncut) } else { Ok(None) }
    }

    fn step(&mut self, mark: Mark, start: usize, end: usize) -> Result<Option<String>, Uncut> {
        match (mark, self.depth) {
            (Mark::Start | Mark::Empty, 0) => self.open(mark, start, end).map(Some),
            (Mark::Empty, 1) => Ok(self.document(start, end)),
            (Mark::Empty | Mark::Aside, _) => Ok(None),
            (Mark::Start, depth) => {
                if depth == 1 {
                    self.begin = start;
                }
                self.depth += 1;
                Ok(None)
            }
            (Mark::End, 0) => Err(Uncut),
            (Mark::End, depth) => {
                self.depth -= 1;
                self.is_closed = depth == 1;
                Ok(if depth == 2 { self.document(self.begin, end) } else { None })
            }
        }
    }

    /// Takes the root's tag; there is one root.
    fn open(&mut self, mark: Mark, start: usize, end: usize) -> Result<String, Uncut> {
        if self.root.is_some() {
            return Err(Uncut);
        }
        let mut tag = self.held.get(start..end).unwrap_or_default().to_vec();
        if mark == Mark::Empty {
            self.is_closed = true;
            tag.truncate(tag.len().saturating_sub(2));
            tag.push(b'>');
        } else {
            self.depth = 1;
        }
        let name = tag.iter().skip(1).copied();
        let name = name.take_while(|byte| !byte.is_ascii_whitespace() && *byte != b'>');
        let closing = b"</".iter().copied().chain(name).chain(*b">").collect();
        self.root = Some((tag, closing));
        self.document(start, start).ok_or(Uncut)
    }

    /// A part of what is held, within the root.
    fn document(&self, start: usize, end: usize) -> Option<String> {
        let (opening, closing) = self.root.as_ref()?;
        let document =
            [opening.as_slice(), self.held.get(start..end)?, closing.as_slice()].concat();
        Some(String::from_utf8_lossy(&document).into_owned())
    }
}

/// The place behind some bytes.
fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let place = bytes.windows(wanted.len()).position(|some| some == wanted)?;
    Some(place + wanted.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ANSWER: &str = "\u{feff}<?xml version=\"1.0\"?><!-- <a> --><D:m xmlns:D='DAV:' t='>'>\n\
        <D:r><b x=\"/>\">1</b><![CDATA[</D:r>]]></D:r> <D:e/><D:t>ü</D:t></D:m>";

    fn cut(answer: &[u8], size: usize) -> Result<(Vec<String>, bool), Uncut> {
        let (mut parts, mut all) = (Parts::default(), Vec::new());
        for bytes in answer.chunks(size) {
            all.extend(parts.push(bytes)?);
        }
        Ok((all, parts.is_whole()))
    }

    #[test]
    fn every_element_comes_within_the_root_wherever_the_answer_is_cut() {
        let within = |inner: &str| format!("<D:m xmlns:D='DAV:' t='>'>{inner}</D:m>");
        let elements =
            ["", "<D:r><b x=\"/>\">1</b><![CDATA[</D:r>]]></D:r>", "<D:e/>", "<D:t>ü</D:t>"];
        let wanted: Vec<String> = elements.into_iter().map(within).collect();
        for size in 1..=ANSWER.len() {
            assert_eq!(cut(ANSWER.as_bytes(), size), Ok((wanted.clone(), true)), "{size}");
        }
        assert_eq!(cut(b"<m/>", 1), Ok((vec!["<m></m>".to_owned()], true)));
    }

    #[test]
    fn what_breaks_off_is_not_whole_and_what_could_grow_is_refused() {
        let most = ANSWER.strip_suffix("</D:m>").unwrap();
        assert!(!cut(most.as_bytes(), 7).unwrap().1);
        for bad in ["<!DOCTYPE html><html></html>", "</m>", "<m></m><m></m>"] {
            assert_eq!(cut(bad.as_bytes(), 3), Err(Uncut), "{bad}");
        }
        let endless = [b"<m><r>".as_slice(), &vec![b'x'; MAX_PART]].concat();
        assert_eq!(cut(&endless, 8192), Err(Uncut));
        let tag = [b"<m ".as_slice(), &vec![b'x'; MAX_TAG]].concat();
        assert_eq!(cut(&tag, 8192), Err(Uncut));
    }

    #[test]
    fn no_more_is_held_than_one_element() {
        let mut parts = Parts::default();
        parts.push(b"<m>").unwrap();
        let element = "<r><href>/a/book/of/many/cards.vcf</href></r>\n".repeat(100);
        let mut number = 0;
        for _ in 0..1_000 {
            number += parts.push(element.as_bytes()).unwrap().len();
            assert!(parts.held.len() < 100 && parts.held.capacity() < 4 * element.len());
        }
        assert_eq!(number, 100_000);
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400), size in 1_usize..50) {
            let _ = cut(&bytes, size);
        }

        #[test]
        fn any_mark_up_is_taken_or_refused(
            text in "(<|</|/>|>|<!--|-->|<!\\[CDATA\\[|\\]\\]>|<\\?|\\?>|\"|'|a| ){0,60}", size in 1_usize..20,
        ) {
            let whole = cut(text.as_bytes(), text.len().max(1));
            prop_assert_eq!(cut(text.as_bytes(), size), whole);
        }
    }
}
