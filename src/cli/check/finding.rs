//! One thing that works or does not, and how findings are shown.

use crate::cli::output;
use crate::config::Problem;
use anyhow::Result;
use serde::Serialize;

/// Something that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// What kind of thing: configuration, database, vault, mailbox, technical user, notices.
    part: &'static str,
    /// Which one, if there are several.
    subject: String,
    /// Whether it works.
    pub(super) works: bool,
    /// What was seen; what to do if it does not work.
    text: String,
}

impl Finding {
    pub(super) fn works(part: &'static str, subject: &str, text: &str) -> Self {
        Self { part, subject: subject.to_owned(), works: true, text: text.to_owned() }
    }

    /// With the error and its causes in one line.
    pub(super) fn fails(part: &'static str, subject: &str, error: &anyhow::Error) -> Self {
        Self { part, subject: subject.to_owned(), works: false, text: format!("{error:#}") }
    }
}

impl From<Problem> for Finding {
    fn from(problem: Problem) -> Self {
        let text = problem.to_string();
        Self { part: "configuration", subject: String::new(), works: false, text }
    }
}

/// One line each, for people.
pub(super) fn print_lines(findings: &[Finding]) -> Result<()> {
    for Finding { part, subject, works, text } in findings {
        let mark = if *works { "ok  " } else { "FAIL" };
        let name = format!("{part} {subject}");
        output::line(&format!("{mark}  {}: {text}", name.trim_end()))?;
    }
    Ok(())
}

/// One array, for programs.
pub(super) fn print_json(findings: &[Finding]) -> Result<()> {
    Ok(output::line(&serde_json::to_string_pretty(findings)?)?)
}
