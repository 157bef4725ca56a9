//! A connection's life: look, wait, look again.

use super::end::End;
use super::error::WireError;
use super::idle::idle;
use super::reader::Reader;
use super::round::round;
use super::watch::Watch;
use super::wire::{Transport, Wire};
use crate::store::mailboxes::{Report, State};
use std::convert::Infallible;

/// Serves a mailbox over a connection that is signed in, until something ends it.
pub(super) async fn serve<S: Transport, R: Reader>(
    wire: &mut Wire<S>,
    watch: &mut Watch<R>,
) -> End {
    match look_and_wait(wire, watch).await {
        Ok(never) => match never {},
        Err(end) => end,
    }
}

async fn look_and_wait<S: Transport, R: Reader>(
    wire: &mut Wire<S>,
    watch: &mut Watch<R>,
) -> Result<Infallible, End> {
    let mut can_idle = true;
    loop {
        round(wire, watch).await?;
        watch.report(&Report::now(State::Healthy, "")).await?;
        if !can_idle {
            watch.pause(watch.limits.poll).await?;
            continue;
        }
        let limit = watch.limits.idle.min(watch.limits.poll);
        let stop = watch.stop.clone();
        let idled = tokio::select! {
            idled = idle(wire, limit) => idled,
            () = stop.cancelled() => return Err(End::Stopped),
        };
        match idled {
            Err(WireError::No(_) | WireError::Bad) => can_idle = false,
            other => other?,
        }
    }
}
