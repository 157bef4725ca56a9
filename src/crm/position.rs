//! Up to where an account was read, for CRMs that tell what changed but not what was removed.

use crate::clock::Millis;

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
    /// Reads what [`Position::to_text`] wrote; `None` for anything else.
    pub(super) fn parse(text: &str) -> Option<Self> {
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
    pub(super) fn to_text(&self) -> String {
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
