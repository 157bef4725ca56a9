//! What an operator does with the commands before and beside the daemon.

use crate::support::daemon::Home;
use crate::support::databases::{Database, on_each_database, on_sqlite};
use crate::support::servers::SERVERS;
use secrecy::SecretString;
use std::fs;
use undersigned::clock::Millis;
use undersigned::contact::EmailAddress;
use undersigned::store::mailboxes::{self, Kind, NewMailbox};
use undersigned::store::sessions::{self, NewSession};
use undersigned::store::{Security, audit, lists, tenants, tokens, users};
use undersigned::vault::{MIN_ITERATIONS, MasterSecret, MasterSecrets, Vault};
use undersigned::web::auth::secret;

#[tokio::test]
async fn without_a_usable_configuration_nothing_starts_and_everything_wrong_is_told() {
    on_sqlite(async |database| {
        let home = Home::in_(database)
            .with("VAULT__MASTER_SECRET", "too short")
            .with("SERVER__LISTEN", "everywhere")
            .with("IMAP__POL_SECONDS", "5");
        let (_, complaint) = home.refuse(&["serve"]);
        for told in [
            "vault.master_secret (as UNDERSIGNED_VAULT__MASTER_SECRET) has fewer than 32",
            "`undersigned vault init`",
            "server.listen (as UNDERSIGNED_SERVER__LISTEN)",
            "imap.pol_seconds (as UNDERSIGNED_IMAP__POL_SECONDS) is no key",
        ] {
            assert!(complaint.contains(told), "{told} is missing in: {complaint}");
        }
        let (answer, _) = home.refuse(&["check"]);
        assert_eq!(answer.matches("FAIL  configuration: ").count(), 3, "{answer}");
    })
    .await;
}

#[tokio::test]
async fn another_master_secret_is_told_apart_and_the_old_one_helps_until_the_rotation() {
    on_each_database(async |database| {
        Home::in_(database).run(&["admin", "create-tenant", "Holm", "--region", "DK"]);
        let new = "a new master secret for the stories, long enough";
        let old = "a master secret for the stories, long enough";

        let home = Home::in_(database).with("VAULT__MASTER_SECRET", new);
        let (answer, _) = home.refuse(&["check"]);
        assert!(answer.contains("FAIL  vault: vault.master_secret does not fit"), "{answer}");
        let both = Home::in_(database)
            .with("VAULT__MASTER_SECRET", new)
            .with("VAULT__PREVIOUS_MASTER_SECRET", old);
        assert!(
            both.run(&["vault", "rotate"]).starts_with("1 values are sealed anew under key k2")
        );
        assert!(home.run(&["check"]).contains("ok    vault"));
    })
    .await;
}

