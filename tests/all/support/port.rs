//! A port for what listens at one address again and again.

use std::process::Command;

/// A port of 127.0.0.1 that nobody has, and that nobody is given who asks the kernel for one.
pub(crate) fn free() -> u16 {
    let found = Command::new("tests/free-ports").arg("1").output().unwrap();
    String::from_utf8(found.stdout).unwrap().trim().parse().unwrap()
}
