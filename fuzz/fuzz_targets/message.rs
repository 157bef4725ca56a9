//! Bytes taken as a whole message: headers, MIME, charsets, everything.

#![no_main]

mod way;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|raw: &[u8]| way::go(raw));
