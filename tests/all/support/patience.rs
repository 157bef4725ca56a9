//! Waiting for what another process does, no longer than needed.

use std::time::{Duration, Instant};

/// How long a story waits before it fails.
const LIMIT: Duration = Duration::from_secs(20);
const BETWEEN: Duration = Duration::from_millis(25);

/// Asks until there is an answer; fails with `what` when there is none within 20 s.
pub(crate) async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(start.elapsed() < LIMIT, "waited {LIMIT:?} in vain: {what}");
        tokio::time::sleep(BETWEEN).await;
    }
}
