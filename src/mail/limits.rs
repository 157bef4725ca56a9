//! How much of a stranger's message is looked at.

/// The bounds of reading one message. Time and memory are linear in them, not in what was sent.
///
/// What is too *large* is cut and read as far as it goes; what is too *intricate* (parts, depth,
/// headers), as no mail client writes it, is refused as unreadable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the raw message; what follows (the tail of attachments) is not looked at.
    /// Default 32 MiB.
    pub raw_bytes: usize,
    /// MIME parts, multiparts counted. Default 500.
    pub parts: usize,
    /// Multiparts within each other, and messages that are nothing but another one. Default 32.
    pub depth: usize,
    /// Bytes of one header block. Default 256 KiB.
    pub header_bytes: usize,
    /// Fields of one header block. Default 1,000.
    pub header_count: usize,
    /// Bytes of decoded HTML that are laid out; beyond it the middle is left out. Default 1 MiB.
    pub html_bytes: usize,
    /// Bytes of decoded plain text, and of all lines laid out with their links, of which each
    /// counts at least sixteen; beyond it the middle is left out. Default 256 KiB.
    pub text_bytes: usize,
    /// HTML elements within each other that are told apart; deeper ones count as plain text.
    /// Default 256.
    pub html_depth: usize,
    /// Attached vCards that are kept. Default 5.
    pub vcards: usize,
    /// Bytes of an attached vCard (with its photo); a larger one is left out. Default 256 KiB.
    pub vcard_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            raw_bytes: 32 << 20,
            parts: 500,
            depth: 32,
            header_bytes: 256 << 10,
            header_count: 1_000,
            html_bytes: 1 << 20,
            text_bytes: 256 << 10,
            html_depth: 256,
            vcards: 5,
            vcard_bytes: 256 << 10,
        }
    }
}

/// The head and the tail of a text that is longer than `budget` bytes: a signature stands at the
/// end, the answer above a quote at the beginning, so the middle goes.
pub(super) fn without_middle(text: &str, budget: usize) -> (&str, &str) {
    if text.len() <= budget {
        return (text, "");
    }
    let head = text.floor_char_boundary(budget / 2);
    let tail = text.ceil_char_boundary(text.len() - budget / 2);
    (text.get(..head).unwrap_or_default(), text.get(tail..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_loses_its_middle() {
        assert_eq!(without_middle("abc", 3), ("abc", ""));
        assert_eq!(without_middle("abcdefgh", 4), ("ab", "gh"));
        assert_eq!(without_middle("äöüäöü", 5), ("ä", "ü"));
    }
}
