//! Asks for a password: from a file, from the terminal without showing it, or from standard input.
//! Never from an argument: those are seen by everybody on the machine.

use anyhow::{Context, Result, bail};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;
use zeroize::Zeroizing;

/// The password in `file`, else what is typed twice, else the first line of standard input.
pub(super) fn password(file: Option<&Path>) -> Result<Zeroizing<String>> {
    if let Some(file) = file {
        let text = Zeroizing::new(
            std::fs::read_to_string(file)
                .with_context(|| format!("cannot read the password from {}", file.display()))?,
        );
        return Ok(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()));
    }
    if !io::stdin().is_terminal() {
        return line();
    }
    let _hidden = Hidden::begin()?;
    let first = ask("Password: ")?;
    let second = ask("Again: ")?;
    if first != second {
        bail!("the two passwords differ; nothing was changed");
    }
    Ok(first)
}

fn line() -> Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    io::stdin().lock().read_line(&mut text).context("cannot read the password")?;
    Ok(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}

fn ask(question: &str) -> Result<Zeroizing<String>> {
    eprint!("{question}");
    io::stderr().flush()?;
    let answer = line();
    eprintln!();
    answer
}

/// A terminal that does not show what is typed; shows it again when dropped.
struct Hidden(Termios);

impl Hidden {
    fn begin() -> Result<Self> {
        let shown = tcgetattr(io::stdin()).context("cannot ask the terminal")?;
        let mut hidden = shown.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &hidden)
            .context("cannot hide what is typed")?;
        Ok(Self(shown))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.0);
    }
}
