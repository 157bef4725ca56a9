//! Messages in files: `.eml`, mbox, Maildir, folders of all of them, and `-` for standard input.

mod mbox;
mod walk;

pub use mbox::Mbox;

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

/// A message of a file: what to call it, and its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The file's base name; within an mbox with the message's number: `inbox.mbox#3`.
    pub name: String,
    /// The message, no longer than was asked for.
    pub raw: Vec<u8>,
}

/// A file or folder that could not be read.
#[derive(Debug, thiserror::Error)]
#[error("`{path}` cannot be read: {source}. Check that it exists and that you may read it.")]
pub struct FileError {
    /// As it was given or found.
    pub path: PathBuf,
    /// What the system says.
    pub source: io::Error,
}

/// All messages below the paths, one in memory at a time. Of a message at most `max_bytes` are
/// read. What cannot be read is an error in its place; the rest follows.
pub fn messages(
    paths: impl IntoIterator<Item = PathBuf>,
    max_bytes: usize,
) -> impl Iterator<Item = Result<Found, FileError>> {
    paths.into_iter().flat_map(walk::files).flat_map(move |path| match path {
        Ok(path) => open(&path, max_bytes),
        Err(error) => Box::new(std::iter::once(Err(error))),
    })
}

type Messages = Box<dyn Iterator<Item = Result<Found, FileError>>>;

fn open(path: &Path, max_bytes: usize) -> Messages {
    let name = path.file_name().map_or("-".into(), |name| name.to_string_lossy().into_owned());
    let reader: io::Result<Box<dyn Read>> = if path.as_os_str() == "-" {
        Ok(Box::new(io::stdin()))
    } else {
        File::open(path).map(|file| Box::new(file) as Box<dyn Read>)
    };
    let failed = {
        let path = path.to_owned();
        move |source| FileError { path: path.clone(), source }
    };
    let found = reader.and_then(|reader| {
        let mut reader = BufReader::new(reader);
        let is_mbox = mbox::starts(&mut reader)?;
        Ok((reader, is_mbox))
    });
    match found {
        Err(source) => Box::new(std::iter::once(Err(failed(source)))),
        Ok((reader, true)) => Box::new((1..).zip(Mbox::new(reader, max_bytes)).map(
            move |(number, raw): (usize, io::Result<Vec<u8>>)| {
                raw.map(|raw| Found { name: format!("{name}#{number}"), raw }).map_err(&failed)
            },
        )),
        Ok((reader, false)) => {
            let mut raw = Vec::new();
            let limit = u64::try_from(max_bytes).unwrap_or(u64::MAX);
            let read = reader.take(limit).read_to_end(&mut raw);
            Box::new(std::iter::once(read.map(|_| Found { name, raw }).map_err(failed)))
        }
    }
}

#[cfg(test)]
mod tests;
