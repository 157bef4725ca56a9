//! The mbox format (RFC 4155, in the `mboxrd` and `mboxo` dialects): messages one after the other,
//! each behind a `From ` line.

use std::io::{self, BufRead, Read};

/// The messages of an mbox, one in memory at a time.
#[derive(Debug)]
pub struct Mbox<R> {
    reader: R,
    max_bytes: usize,
    /// Whether the `From ` line of the next message has been read.
    begun: bool,
}

/// Whether a `From ` line stands at the beginning; reads nothing.
pub(super) fn starts(reader: &mut impl BufRead) -> io::Result<bool> {
    Ok(reader.fill_buf()?.starts_with(b"From "))
}

impl<R: BufRead> Mbox<R> {
    /// Reads messages of which at most `max_bytes` are kept, whatever their length.
    pub fn new(reader: R, max_bytes: usize) -> Self {
        Self { reader, max_bytes, begun: false }
    }

    fn message(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut raw = Vec::new();
        // A `From ` line separates only behind a blank line: many programs do not quote it.
        let mut after_blank = true;
        let mut line = Vec::new();
        loop {
            let whole = read_line(&mut self.reader, &mut line, self.max_bytes)?;
            if line.is_empty() {
                return Ok((self.begun && std::mem::take(&mut self.begun)).then_some(raw));
            }
            if after_blank && line.starts_with(b"From ") {
                if std::mem::replace(&mut self.begun, true) {
                    return Ok(Some(raw));
                }
                continue;
            }
            after_blank = whole && line.trim_ascii().is_empty();
            let text = unquoted(&line);
            raw.extend_from_slice(&text[..text.len().min(self.max_bytes - raw.len())]);
        }
    }
}

impl<R: BufRead> Iterator for Mbox<R> {
    type Item = io::Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.message().transpose()
    }
}

/// `>From `, `>>From ` lose one `>`.
fn unquoted(line: &[u8]) -> &[u8] {
    let quotes = line.iter().take_while(|&&b| b == b'>').count();
    let is_escaped = quotes > 0 && line[quotes..].starts_with(b"From ");
    if is_escaped { &line[1..] } else { line }
}

/// Reads a line with its newline, of which at most `max_bytes` are kept; whether it was whole.
fn read_line(reader: &mut impl BufRead, line: &mut Vec<u8>, max_bytes: usize) -> io::Result<bool> {
    line.clear();
    let limit = u64::try_from(max_bytes.max(64)).unwrap_or(u64::MAX);
    reader.by_ref().take(limit).read_until(b'\n', line)?;
    let whole = line.ends_with(b"\n") || line.is_empty();
    if !whole {
        reader.skip_until(b'\n')?;
    }
    Ok(whole)
}
