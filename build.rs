//! Cargo does not see that the folder of language files is embedded: a file added there builds the
//! program again.

fn main() {
    println!("cargo::rerun-if-changed=src/signature/languages");
}
