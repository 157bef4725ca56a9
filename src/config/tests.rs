//! The configuration as operators write it, and what is said about mistakes.

use super::*;
use std::fs;
use tempfile::TempDir;

const SECRET: &str = "0123456789012345678901234567890123456789";

/// Loads a file with this text and these variables.
fn load_from(toml: &str, variables: &[(&str, &str)]) -> Result<Config, Vec<Problem>> {
    let dir = TempDir::new().expect("a directory");
    let file = dir.path().join("undersigned.toml");
    fs::write(&file, toml).expect("written");
    let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    let sources = Sources { file: Some(file), variables: variables.collect() };
    load(&sources).map_err(|problems| problems.0)
}

/// The problems as `key: text`.
fn problems(toml: &str, variables: &[(&str, &str)]) -> Vec<String> {
    let problems = load_from(toml, variables).expect_err("must be refused");
    problems.into_iter().map(|it| format!("{}: {}", it.key, it.text)).collect()
}

const WITH_SECRET: (&str, &str) = ("UNDERSIGNED_VAULT__MASTER_SECRET", SECRET);

#[test]
fn without_anything_only_the_master_secret_is_missing_and_is_explained() {
    let problems = load(&Sources::default()).expect_err("no master secret").0;
    let [problem] = &problems[..] else { panic!("{problems:?}") };
    assert_eq!(problem.key, "vault.master_secret");
    assert!(problem.text.contains("undersigned vault init"), "{problem}");
}

#[test]
fn the_example_is_the_defaults() {
    let example = include_str!("../../config/example.toml");
    let config = load_from(example, &[WITH_SECRET]).expect("the example can be used");
    let mut defaults = Config::default();
    defaults.vault.master_secret = SECRET.into();
    assert_eq!(config, defaults);
}

/// Every key stands in the example, in its section, with a comment before it; and no other does.
#[test]
fn the_example_names_and_explains_every_key() {
    let example = include_str!("../../config/example.toml");
    let mut named = Vec::new();
    let (mut section, mut explained) = (String::new(), false);
    for line in example.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = format!("{}.", name.trim_end_matches(']'));
            explained = false;
        } else if let Some((key, _)) = line.trim_start_matches('#').split_once(" = ")
            && !line.starts_with("# ")
        {
            assert!(explained, "{section}{key} has no sentence");
            named.push(format!("{section}{key}"));
        } else {
            explained = line.starts_with("# ");
        }
    }
    let defaults = serde_json::to_value(Config::default()).expect("serialises");
    let mut keys = Vec::new();
    let mut values = vec![(String::new(), &defaults)];
    while let Some((path, value)) = values.pop() {
        match value.as_object() {
            Some(section) => values.extend(section.iter().map(|(key, value)| {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                (path, value)
            })),
            None => keys.push(path),
        }
    }
    named.sort();
    keys.sort();
    assert_eq!(named, keys);
}

#[test]
fn the_environment_wins_over_the_file() {
    let toml = "[server]\nlisten = \"127.0.0.1:1\"\n[imap]\npoll_seconds = 7";
    let variables = [
        WITH_SECRET,
        ("UNDERSIGNED_SERVER__LISTEN", "0.0.0.0:2"),
        ("UNDERSIGNED_IMAP__ALLOW_PRIVATE_HOSTS", "true"),
        ("UNDERSIGNED_JOBS__WORKERS", "9"),
        ("UNDERSIGNED_HOSTS__EXTRA_PORTS", "1993, 2993"),
        ("UNDERSIGNED_SERVER__TRUSTED_PROXIES", "10.0.0.0/8, 2001:db8::1"),
        ("UNDERSIGNED_OAUTH__GOOGLE__TOKEN_URL", "http://127.0.0.1:8123/token"),
        ("UNDERSIGNED_DATA_DIR", "/srv/undersigned"),
        ("UNDERSIGNED_PORT", "tcp://10.0.0.1:80"),
        ("UNDERSIGNED_CONFIG", "elsewhere.toml"),
    ];
    let config = load_from(toml, &variables).expect("can be used");
    assert_eq!(config.server.listen.port(), 2);
    assert_eq!(config.imap.poll_seconds, 7);
    assert!(config.imap.allow_private_hosts);
    assert_eq!(config.jobs.workers, 9);
    assert_eq!(config.hosts.extra_ports, [1993, 2993]);
    let trusted: Vec<String> =
        config.server.trusted_proxies.iter().map(ToString::to_string).collect();
    assert_eq!(trusted, ["10.0.0.0/8", "2001:db8::1/128"]);
    assert_eq!(config.oauth.0["google"].token_url, "http://127.0.0.1:8123/token");
    assert_eq!(config.oauth.0["google"].imap(), Some(("imap.gmail.com", 993)));
    assert_eq!(*config.database_url(), "sqlite:///srv/undersigned/undersigned.db");
}

