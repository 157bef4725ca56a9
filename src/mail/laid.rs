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

/// The cells of a line of running text: a tab or three blanks separate columns.
pub(super) fn cells(text: &str, links: Vec<String>) -> Vec<Cell> {
    let mut cells: Vec<Cell> = Vec::new();
    let mut blanks = 0;
    for c in text.chars().filter(|&c| !is_invisible(c)) {
        if c.is_whitespace() {
            blanks += if c == '\t' { 3 } else { 1 };
            continue;
        }
        match cells.last_mut() {
            Some(cell) if blanks < 3 => {
                if blanks > 0 {
                    cell.text.push(' ');
                }
                cell.text.push(c);
            }
            _ => cells.push(Cell { text: c.to_string(), links: Vec::new() }),
        }
        blanks = 0;
    }
    if cells.is_empty() {
        cells.push(Cell::default());
    }
    if let [only] = cells.as_mut_slice() {
        only.links = links;
    } else {
        share(&mut cells, links);
    }
    cells
}

/// Gives each link to the cell whose text shows it, else to the last.
fn share(cells: &mut [Cell], links: Vec<String>) {
    for link in links {
        let bare = link.split_once(':').map_or(link.as_str(), |(_, rest)| rest.trim_matches('/'));
        let shows = |cell: &Cell| !bare.is_empty() && cell.text.contains(bare);
        let place = cells.iter().position(shows).unwrap_or(cells.len().saturating_sub(1));
        if let Some(cell) = cells.get_mut(place) {
            cell.links.push(link);
        }
    }
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
    fn a_link_goes_with_the_cell_that_shows_it() {
        let cells = cells("+49 1\tx.example", vec!["https://x.example/".into(), "tel:+491".into()]);
        assert_eq!(cells[1].links, ["https://x.example/", "tel:+491"]);
    }
}
