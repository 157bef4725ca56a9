//! Stops in two stages. *Soft*: no new work is taken, what is at hand is finished. *Hard*, after a
//! limit or a second signal: what still runs is dropped where it waits; leases and transactions
//! make that safe. A part that ends by itself stops the whole process, with failure: half a daemon
//! looks healthy and is not.

use anyhow::{Context, Result, anyhow};
use rustix::fs::Mode;
use rustix::process::{
    DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit, umask,
};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{error, info, warn};

/// The two stages, as every long task gets them. A clone means the same stop.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    /// Cancelled when no new work is to be taken.
    pub soft: CancellationToken,
    /// Cancelled when nothing is waited for any more.
    pub hard: CancellationToken,
}

impl Shutdown {
    /// Stops softly on the first SIGTERM or SIGINT, hard on the second.
    pub fn on_signals() -> Result<Self> {
        let mut terminate = signal(SignalKind::terminate()).context("cannot listen to SIGTERM")?;
        let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen to SIGINT")?;
        let shutdown = Self::default();
        let tokens = shutdown.clone();
        tokio::spawn(async move {
            for stage in [tokens.soft, tokens.hard] {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
                stage.cancel();
            }
        });
        Ok(shutdown)
    }
}

/// The parts of the running process.
#[derive(Debug, Default)]
pub struct Parts {
    shutdown: Shutdown,
    workers: TaskTracker,
    attendants: TaskTracker,
    failure: Arc<Mutex<Option<anyhow::Error>>>,
}

impl Parts {
    /// No parts yet; they will stop with `shutdown`.
    pub fn new(shutdown: Shutdown) -> Self {
        Self { shutdown, ..Self::default() }
    }

    /// Runs a part that ends soon after the soft stop; it is waited for, and dropped at the hard
    /// one. That it ends earlier, fails or panics stops all others.
    pub fn spawn<F>(&self, name: &'static str, part: F)
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        self.workers.spawn(self.watch(name, tokio::spawn(part)));
    }

    /// Runs a part for as long as there are others, and drops it then. That it ends earlier stops
    /// all others.
    pub fn attend<F>(&self, name: &'static str, part: F)
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        self.attendants.spawn(self.watch(name, tokio::spawn(part)));
    }

    fn watch(
        &self,
        name: &'static str,
        mut part: JoinHandle<Result<()>>,
    ) -> impl Future<Output = ()> + use<> {
        let Shutdown { soft, hard } = self.shutdown.clone();
        let failure = Arc::clone(&self.failure);
        async move {
            let ended = tokio::select! {
                ended = &mut part => ended,
                () = hard.cancelled() => {
                    part.abort();
                    part.await
                }
            };
            let problem = match ended {
                Ok(Ok(())) if soft.is_cancelled() => return,
                Ok(Ok(())) => anyhow!("{name} ended by itself"),
                Ok(Err(error)) => error.context(format!("{name} failed")),
                Err(join) if join.is_cancelled() => return,
                Err(_) => anyhow!("{name} panicked"),
            };
            error!(part = name, "{problem:#}; stopping the process");
            failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(problem);
            soft.cancel();
        }
    }

    /// Waits for the soft stop, then up to `limit` for the parts to end, then drops them. Fails
    /// with the first part that failed.
    pub async fn finish(self, limit: Duration) -> Result<()> {
        let Shutdown { soft, hard } = self.shutdown;
        soft.cancelled().await;
        info!("stopping: no new work is taken");
        self.workers.close();
        self.attendants.close();
        tokio::select! {
            () = self.workers.wait() => {}
            () = hard.cancelled() => warn!(parts = self.workers.len(), "dropping what still runs"),
            () = tokio::time::sleep(limit) => {
                warn!(parts = self.workers.len(), "dropping what did not finish in time");
            }
        }
        hard.cancel();
        self.workers.wait().await;
        self.attendants.wait().await;
        info!("stopped");
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.take().map_or(Ok(()), Err)
    }
}

