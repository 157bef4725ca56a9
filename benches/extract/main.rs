//! What reading a message costs, against the bars: `cargo bench --bench extract`.
//!
//! The messages are those of the development set beside the project, `../shared/eval/dev`, or
//! else those of `fixtures/signatures`. Everything runs on one thread. A missed bar makes the exit
//! code 1. Behind `--` the names of the parts to run: `speed`, `start`, `memory`.

#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a benchmark prints, and stops where it cannot measure"
)]

mod memory;
mod messages;
mod speed;
mod start;

use std::env;
use std::process::ExitCode;

/// A figure and the most it may be.
struct Measured {
    what: &'static str,
    value: f64,
    bar: f64,
    unit: &'static str,
}

impl Measured {
    fn kept(&self) -> bool {
        self.value <= self.bar
    }
}

fn main() -> ExitCode {
    let wanted: Vec<String> = env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let runs = |part: &str| wanted.is_empty() || wanted.iter().any(|name| name == part);
    let messages = messages::all();
    println!("{} messages of {}", messages.len(), messages::folder().display());
    let mut measured = Vec::new();
    if runs("start") {
        measured.extend(start::measure());
    }
    if runs("speed") {
        measured.extend(speed::measure(&messages));
    }
    if runs("memory") {
        measured.extend(memory::measure(&messages));
    }
    println!("\n| what | measured | bar | |\n| --- | --- | --- | --- |");
    for m in &measured {
        let word = if m.kept() { "kept" } else { "missed" };
        println!("| {} | {:.3} {} | ≤ {} {} | {word} |", m.what, m.value, m.unit, m.bar, m.unit);
    }
    if measured.iter().all(Measured::kept) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
