//! Addresses, headers and programs of machines.

use crate::contact::EmailAddress;
use crate::mail::Reason;

/// How the header names of ticket systems and notifiers begin.
pub(super) fn prefixes() -> impl Iterator<Item = &'static str> {
    [
        "X-OTRS",
        "X-RT-",
        "RT-Ticket",
        "X-Zendesk",
        "X-Zammad",
        "X-JIRA",
        "X-Freshdesk",
        "X-Helpscout",
        "X-GitHub",
        "X-GitLab",
        "X-Redmine",
        "X-Bugzilla",
        "X-Atlassian",
        "X-PHP-Originating-Script",
        "X-Failed-Recipients",
        "X-MS-Exchange-Generated-Message-Source",
    ]
    .into_iter()
}

/// Whether `X-Mailer` (lower case) names a program that only machines send with.
pub(super) fn is_mailer(mailer: &str) -> bool {
    ["phpmailer", "otrs", "zammad", "mailchimp", "wordpress", "mantisbt", "redmine"]
        .iter()
        .any(|name| mailer.contains(name))
}

/// Parts of addresses that take no answers.
const NO_REPLY: [&str; 14] = [
    "noreply",
    "donotreply",
    "dontreply",
    "noanswer",
    "nichtantworten",
    "keineantwort",
    "nepasrepondre",
    "pasdereponse",
    "noresponder",
    "norespuesta",
    "naoresponda",
    "naoresponder",
    "nonrispondere",
    "ikkesvar",
];

/// Mailboxes that machines write from.
const MACHINES: [&str; 34] = [
    "mailerdaemon",
    "postmaster",
    "bounce",
    "bounces",
    "notification",
    "notifications",
    "notify",
    "notifier",
    "benachrichtigung",
    "benachrichtigungen",
    "alert",
    "alerts",
    "newsletter",
    "news",
    "mailing",
    "mailings",
    "voicemail",
    "wordpress",
    "automailer",
    "automat",
    "robot",
    "bot",
    "daemon",
    "root",
    "cron",
    "system",
    "mailer",
    "autoreply",
    "autoresponder",
    "automatic",
    "calendarnotification",
    "invitations",
    "workflow",
    "digest",
];

/// Whether nobody reads or writes mail at an address, and the rule that says so.
pub(super) fn address(address: &EmailAddress) -> Option<(Reason, &'static str)> {
    let local = address.local().to_lowercase();
    let bare: String = local.chars().filter(|c| c.is_alphanumeric()).collect();
    if NO_REPLY.iter().any(|word| bare.contains(word)) || bare == "niewiadomosc" {
        return Some((Reason::RoleMailbox, "the author's address takes no answers"));
    }
    let words = || local.split(|c: char| !c.is_alphanumeric());
    let first = words().next().unwrap_or_default();
    if MACHINES.contains(&bare.as_str())
        || MACHINES.contains(&first) && words().count() > 1 && first != "news" && first != "system"
    {
        return Some((Reason::Automatic, "the author's address belongs to a machine"));
    }
    None
}
