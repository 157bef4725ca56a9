//! Plain text as lines: `>` told from the author's, soft breaks joined (RFC 3676), links between
//! angle brackets taken out of the text.

use super::laid::{LINK, Laid, Whose, cells};
use super::{Line, link};
use std::borrow::Cow;

/// Lays out a text; `flowed` as in its `Content-Type` (with whether `DelSp=yes`).
pub(super) fn lay_out(text: &str, flowed: Option<bool>) -> Vec<Laid> {
    let mut laid = Vec::new();
    let mut paragraph: Option<(usize, String)> = None;
    for raw in text.split('\n') {
        let raw = raw.strip_suffix('\r').unwrap_or(raw);
        let (depth, rest) = quote_depth(raw, flowed.is_some());
        let Some(delsp) = flowed else {
            laid.push(line(depth, rest));
            continue;
        };
        // A line joins the paragraph before it only at the same depth; `-- ` never does.
        if paragraph.as_ref().is_some_and(|(at, _)| *at != depth || rest == "-- ")
            && let Some((at, text)) = paragraph.take()
        {
            laid.push(line(at, &text));
        }
        let soft = rest.ends_with(' ') && rest != "-- ";
        let (_, text) = paragraph.get_or_insert_with(|| (depth, String::new()));
        text.push_str(if soft && delsp { &rest[..rest.len() - 1] } else { rest });
        if !soft && let Some((at, text)) = paragraph.take() {
            laid.push(line(at, &text));
        }
    }
    if let Some((at, text)) = paragraph {
        laid.push(line(at, &text));
    }
    laid
}

/// How many `>` stand before a line, and the line without them and (flowed) without stuffing.
fn quote_depth(line: &str, flowed: bool) -> (usize, &str) {
    let mut depth = 0;
    let mut rest = line;
    loop {
        let next = if flowed { rest } else { rest.trim_start_matches([' ', '\t']) };
        let Some(inner) = next.strip_prefix('>') else { break };
        depth += 1;
        rest = inner;
    }
    let stuffed = if depth > 0 || flowed { rest.strip_prefix(' ').unwrap_or(rest) } else { rest };
    (depth, stuffed)
}

fn line(depth: usize, text: &str) -> Laid {
    let whose = if depth > 0 { Whose::Quoted } else { Whose::Own };
    // The signature's delimiter is known by its blank.
    if text == "-- " {
        return Laid { line: Line::of(text), whose };
    }
    let (text, links) = bracketed_links(text);
    Laid { line: Line { cells: cells(&text, links), marked: false }, whose }
}

/// `name@x.example<mailto:name@x.example>`, `www.x.example <https://www.x.example/>`: the text of
/// HTML as clients write it for the plain part. A link without a text before it stays visible.
fn bracketed_links(text: &str) -> (Cow<'_, str>, Vec<String>) {
    if !text.contains(['<', LINK]) {
        return (Cow::Borrowed(text), Vec::new());
    }
    let mut out = String::new();
    let mut links = Vec::new();
    let text = text.replace(LINK, "");
    let mut rest = text.as_str();
    while let Some(start) = rest.find('<') {
        let (before, tail) = rest.split_at(start);
        out.push_str(before);
        // Up to the next bracket, so that a line of brackets takes no longer than another.
        let inner = tail[1..].split(['<', '>']).next().unwrap_or_default();
        let after = tail[1 + inner.len()..].strip_prefix('>');
        let bare = !inner.contains(char::is_whitespace);
        let target = link::target(inner).filter(|_| bare);
        let (Some(after), Some(target)) = (after, target) else {
            out.push('<');
            rest = &tail[1..];
            continue;
        };
        let alone = out.trim_matches([LINK, ' ']).is_empty() && after.trim().is_empty();
        links.push(target);
        out.push(LINK);
        if alone {
            out.push_str(inner.trim_start_matches("mailto:").trim_start_matches("tel:"));
        }
        rest = after;
    }
    out.push_str(rest);
    (Cow::Owned(out), links)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, flowed: Option<bool>) -> Vec<String> {
        let mark = |laid: &Laid| if laid.whose == Whose::Quoted { "> " } else { "" };
        lay_out(text, flowed)
            .iter()
            .map(|laid| format!("{}{}", mark(laid), laid.line.text()))
            .collect()
    }

    #[test]
    fn soft_breaks_are_joined_only_in_flowed_text() {
        let text = "one \ntwo\n> a \n> b\n-- \n Anna";
        assert_eq!(shown(text, Some(false)), ["one two", "> a b", "-- ", "Anna"]);
        assert_eq!(shown("東 \n京", Some(true)), ["東京"]);
        assert_eq!(shown("one \ntwo", None), ["one", "two"]);
    }

    #[test]
    fn targets_in_brackets_are_links_and_addresses_stay() {
        let laid = lay_out("a@x.example<mailto:a@x.example> Bo <b@x.example>", None);
        assert_eq!(laid[0].line.text(), "a@x.example Bo <b@x.example>");
        assert_eq!(laid[0].line.cells[0].links, ["mailto:a@x.example"]);
        assert_eq!(shown("<https://x.example/>", None), ["https://x.example/"]);
        assert_eq!(shown("a < b", None), ["a < b"]);
    }
}
