//! How much of a stranger's lines is looked at: no signature is larger, and what is dearer than
//! linear stays small.

use crate::mail::{Cell, Line};

/// Characters of a line.
const LINE_CHARS: usize = 1_000;
/// Lines of a block.
const LINES: usize = 60;
/// Bytes of a block's text.
const BLOCK_BYTES: usize = 8 << 10;
/// Cells of a line.
const CELLS: usize = 40;
/// Links of a cell.
const LINKS: usize = 24;
/// Bytes of a link.
const LINK_BYTES: usize = 2_000;

/// The beginning of a line's text.
pub(super) fn beginning(text: &str) -> &str {
    cut(text, LINE_CHARS)
}

/// The beginning of a block: of each line as much as can be a value of a signature.
pub(super) fn block(lines: &[Line]) -> Vec<Line> {
    let mut left = BLOCK_BYTES;
    let mut block = Vec::new();
    for line in lines.iter().take(LINES) {
        let line = beginning_of(line);
        let bytes = line.cells.iter().map(|cell| cell.text.len()).sum();
        let Some(rest) = left.checked_sub(bytes) else { break };
        left = rest;
        block.push(line);
    }
    block
}

fn beginning_of(line: &Line) -> Line {
    let mut left = LINE_CHARS;
    let cell = |cell: &Cell| {
        let text = cut(&cell.text, left).to_owned();
        left = left.saturating_sub(text.chars().count());
        let links = cell.links.iter().take(LINKS).filter(|link| link.len() <= LINK_BYTES);
        Cell { text, links: links.cloned().collect() }
    };
    Line { cells: line.cells.iter().take(CELLS).map(cell).collect(), marked: line.marked }
}

fn cut(text: &str, chars: usize) -> &str {
    let end = text.char_indices().nth(chars).map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or_default()
}
