//! One message to its reading: MIME, charset, layout, quotes.

use super::laid::{Laid, Whose};
use super::parts::Parts;
use super::{Limits, Line, Reading, Skipped, armor, author, decode, html, quote, text};

/// Reads a message. Total and bounded by `limits`; what cannot be read says why.
pub fn read(raw: &[u8], limits: &Limits) -> Result<Reading, Skipped> {
    let raw = &raw[..raw.len().min(limits.raw_bytes)];
    let parts = Parts::split(raw, limits)?;
    let mut laid: Vec<Laid> = Vec::new();
    for body in bodies(&parts, 0) {
        if !laid.is_empty() {
            laid.push(Laid::blank());
        }
        laid.extend(body.lay_out(&parts, limits));
    }
    let lines = quote::own_lines(within(laid, limits.text_bytes));
    Ok(Reading { author: author::of(&parts.0[0].headers), lines, vcards: vcards(&parts, limits) })
}

/// A text of the message: one part, and the plain form to fall back to if that shows nothing.
#[derive(Debug, Clone)]
struct Body {
    part: usize,
    plain: Vec<Body>,
}

impl Body {
    fn lay_out(&self, parts: &Parts<'_>, limits: &Limits) -> Vec<Laid> {
        let part = &parts.0[self.part];
        if !part.media.is("text/html") {
            let text = decode::text(part, limits.text_bytes);
            return text::lay_out(&armor::stripped(&text), part.media.flowed());
        }
        let laid = html::lay_out(&decode::text(part, limits.html_bytes), limits);
        let shows = laid.iter().any(|laid| laid.line.text().contains(char::is_alphabetic));
        if shows || self.plain.is_empty() {
            return laid;
        }
        self.plain.iter().flat_map(|body| body.lay_out(parts, limits)).collect()
    }
}

/// The texts below a part that a reader sees, in order. The depth is bounded by the limits.
fn bodies(parts: &Parts<'_>, at: usize) -> Vec<Body> {
    let part = &parts.0[at];
    if part.media.is("text/plain") || part.media.is("text/html") {
        return vec![Body { part: at, plain: Vec::new() }];
    }
    if part.media.is("multipart/alternative") {
        return best_form(parts, part.children.iter().map(|&child| bodies(parts, child)));
    }
    let shown = |&&child: &&usize| child == 0 || !parts.0[child].media.is_file();
    let mut below = part.children.iter().filter(shown).map(|&child| bodies(parts, child));
    let root_only = ["multipart/related", "multipart/signed", "multipart/report"];
    if root_only.iter().any(|kind| part.media.is(kind)) {
        return below.find(|found| !found.is_empty()).unwrap_or_default();
    }
    below.flatten().collect()
}

/// Of the forms of one text the HTML, which shows columns and links; the plain one where that was
/// cut off.
fn best_form(parts: &Parts<'_>, forms: impl Iterator<Item = Vec<Body>>) -> Vec<Body> {
    let is_html =
        |found: &Vec<Body>| found.iter().any(|body| parts.0[body.part].media.is("text/html"));
    let is_whole = |found: &Vec<Body>| found.iter().all(|body| parts.0[body.part].whole);
    let (html, plain): (Vec<_>, Vec<_>) =
        forms.filter(|found| !found.is_empty()).partition(is_html);
    let plain = plain.into_iter().next_back().unwrap_or_default();
    let Some(mut html) = html.into_iter().next() else { return plain };
    if !is_whole(&html) && !plain.is_empty() && is_whole(&plain) {
        return plain;
    }
    if let Some(first) = html.first_mut() {
        first.plain = plain;
    }
    html
}

/// The lines within a budget of bytes; what is too much goes from the middle.
fn within(laid: Vec<Laid>, budget: usize) -> Vec<Laid> {
    let total: usize = laid.iter().map(size).sum();
    if total <= budget {
        return laid;
    }
    let head = fitting(laid.iter(), budget / 2);
    let tail = laid.len() - fitting(laid.iter().rev(), budget / 2);
    let mut kept: Vec<Laid> = Vec::new();
    for (place, laid) in laid.into_iter().enumerate() {
        let first_of_rest =
            laid.whose == Whose::Rest && kept.last().is_none_or(|last| last.whose != Whose::Rest);
        if place < head || place >= tail {
            kept.push(laid);
        } else if first_of_rest {
            // Where an older message begins must not be lost.
            kept.push(Laid { line: Line::of(""), whose: Whose::Rest });
        }
    }
    kept
}

/// What a line counts against the budget.
fn size(laid: &Laid) -> usize {
    const LEAST: usize = 16;
    let cells = laid.line.cells.iter();
    let bytes =
        cells.map(|cell| cell.text.len() + cell.links.iter().map(String::len).sum::<usize>());
    bytes.sum::<usize>().max(LEAST)
}

/// How many of the lines fit into the budget.
fn fitting<'l>(lines: impl Iterator<Item = &'l Laid>, budget: usize) -> usize {
    let mut left = budget;
    let fits = |laid: &&Laid| {
        let fits = size(laid) <= left;
        left = left.saturating_sub(size(laid));
        fits
    };
    lines.take_while(fits).count()
}

fn vcards(parts: &Parts<'_>, limits: &Limits) -> Vec<String> {
    let is_card = |kind: &str| matches!(kind, "text/vcard" | "text/x-vcard" | "text/directory");
    let cards = parts.0.iter().filter(|part| is_card(part.media.kind()));
    let small = cards.filter(|part| part.body.len() <= limits.vcard_bytes);
    small.take(limits.vcards).map(|part| decode::text(part, limits.vcard_bytes)).collect()
}

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod tests;
