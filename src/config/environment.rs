//! The environment as a source: `UNDERSIGNED_IMAP__POLL_SECONDS` is `imap.poll_seconds`.

use figment::value::{Dict, Map, Value};
use figment::{Error, Metadata, Profile, Provider, Source};

const PREFIX: &str = "UNDERSIGNED_";

/// The one key that stands in no section.
const TOP_LEVEL: &str = "data_dir";

/// The variables that name a key. A variable of one word is none of ours: Kubernetes sets
/// `UNDERSIGNED_PORT` for a service of that name.
pub(super) struct Environment(Vec<(Vec<String>, String)>);

impl Environment {
    pub(super) fn new(variables: &[(String, String)]) -> Self {
        let ours = |(name, value): &(String, String)| {
            let key = name.strip_prefix(PREFIX)?.to_lowercase();
            let path: Vec<String> = key.split("__").map(str::to_owned).collect();
            (path.len() > 1 || key == TOP_LEVEL).then(|| (path, value.clone()))
        };
        Self(variables.iter().filter_map(ours).collect())
    }
}

impl Provider for Environment {
    fn metadata(&self) -> Metadata {
        Metadata::from("environment", Source::Custom("environment".to_owned()))
            .interpolater(|_, keys| format!("{PREFIX}{}", keys.join("__").to_uppercase()))
    }

    /// Every value is text: a password of digits stays one, and a number is read from its text.
    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        let mut root = Dict::new();
        for (path, value) in &self.0 {
            insert(&mut root, path, value);
        }
        Ok(Profile::Default.collect(root))
    }
}

fn insert(dict: &mut Dict, path: &[String], text: &str) {
    let [first, rest @ ..] = path else { return };
    if rest.is_empty() {
        dict.insert(first.clone(), Value::from(text));
        return;
    }
    let section = dict.entry(first.clone()).or_insert_with(|| Value::from(Dict::new()));
    if let Value::Dict(_, section) = section {
        insert(section, rest, text);
    }
}
