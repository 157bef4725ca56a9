//! A connection's life: look, wait, look again. The watched folder is idled in; the others are looked
//! at now and then.

use super::end::End;
use super::error::{ConnectError, WireError};
use super::idle::{Woken, idle};
use super::look::{Folders, look, look_at_news};
use super::older;
use super::reader::Reader;
use super::watch::Watch;
use super::wire::{Transport, Wire};
use crate::source::providers;
use crate::store::mailboxes::{Report, State};
use std::convert::Infallible;
use std::time::Duration;
use tokio::time::Instant;

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
    let known = providers::limits_of(&watch.held.mailbox.host);
    let mut can_idle = known.poll_instead.is_none();
    let poll = known.poll_instead.unwrap_or(watch.limits.poll).min(watch.limits.poll);
    let mut folders = Folders::of(watch).await?;
    let mut others_due = Instant::now();
    let mut missing = String::new();
    let mut woken = Woken::ByTime;
    loop {
        let is_due = Instant::now() >= others_due || folders.progress().is_some();
        if is_due {
            missing = look_at_others(wire, watch, &mut folders).await?;
            others_due = Instant::now() + watch.limits.poll;
        }
        // News alone keep nothing else from being looked at.
        if woken == Woken::ByNews && !is_due {
            let looked = look_at_news(wire, watch, &mut folders.main).await;
            // It may be a server that does not hear what comes right behind the end of IDLE.
            watch.hurry &= !matches!(looked, Err(End::Wire(_)));
            looked?;
        } else {
            look(wire, watch, &mut folders.main).await?;
        }
        if let Some((done, total)) = folders.progress() {
            let detail =
                format!("{done} of {total} older messages read; new mail is read as it comes");
            watch.report(&Report::now(State::CatchingUp, &detail)).await?;
            watch.pause(older::pace(watch.limits.backfill_per_minute)).await?;
            continue;
        }
        watch.report(&Report::now(State::Healthy, &missing)).await?;
        if !can_idle {
            watch.pause(poll).await?;
            continue;
        }
        let limit = watch.limits.idle.min(poll).min(known.idle.unwrap_or(Duration::MAX));
        let stop = watch.stop.clone();
        let idled = tokio::select! {
            idled = idle(wire, limit, watch.hurry) => idled,
            () = stop.cancelled() => return Err(End::Stopped),
        };
        match idled {
            Err(WireError::No(_) | WireError::Bad(_)) => can_idle = false,
            other => woken = other?,
        }
    }
}

/// Looks at the folders that are not watched; says which one cannot be read, if any.
async fn look_at_others<S: Transport, R: Reader>(
    wire: &mut Wire<S>,
    watch: &mut Watch<R>,
    folders: &mut Folders,
) -> Result<String, End> {
    let mut missing = String::new();
    for course in &mut folders.others {
        let advice = match look(wire, watch, course).await {
            Err(End::Connect(ConnectError::NoFolder | ConnectError::NoNumbering)) => {
                "choose another one"
            }
            Err(End::Connect(ConnectError::SignInRefused(_))) => "it is tried again by itself",
            looked => {
                looked?;
                continue;
            }
        };
        missing = format!(
            "the folder {} cannot be opened: {advice}; the other folders are read",
            course.name
        );
    }
    Ok(missing)
}
