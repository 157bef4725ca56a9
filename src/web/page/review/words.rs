//! Numbers and names in the words of the page.

use crate::clock::Millis;
use crate::contact::Origin;
use crate::mail::Reason;
use crate::matching::Level;
use crate::store::crm_writes::{Standing, State as Stands};
use crate::store::mailboxes;

/// A point in time: for machines, and how long ago for people.
#[derive(Debug, Clone)]
pub(in crate::web::page) struct When {
    pub(in crate::web::page) iso: String,
    pub(in crate::web::page) ago: String,
}

impl When {
    pub(in crate::web::page) fn new(at: Millis, now: Millis) -> Self {
        Self { iso: at.to_rfc3339(), ago: ago(now.0.saturating_sub(at.0) / 1000) }
    }
}

fn ago(seconds: i64) -> String {
    let (amount, unit) = match seconds {
        ..60 => return "just now".to_owned(),
        60..3600 => (seconds / 60, "min"),
        3600..86_400 => (seconds / 3600, "h"),
        86_400..172_800 => return "yesterday".to_owned(),
        _ => (seconds / 86_400, "days"),
    };
    format!("{amount} {unit} ago")
}

/// The match light: its name in the style sheet, its words, and what they mean.
pub(super) const fn light(level: Level) -> (&'static str, &'static str, &'static str) {
    match level {
        Level::Exact => ("exact", "Known", "This person is in the CRM already"),
        Level::Possible => {
            ("possible", "Maybe known", "The CRM has somebody who may be this person")
        }
        Level::None => ("none", "New person", "The CRM has nobody like this"),
    }
}

/// Why the CRM does not have what was accepted, or has what was taken back; nothing where all is well.
pub(super) fn crm_trouble(write: &Standing) -> Option<String> {
    let detail = &write.detail;
    match (write.state, write.withdrawn) {
        (Stands::Failed, true) => Some(format!("It is still in the CRM: {detail}.")),
        (Stands::Failed | Stands::Conflict, _) => Some(format!("Not in the CRM: {detail}.")),
        _ => None,
    }
}

/// A reason as a sentence of its own.
pub(super) fn sentence(why: &str) -> String {
    let mut letters = why.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

/// How what was accepted fares on its way to the CRM.
pub(super) fn on_its_way(write: &Standing) -> String {
    match write.state {
        Stands::Waiting => "waits for the CRM".to_owned(),
        Stands::Written if write.detail.is_empty() => "in the CRM".to_owned(),
        Stands::Written => format!("in the CRM: {}", write.detail),
        _ => String::new(),
    }
}

/// How sure a value is.
pub(super) fn certainty(confidence: f64) -> &'static str {
    if confidence >= 0.95 {
        "sure"
    } else if confidence >= 0.8 {
        "likely"
    } else {
        "unsure"
    }
}

/// A share of one in whole percent.
pub(super) fn percent(confidence: f64) -> String {
    format!("{:.0}", confidence.clamp(0.0, 1.0) * 100.0)
}

/// A probability in percent; nothing is certain.
pub(super) fn chance(probability: f64) -> String {
    if probability > 0.995 { "over 99 %".to_owned() } else { format!("{} %", percent(probability)) }
}

/// Where a value came from.
pub(super) const fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Header => "from the sender's line of the message",
        Origin::Label => "a label stood before it",
        Origin::HtmlLink => "from a link in the signature",
        Origin::Layout => "from its place in the signature",
        Origin::Vcard => "from the card the sender attached",
        Origin::Crm => "from the CRM",
        Origin::User => "typed by a person",
    }
}

/// Why a message gave nothing.
pub(super) fn reason(stored: &str) -> String {
    let reason = Reason::ALL.into_iter().find(|reason| reason.as_str() == stored);
    let words = match reason {
        Some(Reason::Automatic) => "sent by a machine",
        Some(Reason::Bulk) => "newsletter or campaign",
        Some(Reason::List) => "mailing list",
        Some(Reason::OwnDomain) => "from your own people",
        Some(Reason::Excluded) => "excluded sender",
        Some(Reason::Unauthenticated) => "forged sender",
        Some(Reason::RoleMailbox) => "no person behind the address",
        Some(Reason::NoAuthor) => "no sender",
        Some(Reason::Unreadable) => "not readable",
        Some(Reason::NoSignature) => "no signature",
        Some(Reason::OtherPerson) => "somebody else's signature",
        Some(Reason::NoDetail) => "nothing beyond name and address",
        None => stored,
    };
    words.to_owned()
}

/// Why a message was set aside.
pub(super) fn quarantined(stored: &str) -> String {
    if stored == "withheld" { "never handed over by the server" } else { "set aside as unreadable" }
        .to_owned()
}

/// A mailbox's state: its name in the style sheet and its words.
pub(in crate::web::page) const fn health(state: mailboxes::State) -> (&'static str, &'static str) {
    match state {
        mailboxes::State::Healthy => ("well", "healthy"),
        mailboxes::State::Connecting => ("busy", "connecting"),
        mailboxes::State::CatchingUp => ("busy", "catching up"),
        mailboxes::State::Paused => ("off", "paused"),
        mailboxes::State::NeedsConsent => ("ill", "needs consent"),
        mailboxes::State::Throttled => ("busy", "throttled"),
        mailboxes::State::WrongPassword => ("ill", "wrong password"),
        mailboxes::State::Unreachable => ("ill", "unreachable"),
        mailboxes::State::Refused => ("ill", "refused"),
        mailboxes::State::NoFolder => ("ill", "folder missing"),
        mailboxes::State::Stalled => ("ill", "stalled"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_shares_read_as_people_say_them() {
        let cases = [(5, "just now"), (61, "1 min ago"), (7200, "2 h ago"), (90_000, "yesterday")];
        for (seconds, words) in cases {
            assert_eq!(ago(seconds), words);
        }
        assert_eq!(ago(10 * 86_400), "10 days ago");
        assert_eq!((percent(0.876), certainty(0.876)), ("88".to_owned(), "likely"));
        assert_eq!((percent(1.0), certainty(1.0)), ("100".to_owned(), "sure"));
        assert_eq!([chance(0.9999), chance(0.83)], ["over 99 %", "83 %"]);
    }
}
