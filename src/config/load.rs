//! Brings defaults, file and environment together and reports everything that is wrong with them.

use super::Config;
use super::environment::Environment;
use super::problem::{Problem, Problems, Report};
use super::secret::{SECRETS, file_key};
use figment::error::Kind;
use figment::providers::{Format, Serialized, Toml};
use figment::value::{Dict, Value};
use figment::{Figment, Profile};
use std::path::{Path, PathBuf};

/// Where a file is looked for when none is named.
const USUAL_FILES: [&str; 2] = ["./config/undersigned.toml", "/etc/undersigned/undersigned.toml"];

/// More wrong values than this are not listed.
const MOST_WRONG_VALUES: usize = 50;

/// Where the configuration comes from, beside the defaults.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The file; it must be there.
    pub file: Option<PathBuf>,
    /// The variables of the environment.
    pub variables: Vec<(String, String)>,
}

impl Sources {
    /// The named file, else one of the usual places if there is one, and the process's environment.
    pub fn of_process(file: Option<PathBuf>) -> Self {
        let usual = || USUAL_FILES.iter().map(PathBuf::from).find(|path| path.is_file());
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self {
            file: file.or_else(usual),
            variables: std::env::vars_os().filter_map(text).collect(),
        }
    }
}

/// Reads and checks the configuration, or says everything that is wrong with it.
pub fn load(sources: &Sources) -> Result<Config, Problems> {
    let defaults = Figment::from(Serialized::defaults(Config::default()));
    let mut given = defaults.clone();
    if let Some(file) = &sources.file {
        check_syntax(file).map_err(|problem| Problems(vec![problem]))?;
        given = given.merge(Toml::file_exact(file));
    }
    given = given.merge(Environment::new(&sources.variables));

    let mut report = Report::new(given);
    report_unknown_keys(&mut report, &keys(&defaults), &[]);
    read_secret_files(&mut report);
    let config = extract(&mut report, &defaults);
    config.check(&mut report);
    report.into_result(config)
}

/// The file must be there and be TOML. The parser's own message would show the line, and with it
/// perhaps a secret.
fn check_syntax(file: &Path) -> Result<(), Problem> {
    let problem = |text: String| Problem {
        key: "the file".to_owned(),
        source: file.display().to_string(),
        text,
    };
    let text = std::fs::read_to_string(file)
        .map_err(|error| problem(format!("cannot be read: {error}")))?;
    text.parse::<toml::Table>().map(drop).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        problem(format!("is not TOML in line {line}: {}", error.message()))
    })
}

fn keys(figment: &Figment) -> Dict {
    figment.extract().unwrap_or_default()
}

/// A key that is none of ours is a slip of the pen that would else be believed to work.
fn report_unknown_keys(report: &mut Report, known: &Dict, path: &[&str]) {
    let given = match path {
        [] => keys(report.figment()),
        path => match report.figment().find_value(&path.join(".")) {
            Ok(Value::Dict(_, given)) => given,
            _ => return,
        },
    };
    for name in given.keys() {
        let path = [path, &[name.as_str()]].concat();
        match known.get(name) {
            Some(Value::Dict(_, known)) => report_unknown_keys(report, known, &path),
            Some(_) => {}
            None => {
                let names: Vec<&str> = known.keys().map(String::as_str).collect();
                let text = format!("is no key; there are {}", names.join(", "));
                report.add(&path.join("."), &text);
            }
        }
    }
}

/// Replaces each `KEY_file` by the content of that file, without white space around it.
fn read_secret_files(report: &mut Report) {
    for key in SECRETS {
        let Some(file) = report.text(&file_key(key)) else { continue };
        if report.text(key).is_some() {
            let text = format!("is also given as {key}; keep one of them");
            report.add(&file_key(key), &text);
            continue;
        }
        match std::fs::read_to_string(&file) {
            Ok(secret) => report.set(key, secret.trim().into()),
            Err(error) => {
                let text = format!("names a file that cannot be read: {error}");
                report.add(&file_key(key), &text);
            }
        }
    }
}

/// Reads the values. One that has the wrong type is noted and replaced by its default, so that the
/// next one is found as well.
fn extract(report: &mut Report, defaults: &Figment) -> Config {
    for _ in 0..MOST_WRONG_VALUES {
        let error = match report.figment().extract_lossy::<Config>() {
            Ok(config) => return config,
            Err(error) => error,
        };
        let key = error.path.join(".");
        let Ok(default) = defaults.find_value(&key) else {
            report.add(&key, &error.kind.to_string());
            break;
        };
        report.add(&key, &wrong_value(&key, &error.kind, &default));
        report.set(&key, default);
    }
    Config::default()
}

fn wrong_value(key: &str, kind: &Kind, default: &Value) -> String {
    if SECRETS.contains(&key) {
        return "must be text in quotation marks".to_owned();
    }
    let default = match default {
        Value::String(_, text) => format!("; the default is {text:?}"),
        Value::Num(_, number) => {
            number.to_i128().map_or_else(String::new, |it| format!("; the default is {it}"))
        }
        Value::Bool(_, flag) => format!("; the default is {flag}"),
        _ => String::new(),
    };
    format!("cannot be used: {kind}{default}")
}

/// One value, to be merged over what is there.
pub(super) fn value(key: &str, value: Value) -> Serialized<Value> {
    Serialized::from(value, Profile::Default).key(key)
}