#[test]
fn all_problems_are_told_at_once_each_with_its_key_and_source() {
    let toml = "
        colour = \"red\"
        [server]
        lisen = \"127.0.0.1:1\"
        public_url = \"crm.example.com\"
        [database]
        connections = \"many\"
        [log]
        format = \"xml\"
    ";
    let variables = [("UNDERSIGNED_JOBS__WORKERS", "0"), ("UNDERSIGNED_OPS__LISTEN", "here")];
    let found = load_from(toml, &variables).expect_err("must be refused");
    let source_of = |key: &str| {
        let problem = found.iter().find(|it| it.key == key);
        problem.unwrap_or_else(|| panic!("no problem with {key} in {found:?}")).source.clone()
    };
    for key in ["colour", "server.lisen", "server.public_url", "database.connections", "log.format"]
    {
        assert!(source_of(key).ends_with("undersigned.toml"), "{key}: {}", source_of(key));
    }
    assert_eq!(source_of("jobs.workers"), "as UNDERSIGNED_JOBS__WORKERS");
    assert_eq!(source_of("ops.listen"), "as UNDERSIGNED_OPS__LISTEN");
    source_of("vault.master_secret");
    assert_eq!(found.len(), 8, "{found:?}");
}

#[test]
fn a_secret_is_a_value_or_a_file_and_not_both() {
    let dir = TempDir::new().expect("a directory");
    let file = dir.path().join("secret");
    fs::write(&file, format!("  {SECRET}\n")).expect("written");
    let path = file.display().to_string();
    let by_file = ("UNDERSIGNED_VAULT__MASTER_SECRET_FILE", path.as_str());

    let config = load_from("", &[by_file]).expect("can be used");
    assert_eq!(config.vault.master_secret.expose(), Some(SECRET));
    let both = problems("", &[by_file, WITH_SECRET]);
    assert_eq!(both.len(), 1, "{both:?}");
    assert!(both[0].starts_with("vault.master_secret_file: is also given"), "{both:?}");

    let gone = ("UNDERSIGNED_DATABASE__URL_FILE", "/nowhere/at/all");
    let gone = problems("", &[WITH_SECRET, gone]);
    assert!(gone[0].starts_with("database.url_file: names a file that cannot be read"), "{gone:?}");
    fs::write(&file, "short").expect("written");
    let short = load_from("", &[by_file]).expect_err("too short");
    assert_eq!(short[0].source, "as UNDERSIGNED_VAULT__MASTER_SECRET_FILE");
    assert!(short[0].text.contains("32 characters"), "{short:?}");
}

#[test]
fn no_secret_is_ever_shown() {
    let url = "postgres://undersigned:hunter22@db.example/undersigned";
    let config = load_from("", &[WITH_SECRET, ("UNDERSIGNED_DATABASE__URL", url)]).expect("usable");
    let shown = format!("{config:?}") + &serde_json::to_string(&config).expect("serialises");
    assert!(!shown.contains(SECRET) && !shown.contains("hunter22"), "{shown}");
    assert_eq!(*config.database_url(), url);

    for toml in [
        "[vault]\nmaster_secret = 1234567890123",
        "[vault]\nmaster_secret = \"1234567890123\n",
        "[vault]\nmaster_secret = [\"1234567890123\"]",
        "[vault]\nmaster_secret = \"1234567890123\"",
        "[database]\nurl = \"1234567890123\"",
    ] {
        let text = problems(toml, &[]).join("\n");
        assert!(!text.contains("1234567890123"), "{text}");
    }
}

#[test]
fn iterations_can_only_be_raised() {
    let raised = load_from("[vault]\niterations = 1000000", &[WITH_SECRET]).expect("usable");
    assert_eq!(raised.vault.iterations, 1_000_000);
    let lowered = problems("[vault]\niterations = 1000", &[WITH_SECRET]);
    assert!(lowered[0].contains("at least 600000"), "{lowered:?}");
}

#[test]
fn the_operators_account_is_whole_or_none() {
    let alone = problems("[notices]\nhost = \"smtp.example.com\"", &[WITH_SECRET]);
    assert!(alone[0].starts_with("notices.from_address: must be the address"), "{alone:?}");
    let toml = "[notices]\nhost = \"smtp.example.com\"\nport = 587\nsecurity = \"starttls\"\n\
                from_address = \"undersigned@example.com\"\nusername = \"undersigned\"";
    let lacking = problems(toml, &[WITH_SECRET]);
    assert!(lacking[0].starts_with("notices.password: and notices.username"), "{lacking:?}");
    let password = ("UNDERSIGNED_NOTICES__PASSWORD", "5ecret");
    let config = load_from(toml, &[WITH_SECRET, password]).expect("usable");
    assert_eq!(config.notices.password.expose(), Some("5ecret"));
    assert!(!format!("{config:?}").contains("5ecret"));
}
