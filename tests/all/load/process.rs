//! What a running process takes, as Linux tells it (`proc(5)`).

use crate::support::patience::eventually_within;
use std::fs;
use std::time::Duration;

/// How long a thousand connections may take on a slow machine.
const LIMIT: Duration = Duration::from_mins(5);

/// Clock ticks of `/proc/PID/stat` in a second, on every Linux there is.
const TICKS: f64 = 100.0;

/// A process that is looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Process(pub(crate) u32);

impl Process {
    /// What of it is in memory now, in KiB.
    pub(crate) fn resident(self) -> f64 {
        self.status("VmRSS:")
    }

    /// The most of it that was in memory at once since [`Process::forget_peak`], in KiB.
    pub(crate) fn peak(self) -> f64 {
        self.status("VmHWM:")
    }

    /// Begins a new peak.
    pub(crate) fn forget_peak(self) {
        fs::write(format!("/proc/{}/clear_refs", self.0), "5").unwrap();
    }

    fn status(self, name: &str) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0)).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Processor time it has used, in seconds.
    pub(super) fn busy(self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0)).unwrap();
        let (_, fields) = stat.rsplit_once(')').unwrap();
        let ticks = fields.split_whitespace().skip(11).take(2);
        ticks.map(|ticks| ticks.parse::<f64>().unwrap()).sum::<f64>() / TICKS
    }

    /// How much of one core it takes, in percent, looked at for so long.
    pub(super) async fn load(self, time: Duration) -> f64 {
        let before = self.busy();
        tokio::time::sleep(time).await;
        (self.busy() - before) / time.as_secs_f64() * 100.0
    }
}

/// Mailboxes for which Dovecot has somebody in IDLE, of those whose names contain `tag`: its processes
/// say what they do in their titles (`verbose_proctitle`).
pub(super) fn idling(tag: &str) -> usize {
    let processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let titles = processes.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    titles
        .filter(|title| {
            let title = String::from_utf8_lossy(title);
            // dovecot-undersigned-test/imap [anna@example.test 127.0.0.1 IDLE]
            title.starts_with("dovecot") && title.contains(tag) && title.contains(" IDLE")
        })
        .count()
}

/// Waits until exactly so many connections idle.
pub(super) async fn until_idling(tag: &str, count: usize) {
    let what = format!("{count} connections to idle");
    eventually_within(LIMIT, &what, async || (idling(tag) == count).then_some(())).await;
}
