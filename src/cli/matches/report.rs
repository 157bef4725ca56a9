//! How the pairs of a table are written.

use super::Format;
use crate::matching::{Level, Match, Reason};
use serde::Serialize;
use std::io::{self, Write};

/// Writes pairs one by one.
pub(super) struct Report<W> {
    format: Format,
    out: W,
}

/// A pair as JSON.
#[derive(Debug, Serialize)]
struct Line<'a> {
    a: &'a str,
    b: &'a str,
    probability: f64,
    #[serde(rename = "match")]
    level: Level,
    reasons: &'a [Reason],
}

impl<W: Write> Report<W> {
    pub(super) fn new(format: Format, out: W) -> Self {
        Self { format, out }
    }

    pub(super) fn pair(&mut self, a: &str, b: &str, found: &Match) -> io::Result<()> {
        // Four digits tell all that can be told.
        let probability = (found.probability * 10_000.0).round() / 10_000.0;
        if self.format == Format::Jsonl {
            let line = Line { a, b, probability, level: found.level, reasons: &found.reasons };
            serde_json::to_writer(&mut self.out, &line)?;
            return writeln!(self.out);
        }
        let reasons: Vec<&str> = found.reasons.iter().map(|reason| reason.sentence).collect();
        let level = found.level.as_str();
        writeln!(self.out, "{level:8} {probability:.4}  {a} = {b}: {}", reasons.join(", "))
    }

    pub(super) fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
