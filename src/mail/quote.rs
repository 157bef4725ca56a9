//! The author's own lines: quotes, older messages and forwards cut away.
//!
//! Clients mark a quote with `>` or markup and introduce it with a line ("On … wrote:"), a
//! separator ("-----Original Message-----") or the headers of the older message. Where marked
//! lines follow such an introduction, the author may go on below them; where none follow,
//! everything to the end is the older message.

mod attribution;
mod header_block;
mod separator;

use super::laid::{Laid, Whose};
use super::{Line, meeting};

/// How many lines an introduction may have: Notes lists all recipients.
const INTRODUCTION_LINES: usize = 60;
/// More lines than this below a `--` are no signature but a text that a dash divides.
const SIGNATURE_LINES: usize = 40;

/// Keeps what the author wrote, and marks what stands below a `-- `.
pub(super) fn own_lines(laid: Vec<Laid>) -> Vec<Line> {
    let texts: Vec<String> = laid.iter().map(|laid| laid.line.text().into_owned()).collect();
    let page = Page { whose: laid.iter().map(|laid| laid.whose).collect(), texts };
    let keep = page.kept();
    let mut lines: Vec<Line> = Vec::new();
    let mut gap = false;
    for (laid, keep) in laid.into_iter().zip(keep) {
        if !keep {
            gap = true;
            continue;
        }
        if std::mem::take(&mut gap) {
            lines.push(Line::of(""));
        }
        lines.push(laid.line);
    }
    let mut lines = narrow_gaps(meeting::without_invitations(lines));
    trim(&mut lines);
    mark_below_delimiter(&mut lines);
    lines
}

/// The lines of a message as text, and whose each is by its markup.
struct Page {
    whose: Vec<Whose>,
    texts: Vec<String>,
}

impl Page {
    /// Which lines are the author's.
    fn kept(&self) -> Vec<bool> {
        let mut keep = vec![false; self.texts.len()];
        let mut at = 0;
        while let Some(&whose) = self.whose.get(at) {
            let introduction = match whose {
                Whose::Rest => break,
                Whose::Quoted => {
                    at += 1;
                    continue;
                }
                Whose::Attribution => self.run(at, Whose::Attribution),
                Whose::Rule => {
                    // The line itself is blank: skip it, and the headers below if they are some.
                    match header_block::length(self.window(at + 1), true) {
                        0 => 0,
                        length => length + 1,
                    }
                }
                Whose::Own => self.introduction(at),
            };
            if introduction == 0 {
                keep[at] = true;
                at += 1;
            } else if self.quoted_follows(at + introduction) {
                at += introduction;
            } else {
                break;
            }
        }
        keep
    }

    /// How many lines at `at` introduce an older message; none if 0.
    fn introduction(&self, at: usize) -> usize {
        let window = self.window(at);
        let quoted = |length: usize| self.quoted_follows(at + length);
        match separator::length(window) {
            0 => {}
            length => return length + header_block::length(self.window(at + length), true),
        }
        match header_block::length(window, false) {
            0 => attribution::length(window, quoted),
            length => length,
        }
    }

    /// The author's lines from `at` on, as far as an introduction may reach.
    fn window(&self, at: usize) -> &[String] {
        let own = |whose: &&Whose| matches!(whose, Whose::Own | Whose::Rule);
        let whose = self.whose.get(at..).unwrap_or_default();
        let length = whose.iter().take(INTRODUCTION_LINES).take_while(own).count();
        self.texts.get(at..at + length).unwrap_or_default()
    }

    fn run(&self, at: usize, whose: Whose) -> usize {
        self.whose.get(at..).unwrap_or_default().iter().take_while(|w| **w == whose).count()
    }

    /// Whether the next line that is not blank is marked as quote.
    fn quoted_follows(&self, at: usize) -> bool {
        let rest = self.texts.iter().zip(&self.whose).skip(at);
        let mut shown =
            rest.filter(|(text, whose)| **whose != Whose::Own || !text.trim().is_empty());
        shown.next().is_some_and(|(_, whose)| *whose == Whose::Quoted)
    }
}

/// Of blank lines in a row keeps two, which is as wide as a gap gets.
fn narrow_gaps(lines: Vec<Line>) -> Vec<Line> {
    let mut blanks = 0;
    let few = |line: &Line| -> bool {
        blanks = if line.is_blank() { blanks + 1 } else { 0 };
        blanks <= 2
    };
    lines.into_iter().filter(few).collect()
}

/// Takes blank lines off the beginning, and off the end with drawn rules.
fn trim(lines: &mut Vec<Line>) {
    let start = lines.iter().position(|line| !line.is_blank()).unwrap_or(lines.len());
    lines.drain(..start);
    let is_rule =
        |text: &str| text.chars().count() >= 5 && text.chars().all(|c| "_-=*─—".contains(c));
    while let Some(last) = lines.last() {
        if last.is_blank() || last.cells.len() == 1 && is_rule(last.text().trim()) {
            lines.pop();
        } else {
            break;
        }
    }
}

/// Marks what stands below the last `-- ` (RFC 3676 §4.3; many lose the blank); the delimiter
/// itself becomes a blank line.
fn mark_below_delimiter(lines: &mut [Line]) {
    let is_delimiter = |line: &Line| line.cells.len() == 1 && line.text().trim_end() == "--";
    let Some(place) = lines.iter().rposition(is_delimiter) else { return };
    let below = &mut lines[place..];
    if below.len() > SIGNATURE_LINES + 1 {
        return;
    }
    if let Some((delimiter, signature)) = below.split_first_mut() {
        *delimiter = Line::of("");
        for line in signature {
            line.marked = true;
        }
    }
}

#[cfg(test)]
mod tests;
