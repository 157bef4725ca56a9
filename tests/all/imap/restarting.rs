//! A server that is restarted again and again while mail comes.

use super::house::{House, deliver, fresh_address};
use crate::support::databases::on_each_database;
use crate::support::patience::eventually;
use crate::support::port;
use crate::support::servers::SERVERS;
use std::fs::Permissions;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpStream;
use undersigned::store::mailboxes::State;

const MAILBOXES: usize = 3;
const RESTARTS: usize = 3;
const LETTERS: usize = 40;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_restarts_while_mail_comes_loses_and_repeats_nothing() {
    on_each_database(async |database| {
        let house = House::new(database.open().await).await;
        let mut server = Dovecot::new();
        server.start().await;
        let mut boxes = Vec::new();
        for place in 0..MAILBOXES {
            let address = fresh_address(&format!("restart-{place}"));
            let port = server.imaps.port();
            boxes.push((house.connect_with(&address, |new| new.port = port).await, address));
        }
        let worker = house.work();
        for (mailbox, _) in &boxes {
            house.until(mailbox, State::Healthy).await;
        }
        let subjects: Vec<String> = (0..LETTERS).map(|n| format!("letter {n}")).collect();
        let delivering = async {
            for subject in &subjects {
                for (_, address) in &boxes {
                    deliver(address, subject).await;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let restarting = async {
            for _ in 0..RESTARTS {
                tokio::time::sleep(Duration::from_millis(700)).await;
                server.kill();
                tokio::time::sleep(Duration::from_millis(300)).await;
                server.start().await;
            }
        };
        tokio::join!(delivering, restarting);
        let subjects: Vec<&str> = subjects.iter().map(String::as_str).collect();
        for (mailbox, _) in &boxes {
            house.notes.until(mailbox, &subjects).await;
            house.until(mailbox, State::Healthy).await;
        }
        worker.stop().await;
    })
    .await;
}

/// An IMAP server of one's own, in front of the mail of the shared one.
struct Dovecot {
    dir: TempDir,
    imaps: SocketAddr,
    running: Option<Child>,
}

impl Dovecot {
    fn new() -> Self {
        let dir = TempDir::new_in(&SERVERS.dir).unwrap();
        // Most of its processes run as another user.
        std::fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
        let shared = SERVERS.dir.join("dovecot");
        let text = std::fs::read_to_string(shared.join("dovecot.conf")).unwrap();
        let [imap, imaps] = [free(), free()];
        let ours = |name: &str| dir.path().join(name).display().to_string();
        let theirs = |name: &str| shared.join(name).display().to_string();
        let text = text
            .replace(&theirs("run"), &ours("run"))
            .replace(&theirs("state"), &ours("state"))
            .replace(&theirs("log"), &ours("log"))
            .replace("instance_name = undersigned-test", "instance_name = undersigned-restarting")
            .replace("protocols = imap lmtp", "protocols = imap")
            .replace(&format!("port = {}", SERVERS.imap_starttls.port()), &imap_port(imap))
            .replace(&format!("port = {}", SERVERS.imap_tls.port()), &imap_port(imaps));
        for name in ["run", "state"] {
            std::fs::create_dir(dir.path().join(name)).unwrap();
        }
        std::fs::write(dir.path().join("dovecot.conf"), text).unwrap();
        Self { dir, imaps, running: None }
    }

    async fn start(&mut self) {
        let configuration: PathBuf = self.dir.path().join("dovecot.conf");
        let child = Command::new("dovecot")
            .args(["-F", "-c"])
            .arg(configuration)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.running = Some(child);
        eventually("Dovecot to listen", async || TcpStream::connect(self.imaps).await.ok()).await;
    }

    /// Ends it with all its connections.
    fn kill(&mut self) {
        let Some(mut running) = self.running.take() else { return };
        let pid = i32::try_from(running.id()).ok().and_then(rustix::process::Pid::from_raw);
        rustix::process::kill_process(pid.unwrap(), rustix::process::Signal::TERM).unwrap();
        running.wait().unwrap();
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        self.kill();
    }
}

fn imap_port(address: SocketAddr) -> String {
    format!("port = {}", address.port())
}

/// An address that nobody listens on.
fn free() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port::free()))
}
