//! Another program beside ours: `tests/load.d/NAME`, told which mailboxes to watch.

use super::process::Process;
use crate::support::servers::{HOST, SERVERS};
use std::io::Write;
use std::process::{Child, Command, Stdio};

/// A running one; ended when dropped.
pub(super) struct Peer {
    child: Child,
}

impl Peer {
    /// The names of those that `tests/load` has installed; none in the small story.
    pub(super) fn asked_for() -> Vec<String> {
        let asked = std::env::var("UNDERSIGNED_LOAD_PEERS").unwrap_or_default();
        asked.split_whitespace().map(str::to_owned).collect()
    }

    /// One that only watches.
    pub(super) fn watch(name: &str, addresses: &[String]) -> Self {
        Self::start(name, SERVERS.imap_tls.port(), addresses, "")
    }

    /// One that fetches what comes to mailboxes at `port` and posts it to `url`.
    pub(super) fn post(name: &str, port: u16, addresses: &[String], url: &str) -> Self {
        Self::start(name, port, addresses, url)
    }

    fn start(name: &str, port: u16, addresses: &[String], url: &str) -> Self {
        let program = format!("{}/tests/load.d/{name}", env!("CARGO_MANIFEST_DIR"));
        let mut child = Command::new(program)
            .args([HOST, &port.to_string(), url])
            .env("PEER_PASSWORD", &SERVERS.password)
            .env("PEER_CA", &SERVERS.ca)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(addresses.join("\n").as_bytes()).unwrap();
        Self { child }
    }

    /// The process.
    pub(super) fn process(&self) -> Process {
        Process(self.child.id())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
