//! A thread that reads a message and may fail at it without harm to anything else.
//!
//! A message comes from a stranger. Reading it has a big stack of its own, a deadline, and a
//! border at which a panic ends; of a panic nothing is kept but that it happened (its text may
//! hold words of the message, and the panic hook of the process does not write it).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;
use tokio::sync::oneshot;

/// Address space for the stack of a reading thread; memory is only taken as it is used.
const STACK_BYTES: usize = 32 << 20;

/// How long a thread waits for another message before it ends, and what its stack has taken with it.
const REST: Duration = Duration::from_secs(5);

/// What a thread is given to do; it does not panic.
type Work = Box<dyn FnOnce() + Send>;

/// The threads that wait for work, the one that waits for the shortest time last.
static RESTING: Mutex<Vec<(ThreadId, Sender<Work>)>> = Mutex::new(Vec::new());

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

/// Runs `work` on a thread that does nothing else meanwhile. A thread that misses the deadline is left
/// to itself: it cannot be stopped, and its answer goes nowhere; but it keeps `permit`, so that no
/// more threads are begun than the machine bears.
///
/// # Errors
/// The outer error: the machine gives no more threads; try later.
pub(super) async fn run<T: Send + 'static>(
    deadline: Duration,
    permit: impl Send + 'static,
    work: impl FnOnce() -> T + Send + 'static,
) -> std::io::Result<Result<T, Fault>> {
    let (answer, answered) = oneshot::channel();
    begin(Box::new(move || {
        let done = catch_unwind(AssertUnwindSafe(work)).map_err(drop);
        drop(permit);
        drop(answer.send(done));
    }))?;
    Ok(match tokio::time::timeout(deadline, answered).await {
        Ok(Ok(Ok(done))) => Ok(done),
        Ok(Ok(Err(())) | Err(_)) => Err(Fault::Panicked),
        Err(_) => Err(Fault::TookTooLong),
    })
}

/// Has it done by a thread that rests, or by a new one.
fn begin(mut work: Work) -> std::io::Result<()> {
    while let Some((_, thread)) = { resting().pop() } {
        match thread.send(work) {
            Ok(()) => return Ok(()),
            Err(back) => work = back.0,
        }
    }
    let (hand, handed) = mpsc::channel();
    thread::Builder::new().name("reading".into()).stack_size(STACK_BYTES).spawn(move || {
        work();
        while let Some(next) = rest(&hand, &handed) {
            next();
        }
    })?;
    Ok(())
}

/// Waits for more work; none when there was none for long.
fn rest(hand: &Sender<Work>, handed: &Receiver<Work>) -> Option<Work> {
    let me = thread::current().id();
    resting().push((me, hand.clone()));
    handed.recv_timeout(REST).ok().or_else(|| {
        let mut resting = resting();
        if let Some(place) = resting.iter().position(|(thread, _)| *thread == me) {
            resting.remove(place);
            return None;
        }
        // Somebody has picked it out at this moment.
        drop(resting);
        handed.recv().ok()
    })
}

fn resting() -> MutexGuard<'static, Vec<(ThreadId, Sender<Work>)>> {
    RESTING.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tokio::sync::Semaphore;

    #[tokio::test]
    async fn a_thread_that_panicked_reads_the_next_message() {
        let deadline = Duration::from_secs(5);
        let panicked = run::<()>(deadline, (), || panic!("on purpose"));
        assert_eq!(panicked.await.unwrap().unwrap_err(), Fault::Panicked);
        let done = run(deadline, (), || thread::current().name().map(str::to_owned));
        assert_eq!(done.await.unwrap().unwrap().as_deref(), Some("reading"));
    }

    #[tokio::test]
    async fn a_thread_beyond_its_deadline_keeps_its_permit_until_it_ends() {
        let lanes = Arc::new(Semaphore::new(1));
        let permit = Arc::clone(&lanes).acquire_owned().await.unwrap();
        let (end, ended) = mpsc::channel::<()>();
        let done = run(Duration::from_millis(20), permit, move || ended.recv()).await.unwrap();
        assert_eq!(done.unwrap_err(), Fault::TookTooLong);
        assert_eq!(lanes.available_permits(), 0);
        drop(end);
        assert!(lanes.acquire().await.is_ok());
    }
}
