//! A table row as lines.

use crate::mail::Line;
use crate::mail::laid::Laid;

/// Puts the cells of a row under or beside each other: side by side where each is one line, or one
/// column labels the other; else column after column, as a reader goes through them.
pub(super) fn merge(cells: Vec<Vec<Laid>>) -> Vec<Laid> {
    let mut cells: Vec<Vec<Laid>> =
        cells.into_iter().map(trimmed).filter(|c| !c.is_empty()).collect();
    if cells.is_empty() {
        return vec![Laid::blank()];
    }
    let height = cells.iter().map(Vec::len).max().unwrap_or_default();
    if height == 1 || labels(&cells) {
        return side_by_side(cells, height);
    }
    if cells.len() == 1 {
        return cells.swap_remove(0);
    }
    cells.into_iter().flatten().collect()
}

fn trimmed(mut lines: Vec<Laid>) -> Vec<Laid> {
    let end = lines.iter().rposition(|laid| !laid.line.is_blank()).map_or(0, |last| last + 1);
    lines.truncate(end);
    let start = lines.iter().position(|laid| !laid.line.is_blank()).unwrap_or_default();
    lines.drain(..start);
    lines
}

/// Whether two columns of equal height are labels and values: "Tel. / Fax / Web" beside theirs.
fn labels(cells: &[Vec<Laid>]) -> bool {
    let [left, right] = cells else { return false };
    let is_label = |laid: &Laid| {
        let text = laid.line.text();
        text.chars().count() <= 14 && !text.contains(|c: char| c.is_ascii_digit() || c == '@')
    };
    let is_value =
        |laid: &Laid| laid.line.text().contains(|c: char| c.is_ascii_digit() || "@.".contains(c));
    left.len() == right.len() && left.iter().all(is_label) && right.iter().all(is_value)
}

fn side_by_side(cells: Vec<Vec<Laid>>, height: usize) -> Vec<Laid> {
    let mut rows: Vec<Option<Laid>> = (0..height).map(|_| None).collect();
    for cell in cells {
        for (row, laid) in rows.iter_mut().zip(cell) {
            match row {
                Some(first) => {
                    first.line.cells.extend(
                        laid.line
                            .cells
                            .into_iter()
                            .filter(|cell| !cell.text.is_empty() || !cell.links.is_empty()),
                    );
                    first.line.marked |= laid.line.marked;
                }
                None => *row = Some(laid),
            }
        }
    }
    rows.into_iter().map(|row| row.unwrap_or_else(|| Laid::own(Line::of("")))).collect()
}