/// Sees to it that nobody else on the machine can read the files that are made.
pub fn keep_files_private() {
    umask(Mode::RWXG | Mode::RWXO);
}

/// Sees to it that memory, and with it mail and keys, is never written into a core file and cannot
/// be read by other processes of the same user.
pub fn forbid_core_dumps() -> Result<()> {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    setrlimit(Resource::Core, none).context("cannot forbid core files")?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable).context("cannot forbid core dumps")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};

    const LONG: Duration = Duration::from_mins(1);

    #[tokio::test]
    async fn a_soft_stop_lets_every_part_finish_what_it_does() {
        let shutdown = Shutdown::default();
        let parts = Parts::new(shutdown.clone());
        let (done, seen) = tokio::sync::oneshot::channel();
        let soft = shutdown.soft.clone();
        parts.spawn("the reader", async move {
            soft.cancelled().await;
            tokio::task::yield_now().await;
            let _ = done.send("finished");
            Ok(())
        });
        shutdown.soft.cancel();
        parts.finish(LONG).await.expect("nothing failed");
        assert_eq!(seen.await, Ok("finished"));
        assert!(shutdown.hard.is_cancelled());
    }

    #[tokio::test]
    async fn what_does_not_finish_is_dropped_after_the_limit() {
        let shutdown = Shutdown::default();
        let parts = Parts::new(shutdown.clone());
        parts.spawn("a slow part", pending());
        shutdown.soft.cancel();
        parts.finish(Duration::from_millis(1)).await.expect("dropping is no failure");
        assert!(shutdown.hard.is_cancelled());
    }

    #[tokio::test]
    async fn a_second_signal_does_not_wait_for_the_limit() {
        let shutdown = Shutdown::default();
        let parts = Parts::new(shutdown.clone());
        parts.spawn("a slow part", pending());
        shutdown.soft.cancel();
        shutdown.hard.cancel();
        let finished = tokio::time::timeout(LONG / 2, parts.finish(LONG)).await;
        finished.expect("does not wait").expect("dropping is no failure");
    }

    #[tokio::test]
    async fn an_attendant_stays_until_the_others_have_finished() {
        let shutdown = Shutdown::default();
        let parts = Parts::new(shutdown.clone());
        let (ask, mut asked) = tokio::sync::mpsc::channel::<tokio::sync::oneshot::Sender<()>>(1);
        parts.attend("health", async move {
            while let Some(answer) = asked.recv().await {
                let _ = answer.send(());
            }
            Ok(())
        });
        let soft = shutdown.soft.clone();
        parts.spawn("a part that asks while it stops", async move {
            soft.cancelled().await;
            let (answer, answered) = tokio::sync::oneshot::channel();
            ask.send(answer).await.context("nobody is there")?;
            answered.await.context("nobody answers")?;
            pending().await
        });
        shutdown.soft.cancel();
        parts.finish(Duration::from_millis(50)).await.expect("it was answered");
    }

    #[tokio::test]
    async fn a_part_that_dies_stops_the_others_with_failure() {
        type Part = std::pin::Pin<Box<dyn Future<Output = Result<()>> + Send>>;
        let deaths: [(Part, &str); 3] = [
            (Box::pin(ready(Ok(()))), "the watcher ended by itself"),
            (Box::pin(ready(Err(anyhow!("no more disk")))), "the watcher failed: no more disk"),
            (Box::pin(async { panic!("secret words") }), "the watcher panicked"),
        ];
        for (death, message) in deaths {
            let shutdown = Shutdown::default();
            let parts = Parts::new(shutdown.clone());
            let soft = shutdown.soft.clone();
            parts.spawn("the web", async move {
                soft.cancelled().await;
                Ok(())
            });
            parts.spawn("the watcher", death);
            let failure = parts.finish(LONG).await.expect_err("must fail");
            assert_eq!(format!("{failure:#}"), message);
        }
    }
}
