//! Whole messages as clients write them: `fixtures/messages/*.eml`, each with what must be read of
//! it in a `.txt` beside it. With `BLESS=1` the test writes what it finds, to be looked through.

use crate::mail::{Limits, Line, Policy, Reading, read, screen};
use std::fs;
use std::path::{Path, PathBuf};

fn messages() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/messages");
    let entries = fs::read_dir(folder).expect("the folder of fixtures");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("readable").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "eml"));
    paths.sort();
    paths
}

/// The reading as text: `~` before what is marked as signature, ` | ` between cells, links in
/// brackets.
fn shown(raw: &[u8]) -> String {
    if let Err(skipped) = screen(raw, &Policy::default()) {
        return format!("skipped: {skipped}\n");
    }
    match read(raw, &Limits::default()) {
        Err(skipped) => format!("skipped: {skipped}\n"),
        Ok(reading) => head(&reading) + &reading.lines.iter().map(line).collect::<String>(),
    }
}

fn head(reading: &Reading) -> String {
    let name = reading.author.name.as_deref().unwrap_or("nobody");
    let address = reading.author.address.as_ref().map(ToString::to_string).unwrap_or_default();
    let cards = match reading.vcards.len() {
        0 => String::new(),
        count => format!(" with {count} vCard"),
    };
    format!("{name} <{address}>{cards}\n\n")
}

fn line(line: &Line) -> String {
    let cells = line.cells.iter().map(|cell| {
        let links = cell.links.iter().map(|link| format!(" [{link}]"));
        [cell.text.clone()].into_iter().chain(links).collect::<String>()
    });
    let mark = if line.marked { "~ " } else { "" };
    format!("{mark}{}", cells.collect::<Vec<_>>().join(" | ")).trim_end().to_owned() + "\n"
}

#[test]
fn every_message_is_read_as_its_reader_sees_it() {
    let paths = messages();
    assert!(paths.len() >= 30, "fixtures are missing");
    for path in paths {
        let raw = fs::read(&path).expect("readable");
        let found = shown(&raw);
        let expected = path.with_extension("txt");
        if std::env::var_os("BLESS").is_some() {
            fs::write(&expected, &found).expect("written");
        }
        let expected = fs::read_to_string(&expected).unwrap_or_default();
        assert_eq!(found, expected, "{}", path.display());
        let crlf = String::from_utf8_lossy(&raw).into_owned().replace('\n', "\r\n");
        if crlf.is_ascii() {
            assert_eq!(shown(crlf.as_bytes()), expected, "{} with CRLF", path.display());
        }
    }
}