#[tokio::test]
async fn who_leaves_is_shut_out_and_a_token_ends_when_it_is_revoked() {
    on_each_database(async |database| {
        let home = Home::in_(database);
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "a long enough password\n").unwrap();
        let file = file.path().to_str().unwrap();
        home.run(&["admin", "create-tenant", "Holm", "--region", "DK"]);
        home.run(&["admin", "create-tenant", "Other", "--region", "DK"]);
        let admin = |command: &'static str, rest: &[&'static str]| {
            [&["admin", command, "--tenant", "Holm"], rest].concat()
        };
        let anna = "anna@holm.test";
        let with_file = |command| [admin(command, &[anna]), vec!["--password-file", file]].concat();
        home.run(&with_file("create-user"));
        let db = database.open().await;
        let address = EmailAddress::parse(anna).unwrap();
        let account = async || {
            users::to_sign_in(&mut db.read().await.unwrap(), &address).await.unwrap().unwrap()
        };
        let (user, first) = account().await;
        let sign_in = async |token_hash| {
            let mut tx = db.begin_write().await.unwrap();
            let (tenant, user, expires_at) = (&user.tenant, &user.id, Millis(i64::MAX));
            let new = NewSession { token_hash, tenant, user, csrf_token: "c", expires_at };
            sessions::begin(&mut tx, &new, Millis(1)).await.unwrap();
            tx.commit().await.unwrap();
        };
        let signed_in = async |hash| {
            let mut conn = db.read().await.unwrap();
            sessions::find(&mut conn, hash, Millis(2)).await.unwrap().is_some()
        };

        sign_in("one").await;
        assert!(signed_in("one").await);
        home.run(&with_file("set-password"));
        assert!(!signed_in("one").await);
        assert_ne!(account().await.1, first);

        sign_in("two").await;
        let (_, complaint) = home.refuse(&["admin", "disable-user", "--tenant", "Other", anna]);
        assert!(complaint.contains("has no account in \"Other\""), "{complaint}");
        assert!(signed_in("two").await);
        home.run(&admin("disable-user", &[anna]));
        assert!(account().await.0.disabled && !signed_in("two").await);
        home.run(&admin("enable-user", &[anna]));
        assert!(!account().await.0.disabled && !signed_in("two").await);

        let token = home.run(&admin("create-token", &["setup"]));
        let alive = async || {
            let mut conn = db.read().await.unwrap();
            tokens::find(&mut conn, &secret::hash(token.trim()), Millis(2)).await.unwrap().is_some()
        };
        assert!(alive().await);
        home.run(&admin("revoke-token", &["setup"]));
        assert!(!alive().await);
        let (_, complaint) = home.refuse(&admin("revoke-token", &["setup"]));
        assert!(complaint.contains("has no token"), "{complaint}");

        let said = home.run(&admin("set-matching", &["--possible", "0.7"]));
        assert!(said.contains("possible from a probability of 0.7, exact from 0.995"), "{said}");
        let (_, complaint) = home.refuse(&admin("set-matching", &["--exact", "0.6"]));
        assert!(complaint.contains("--exact is not the smaller one"), "{complaint}");

        let said = home.run(&admin("set-policies", &["--fill-blanks", "0.9"]));
        assert!(said.contains("from a confidence of 0.9; reps may accept"), "{said}");
        let admins = ["--fill-blanks", "off", "--who-may-accept", "admins"];
        let said = home.run(&admin("set-policies", &admins));
        assert!(said.contains("nothing is filled without a rep; admins may accept"), "{said}");
        assert!(said.contains("the CRM says who owns a new record"), "{said}");
        let said = home.run(&admin("set-policies", &["--owner", "rep", "--companies", "make"]));
        assert!(said.contains("admins may accept; who accepts owns a new record"), "{said}");
        assert!(said.contains("a company that it has not is made"), "{said}");

        let mut conn = db.read().await.unwrap();
        let log = audit::page(&mut conn, &user.tenant, None, 8).await.unwrap();
        let actions: Vec<_> = log.iter().rev().map(|entry| entry.action.as_str()).collect();
        let last = ["user.disable", "user.enable", "token.create", "token.revoke"];
        assert_eq!(actions, [&last[..], &["matching.put"], &["policies.put"; 3]].concat());
    })
    .await;
}

#[tokio::test]
async fn check_tries_every_mailbox_and_says_what_to_do() {
    on_each_database(async |database| {
        let home = Home::in_(database);
        home.run(&["admin", "create-tenant", "Holm", "--region", "DK"]);
        connect(database, "well@holm.test", SERVERS.imap_tls.port(), &SERVERS.password).await;
        assert!(home.run(&["check"]).contains("ok    mailbox well@holm.test of Holm: can be read"));

        connect(database, "locked@holm.test", SERVERS.imap_tls.port(), "another password").await;
        connect(database, "nowhere@holm.test", 1, &SERVERS.password).await;
        let (answer, _) = home.refuse(&["check", "--format", "json"]);
        let findings: Vec<serde_json::Value> = serde_json::from_str(&answer).unwrap();
        let mailboxes: Vec<_> = findings.iter().filter(|it| it["part"] == "mailbox").collect();
        let text = |at: usize| mailboxes[at]["text"].as_str().unwrap();
        assert_eq!(mailboxes[0]["works"], true, "{answer}");
        assert!(text(1).contains("does not accept this user name and password"), "{answer}");
        assert!(text(2).contains("check host and port"), "{answer}");
        assert!(!answer.contains("another password"), "{answer}");
    })
    .await;
}

