//! What a person is asked about a server that was found out.

use std::fmt;

/// Why a person should look at the name of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// A file names it.
    File,
    /// DNS names it.
    Dns,
}

impl Doubt {
    /// A word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Dns => "dns",
        }
    }

    /// Reads what [`Doubt::as_str`] wrote.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::File, Self::Dns].into_iter().find(|doubt| doubt.as_str() == word)
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File => {
                "a file that the domain publishes names it, it lies outside the domain, and others take the \
                 domain's mail"
            }
            Self::Dns => "the domain's DNS names it without proof, and it lies outside the domain",
        })
    }
}
