//! How long the program takes for one message, with everything it loads for that.

use super::{Measured, messages};
use std::fs;
use std::process::{Command, Stdio};
use std::time::Instant;

const STARTS: usize = 21;

pub(super) fn measure() -> Vec<Measured> {
    let files = fs::read_dir(messages::folder()).expect("messages").flatten();
    let message = files
        .map(|file| file.path())
        .find(|file| file.extension().is_some_and(|ending| ending == "eml"))
        .expect("a message");
    let mut times: Vec<f64> = (0..STARTS)
        .map(|_| {
            let start = Instant::now();
            let ended = Command::new(env!("CARGO_BIN_EXE_undersigned"))
                .arg("extract")
                .arg(&message)
                .stdout(Stdio::null())
                .status()
                .expect("the program starts");
            assert!(ended.success());
            start.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    vec![Measured {
        what: "`extract` of one message, start and all data",
        value: times[STARTS / 2],
        bar: 50.0,
        unit: "ms",
    }]
}
