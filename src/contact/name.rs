//! A person's name and its parts.

use serde::{Deserialize, Serialize};

/// A name as its bearer signs, with the parts that could be told apart.
///
/// `full` is without titles and post-nominals, in the order of its culture (family first in
/// Japanese, Chinese, Korean and Hungarian).
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct PersonName {
    /// The whole name.
    pub full: String,
    /// Given names; a patronymic belongs here.
    pub given: Option<String>,
    /// Family names with their particles ("van der Berg", "García López").
    pub family: Option<String>,
    /// Academic or professional titles before the name ("Prof. Dr.-Ing.").
    pub prefix: Option<String>,
    /// What follows the name ("PhD", "Jr.").
    pub suffix: Option<String>,
}

impl PersonName {
    /// A name of which only the whole is known.
    pub fn of(full: impl Into<String>) -> Self {
        Self { full: full.into(), ..Self::default() }
    }

    /// Title, name and post-nominals on one line.
    pub fn display(&self) -> String {
        let mut text = String::new();
        if let Some(prefix) = &self.prefix {
            text.push_str(prefix);
            text.push(' ');
        }
        text.push_str(&self.full);
        if let Some(suffix) = &self.suffix {
            text.push_str(", ");
            text.push_str(suffix);
        }
        text
    }
}
