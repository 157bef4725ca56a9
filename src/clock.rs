//! The only place that asks for the time, so that tests can move it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use time::OffsetDateTime;

/// A point in time: milliseconds since 1970-01-01 UTC, the form of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub i64);

impl Millis {
    /// A later (or with a negative argument earlier) point in time.
    #[must_use]
    pub fn plus_secs(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1000)))
    }

    /// A later point in time.
    #[must_use]
    pub fn plus(self, after: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(after.as_millis()).unwrap_or(i64::MAX)))
    }

    /// How long it is from `now` until then; none if that time has come.
    pub fn until(self, now: Self) -> Option<Duration> {
        let left = u64::try_from(self.0.saturating_sub(now.0)).unwrap_or_default();
        (left > 0).then(|| Duration::from_millis(left))
    }

    /// The time in RFC 3339, `2026-11-21T08:00:00Z`.
    pub fn to_rfc3339(self) -> String {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000)
            .ok()
            .and_then(|at| at.format(&time::format_description::well_known::Rfc3339).ok())
            .unwrap_or_default()
    }
}

/// Tells the time: the system's, or one that a test sets.
#[derive(Debug, Clone, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// The system's time.
    pub const fn system() -> Self {
        Self(None)
    }

    /// A clock that stands still until it is moved.
    pub fn fixed(at: Millis) -> Self {
        Self(Some(Arc::new(AtomicI64::new(at.0))))
    }

    /// Moves a fixed clock; the system's is not moved.
    pub fn advance_secs(&self, seconds: i64) {
        if let Some(at) = &self.0 {
            at.fetch_add(seconds * 1000, Ordering::Relaxed);
        }
    }

    /// The time now.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks")]
    pub fn now(&self) -> Millis {
        if let Some(at) = &self.0 {
            return Millis(at.load(Ordering::Relaxed));
        }
        let nanos = OffsetDateTime::now_utc().unix_timestamp_nanos();
        Millis(i64::try_from(nanos / 1_000_000).unwrap_or(i64::MAX))
    }
}
