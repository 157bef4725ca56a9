//! A thread that reads one message and may fail at it without harm to anything else.
//!
//! A message comes from a stranger. Reading it has a big stack of its own, a deadline, and a
//! border at which a panic ends; of a panic nothing is kept but that it happened (its text may
//! hold words of the message, and the panic hook of the process does not write it).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

/// Address space for the stack of a reading thread; memory is only taken as it is used.
const STACK_BYTES: usize = 32 << 20;

/// Why reading a message failed; nothing of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A bug was hit.
    Panicked,
    /// It took longer than the deadline.
    TookTooLong,
    /// The process died while reading it, or at the same moment for another reason.
    ProcessDied,
}

impl Fault {
    /// The fault as it stands in the database and in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Panicked => "panicked",
            Self::TookTooLong => "took-too-long",
            Self::ProcessDied => "process-died",
        }
    }
}

/// Leave to read. Who reads holds it, and so does every thread until it really ends.
pub(super) type Permit = Arc<Option<OwnedSemaphorePermit>>;

/// Runs `work` on a thread of its own. A thread that misses the deadline is left to itself: it
/// cannot be stopped, and its answer goes nowhere; but it keeps the permit, so that no more threads
/// are begun than the machine bears.
///
/// # Errors
/// The outer error: the machine gives no more threads; try later.
pub(super) async fn run<T: Send + 'static>(
    deadline: Duration,
    permit: Permit,
    work: impl FnOnce() -> T + Send + 'static,
) -> std::io::Result<Result<T, Fault>> {
    let (answer, answered) = oneshot::channel();
    thread::Builder::new().name("reading".into()).stack_size(STACK_BYTES).spawn(move || {
        let done = catch_unwind(AssertUnwindSafe(work)).map_err(drop);
        drop(permit);
        drop(answer.send(done));
    })?;
    Ok(match tokio::time::timeout(deadline, answered).await {
        Ok(Ok(Ok(done))) => Ok(done),
        Ok(Ok(Err(())) | Err(_)) => Err(Fault::Panicked),
        Err(_) => Err(Fault::TookTooLong),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::Semaphore;

    #[tokio::test]
    async fn a_thread_beyond_its_deadline_keeps_its_permit_until_it_ends() {
        let lanes = Arc::new(Semaphore::new(1));
        let permit = Arc::new(Arc::clone(&lanes).acquire_owned().await.ok());
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let done = run(Duration::from_millis(20), permit, move || ended.recv()).await.unwrap();
        assert_eq!(done.unwrap_err(), Fault::TookTooLong);
        assert_eq!(lanes.available_permits(), 0);
        drop(end);
        assert!(lanes.acquire().await.is_ok());
    }
}
