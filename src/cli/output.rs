//! What a command answers, on standard output; everything else it says goes to standard error.

use std::io::{self, ErrorKind, Write};

/// Writes one line. A reader that has seen enough is no error.
pub(super) fn line(text: &str) -> io::Result<()> {
    match writeln!(io::stdout().lock(), "{text}") {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}