/// Connects a mailbox of the tenant Holm without the API, which would try it first.
async fn connect(database: &Database, address: &str, port: u16, password: &str) {
    let db = database.open().await;
    let present = MasterSecret::new("a master secret for the stories, long enough").unwrap();
    let secrets = MasterSecrets { present, previous: None };
    let vault = Vault::unlock(&db, secrets, MIN_ITERATIONS, Millis(0)).await.unwrap();
    let mut tx = db.begin_write().await.unwrap();
    let tenant = tenants::by_name(&mut tx, "Holm").await.unwrap().unwrap().id;
    let list = lists::create(&mut tx, &tenant, address, Millis(0)).await.unwrap().id;
    let new = NewMailbox {
        tenant,
        list,
        kind: Kind::Imap,
        address: address.to_owned(),
        host: "localhost".to_owned(),
        port,
        security: Security::Tls,
        username: address.to_owned(),
        password: SecretString::from(password),
        folder: "INBOX".to_owned(),
        backfill_days: 0,
    };
    mailboxes::create(&mut tx, &vault, &new, Millis(0)).await.unwrap();
    tx.commit().await.unwrap();
    db.close().await;
}

#[tokio::test]
async fn files_are_imported_once_however_often() {
    on_each_database(async |database| {
        let home = Home::in_(database);
        home.run(&["admin", "create-tenant", "Holm", "--region", "DE"]);
        let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/demo");
        let crm = format!("{demo}/crm.csv");
        assert!(home.run(&["crm", "import", "--tenant", "Holm", &crm]).contains("records are new"));
        let mailbox = format!("{demo}/mailbox");
        let import = ["import", "--tenant", "Holm", "--list", "Inbound", &mailbox];
        let first = home.run(&import);
        assert!(first.contains(" new\n") && first.contains(" update\n"), "{first}");
        let again = home.run(&import);
        let files = fs::read_dir(&mailbox).unwrap().count();
        assert_eq!(again.trim(), format!("{files} already-read"));
        let (answer, complaint) = home.refuse(&["import", "--tenant", "Holm", "/not/there"]);
        assert!(answer.contains("1 failed") && complaint.contains("/not/there"), "{complaint}");
        let (_, complaint) = home.refuse(&["import", "--tenant", "Hlom", &mailbox]);
        assert!(complaint.contains("there are Holm"), "{complaint}");
    })
    .await;
}

#[tokio::test]
async fn operators_see_that_the_daemon_is_well_and_its_numbers_explain_themselves() {
    on_each_database(async |database| {
        let daemon = Home::in_(database).start().await;
        let get = async |path: &str| {
            let answer = reqwest::get(format!("{}{path}", daemon.ops)).await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        };
        assert_eq!(get("/healthz").await.0, 200);
        assert_eq!(get("/readyz").await, (200, "ready\n".to_owned()));
        let (_, numbers) = get("/metrics").await;
        assert!(numbers.contains("# HELP undersigned_info"), "{numbers}");
        for line in numbers.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            let name = line.split(['{', ' ']).next().unwrap();
            let name = name.trim_end_matches("_bucket").trim_end_matches("_sum");
            let name = name.trim_end_matches("_count");
            assert!(numbers.contains(&format!("# HELP {name} ")), "{name} is not explained");
        }
        let listen = daemon.ops.trim_start_matches("http://").to_owned();
        let beside = Home::in_(database).with("OPS__LISTEN", &listen);
        assert_eq!(beside.run(&["health", "--ready"]), "ready\n");
        let other = format!("sqlite://{}", database.dir.path().join("other.db").display());
        let other = Home::in_(database).with("OPS__LISTEN", &listen).with("DATABASE__URL", &other);
        let (_, complaint) = other.refuse(&["serve"]);
        assert!(complaint.contains("change ops.listen or stop what listens there"), "{complaint}");
        assert!(daemon.stop().await.success());
        let (_, complaint) = beside.refuse(&["health"]);
        assert!(complaint.contains("the daemon does not answer"), "{complaint}");
    })
    .await;
}
