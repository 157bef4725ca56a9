//! How large a story is told, and the table of what was measured.

use std::fmt::Display;

/// How many of something (`UNDERSIGNED_LOAD_MAILBOXES`): as `tests/load` says, else `small`.
pub(crate) fn size(name: &str, small: usize) -> usize {
    let asked = std::env::var(format!("UNDERSIGNED_LOAD_{name}")).ok();
    asked.map_or(small, |count| count.parse().expect("a number"))
}

/// Whether the figures are held to the bars: on the release build, at full size.
pub(crate) fn is_measured() -> bool {
    std::env::var("UNDERSIGNED_LOAD_BARS").is_ok()
}

/// A table of figures, printed at the end.
#[derive(Debug)]
pub(super) struct Figures {
    rows: Vec<String>,
    missed: Vec<String>,
}

impl Figures {
    /// A table with this title.
    pub(super) fn new(title: &str) -> Self {
        let head = format!("\n{title}\n\n| what | measured | bar |\n| --- | ---: | ---: |");
        Self { rows: vec![head], missed: Vec::new() }
    }

    /// A figure without a bar.
    pub(super) fn tell(&mut self, what: &str, measured: impl Display) {
        self.rows.push(format!("| {what} | {measured} | |"));
    }

    /// A figure that must be at most `bar`.
    pub(super) fn at_most(&mut self, what: &str, measured: f64, bar: f64, unit: &str) {
        self.rows.push(format!("| {what} | {measured:.1} {unit} | {bar:.1} {unit} |"));
        if measured > bar {
            self.missed.push(format!("{what}: {measured:.1} {unit} is more than {bar:.1} {unit}"));
        }
    }

    /// Ends the table; a bar that was missed fails the story, if it is held to the bars.
    pub(super) fn end(self) {
        eprintln!("{}\n", self.rows.join("\n"));
        assert!(!is_measured() || self.missed.is_empty(), "missed: {:?}", self.missed);
    }
}

/// The value below which this share of them lies; `sorted` is not empty.
pub(super) fn percentile(sorted: &[f64], share: f64) -> f64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place in a list"
    )]
    #[expect(clippy::cast_precision_loss, reason = "a list of thousands")]
    let place = (sorted.len() as f64 * share).ceil() as usize;
    sorted[place.clamp(1, sorted.len()) - 1]
}
