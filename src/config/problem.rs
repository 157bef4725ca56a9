//! What is wrong with the configuration: all of it at once, each with its key and where it stands.

use super::secret::{SECRETS, file_key};
use super::{Config, load};
use figment::value::Value;
use figment::{Figment, Source};
use std::fmt::{self, Display};
use std::path::Path;

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The key, `server.listen`.
    pub key: String,
    /// Where it was set: a file or an environment variable; empty for a default.
    pub source: String,
    /// What is wrong and what to do.
    pub text: String,
}

/// Every problem of a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Problems(pub Vec<Problem>);

impl Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.key)?;
        if !self.source.is_empty() {
            write!(f, " ({})", self.source)?;
        }
        write!(f, " {}", self.text)
    }
}

impl Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration cannot be used:")?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  - {problem}"))
    }
}

/// The values as given, and what was found to be wrong with them.
pub(super) struct Report {
    /// As given: tells where each value was set.
    given: Figment,
    /// With secrets read from their files and wrong values replaced.
    used: Figment,
    problems: Vec<Problem>,
}

impl Report {
    pub(super) fn new(given: Figment) -> Self {
        Self { used: given.clone(), given, problems: Vec::new() }
    }

    pub(super) fn figment(&self) -> &Figment {
        &self.used
    }

    /// Replaces a value.
    pub(super) fn set(&mut self, key: &str, value: Value) {
        self.used = std::mem::take(&mut self.used).merge(load::value(key, value));
    }

    /// The text that stands under `key`.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        self.used.find_value(key).ok()?.into_string()
    }

    /// Notes a problem with `key`.
    pub(super) fn add(&mut self, key: &str, text: &str) {
        let source = self.source(key);
        self.problems.push(Problem { key: key.to_owned(), source, text: text.to_owned() });
    }

    /// Notes a problem unless the value is `fine`.
    pub(super) fn check(&mut self, fine: bool, key: &str, text: &str) {
        if !fine {
            self.add(key, text);
        }
    }

    /// Notes a number outside its bounds.
    pub(super) fn within<N: PartialOrd + Display + Copy>(
        &mut self,
        key: &str,
        value: N,
        least: N,
        most: N,
    ) {
        let text = format!("is {value}; it must be at least {least} and at most {most}");
        self.check(least <= value && value <= most, key, &text);
    }

    /// Notes a file that is named and cannot be read.
    pub(super) fn readable(&mut self, key: &str, file: Option<&Path>) {
        if let Some(Err(error)) = file.map(std::fs::File::open) {
            self.add(key, &format!("names a file that cannot be read: {error}"));
        }
    }

    /// The configuration, if there was no problem.
    pub(super) fn into_result(self, config: Config) -> Result<Config, Problems> {
        if self.problems.is_empty() { Ok(config) } else { Err(Problems(self.problems)) }
    }

    /// Where a key was set, for people.
    fn source(&self, key: &str) -> String {
        let file = file_key(key);
        let from_file = SECRETS.contains(&key) && self.text(&file).is_some();
        let key = if from_file { &file } else { key };
        let Some(metadata) = self.given.find_metadata(key) else { return String::new() };
        match &metadata.source {
            Some(Source::File(path)) => format!("in {}", path.display()),
            Some(Source::Custom(_)) => {
                let parts: Vec<&str> = key.split('.').collect();
                format!("as {}", metadata.interpolate(self.given.profile(), &parts))
            }
            _ => String::new(),
        }
    }
}
