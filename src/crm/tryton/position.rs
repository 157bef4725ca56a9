//! Up to where a database was read.

use crate::clock::Millis;

/// Where reading goes on. Times of change are the database's own, in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Position {
    /// Everything is read, since `began`; parties behind `after` come next. `newest`: the last change
    /// that was seen.
    All { began: Millis, after: i64, newest: i64 },
    /// What changed from `from` on is read; everything was read last at `all_at`.
    Since { from: i64, all_at: Millis, after: i64, newest: i64 },
}

impl Position {
    /// Reads what [`Position::to_text`] wrote; `None` for anything else.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (kind, numbers) = text.split_once(' ')?;
        let numbers: Result<Vec<i64>, _> = numbers.split(' ').map(str::parse).collect();
        match (kind, numbers.ok()?.as_slice()) {
            ("all", &[began, after, newest]) => {
                Some(Self::All { began: Millis(began), after, newest })
            }
            ("since", &[from, all_at, after, newest]) => {
                Some(Self::Since { from, all_at: Millis(all_at), after, newest })
            }
            _ => None,
        }
    }

    /// The position as text.
    pub(super) fn to_text(self) -> String {
        match self {
            Self::All { began, after, newest } => format!("all {} {after} {newest}", began.0),
            Self::Since { from, all_at, after, newest } => {
                format!("since {from} {} {after} {newest}", all_at.0)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let all_at = Millis(1_790_000_000_000);
        let all = Position::All { began: all_at, after: 7, newest: 1_795_338_909 };
        let since = Position::Since { from: 1_795_338_609, all_at, after: 0, newest: 0 };
        for position in [all, since] {
            assert_eq!(Position::parse(&position.to_text()), Some(position));
        }
        for odd in ["", "all", "all 1 2", "all 1 2 x", "since 1 2 3", "never 1 2 3", "all 1 2 3 4"]
        {
            assert_eq!(Position::parse(odd), None, "{odd}");
        }
    }
}
