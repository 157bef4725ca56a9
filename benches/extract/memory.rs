//! What stays resident after very many messages.

use super::{Measured, messages};
use std::fs;

const MESSAGES: usize = 100_000;
const STEP: usize = 10_000;

pub(super) fn measure(all: &[Vec<u8>]) -> Vec<Measured> {
    println!("\n| messages read | resident MiB |\n| --- | --- |");
    let mut resident = Vec::new();
    for (count, raw) in (1..=MESSAGES).zip(all.iter().cycle()) {
        messages::read(raw);
        if count % STEP == 0 {
            resident.push(resident_mib());
            println!("| {count} | {:.1} |", resident_mib());
        }
    }
    let (first, last) = (resident[0], resident[resident.len() - 1]);
    vec![
        Measured { what: "resident after 100,000 messages", value: last, bar: 30.0, unit: "MiB" },
        Measured {
            what: "of that, growth since 10,000",
            value: last - first,
            bar: 1.0,
            unit: "MiB",
        },
    ]
}

/// What of the process is in memory (`proc_pid_status(5)`).
fn resident_mib() -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux tells it");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
    kib / 1024.0
}
