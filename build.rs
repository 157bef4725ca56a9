//! Lists the language files for `signature::language`, so that adding one touches no code.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=src/signature/languages");
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR").unwrap_or_default())
        .join("src/signature/languages");
    let mut files: Vec<_> = fs::read_dir(&folder)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    files.sort();
    // What all languages share comes first.
    files.sort_by_key(|path| path.file_stem().is_none_or(|code| code != "mul"));
    let mut entries = String::new();
    for path in &files {
        let code = path.file_stem().unwrap_or_default().to_string_lossy();
        writeln!(entries, "({code:?}, include_str!(r\"{}\")),", path.display())
            .map_err(io::Error::other)?;
    }
    let list = Path::new(&env::var("OUT_DIR").unwrap_or_default()).join("languages.rs");
    fs::write(list, format!("&[\n{entries}]\n"))
}
