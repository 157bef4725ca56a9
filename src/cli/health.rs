//! `health`: asks the running daemon, for container images without a shell.

use crate::config::Config;
use anyhow::{Context, Result, bail};
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

/// How long the daemon may take to answer.
const PATIENCE: Duration = Duration::from_secs(4);

/// Asks the daemon on this machine whether it is alive; the exit code tells.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  undersigned health
  undersigned health --ready")]
pub(super) struct Health {
    /// Whether it is ready: its database answers, and it is not about to stop.
    #[arg(long)]
    ready: bool,
}

impl Health {
    pub(super) fn run(self, config: &Config) -> Result<ExitCode> {
        let path = if self.ready { "/readyz" } else { "/healthz" };
        let address = reachable(config.ops.listen);
        let answer = ask(address, path)
            .with_context(|| format!("the daemon does not answer at ops.listen ({address})"))?;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        if head.split(' ').nth(1) != Some("200") {
            bail!("the daemon says: {}", body.trim());
        }
        super::output::line(body.trim())?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Where we reach what listens on every address.
fn reachable(mut listen: SocketAddr) -> SocketAddr {
    match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => listen.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => listen.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    listen
}

fn ask(address: SocketAddr, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").as_bytes())?;
    let mut answer = String::new();
    stream.take(4096).read_to_string(&mut answer)?;
    Ok(answer)
}
