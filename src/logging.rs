//! The log, on standard error. What it must never hold: words of a message, credentials, addresses
//! that are not masked. Our own events keep to that; libraries that do not are silenced here,
//! whatever the operator asks for.

use crate::config::{Format, Log};
use std::io::IsTerminal;
use std::panic::PanicHookInfo;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

/// Crates whose events show the mail, the commands or the passwords that pass through them.
const SILENT: [&str; 10] = [
    "async_imap",
    "imap_proto",
    "lettre",
    "mail_parser",
    "calcard",
    "html5ever",
    "graph_rs_sdk",
    "graph_core",
    "graph_http",
    "graph_oauth",
];

/// Crates that show what passes through them below the level of a warning.
const TERSE: [&str; 10] = [
    "sqlx",
    "hyper",
    "hyper_util",
    "h2",
    "reqwest",
    "rustls",
    "tokio_rustls",
    "tower",
    "tower_http",
    "axum",
];

/// Begins to log, and makes a panic one event. Done once in a process.
pub fn init(log: &Log) -> anyhow::Result<()> {
    let filter = EnvFilter::builder().parse(&log.filter)?;
    let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(colours);
    let lines = match log.format {
        Format::Json => lines.json().flatten_event(true).with_current_span(true).boxed(),
        Format::Pretty => lines.with_target(false).boxed(),
    };
    tracing_subscriber::registry()
        .with(filter)
        .with(filter_fn(may_be_logged))
        .with(lines)
        .try_init()?;
    std::panic::set_hook(Box::new(log_panic));
    Ok(())
}

/// Whether an event of this crate and level can be shown at all.
fn may_be_logged(event: &Metadata<'_>) -> bool {
    let from = event.target().split("::").next().unwrap_or_default();
    !SILENT.contains(&from) && (*event.level() <= Level::WARN || !TERSE.contains(&from))
}

/// Where it panicked, and nothing else: the text of a panic can hold what was being read.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let location = panic.location().map(ToString::to_string).unwrap_or_default();
    let thread = std::thread::current().name().unwrap_or_default().to_owned();
    tracing::error!(location, thread, "a part of the program panicked; please report where");
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    /// What is logged with the loudest filter.
    fn logged(events: impl FnOnce()) -> String {
        #[derive(Clone, Default)]
        struct Lines(Arc<Mutex<Vec<u8>>>);
        impl Write for Lines {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                self.0.lock().expect("not poisoned").write(bytes)
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::registry()
            .with(EnvFilter::new("trace"))
            .with(filter_fn(may_be_logged))
            .with(fmt::layer().with_writer(move || writer.clone()));
        tracing::subscriber::with_default(subscriber, events);
        let bytes = lines.0.lock().expect("not poisoned").clone();
        String::from_utf8(bytes).expect("text")
    }

    #[test]
    fn libraries_that_show_mail_are_quiet_even_at_trace() {
        let log = logged(|| {
            tracing::error!(target: "async_imap::client", "C: A1 LOGIN secret");
            tracing::trace!(target: "imap_proto", "S: BODY[] secret");
            tracing::debug!(target: "lettre::transport::smtp", "DATA secret");
            tracing::debug!(target: "sqlx::query", "secret");
            tracing::info!(target: "hyper_util::client", "secret");
            tracing::warn!(target: "sqlx::query", "slow statement");
            tracing::trace!(target: "undersigned::jobs", "claimed");
        });
        assert!(!log.contains("secret"), "{log}");
        assert!(log.contains("slow statement") && log.contains("claimed"), "{log}");
    }

    #[test]
    fn a_panic_is_logged_by_its_place_and_without_its_words() {
        let log = logged(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(log_panic));
            let _ = std::panic::catch_unwind(|| panic!("words of a message"));
            std::panic::set_hook(before);
        });
        assert!(log.contains("src/logging.rs") && !log.contains("words of a message"), "{log}");
    }
}
