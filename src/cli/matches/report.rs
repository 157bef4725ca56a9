//! How the pairs of a table are written.

use super::Format;
use crate::matching::{Level, Match, Pair, Reason, Table};
use rayon::prelude::*;
use serde::Serialize;
use std::io::{self, Write};

/// Pairs written out at once.
const CHUNK: usize = 512;
/// Chunks that are held in memory.
const CHUNKS: usize = 32;

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

/// Writes pairs in their order, each with the ids of its records.
pub(super) fn write(
    format: Format,
    table: &Table,
    pairs: &[Pair],
    ids: &[Box<str>],
    out: &mut impl Write,
) -> io::Result<()> {
    let id = |place: u32| ids.get(place as usize).map_or("", |id| &**id);
    let lines = |pairs: &[Pair]| {
        let mut lines = Vec::new();
        for pair in pairs {
            line(format, id(pair.a), id(pair.b), &table.judge(pair), &mut lines)?;
        }
        Ok(lines)
    };
    for some in pairs.chunks(CHUNK * CHUNKS) {
        let written: Vec<io::Result<Vec<u8>>> = some.par_chunks(CHUNK).map(lines).collect();
        written.into_iter().try_for_each(|lines| out.write_all(&lines?))?;
    }
    Ok(())
}

fn line(format: Format, a: &str, b: &str, found: &Match, out: &mut Vec<u8>) -> io::Result<()> {
    // Four digits tell all that can be told.
    let probability = (found.probability * 10_000.0).round() / 10_000.0;
    if format == Format::Jsonl {
        let line = Line { a, b, probability, level: found.level, reasons: &found.reasons };
        serde_json::to_writer(&mut *out, &line)?;
        return writeln!(out);
    }
    let reasons: Vec<&str> = found.reasons.iter().map(|reason| reason.sentence).collect();
    let level = found.level.as_str();
    writeln!(out, "{level:8} {probability:.4}  {a} = {b}: {}", reasons.join(", "))
}
