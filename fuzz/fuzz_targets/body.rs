//! Bytes taken as the content of a well-formed message, so that nothing is lost on its headers:
//! the first byte says in which form, the first line is the author's name.

#![no_main]

mod way;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((form, rest)) = bytes.split_first() else { return };
    let end = rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
    let (name, body) = (&rest[..end], rest.get(end + 1..).unwrap_or_default());
    let content = [
        "text/plain; charset=utf-8",
        "text/html; charset=utf-8",
        "text/plain; charset=utf-8; format=flowed; delsp=yes",
        "text/vcard; charset=utf-8",
    ][usize::from(form % 4)];
    let mut raw = b"From: \"".to_vec();
    raw.extend(name);
    raw.extend(b"\" <anna.muster@muster-werke.example>\nContent-Type: multipart/mixed; boundary=x\n\n");
    raw.extend(b"--x\nContent-Type: ");
    raw.extend(content.as_bytes());
    raw.extend(b"\nContent-Transfer-Encoding: 8bit\n\n");
    raw.extend(body);
    raw.extend(b"\n--x--\n");
    way::go(&raw);
});
