//! The daemon as users run it: the binary, with a configuration from the environment.

use super::databases::Database;
use super::patience::eventually;
use super::servers::SERVERS;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};

/// What protects the passwords in every story.
pub(crate) const MASTER_SECRET: &str = "a master secret for the stories, long enough";

/// The program: the one that was built with the stories, unless `tests/load` names another build.
pub(crate) fn binary() -> OsString {
    let named = std::env::var_os("UNDERSIGNED_TEST_BINARY");
    named.unwrap_or_else(|| env!("CARGO_BIN_EXE_undersigned").into())
}

/// How many lines of its log a story that fails tells.
const LAST_WORDS: usize = 80;

/// Where a daemon of a story lives: its configuration and its log.
pub(crate) struct Home {
    settings: Vec<(String, String)>,
    /// The directory that everything the daemon writes is in.
    pub(crate) dir: PathBuf,
}

impl Home {
    /// A home in the database's directory.
    pub(crate) fn in_(database: &Database) -> Self {
        let dir = database.dir.path().to_owned();
        let tmp = dir.join("tmp");
        std::fs::create_dir_all(&tmp).unwrap();
        let ca = SERVERS.ca.display().to_string();
        let settings = [
            ("TMPDIR", tmp.display().to_string()),
            ("UNDERSIGNED_DATA_DIR", dir.join("data").display().to_string()),
            ("UNDERSIGNED_DATABASE__URL", database.url.clone()),
            ("UNDERSIGNED_VAULT__MASTER_SECRET", MASTER_SECRET.to_owned()),
            ("UNDERSIGNED_SERVER__LISTEN", "127.0.0.1:0".to_owned()),
            ("UNDERSIGNED_OPS__LISTEN", "127.0.0.1:0".to_owned()),
            ("UNDERSIGNED_LOG__FORMAT", "json".to_owned()),
            ("UNDERSIGNED_LOG__FILTER", "debug".to_owned()),
            ("UNDERSIGNED_IMAP__CA_FILE", ca.clone()),
            ("UNDERSIGNED_CRM__CA_FILE", ca.clone()),
            ("UNDERSIGNED_CRM__ALLOW_PRIVATE_HOSTS", "true".to_owned()),
            ("UNDERSIGNED_IMAP__ALLOW_PRIVATE_HOSTS", "true".to_owned()),
            ("UNDERSIGNED_SMTP__CA_FILE", ca),
            ("UNDERSIGNED_SMTP__ALLOW_PRIVATE_HOSTS", "true".to_owned()),
            ("UNDERSIGNED_IMAP__BACKFILL_PER_MINUTE", "1000000".to_owned()),
        ];
        let settings = settings.map(|(key, value)| (key.to_owned(), value)).to_vec();
        Self { settings, dir }
    }

    /// With one more setting (`IMAP__POLL_SECONDS`).
    pub(crate) fn with(mut self, key: &str, value: &str) -> Self {
        self.settings.push((format!("UNDERSIGNED_{key}"), value.to_owned()));
        self
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.args(arguments).current_dir(&self.dir).stdin(Stdio::null());
        command.envs(self.settings.iter().map(|(key, value)| (key, value)));
        command
    }

    /// Runs a command to its end and returns what it printed; it must succeed.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let Output { status, stdout, stderr } = self.command(arguments).output().unwrap();
        let complaint = String::from_utf8_lossy(&stderr);
        assert!(status.success(), "undersigned {arguments:?}: {complaint}");
        String::from_utf8(stdout).unwrap()
    }

    /// Runs a command that must fail and returns what it printed, answer and complaint.
    pub(crate) fn refuse(&self, arguments: &[&str]) -> (String, String) {
        let Output { status, stdout, stderr } = self.command(arguments).output().unwrap();
        assert_eq!(status.code(), Some(1), "undersigned {arguments:?} must fail");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (text(stdout), text(stderr))
    }

    /// Runs a command that reads `input`.
    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> String {
        use std::io::Write as _;
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
        let complaint = String::from_utf8_lossy(&stderr);
        assert!(status.success(), "undersigned {arguments:?}: {complaint}");
        String::from_utf8(stdout).unwrap()
    }

    /// Where the log of every start goes, one after the other.
    pub(crate) fn log(&self) -> PathBuf {
        self.dir.join("undersigned.log")
    }

    /// Starts the daemon and waits until it listens.
    pub(crate) async fn start(&self) -> Daemon {
        let log = OpenOptions::new().create(true).append(true).open(self.log()).unwrap();
        let seen = log.metadata().unwrap().len();
        let child = self.spawn(log);
        let mut daemon = Daemon { child, web: String::new(), ops: String::new() };
        let (web, ops) = eventually("the daemon to start", async || {
            assert!(daemon.child.try_wait().unwrap().is_none(), "it ended");
            started(&self.log(), seen)
        })
        .await;
        daemon.web = format!("http://{web}");
        daemon.ops = format!("http://{ops}");
        daemon
    }

    fn spawn(&self, log: File) -> Child {
        let errors = log.try_clone().unwrap();
        self.command(&["serve"]).stdout(log).stderr(errors).spawn().unwrap()
    }
}

/// A story that fails tells what the daemon said last: it may not fail twice.
impl Drop for Home {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.log()).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            let last = lines[lines.len().saturating_sub(LAST_WORDS)..].join("\n");
            eprintln!("the daemon's last words:\n{last}");
        }
    }
}

/// The addresses in the line that says it has started, looked for behind the first `seen` bytes.
fn started(log: &Path, seen: u64) -> Option<(SocketAddr, SocketAddr)> {
    let text = std::fs::read(log).ok()?;
    let text = String::from_utf8_lossy(text.get(usize::try_from(seen).ok()?..)?).into_owned();
    text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()).find_map(|line| {
        let field = |name: &str| line.pointer(&format!("/fields/{name}")).or(line.get(name));
        let address = |name: &str| field(name)?.as_str()?.parse().ok();
        (field("message")? == "started").then_some((address("web")?, address("ops")?))
    })
}

/// A running daemon; ended when dropped.
pub(crate) struct Daemon {
    child: Child,
    /// Where the pages and the API are.
    pub(crate) web: String,
    /// Where health and metrics are.
    pub(crate) ops: String,
}

impl Daemon {
    /// The number of its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once (SIGKILL).
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop (SIGTERM) and waits until it has.
    pub(crate) async fn stop(self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.ended().await
    }

    /// Asks it to stop and not to wait for what it does (SIGTERM and SIGINT), and waits until it has.
    pub(crate) async fn stop_at_once(self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.signal(Signal::INT);
        self.ended().await
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        kill_process(pid.unwrap(), signal).unwrap();
    }

    async fn ended(mut self) -> ExitStatus {
        eventually("the daemon to stop", async || self.child.try_wait().unwrap()).await
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
