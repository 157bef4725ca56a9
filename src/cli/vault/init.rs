//! `vault init`: a new master secret.

use crate::cli::output;
use crate::vault::MasterSecret;
use anyhow::{Context, Result, bail};
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Makes a random master secret: writes it into a file that only you can read, or prints it.
///
/// From the master secret come the keys under which the passwords of mailboxes and technical users
/// are stored. Who has it and the database has the passwords; who loses it has to enter them again.
/// Keep a copy, apart from the database's backups. A file that is there is never overwritten.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  undersigned vault init master-secret
  export UNDERSIGNED_VAULT__MASTER_SECRET_FILE=$PWD/master-secret

  undersigned vault init | your-secret-store put undersigned")]
pub(in crate::cli) struct Init {
    /// The file to make; without it the secret is printed.
    file: Option<PathBuf>,
}

impl Init {
    pub(in crate::cli) fn run(self) -> Result<ExitCode> {
        let secret = MasterSecret::generate();
        let Some(file) = self.file else {
            output::line(&secret)?;
            return Ok(ExitCode::SUCCESS);
        };
        write_new(&file, &secret)?;
        eprintln!(
            "The master secret is in {}. Name that file as vault.master_secret_file, and keep a copy \
             apart from the database's backups.",
            file.display()
        );
        Ok(ExitCode::SUCCESS)
    }
}

fn write_new(file: &Path, secret: &str) -> Result<()> {
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    let mut opened = match opened {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => bail!(
            "{} is there already and is not overwritten: without the secret in it, what was sealed \
             with it could never be opened again",
            file.display()
        ),
        opened => opened.with_context(|| format!("cannot make {}", file.display()))?,
    };
    writeln!(opened, "{secret}")
        .and_then(|()| opened.sync_all())
        .with_context(|| format!("cannot write {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_file_is_private_and_never_overwritten() {
        let dir = tempfile::TempDir::new().expect("a directory");
        let file = dir.path().join("master-secret");
        let init = || Init { file: Some(file.clone()) }.run();
        init().expect("made");
        let secret = std::fs::read_to_string(&file).expect("readable");
        assert!(MasterSecret::new(&secret).is_ok());
        assert_eq!(file.metadata().expect("there").permissions().mode() & 0o777, 0o600);
        assert!(init().expect_err("refused").to_string().contains("not overwritten"));
        assert_eq!(std::fs::read_to_string(&file).expect("readable"), secret);
    }
}
