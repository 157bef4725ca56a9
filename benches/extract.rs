//! How long a message takes from its bytes to a contact: `cargo bench --bench extract`.
//!
//! The messages are those of `fixtures/signatures`: one item is one whole message, read and
//! extracted on one thread. The bar is 1 ms a message.

use divan::{Bencher, black_box, counter::ItemsCount};
use std::fs;
use std::path::Path;
use undersigned::mail::{self, Limits};
use undersigned::signature::{self, Hints};

fn main() {
    divan::main();
}

fn messages() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/signatures");
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let mail = files.filter(|file| file.path().extension().is_some_and(|ending| ending == "eml"));
    mail.filter_map(|file| fs::read(file.path()).ok()).collect()
}

#[divan::bench]
fn whole_messages(bencher: Bencher<'_, '_>) {
    let (messages, limits, hints) = (messages(), Limits::default(), Hints::default());
    assert!(!messages.is_empty(), "fixtures/signatures holds messages");
    bencher.counter(ItemsCount::new(messages.len())).bench_local(|| {
        for message in &messages {
            if let Ok(reading) = mail::read(message, &limits) {
                black_box(signature::extract(&reading, &hints));
            }
        }
    });
}
