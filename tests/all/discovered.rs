//! An admin types an address, and is told how its mailbox is connected: by what the domain's own DNS and web
//! servers say, which are asked for nothing private.

use crate::support::daemon::{MASTER_SECRET, binary};
use crate::support::servers::SERVERS;
use std::fs;
use std::path::Path;
use std::process::Command;

/// What an admin was told, and whom the program asked for that.
struct Asked {
    told: String,
    dns: String,
    web: String,
}

/// Asks about an address; `others` allows to ask Mozilla.
fn ask(address: &str, others: bool) -> Asked {
    let logs = tempfile::tempdir().unwrap();
    let domains = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/domains");
    let output = Command::new(domains)
        .arg(logs.path())
        .arg(binary())
        .args(["discover", address])
        .env("UNDERSIGNED_TEST_CA", &SERVERS.ca)
        .env("UNDERSIGNED_VAULT__MASTER_SECRET", MASTER_SECRET)
        .env("UNDERSIGNED_IMAP__CA_FILE", &SERVERS.ca)
        .env("UNDERSIGNED_IMAP__ALLOW_PRIVATE_HOSTS", "true")
        .env("UNDERSIGNED_IMAP__ASK_ISPDB", others.to_string())
        .output()
        .unwrap();
    let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    let said = |name: &str| {
        let log = fs::read_to_string(logs.path().join(name));
        log.unwrap_or_else(|error| panic!("{name}: {error}; {told}"))
    };
    let (dns, web) = (said("dns"), said("web"));
    let asked = Asked { told, dns, web };
    assert!(asked.dns.contains(" query["), "DNS was asked: {}{}", asked.told, asked.dns);
    for log in [&asked.dns, &asked.web] {
        assert!(!log.to_lowercase().contains("nora"), "whose mailbox it is nobody hears: {log}");
    }
    assert_eq!(others, asked.dns.contains("thunderbird"), "{}", asked.dns);
    asked
}

#[test]
fn what_a_domain_says_of_its_own_mail_is_found_by_an_address() {
    let doubtful = "Check the host: ";
    for (address, told, doubt) in [
        (
            "nora@filed.example",
            "IMAP at imap.filed.example:993 (tls), signing in as nora\nknown from: autoconfig\n",
            None,
        ),
        (
            "nora@pointing.example",
            "IMAP at imap.hoster.example:143 (starttls), signing in as nora@pointing.example\n\
             known from: autoconfig\n",
            Some("others take the domain's mail"),
        ),
        (
            "nora@served.example",
            "IMAP at mail.served.example:993 (tls), signing in as nora@served.example\n\
             known from: srv\n",
            None,
        ),
        (
            "nora@hosted.example",
            "IMAP at imap.hoster.example:993 (tls), signing in as nora@hosted.example\n\
             known from: srv\n",
            Some("the domain's DNS names it without proof"),
        ),
        (
            "nora@moved.example",
            "Microsoft Graph: connect it with `undersigned admin connect-graph`\n\
             known from: mx Microsoft 365\n",
            None,
        ),
        (
            "nora@filtered.example",
            "Microsoft Graph: connect it with `undersigned admin connect-graph`\n\
             known from: autodiscover Microsoft 365\n",
            None,
        ),
        (
            "nora@unknown.example",
            "nobody says how mailboxes of unknown.example are connected",
            None,
        ),
    ] {
        let asked = ask(address, false);
        assert!(asked.told.contains(told), "{address}: {}", asked.told);
        assert_eq!(asked.told.contains(doubtful), doubt.is_some(), "{address}: {}", asked.told);
        assert!(asked.told.contains(doubt.unwrap_or_default()), "{address}: {}", asked.told);
    }
}

#[test]
fn what_mozilla_knows_is_asked_for_where_the_operator_allows_it_and_the_domain_is_silent() {
    let asked = ask("nora@listed.example", true);
    let told = "IMAP at imap.listed.example:993 (tls), signing in as nora@listed.example\n\
                known from: ispdb\n";
    assert!(asked.told.contains(told), "{}", asked.told);
    assert_eq!(asked.web, "GET autoconfig.thunderbird.net /v1.1/listed.example\n");
    let silent = ask("nora@listed.example", false);
    assert!(silent.told.contains("nobody says"), "{}", silent.told);
    assert_eq!(silent.web, "");
}
