//! A quote of a CSV text that is left open. Where a program writes texts that begin with a quote (`"Zum
//! Löwen`) as they are, whoever reads CSV takes everything up to the next quote, or to the end of the file,
//! for one cell: thousands of rows would be missing without a word.

/// A quote that begins a cell and does not end it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OpenQuote {
    /// Where it stands in the text, in bytes.
    pub(super) place: u64,
    /// In which line, from 1.
    pub(super) line: u64,
}

/// The first quote that is left open in a table of so many columns: it is never closed, what closes it
/// stands in the middle of a later cell or begins a later line, or there is a whole row before that.
pub(super) fn find(text: &str, delimiter: u8, columns: usize) -> Option<OpenQuote> {
    let text = text.as_bytes();
    let (mut place, mut line) = (0, 1);
    loop {
        let cell = text.get(place..)?;
        let mut read = 0;
        if let Some(inside) = cell.strip_prefix(b"\"") {
            let open = u64::try_from(place).ok().map(|place| OpenQuote { place, line });
            let Some(end) = closing(inside) else { return open };
            let (held, behind) = inside.split_at_checked(end)?;
            let breaks = below_first(held).count();
            let ends_cell = behind.get(1).is_none_or(|next| *next == b'\n' || *next == delimiter);
            let crosses_cells = !ends_cell && (held.contains(&delimiter) || held.ends_with(b"\n"));
            if breaks > 0 && (crosses_cells || holds_row(held, delimiter, columns)) {
                return open;
            }
            line += u64::try_from(breaks).ok()?;
            read = end + 2;
        }
        let rest = cell.get(read..)?;
        let end = rest.iter().position(|byte| *byte == delimiter || *byte == b'\n')?;
        line += u64::from(rest.get(end) == Some(&b'\n'));
        place += read + end + 1;
    }
}

/// Where the quote is that closes a cell; two together are one of its text.
fn closing(inside: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let quote = from + inside.get(from..)?.iter().position(|byte| *byte == b'"')?;
        if inside.get(quote + 1) != Some(&b'"') {
            return Some(quote);
        }
        from = quote + 2;
    }
}

/// The lines of a cell below its first.
fn below_first(held: &[u8]) -> impl Iterator<Item = &[u8]> {
    held.split(|byte| *byte == b'\n').skip(1)
}

/// Whether a cell holds a whole row: a line of it below its first has as many cells as the table has
/// columns. Prose has a blank behind a comma. With two columns any line of it may look like a row.
fn holds_row(held: &[u8], delimiter: u8, columns: usize) -> bool {
    let is_row = |line: &[u8]| {
        let ends_cell =
            |place: usize, byte: u8| byte == delimiter && line.get(place + 1) != Some(&b' ');
        line.iter().enumerate().filter(|(place, byte)| ends_cell(*place, **byte)).count() + 1
            >= columns
    };
    columns > 2 && below_first(held).any(is_row)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::iter;

    /// The line of the quote that is left open.
    fn line(text: &str, delimiter: u8, columns: usize) -> Option<u64> {
        find(text, delimiter, columns).map(|open| {
            let place = usize::try_from(open.place).unwrap();
            assert!(text[place..].starts_with('"'), "{text}");
            open.line
        })
    }

    #[test]
    fn a_quote_that_is_never_closed_is_found_however_many_columns_there_are() {
        assert_eq!(line("Name\nAnna\n\"Ben\nCora\n", b',', 1), Some(3));
        assert_eq!(line("Name;Firma\nAnna;\"Zum Löwen\nBen;x\n", b';', 2), Some(2));
        assert_eq!(line("Name;Firma\nAnna;\"Zum Löwen", b';', 2), Some(2));
        assert_eq!(line("Name;Firma\nAnna;\"", b';', 2), Some(2));
        assert_eq!(line("Name;Firma\nAnna;\"Zum \"\"Löwen\"\"", b';', 2), Some(2));
        assert_eq!(line("\"Name;Firma\nAnna;x", b';', 2), Some(1));
    }

    #[test]
    fn a_quote_that_is_closed_rows_later_is_found() {
        let rows = |between: usize, last: &str| {
            let rows = iter::repeat_n("Eva;;eva@a.example\n", between).collect::<String>();
            format!("Name;Firma;Mail\nA;B;C\nBen;\"Zum Löwen;b@a.example\n{rows}{last}\n")
        };
        for between in [1, 2000] {
            assert_eq!(line(&rows(between, "Cora;Rohr 3\";c@a.example"), b';', 3), Some(3));
        }
        for last in ["Cora;\"Zum Adler;c@a.example", "Cora;Gasthof \"Krone\";c@a.example"] {
            assert_eq!(line(&rows(0, last), b';', 3), Some(3), "{last}");
            assert_eq!(line(&rows(0, last), b';', 2), Some(3), "{last}");
        }
        let next = "Name;Mail;Firma\nBen;b@a.example;\"Zum Löwen\n\"Krone\" Wirt;k@a.example;x\n";
        assert_eq!(line(next, b';', 3), Some(2));
        let header = "Name;\"Firma;Mail\nAnna;x;a@a.example\nBen;27\";y\n";
        assert_eq!(line(header, b';', 3), Some(1));
    }

    #[test]
    fn texts_of_several_lines_are_no_rows() {
        let cells = [
            "\"Hauptstr. 5\n97070 Würzburg\nDeutschland\"",
            "\"Likes tea, coffee, cake,\nand wine, beer, rum, and \"\"milk\"\"\"",
            "\"Rooms: 1; 2; 3; 4\nand 5; 6; 7; 8; 9\"",
            "\"\"",
            "\"A \"\"B\"\"\"",
            // Quotes that nobody has doubled, on one line.
            "\"Gasthof \"Krone\" GmbH\"",
            "Gasthof \"Krone\"",
            "27\"",
        ];
        for cell in cells {
            for delimiter in [',', ';', '\t'] {
                let header = ["\"Name\"", "Note", "E-mail", "\"Tel\nmobil \""];
                let row = ["Anna", cell, "anna@a.example", ""];
                let lines = [header, row, row].map(|row| row.join(&delimiter.to_string()));
                for end in ["", "\n"] {
                    let text = lines.join("\n") + end;
                    assert_eq!(line(&text, delimiter as u8, 4), None, "{text}");
                }
            }
        }
    }
}
