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
    let mut table = AGAINST.to_owned();
    for number in 0..CROWD {
        let (given, family) = (GIVEN[number % GIVEN.len()], family(number));
        let _ = writeln!(
            table,
            "Bonn,x{number}@{family}.example,{given} {family},c{number},,{family} Bau,,,"
        );
    }
    table
}

const GIVEN: [&str; 6] = ["Bernd", "Clara", "David", "Emma", "Felix", "Greta"];

/// A family name of its own for every number.
fn family(number: usize) -> String {
    const SYLLABLES: [&str; 10] =
        ["ba", "der", "fin", "gos", "hul", "kem", "lor", "mit", "nau", "ros"];
    let digits = format!("{number:03}");
    digits.bytes().map(|digit| SYLLABLES[usize::from(digit - b'0')]).collect()
}

/// The two tables, and the command on them.
struct Tables(TempDir);

impl Tables {
    fn new() -> Self {
        Self::of(RECORDS, &against())
    }

    fn of(records: &str, against: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("records.csv"), records).unwrap();
        fs::write(dir.path().join("against.csv"), against).unwrap();
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
    assert_eq!(found(&pairs), ["a1 a5 exact"], "{pairs:#?}");
    assert!(told.contains("6 records: 1 pairs are one person, 0 more may be"), "{told}");
}

/// The columns of the tables below.
const COLUMNS: &str = "id,given,family,organization,email,phone,mobile,title,city,url\n";

#[test]
fn two_rows_that_say_the_same_are_one_person_however_small_the_table() {
    let full =
        "Thomas,Wernicke,Exempla GmbH,thomas.wernicke@exempla.example,,+49 170 1234567,,Gotha,";
    let mailbox = "Thomas,Wernicke,,thomas.wernicke@exempla.example,,,,,";
    for row in [full, mailbox] {
        for others in [0, 1, 3, 8, 18, 48, 198, 298, 348, 398, 998] {
            let table = format!("{COLUMNS}A,{row}\nB,{row}\n{}", strangers(others));
            let (pairs, _) = Tables::of(&table, "").pairs(&[]);
            assert_eq!(found(&pairs), ["A B exact"], "{others} others of {row}: {pairs:#?}");
        }
        let one = |id: &str| format!("{COLUMNS}{id},{row}\n");
        let (pairs, _) = Tables::of(&one("A"), &one("B")).pairs(&["--against", "against.csv"]);
        assert_eq!(found(&pairs), ["A B exact"], "one against one, {row}: {pairs:#?}");
    }
}

/// So many rows of people who have nothing in common but a given name or a city.
fn strangers(rows: usize) -> String {
    let mut table = String::new();
    for row in 0..rows {
        let (given, name, firm) =
            (GIVEN[row % GIVEN.len()], family(row), family((row * 387 + 11) % 1000));
        let city = ["Ulm", "Kiel", "Mainz", "Essen", "Halle"][row % 5];
        let number = 2_000_000 + row * 7919 % 1_000_000 * 7;
        let _ = writeln!(
            table,
            "{row},{given},{name},{firm} GmbH,{name}@{firm}.example,+49 30 {number},,,{city},"
        );
    }
    table
}

#[test]
fn a_small_table_of_a_family_firm_is_as_many_people_as_it_names() {
    let mut table = COLUMNS.to_owned();
    for (id, given, mobile, title) in [
        ("1", "Anna", "", "Einkauf"),
        ("2", "Bernd", "", "Einkauf"),
        ("3", "Andreas", "+49 170 1000003", ""),
        ("4", "Andrea", "+49 170 1000004", ""),
        ("5", "Karl sen.", "", "Geschäftsführer"),
        ("6", "Karl jun.", "", "Konstrukteur"),
    ] {
        let name = given.split_once(' ').map_or("Müller".into(), |(_, it)| format!("Müller {it}"));
        let given = given.split(' ').next().unwrap_or_default();
        let _ = writeln!(
            table,
            "{id},{given},{name},Müller GmbH,,+49 931 300000,{mobile},{title},Würzburg,"
        );
    }
    let (pairs, _) = Tables::of(&table, "").pairs(&[]);
    assert!(pairs.is_empty(), "{pairs:#?}");
}

#[test]
fn the_page_of_a_firm_makes_no_two_people_one() {
    let page = "https://www.facebook.com/exempla";
    let rows = |url: &str, others: usize| {
        let of = |id: &str, email: &str, title: &str| {
            format!(
                "{id},Thomas,Wernicke,Exempla GmbH,{email}@exempla.example,,,{title},Gotha,{url}\n"
            )
        };
        let (one, two) =
            (of("A", "thomas.wernicke", "Einkäufer"), of("B", "t.wernicke2", "Konstrukteur"));
        format!("{COLUMNS}{one}{two}C,,,Exempla GmbH,,,,,Gotha,{page}\n{}", strangers(others))
    };
    for others in [20, 250, 600] {
        let with = |url: &str| Tables::of(&rows(url, others), "").pairs(&[]).0;
        let (shown, not) = (with(page), with(""));
        assert_eq!(found(&shown), ["A B possible"], "among {others}: {shown:#?}");
        // Where the employer is known it says nothing at all.
        assert_eq!(shown[0]["probability"], not[0]["probability"], "{shown:#?} {not:#?}");
    }
}

#[test]
fn a_messenger_is_nobodys_employer() {
    let row = |id: &str, firm: &str, url: &str| {
        let at = firm.to_lowercase();
        format!(
            "{id},Thomas,Wernicke,{firm} GmbH,wernicke@{at}.example,,+49 170 1234567,,Gotha,{url}\n"
        )
    };
    for url in ["https://wa.me/491701234567", ""] {
        let (one, two) = (row("A", "Alt", url), row("B", "Neu", url));
        let table = format!("{COLUMNS}{one}{two}{}", strangers(100));
        let (pairs, _) = Tables::of(&table, "").pairs(&[]);
        assert_eq!(found(&pairs), ["A B exact"], "{url}: {pairs:#?}");
        let reasons = pairs[0]["reasons"].as_array().unwrap();
        let says_domain = reasons.iter().any(|one| one["sentence"] == "the same domain");
        assert!(!says_domain, "{reasons:?}");
    }
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

#[test]
fn a_table_with_a_quote_that_is_left_open_is_refused() {
    let open = RECORDS.replace("Exempla GmbH", "\"Zum Löwen");
    let refused = Tables::of(&open, &against()).run(&["--against", "against.csv"]);
    assert!(!refused.status.success() && refused.stdout.is_empty());
    let complaint = String::from_utf8(refused.stderr).unwrap();
    assert!(complaint.contains("line 2 is not CSV"), "{complaint}");
}
