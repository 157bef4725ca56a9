//! What a person asked for once.
//!
//! Errors say of what passes that it is tried again by itself, as whoever reads a mailbox does. What a person
//! asked for nobody tries again but them.

use std::fmt::Display;

/// What to do where nothing would have been saved.
pub(super) const TRY_AGAIN: &str = "try again in a while";

/// What to do where it would have been.
pub(super) const NOTHING_SAVED: &str = "nothing was saved: try again in a while";

/// What to do where a link has been used up.
pub(super) const ANOTHER_LINK: &str = "nothing was saved: ask for another link in a while";

/// With these words errors say it.
const BY_ITSELF: [&str; 4] = [
    ", which is tried again by itself",
    "; it is tried again by itself",
    "; it is tried again",
    "; it goes on by itself",
];

/// What is said of an error, with what to do about one that passes.
pub(super) fn told(error: impl Display, advice: &str) -> String {
    let advice = format!("; {advice}");
    BY_ITSELF.iter().fold(error.to_string(), |said, words| said.replace(words, &advice))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crm::webhook::NotTold;
    use crate::crm::{CrmError, connection};
    use crate::source::graph::Fault;
    use crate::source::imap::{ConnectError, NoKey, WireError};
    use crate::source::oauth::TokenError;
    use crate::web::problem::Problem;
    use std::time::Duration;

    #[test]
    fn nobody_is_told_that_it_is_tried_again_where_it_is_not() {
        let wait = Duration::from_mins(1);
        for error in [WireError::Throttled(wait), WireError::Bye] {
            let said = told(ConnectError::NotImap(error), NOTHING_SAVED);
            assert!(said.ends_with("; nothing was saved: try again in a while"), "{said}");
        }
        let faults = [
            Fault::Throttled(wait),
            Fault::Busy(wait),
            Fault::Unreachable,
            Fault::Server(503),
            Fault::Refused(400),
            Fault::Unauthorized,
            Fault::Token(TokenError::Throttled(wait)),
            Fault::Token(TokenError::Unreachable),
        ];
        let of_graph = faults.map(Problem::from);
        let of_keys =
            [NoKey::Token(TokenError::Throttled(wait)), NoKey::Unavailable].map(Problem::from);
        for Problem { detail, .. } in of_graph.into_iter().chain(of_keys) {
            assert!(!detail.contains("by itself"), "{detail}");
            assert!(detail.contains("; try again in a while"), "{detail}");
        }
        let of_crm = [CrmError::Throttled(None), CrmError::Away(wait)]
            .map(|error| Problem::from(connection::ConnectError::from(error)));
        let of_preview = [Problem::from(CrmError::Throttled(None))];
        let of_webhook = [Problem::from(NotTold::Unreachable(None))];
        for Problem { detail, .. } in of_crm.into_iter().chain(of_preview).chain(of_webhook) {
            assert!(detail.ends_with("try again in a while"), "{detail}");
            assert!(!detail.contains("by itself") && !detail.contains("is tried"), "{detail}");
        }
        let lasting = ConnectError::NoFolder;
        assert_eq!(told(&lasting, NOTHING_SAVED), lasting.to_string());
    }
}
