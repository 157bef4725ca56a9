//! Whether two contacts are one person, and why.

use super::score::{Employers, Evidence, Names, weigh};
use crate::contact::Contact;
use serde::{Deserialize, Serialize};

/// How sure it is that two contacts are one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// They are not.
    None,
    /// They may be: a human must look.
    Possible,
    /// They are.
    Exact,
}

impl Level {
    /// The level as it stands in the database and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Possible => "possible",
            Self::Exact => "exact",
        }
    }

    /// Reads [`Level::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        [Self::None, Self::Possible, Self::Exact].into_iter().find(|level| level.as_str() == text)
    }
}

/// A level and what led to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// How sure it is.
    pub level: Level,
    /// How much speaks for it, to choose among matches of one level.
    pub weight: u32,
    /// Why, one sentence each, for people; no value of either contact.
    pub reasons: Vec<String>,
}

impl Match {
    /// Nobody is known.
    pub fn none() -> Self {
        Self { level: Level::None, weight: 0, reasons: Vec::new() }
    }
}

/// Decides whether two contacts are one person. What several people share (a switchboard, `info@`)
/// never makes two people one: without a name that agrees nothing but a personal address counts.
pub fn decide(suggested: &Contact, candidate: &Contact) -> Match {
    let evidence = weigh(suggested, candidate);
    let level = level(evidence);
    if level == Level::None {
        return Match::none();
    }
    Match { level, weight: weight(evidence), reasons: reasons(evidence) }
}

fn level(evidence: Evidence) -> Level {
    let Evidence { names, employers, email, phone, other_address } = evidence;
    match names {
        Names::Same | Names::Compatible | Names::Unknown if email => Level::Exact,
        Names::OtherFamily | Names::Different if email => Level::Possible,
        Names::Same if phone => Level::Exact,
        Names::Same if other_address => Level::Possible,
        Names::Same if employers == Employers::Same => Level::Exact,
        Names::Same if employers == Employers::Similar => Level::Possible,
        Names::Compatible if phone && employers == Employers::Same => Level::Exact,
        Names::Compatible if phone || employers == Employers::Same => Level::Possible,
        _ => Level::None,
    }
}

fn weight(evidence: Evidence) -> u32 {
    let names = match evidence.names {
        Names::Same => 4,
        Names::Compatible => 3,
        Names::OtherFamily => 1,
        Names::Unknown | Names::Different => 0,
    };
    let employers = match evidence.employers {
        Employers::Same => 2,
        Employers::Similar => 1,
        Employers::Unrelated => 0,
    };
    names + employers + u32::from(evidence.email) * 8 + u32::from(evidence.phone) * 2
}

fn reasons(evidence: Evidence) -> Vec<String> {
    let mut reasons = Vec::new();
    if evidence.email {
        reasons.push("the same e-mail address");
    }
    match evidence.names {
        Names::Same => reasons.push("the same name"),
        Names::Compatible => reasons.push("a name that fits"),
        Names::OtherFamily => reasons.push("but another family name"),
        Names::Different => reasons.push("but another name"),
        Names::Unknown => {}
    }
    match evidence.employers {
        Employers::Same => reasons.push("the same employer"),
        Employers::Similar => reasons.push("an employer of a similar name"),
        Employers::Unrelated => {}
    }
    if evidence.phone {
        reasons.push("the same phone number");
    }
    if evidence.other_address {
        reasons.push("but another e-mail address at this employer");
    }
    reasons.into_iter().map(str::to_owned).collect()
}
