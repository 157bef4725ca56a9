//! How servers ask for a pause, or refuse for now: Microsoft in a sentence, others by response codes.
//!
//! `BAD Request is throttled. Suggested Backoff Time: 92415 milliseconds` (Exchange Online),
//! `NO [THROTTLED] …` (Yahoo), `NO [OVERQUOTA] …` and `Account exceeded command or bandwidth
//! limits` (Gmail).

use std::time::Duration;

/// The pause where the server names none.
const UNNAMED: Duration = Duration::from_mins(2);

/// Words of servers that were asked too much.
const WORDS: [&str; 3] = ["THROTTLED", "EXCEEDED COMMAND OR BANDWIDTH LIMITS", "OVERQUOTA"];

/// Response codes (RFC 5530) and words with which servers refuse for now what they may grant later.
const FOR_NOW: [&str; 8] = [
    "UNAVAILABLE",
    "INUSE",
    "LIMIT",
    "SERVERBUG",
    "TOO MANY",
    "TRY AGAIN",
    "TEMPORAR",
    // Microsoft, when an account makes too many connections.
    "AUTHENTICATED BUT NOT CONNECTED",
];

/// Words with which servers refuse LOGIN whatever the password is: a response code (RFC 5530), which ought not
/// to come over TLS, and the capability (RFC 9051 §6.2.3) that some repeat.
const NO_LOGIN: [&str; 2] = ["PRIVACYREQUIRED", "LOGINDISABLED"];

/// Whether the server refuses LOGIN with this text whatever the password is.
pub(super) fn is_no_login(text: &str) -> bool {
    let upper = text.to_ascii_uppercase();
    NO_LOGIN.iter().any(|word| upper.contains(word))
}

/// Whether the server may grant later what it refuses with this text.
pub(super) fn is_for_now(text: &str) -> bool {
    let upper = text.to_ascii_uppercase();
    FOR_NOW.iter().any(|word| upper.contains(word))
}

/// Whether a folder is not there, by the response code (RFC 5530): the words may repeat its name, which may be
/// any word.
pub(super) fn is_gone(text: &str) -> bool {
    const CODE: &str = "[NONEXISTENT]";
    text.get(..CODE.len()).is_some_and(|code| code.eq_ignore_ascii_case(CODE))
}

/// How long the server wants to be left alone, if that is what it says.
pub(super) fn pause(text: &str) -> Option<Duration> {
    let upper = text.to_ascii_uppercase();
    if is_gone(text) || !WORDS.iter().any(|word| upper.contains(word)) {
        return None;
    }
    let named = upper.split_once("BACKOFF TIME:").and_then(|(_, rest)| {
        let mut words = rest.split_whitespace();
        let number: u64 = words.next()?.parse().ok()?;
        let is_milliseconds = words.next().is_some_and(|unit| unit.starts_with("MILLI"));
        Some(if is_milliseconds {
            Duration::from_millis(number)
        } else {
            Duration::from_secs(number)
        })
    });
    Some(named.unwrap_or(UNNAMED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_servers_say_is_understood() {
        let microsoft = "Request is throttled. Suggested Backoff Time: 92415 milliseconds";
        assert_eq!(pause(microsoft), Some(Duration::from_millis(92_415)));
        assert_eq!(pause("[THROTTLED] later"), Some(UNNAMED));
        assert_eq!(pause("Account exceeded command or bandwidth limits."), Some(UNNAMED));
        assert_eq!(pause("throttled Backoff Time: 99999999999999999999 seconds"), Some(UNNAMED));
        assert_eq!(pause("no such folder"), None);
        assert_eq!(pause("[nonexistent] Unknown Mailbox: Throttled (Failure)"), None);
    }
}
