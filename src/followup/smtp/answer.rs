//! What a server said, fit to be kept and shown.

use crate::followup::line::one_line;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::response::Response;
use std::error::Error as _;
use std::fmt;

/// The most characters that are kept.
const MAX_CHARS: usize = 240;

/// The code and words of a server: one printable line, bounded, without the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    code: u16,
    text: String,
}

impl Answer {
    /// A good answer.
    pub(super) fn of(response: &Response) -> Self {
        Self::new(response.code().into(), &response.message().collect::<Vec<_>>().join(" "))
    }

    /// An answer with an error's code; `None` if the error is none of the server's.
    pub(super) fn of_error(error: &Error) -> Option<Self> {
        let text = error.source().map(ToString::to_string).unwrap_or_default();
        Some(Self::new(error.status()?.into(), &text))
    }

    /// Any text of a server.
    pub(super) fn new(code: u16, text: &str) -> Self {
        Self { code, text: one_line(text, MAX_CHARS) }
    }

    /// The answer, or only its code if it repeats `secret`.
    pub(super) fn without(self, secret: &str) -> Self {
        let repeats = !secret.is_empty() && self.text.contains(secret);
        Self { text: if repeats { String::new() } else { self.text }, ..self }
    }

    /// The code, RFC 5321 §4.2.
    pub fn code(&self) -> u16 {
        self.code
    }

    /// Whether it says "not now" (4yz) rather than "never" (5yz).
    pub fn is_transient(&self) -> bool {
        (400..500).contains(&self.code)
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.text.is_empty() {
            return write!(f, "{}", self.code);
        }
        write!(f, "{} {}", self.code, self.text)
    }
}
