//! Which headers speak for a machine, a list or a person.

use super::*;

fn reason(fields: &str) -> Option<Reason> {
    let policy = Policy {
        own_domains: vec!["own.example".into()],
        exclusions: vec!["bank.example".into()],
        authserv_ids: Vec::new(),
    };
    let from = if fields.contains("From:") { "" } else { "From: Anna <anna@x.example>\n" };
    screen(format!("{from}{fields}\n\nbody").as_bytes(), &policy)
        .err()
        .map(|skipped| skipped.reason)
}

#[test]
fn what_a_person_sends_passes() {
    for fields in [
        "Subject: Abwesenheit am Freitag",
        "Auto-Submitted: no",
        "X-Auto-Response-Suppress: OOF, AutoReply",
        "List-Unsubscribe: <https://x.example/u>\nIn-Reply-To: <1@own.example>",
        "Feedback-ID: 1.eu-west-1:AmazonSES",
        "List-Id: Sales <sales.own.example>",
        "From: Anna Muster <info@x.example>",
        "From: Nora News <news.nora@x.example>",
        "Return-Path: <anna@x.example>",
        "Authentication-Results: mx; dmarc=none",
    ] {
        assert_eq!(reason(fields), None, "{fields}");
    }
}

#[test]
fn what_machines_and_crowds_send_is_skipped() {
    for (fields, expected) in [
        ("Auto-Submitted: auto-replied", Reason::Automatic),
        ("X-Auto-Response-Suppress: All", Reason::Automatic),
        ("Return-Path: <>", Reason::Automatic),
        ("Content-Type: multipart/report; boundary=x", Reason::Automatic),
        ("X-OTRS-Loop: yes", Reason::Automatic),
        ("Subject: =?utf-8?Q?Automatische_Antwort:_Ihre_Anfrage?=", Reason::Automatic),
        ("Subject: Réponse automatique : absence", Reason::Automatic),
        ("Precedence: bulk", Reason::Bulk),
        ("List-Unsubscribe: <https://x.example/u>", Reason::Bulk),
        ("List-Id: <talk.x.example>", Reason::List),
        ("From: Shop <no-reply@x.example>", Reason::RoleMailbox),
        ("From: MAILER-DAEMON@x.example", Reason::Automatic),
        ("From: a@mail.own.example", Reason::OwnDomain),
        ("From: a@bank.example", Reason::Excluded),
        ("From: nobody", Reason::NoAuthor),
        ("Authentication-Results: mx; dmarc=fail", Reason::Unauthenticated),
    ] {
        assert_eq!(reason(fields), Some(expected), "{fields}");
    }
}
