//! The messages that are measured, and the way they go.

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use undersigned::contact::card::{confidences, to_card};
use undersigned::mail::{self, Limits, Policy};
use undersigned::signature::{self, Hints};

/// Where the messages are.
pub(super) fn folder() -> PathBuf {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let set = project.join("../shared/eval/dev");
    if set.is_dir() { set } else { project.join("fixtures/signatures") }
}

/// The messages' bytes, in the order of their files' names.
pub(super) fn all() -> Vec<Vec<u8>> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder()).expect("messages").flatten().map(|file| file.path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "eml"));
    files.sort();
    files.iter().map(|file| fs::read(file).expect("a message")).collect()
}

/// The whole way, from the bytes to the Card with its confidences; also for what is screened out
/// it ends where the daemon's way ends.
pub(super) fn read(raw: &[u8]) {
    if mail::screen(raw, &Policy::default()).is_err() {
        return;
    }
    let Ok(reading) = mail::read(raw, &Limits::default()) else { return };
    let extraction = signature::extract(&reading, &Hints::default());
    if signature::plausible(&reading, &extraction).is_ok() {
        black_box((to_card(&extraction.contact), confidences(&extraction.contact)));
    }
}
