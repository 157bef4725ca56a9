//! What an admin sees who runs `match` on the tables of a CRM.

use crate::support::daemon::binary;
use serde_json::Value;
use std::fmt::Write as _;
use std::fs;
use std::process::{Command, Output};
use tempfile::TempDir;

const RECORDS: &str = "\
id,name,title,organization,email,phone,mobile,city
a1,\"Anna Wallner, LL.M.\",,Exempla GmbH,anna.wallner@exempla.example,,,Wien
a2,J. Weiß,,Probe AG,,,+41 79 123 45 67,Zürich
a3,Eva Probst,Einkauf,Muster GmbH,,+49 931 300000,,Würzburg
a4,Yael Levi,,Levant Ltd,,,+972 50 123 4567,Haifa
a5,Wallner Anna,,Exempla,anna.wallner+crm@exempla.example,,,Wien
a6,Karl Ohnegleich,,Allein KG,karl@allein.example,,,Kiel
";

const AGAINST: &str = "\
City,E-Mail,Name,Id,Mobile,Organization,Phone,Title,Shoe size
Wien,anna.wallner@exempla.example,Anna Wallner,b1,,Exempla GmbH,,,38
Zürich,,Jörg Weiß,b2,0041791234567,PROBE,,,44
Würzburg,,Otto Huber,b3,,Muster GmbH,+49931300000,Vertrieb,45
Haifa,,יעל לוי,b4,+972501234567,Levant,,,37
";

/// How many more the second table has, who are nobody of the first: how much a value says depends on how many
/// have it.
const CROWD: usize = 200;

fn against() -> String {
    const SYLLABLES: [&str; 10] =
        ["ba", "der", "fin", "gos", "hul", "kem", "lor", "mit", "nau", "ros"];
    let mut table = AGAINST.to_owned();
    for number in 0..CROWD {
        let given = ["Bernd", "Clara", "David", "Emma", "Felix", "Greta"][number % 6];
        let digits = format!("{number:03}");
        let family: String =
            digits.bytes().map(|digit| SYLLABLES[usize::from(digit - b'0')]).collect();
        let _ = writeln!(
            table,
            "Bonn,x{number}@{family}.example,{given} {family},c{number},,{family} Bau,,,"
        );
    }
    table
}

/// The two tables, and the command on them.
struct Tables(TempDir);

impl Tables {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("records.csv"), RECORDS).unwrap();
        fs::write(dir.path().join("against.csv"), against()).unwrap();
        Self(dir)
    }

    fn run(&self, more: &[&str]) -> Output {
        let mut command = Command::new(binary());
        command.current_dir(self.0.path()).args(["match", "--records", "records.csv"]);
        command.args(more).output().unwrap()
    }

    /// Every line of the output, and what stood in the error stream.
    fn pairs(&self, more: &[&str]) -> (Vec<Value>, String) {
        let Output { status, stdout, stderr } = self.run(&[more, &["--format", "jsonl"]].concat());
        let told = String::from_utf8(stderr).unwrap();
        assert!(status.success(), "{told}");
        let lines = String::from_utf8(stdout).unwrap();
        let pair = |line: &str| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
        (lines.lines().map(pair).collect(), told)
    }
}

/// Who was found to be whom, and how surely.
fn found(pairs: &[Value]) -> Vec<String> {
    let text = |pair: &Value, key: &str| pair[key].as_str().unwrap().to_owned();
    let found = pairs
        .iter()
        .map(|pair| format!("{} {} {}", text(pair, "a"), text(pair, "b"), text(pair, "match")));
    let mut found: Vec<String> = found.collect();
    found.sort();
    found
}

#[test]
fn a_table_is_compared_with_another_and_the_output_is_nothing_but_pairs() {
    let tables = Tables::new();
    let (pairs, told) = tables.pairs(&["--against", "against.csv"]);
    assert_eq!(
        found(&pairs),
        ["a1 b1 exact", "a2 b2 exact", "a4 b4 possible", "a5 b1 exact"],
        "{pairs:#?}"
    );
    assert!(told.contains("210 records: 3 pairs are one person, 1 more may be"), "{told}");
    for pair in &pairs {
        let probability = pair["probability"].as_f64().unwrap();
        let fewest = if pair["match"] == "exact" { 0.995 } else { 0.5 };
        assert!((fewest..=1.0).contains(&probability), "{pair}");
        assert_eq!(pair.as_object().unwrap().len(), 5, "{pair}");
        for reason in pair["reasons"].as_array().unwrap() {
            assert!(reason["bits"].is_f64() && reason["degree"].is_string(), "{reason}");
        }
    }
    let of_anna = pairs.iter().find(|pair| pair["a"] == "a1").unwrap();
    let reasons = of_anna["reasons"].as_array().unwrap();
    let says = |field: &str, sentence: &str| {
        reasons.iter().any(|one| one["field"] == field && one["sentence"] == sentence)
    };
    assert!(says("email", "the same e-mail address"), "{of_anna}");
    assert!(says("family", "the same family name"), "{of_anna}");
}

#[test]
fn a_table_alone_is_compared_with_itself() {
    let (pairs, told) = Tables::new().pairs(&[]);
    // What a third of so few has in common is not sure.
    assert_eq!(found(&pairs), ["a1 a5 possible"], "{pairs:#?}");
    assert!(told.contains("6 records: 0 pairs are one person, 1 more may be"), "{told}");
}

#[test]
fn the_thresholds_are_the_admins() {
    let tables = Tables::new();
    let against = |more: &[&str]| {
        let (pairs, _) = tables.pairs(&[&["--against", "against.csv"], more].concat());
        found(&pairs)
    };
    // Nothing is so sure.
    let strict = against(&["--exact", "1"]);
    assert!(strict.iter().all(|pair| pair.ends_with(" possible")), "{strict:?}");
    assert_eq!(strict.len(), 4, "{strict:?}");
    let few = against(&["--possible", "0.995"]);
    assert_eq!(few, ["a1 b1 exact", "a2 b2 exact", "a5 b1 exact"]);
    let wrong = tables.run(&["--possible", "0.9", "--exact", "0.8"]);
    assert!(!wrong.status.success() && wrong.stdout.is_empty());
    let complaint = String::from_utf8(wrong.stderr).unwrap();
    assert!(complaint.contains("--exact is not the smaller one"), "{complaint}");
}

#[test]
fn for_people_a_pair_is_a_line_with_its_reasons() {
    let Output { stdout, .. } = Tables::new().run(&["--against", "against.csv"]);
    let lines = String::from_utf8(stdout).unwrap();
    let anna = lines.lines().find(|line| line.contains("a1 = b1: ")).unwrap();
    assert!(anna.starts_with("exact") && anna.contains("the same e-mail address"), "{anna}");
}
