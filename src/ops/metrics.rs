//! The numbers, in one registry a process. The parts count with the macros of `metrics`.

mod names;

use anyhow::{Context, Result};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Bounds of the histograms of durations, in seconds.
const SECONDS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0];

/// How often old samples are folded, so that nobody has to ask for that.
const UPKEEP: Duration = Duration::from_secs(5);

static INSTALLED: Mutex<Option<PrometheusHandle>> = Mutex::new(None);

/// The registry of this process.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// The registry; made the first time.
    pub fn of_process() -> Result<Self> {
        let mut installed = INSTALLED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(handle) = &*installed {
            return Ok(Self(handle.clone()));
        }
        let handle = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("seconds".to_owned()), &SECONDS)
            .and_then(PrometheusBuilder::install_recorder)
            .context("cannot begin to count")?;
        names::describe();
        *installed = Some(handle.clone());
        Ok(Self(handle))
    }

    /// Every number in Prometheus' text format.
    pub fn render(&self) -> String {
        self.0.render()
    }

    /// Keeps the registry small; never ends.
    pub async fn upkeep(&self) -> Result<()> {
        loop {
            tokio::time::sleep(UPKEEP).await;
            self.0.run_upkeep();
        }
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}
