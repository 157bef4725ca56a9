//! Waiting for what another process does, no longer than needed.

use std::time::{Duration, Instant};

/// How long a story waits before it fails.
const LIMIT: Duration = Duration::from_secs(45);
const BETWEEN: Duration = Duration::from_millis(25);

/// Asks until there is an answer; fails with `what` when there is none within [`LIMIT`].
pub(crate) async fn eventually<T>(what: &str, ask: impl AsyncFnMut() -> Option<T>) -> T {
    eventually_within(LIMIT, what, ask).await
}

/// As [`eventually`], for what takes longer.
pub(crate) async fn eventually_within<T>(
    limit: Duration,
    what: &str,
    mut ask: impl AsyncFnMut() -> Option<T>,
) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(start.elapsed() < limit, "waited {limit:?} in vain: {what}");
        tokio::time::sleep(BETWEEN).await;
    }
}
