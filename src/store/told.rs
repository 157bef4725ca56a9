//! What a tenant's admins were told about the health of what they connected.

use crate::clock::Millis;

/// Something whose admins may have to be told something, and what they were told.
#[derive(Debug, Clone)]
pub struct Told<T> {
    /// What it is about.
    pub of: T,
    /// How often they were told that it is ill, since it is.
    pub times: u32,
    /// When they were told last.
    pub at: Option<Millis>,
}

impl<T> Told<T> {
    /// From what a row says.
    pub(super) fn stored(of: T, times: i64, at: Option<i64>) -> Self {
        Self { of, times: u32::try_from(times).unwrap_or(u32::MAX), at: at.map(Millis) }
    }

    /// The same about something else.
    pub fn map<U>(self, other: impl FnOnce(T) -> U) -> Told<U> {
        Told { of: other(self.of), times: self.times, at: self.at }
    }
}
