//! Files and folders of mail as programs write them.

use super::*;
use std::fs;

fn bodies(found: impl Iterator<Item = Result<Found, FileError>>) -> Vec<(String, String)> {
    let text = |found: Found| (found.name, String::from_utf8(found.raw).expect("text"));
    found.map(|found| text(found.expect("readable"))).collect()
}

fn mbox(text: &str, max_bytes: usize) -> Vec<String> {
    let read = |raw: io::Result<Vec<u8>>| String::from_utf8(raw.expect("readable")).expect("text");
    Mbox::new(text.as_bytes(), max_bytes).map(read).collect()
}

#[test]
fn an_mbox_is_its_messages() {
    let text = "From a Mon\nA: 1\n\n>From home\nFrom here on\n\nFrom b Tue\nB: 2\n\nx\n";
    assert_eq!(mbox(text, 1000), ["A: 1\n\nFrom home\nFrom here on\n\n", "B: 2\n\nx\n"]);
    assert_eq!(mbox(text, 6), ["A: 1\n\n", "B: 2\n\n"]);
    assert_eq!(mbox("", 10), Vec::<String>::new());
    assert_eq!(mbox(&format!("From a\n{}", "x".repeat(100_000)), 70), ["x".repeat(70)]);
}

#[test]
fn folders_maildirs_and_single_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let put = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(path, text).expect("written");
    };
    put("a.eml", "one");
    put("notes.txt", "none");
    put("old/inbox.mbox", "From a\ntwo\n\nFrom b\nthree\n");
    put("mail/cur/1:2,S", "four");
    put("mail/new/2", "five");
    put("mail/tmp/3", "none");
    put("mail/dovecot.index", "none");
    put("mail/.Sent/cur/4", "six");
    put("mail/.Sent/new/5", "seven");
    let all = bodies(messages([folder.path().to_owned()], 1000));
    let texts: Vec<&str> = all.iter().map(|(_, text)| text.trim()).collect();
    assert_eq!(texts, ["one", "six", "seven", "four", "five", "two", "three"]);
    assert_eq!(all[5].0, "inbox.mbox#1");
    let missing = messages([folder.path().join("no.eml")], 10).next().expect("an answer");
    assert!(missing.unwrap_err().to_string().contains("no.eml"));
}
