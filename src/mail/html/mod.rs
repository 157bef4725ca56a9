//! HTML laid out as the lines a reader sees, over a tokenizer: no tree, no style sheets, bounded
//! depth, linear time.
//!
//! Blocks and `<br>` end lines, table rows are lines and their cells are cells; what is hidden is
//! left out; what the client marked as quote or signature is marked.

mod element;
mod layout;
mod picture;
mod region;
mod row;
mod style;

use super::Limits;
use super::laid::Laid;
use super::limits::without_middle;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts, states,
};
use layout::Layout;
use std::borrow::Cow;
use std::cell::{Cell, RefCell};

/// How much is fed to the tokenizer at a time.
const CHUNK_BYTES: usize = 4 << 10;
/// The longest tag. The tokenizer compares each attribute with all others of its tag, so a tag of
/// megabytes would take hours; no client writes one of kilobytes once pictures are taken out.
const TAG_BYTES: usize = 16 << 10;

/// Lays out a page.
pub(super) fn lay_out(html: &str, limits: &Limits) -> Vec<Laid> {
    let html = without_comments(html);
    let html = without_data(&html);
    let (head, tail) = without_middle(&html, limits.html_bytes);
    let sink = Sink { layout: RefCell::new(Layout::new(limits.html_depth)), tokens: Cell::new(0) };
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    let input = BufferQueue::default();
    for part in [head, tail] {
        if !feed(&tokenizer, &input, part) {
            break;
        }
    }
    tokenizer.end();
    tokenizer.sink.layout.into_inner().finish()
}

/// Feeds a text in chunks; whether it came to its end without an endless tag.
fn feed(tokenizer: &Tokenizer<Sink>, input: &BufferQueue, text: &str) -> bool {
    let mut rest = text;
    let mut silent = 0;
    while !rest.is_empty() {
        let (chunk, next) = rest.split_at(rest.ceil_char_boundary(CHUNK_BYTES.min(rest.len())));
        rest = next;
        let before = tokenizer.sink.tokens.get();
        input.push_back(StrTendril::from_slice(chunk));
        let _ = tokenizer.feed(input);
        silent = if tokenizer.sink.tokens.get() == before { silent + chunk.len() } else { 0 };
        if silent > TAG_BYTES {
            return false;
        }
    }
    true
}

/// Takes out comments, and with them what only Outlook's own engine shows (`<!--[if mso]> …`).
fn without_comments(html: &str) -> Cow<'_, str> {
    if !html.contains("<!--") {
        return Cow::Borrowed(html);
    }
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(start) = rest.find("<!--") {
        let (before, comment) = rest.split_at(start);
        out.push_str(before);
        // `<!-->` is a whole comment.
        rest = comment[2..].find("-->").map_or("", |end| &comment[2 + end + 3..]);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Takes out pictures that are written into the page (`data:image/png;base64,…`).
fn without_data(html: &str) -> Cow<'_, str> {
    const MARK: &str = ";base64,";
    if !html.contains(MARK) {
        return Cow::Borrowed(html);
    }
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(start) = rest.find(MARK) {
        let (before, data) = rest.split_at(start + MARK.len());
        out.push_str(before);
        let is_data = |c: char| c.is_ascii_alphanumeric() || "+/=%\r\n".contains(c);
        rest = data.trim_start_matches(is_data);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Hands tokens to the layout, and text that is none (styles, scripts) to nobody.
struct Sink {
    layout: RefCell<Layout>,
    /// Tokens so far, parse errors not counted.
    tokens: Cell<u64>,
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        if !matches!(token, Token::ParseError(_)) {
            self.tokens.set(self.tokens.get().saturating_add(1));
        }
        let mut layout = self.layout.borrow_mut();
        match token {
            Token::CharacterTokens(text) => layout.text(&text),
            Token::TagToken(tag) => {
                let raw = raw_text(&tag);
                match tag.kind {
                    TagKind::StartTag => layout.start(&tag),
                    TagKind::EndTag => layout.end(&tag.name),
                }
                if let Some(kind) = raw {
                    return TokenSinkResult::RawData(kind);
                }
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

/// How the content of an element is tokenized that is text to its end tag, whatever stands in it.
fn raw_text(tag: &Tag) -> Option<states::RawKind> {
    if tag.kind == TagKind::EndTag {
        return None;
    }
    match &*tag.name {
        "style" | "xmp" | "iframe" | "noembed" | "noframes" => Some(states::RawKind::Rawtext),
        "script" => Some(states::RawKind::ScriptData),
        "title" | "textarea" => Some(states::RawKind::Rcdata),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
