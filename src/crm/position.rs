//! Up to where an account was read, for CRMs that tell what changed but not what was removed.

use super::{Changes, Record};
use crate::clock::Millis;

/// Everything is read again after so many seconds: what was removed tells nothing of itself.
const ALL_EVERY: i64 = 24 * 60 * 60;

/// Where reading goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Position {
    /// Everything is read, since `began`; the next page begins after `after`.
    All { began: Millis, after: Option<String> },
    /// What changed from `from` on is read; everything was read last at `all_at`. The next page of
    /// it begins after `after`.
    Since { from: Millis, all_at: Millis, after: Option<String> },
}

impl Position {
    /// Where reading goes on from what [`Position::to_text`] wrote: from the beginning, if that is nothing,
    /// or if everything was read a day ago.
    pub(super) fn at(text: &str, now: Millis) -> Self {
        let beginning = Self::All { began: now, after: None };
        match Self::parse(text) {
            Some(Self::Since { all_at, after: None, .. }) if all_at.plus_secs(ALL_EVERY) <= now => {
                beginning
            }
            Some(Self::All { after: None, .. }) | None => beginning,
            Some(position) => position,
        }
    }

    /// Where to go on after a page of everything: at the next one, or, after the last one, at what changed
    /// since `overlap` seconds before.
    pub(super) fn after_all(began: Millis, next: Option<String>, overlap: i64) -> Self {
        match next {
            Some(next) => Self::All { began, after: Some(next) },
            None => Self::Since { from: began.plus_secs(-overlap), all_at: began, after: None },
        }
    }

    /// From when on changes are not told yet, by what [`Position::to_text`] wrote; `None`: it does not say.
    pub(super) fn untold(text: &str) -> Option<Millis> {
        match Self::parse(text)? {
            Self::Since { from, .. } => Some(from),
            Self::All { .. } => None,
        }
    }

    /// What a page told, on the way to here; `more`: there are further pages.
    pub(super) fn page(&self, records: Vec<Record>, gone: Vec<String>, more: bool) -> Changes {
        Changes { records, gone, position: self.to_text(), more, ..Changes::default() }
    }

    /// Reads what [`Position::to_text`] wrote; `None` for anything else.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(4, ' ');
        let (kind, one) = (parts.next()?, millis(parts.next()?)?);
        let after = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        match kind {
            "all" => Some(Self::All { began: one, after: after(parts.next()?) }),
            "since" => Some(Self::Since {
                from: one,
                all_at: millis(parts.next()?)?,
                after: after(parts.next()?),
            }),
            _ => None,
        }
    }

    /// The position as text.
    fn to_text(&self) -> String {
        match self {
            Self::All { began, after } => {
                format!("all {} {}", began.0, after.as_deref().unwrap_or_default())
            }
            Self::Since { from, all_at, after } => {
                format!("since {} {} {}", from.0, all_at.0, after.as_deref().unwrap_or_default())
            }
        }
    }
}

fn millis(text: &str) -> Option<Millis> {
    text.parse().ok().map(Millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let (one, two) = (Millis(1_790_000_000_000), Millis(7));
        for after in [None, Some("NTI1Cg==".to_owned())] {
            let all = Position::All { began: one, after: after.clone() };
            let since = Position::Since { from: one, all_at: two, after };
            for position in [all, since] {
                assert_eq!(Position::parse(&position.to_text()), Some(position));
            }
        }
        for odd in ["", "all", "all x y", "since 1 2", "never 1 2 3"] {
            assert_eq!(Position::parse(odd), None, "{odd}");
        }
    }
}
