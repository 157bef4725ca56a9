//! One clean line out of what strangers wrote: names for headers, values for templates, answers of
//! servers for the page.

/// `text` on one line of at most `max` characters: runs of white space are one space, and
/// everything that moves the cursor, hides or turns text around is left out (control characters,
/// bidirectional controls, zero-width spaces, tags).
pub(super) fn one_line(text: &str, max: usize) -> String {
    let mut line = String::new();
    let mut kept = 0;
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        let mut word = word.chars().filter(|&c| is_visible(c)).peekable();
        if word.peek().is_none() {
            continue;
        }
        if kept > 0 {
            line.push(' ');
            kept += 1;
        }
        for c in word {
            if kept == max {
                return line.trim_end().to_owned();
            }
            line.push(c);
            kept += 1;
        }
        if kept >= max {
            break;
        }
    }
    line
}

/// U+200C and U+200D stay: Persian, Indic scripts and emoji need them.
fn is_visible(c: char) -> bool {
    !matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn a_line_is_what_a_reader_would_see() {
        for (text, line) in [
            ("  Anna \t Müller ", "Anna Müller"),
            ("Anna\r\nBcc: x@y.example", "Anna Bcc: x@y.example"),
            ("A\0nna", "A nna"),
            ("\u{202e}anna\u{202c}", "anna"),
            ("\u{200b} \u{feff}", ""),
            ("می‌خواهم", "می‌خواهم"),
            ("Ελένη\u{2028}Παπά", "Ελένη Παπά"),
        ] {
            assert_eq!(one_line(text, 100), line, "{text:?}");
        }
        assert_eq!(one_line(&"x".repeat(10_000), 78).len(), 78);
        assert_eq!(one_line(&"ab ".repeat(10_000), 6), "ab ab");
    }
}
