//! Lines between layout and the cutting of quotes.

use super::{Cell, Line};

/// A line as laid out, and what the markup or a `>` says about whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Laid {
    pub(super) line: Line,
    pub(super) whose: Whose,
}

/// Whose line it is, as far as markup can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// Nothing speaks against the author.
    Own,
    /// Within a quote.
    Quoted,
    /// Marked as the line that introduces a quote ("On … wrote:").
    Attribution,
    /// A client's rule above the headers of an older message; what follows may be one.
    Rule,
    /// From here to the end the client put an older message.
    Rest,
}

impl Laid {
    pub(super) fn own(line: Line) -> Self {
        Self { line, whose: Whose::Own }
    }

    pub(super) fn blank() -> Self {
        Self::own(Line::of(""))
    }
}

/// Stands in a text where its next link belongs, until the text is cut into cells. Of private use,
/// and taken out of what senders write.
pub(super) const LINK: char = '\u{e002}';

/// The cells of a line of running text: a tab or three blanks separate columns. `links` has one
/// link for each [`LINK`] in the text.
pub(super) fn cells(text: &str, links: Vec<String>) -> Vec<Cell> {
    let mut links = links.into_iter();
    let mut cells: Vec<Cell> = Vec::new();
    // Links that stand before the first letter of the next cell.
    let mut ahead: Vec<String> = Vec::new();
    let mut blanks = 0;
    for c in text.chars() {
        match c {
            LINK => match cells.last_mut() {
                Some(cell) if blanks < 3 => cell.links.extend(links.next()),
                _ => ahead.extend(links.next()),
            },
            '\t' => blanks += 3,
            c if c.is_whitespace() => blanks += 1,
            c if is_invisible(c) => {}
            c => {
                match cells.last_mut() {
                    Some(cell) if blanks < 3 => {
                        if blanks > 0 {
                            cell.text.push(' ');
                        }
                        cell.text.push(c);
                    }
                    _ => {
                        let links = std::mem::take(&mut ahead);
                        cells.push(Cell { text: c.to_string(), links });
                    }
                }
                blanks = 0;
            }
        }
    }
    if cells.is_empty() {
        cells.push(Cell::default());
    }
    if let Some(last) = cells.last_mut() {
        last.links.extend(ahead.into_iter().chain(links));
    }
    cells
}

/// Characters that take no room: zero-width, soft hyphens, direction marks, controls.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffc}' | '\u{34f}' | '\u{61c}' | '\u{180e}')
        || c.is_control() && !c.is_whitespace()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_cells_and_what_takes_no_room_is_gone() {
        let texts = |text| cells(text, Vec::new()).into_iter().map(|c| c.text).collect::<Vec<_>>();
        assert_eq!(
            texts("  t 0381 375\u{a0} \u{a0}f 0381  376\tx"),
            ["t 0381 375", "f 0381 376", "x"]
        );
        assert_eq!(texts("\u{200b}An\u{ad}na\u{feff} "), ["Anna"]);
        assert_eq!(texts(""), [""]);
    }

    #[test]
    fn a_link_goes_with_its_cell() {
        let text = format!("{LINK}a\t{LINK}b {LINK}c\td{LINK}");
        let cells = cells(&text, ["1", "2", "3", "4"].map(str::to_owned).to_vec());
        let links: Vec<_> = cells.iter().map(|cell| cell.links.join("")).collect();
        assert_eq!(links, ["1", "23", "4"]);
    }
}
