//! How long a message takes, and how much of that mail-parser would take alone.

use super::{Measured, messages};
use mail_parser::MessageParser;
use std::hint::black_box;
use std::time::Instant;
use undersigned::mail::{Limits, Reading, read};
use undersigned::signature::{Hints, extract};

/// How often every message is read; of a message's times the median counts.
const PASSES: usize = 21;

/// A short answer with a signature.
const TEN_LINES: &str = "From: Anna Muster <anna.muster@muster-werke.example>\n\
    To: Bo Beispiel <bo@example.com>\nSubject: Angebot\nMessage-ID: <1@muster-werke.example>\n\
    Content-Type: text/plain; charset=utf-8\n\n\
    Hallo Bo,\n\nanbei wie besprochen das Angebot.\n\nMit freundlichen Grüßen\nAnna Muster\n\
    Vertriebsleiterin\nMuster Werke GmbH\nHauptstraße 1, 97070 Würzburg\nTel.: +49 931 123456\n";

pub(super) fn measure(all: &[Vec<u8>]) -> Vec<Measured> {
    let whole = times(all, |raw| messages::read(raw));
    let parser = MessageParser::default();
    let parsed = times(all, |raw| {
        black_box(parser.parse(raw));
    });
    let whole_of_ten = times(&[TEN_LINES; 20], |raw| messages::read(raw.as_bytes()));
    let ten = || read(TEN_LINES.as_bytes(), &Limits::default()).expect("a message");
    let ten: Vec<Reading> = (0..20).map(|_| ten()).collect();
    let ten_lines = times(&ten, |reading| {
        black_box(extract(reading, &Hints::default()));
    });
    println!(
        "\n| ms a message | mean | median | p90 | p99 | most |\n| --- | --- | --- | --- | --- | --- |"
    );
    for (what, times) in [
        ("the whole way", &whole),
        ("mail-parser's own parse", &parsed),
        ("ten lines, the whole way", &whole_of_ten),
    ] {
        let [half, p90, p99, most] = [50, 90, 99, 100].map(|p| percentile(times, p));
        println!("| {what} | {:.3} | {half:.3} | {p90:.3} | {p99:.3} | {most:.3} |", mean(times));
    }
    println!(
        "\n{:.0} messages a second; mail-parser's parse would be {:.0} % of the way",
        1000.0 / mean(&whole),
        100.0 * mean(&parsed) / mean(&whole)
    );
    vec![
        Measured { what: "a message, median", value: percentile(&whole, 50), bar: 0.4, unit: "ms" },
        Measured {
            what: "a message, mean (2,000 a second)",
            value: mean(&whole),
            bar: 0.5,
            unit: "ms",
        },
        Measured {
            what: "extraction of ten lines of plain text",
            value: percentile(&ten_lines, 50),
            bar: 0.1,
            unit: "ms",
        },
    ]
}

/// For every message the median time in milliseconds, in ascending order.
fn times<T>(all: &[T], read: impl Fn(&T)) -> Vec<f64> {
    let mut passes: Vec<Vec<f64>> = vec![Vec::with_capacity(PASSES); all.len()];
    for _ in 0..PASSES {
        for (raw, times) in all.iter().zip(&mut passes) {
            let start = Instant::now();
            read(raw);
            times.push(start.elapsed().as_secs_f64() * 1000.0);
        }
    }
    let mut medians: Vec<f64> =
        passes.iter_mut().map(|times| percentile(sorted(times), 50)).collect();
    sorted(&mut medians);
    medians
}

fn sorted(times: &mut [f64]) -> &[f64] {
    times.sort_by(f64::total_cmp);
    times
}

/// Of ascending times that one below which so many in a hundred lie.
fn percentile(times: &[f64], percent: usize) -> f64 {
    times[(times.len() - 1) * percent / 100]
}

fn mean(times: &[f64]) -> f64 {
    let count = u32::try_from(times.len()).expect("a few hundred messages");
    times.iter().sum::<f64>() / f64::from(count)
}
