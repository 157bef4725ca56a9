//! Up to where the contacts were read.

use crate::clock::Millis;

/// Where reading goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Position {
    /// Everything is read, since `began`; `next` leads to the next page. Changes are tracked, or not.
    All { began: Millis, tracked: bool, next: String },
    /// What was changed meanwhile is where this link leads; everything was read last at `all_at`.
    Tracked { all_at: Millis, link: String },
    /// Without tracking, what changed from `from` on is read; everything was read last at `all_at`.
    /// The next page of it is where `next` leads, if there is one.
    Since { from: Millis, all_at: Millis, next: Option<String> },
}

impl Position {
    /// Reads what [`Position::to_text`] wrote; `None` for anything else.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once(' ')?;
        let (one, rest) = rest.split_once(' ')?;
        let one = millis(one)?;
        match kind {
            "tracked" => Some(Self::Tracked { all_at: one, link: link(rest)? }),
            "track" => Some(Self::All { began: one, tracked: true, next: link(rest)? }),
            "list" => Some(Self::All { began: one, tracked: false, next: link(rest)? }),
            "since" => {
                let (all_at, next) = rest.split_once(' ')?;
                Some(Self::Since { from: one, all_at: millis(all_at)?, next: link(next) })
            }
            _ => None,
        }
    }

    /// The position as text.
    pub(super) fn to_text(&self) -> String {
        match self {
            Self::All { began, tracked, next } => {
                format!("{} {} {next}", if *tracked { "track" } else { "list" }, began.0)
            }
            Self::Tracked { all_at, link } => format!("tracked {} {link}", all_at.0),
            Self::Since { from, all_at, next } => {
                format!("since {} {} {}", from.0, all_at.0, next.as_deref().unwrap_or_default())
            }
        }
    }
}

fn millis(text: &str) -> Option<Millis> {
    text.parse().ok().map(Millis)
}

fn link(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let (one, two) = (Millis(1_790_000_000_000), Millis(7));
        let next = "https://org.example/api/data/v9.2/contacts?$skiptoken=%3Ccookie a".to_owned();
        for position in [
            Position::All { began: one, tracked: true, next: next.clone() },
            Position::All { began: one, tracked: false, next: next.clone() },
            Position::Tracked { all_at: one, link: next.clone() },
            Position::Since { from: one, all_at: two, next: Some(next) },
            Position::Since { from: one, all_at: two, next: None },
        ] {
            assert_eq!(Position::parse(&position.to_text()), Some(position));
        }
        for odd in ["", "tracked", "tracked ", "track x y", "list 1 ", "since 1 2", "never 1 2 3"] {
            assert_eq!(Position::parse(odd), None, "{odd}");
        }
    }
}
