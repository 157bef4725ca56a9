//! A connection's life: look, wait, look again. The watched folder is idled in and always looked at
//! first; the others are looked at now and then, and older mail is read, a fetch at a time: new mail
//! waits for no more than that.

use super::end::End;
use super::error::{ConnectError, WireError};
use super::fetch::Extent;
use super::idle::{Woken, idle};
use super::look::{Folders, News, look, look_at_news, read_older, read_pushed};
use super::older;
use super::reader::Reader;
use super::watch::Watch;
use super::wire::{Transport, Wire};
use crate::source::providers;
use crate::store::mailboxes::{self, Report, State};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;
use tokio::time::Instant;

/// A shorter wait is not worth an IDLE.
const SHORT: Duration = Duration::from_millis(500);

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
    let limit = watch.limits.idle.min(poll).min(known.idle.unwrap_or(Duration::MAX));
    let mut folders = Folders::of(watch).await?;
    let mut others = Others::default();
    let (mut looked, mut older_due) = (None, older::due(watch).await?);
    let mut woken = Woken::TimeIsUp;
    loop {
        let is_news = match woken {
            // On the heap, for the sake of those that idle.
            Woken::ByMessage(pushed) => {
                !Box::pin(read_pushed(watch, &mut folders.main, pushed)).await?
            }
            Woken::ByNews => true,
            Woken::TimeIsUp => false,
        };
        if is_news {
            let news = look_at_news(wire, watch, &mut folders.main).await;
            if matches!(news, Err(End::Wire(_))) && watch.hurry.is_on() {
                // It may be a server that does not hear what comes right behind the end of IDLE.
                watch.hurry.forgo();
            }
            news?;
        } else if looked.is_none_or(|at: Instant| at.elapsed() >= limit) {
            let found = look(wire, watch, &mut folders.main, Extent::All).await;
            if found.as_ref().is_err_and(End::is_of_folder) {
                // What is read of the others does not unsay it.
                let away = folders.main.name.clone();
                watch.gone.insert(away.clone());
                let rest = read_rest(wire, watch, &mut folders, &mut others, older_due).await;
                watch.gone.remove(&away);
                match rest {
                    Err(end) if !end.is_broken() => return Err(end),
                    _ => {}
                }
            }
            found?;
            looked = Some(Instant::now());
            watch.aside = None;
        }
        woken = Woken::TimeIsUp;
        if others.look(wire, watch, &mut folders).await? {
            looked = None;
            continue;
        }
        if folders.progress().is_some() && older_due <= Instant::now() {
            let is_in_main;
            (older_due, is_in_main) = read_slice(wire, watch, &mut folders).await?;
            if !is_in_main {
                looked = None;
                continue;
            }
        }
        let is_left = folders.progress();
        let (state, progress) = match is_left {
            Some((done, total)) => {
                let read = format!("{done} of {total} older messages read");
                (State::CatchingUp, format!("{read}; new mail is read as it comes"))
            }
            None => (State::Healthy, String::new()),
        };
        let state = if watch.gone.is_empty() { state } else { State::NoFolder };
        let aside = put_aside(watch).await?;
        let all = [others.missing.as_str(), &progress, &aside];
        let said = all.into_iter().filter(|said| !said.is_empty()).collect::<Vec<_>>().join("; ");
        watch.report(&Report::now(state, &said)).await?;

        let until_older = is_left.map(|_| older_due.saturating_duration_since(Instant::now()));
        if !can_idle || until_older.is_some_and(|wait| wait < SHORT) {
            watch.pause(until_older.unwrap_or(poll).min(poll)).await?;
            looked = None;
            continue;
        }
        let until_look = limit.saturating_sub(looked.map_or(limit, |at| at.elapsed()));
        let wait = until_older.unwrap_or(limit).min(until_look);
        if wait.is_zero() {
            continue;
        }
        let stop = watch.stop.clone();
        let idled = tokio::select! {
            idled = idle(wire, wait, watch.hurry.is_on(), &mut watch.pushes) => idled,
            () = stop.cancelled() => return Err(End::Stopped),
        };
        match idled {
            Err(WireError::No(_) | WireError::Bad(_)) => {
                can_idle = false;
                looked = None;
            }
            other => woken = other?,
        }
    }
}

/// Reads the others where the watched folder is not read, and none of its mail in their place.
async fn read_rest<S: Transport, R: Reader>(
    wire: &mut Wire<S>,
    watch: &mut Watch<R>,
    folders: &mut Folders,
    others: &mut Others,
    mut older_due: Instant,
) -> Result<(), End> {
    folders.close_main();
    while others.look(wire, watch, folders).await? && !others.due.is_empty() {}
    let until = Instant::now() + watch.limits.poll;
    while folders.progress().is_some() && older_due < until {
        watch.pause(older_due.saturating_duration_since(Instant::now())).await?;
        (older_due, _) = read_slice(wire, watch, folders).await?;
    }
    Ok(())
}

/// Reads a slice of older mail; says when the next one is due, and whether the watched folder is still open.
/// What was fetched counts, also where the connection breaks.
async fn read_slice<S: Transport, R: Reader>(
    wire: &mut Wire<S>,
    watch: &mut Watch<R>,
    folders: &mut Folders,
) -> Result<(Instant, bool), End> {
    let before = wire.heard();
    let read = read_older(wire, watch, folders).await;
    let messages = read.as_ref().map_or(0, |(messages, _)| *messages);
    let rest = older::rest(watch, messages, wire.heard() - before).await?;
    Ok((Instant::now() + rest, read?.1))
}

/// The folders that are not watched.
#[derive(Debug, Default)]
struct Others {
    /// Which are still to be looked at, by their places.
    due: VecDeque<usize>,
    /// When all of them were due.
    begun: Option<Instant>,
    /// Says which one cannot be read, if any.
    missing: String,
}

impl Others {
    /// Looks at those that are due, until new mail was fetched; gives whether any was due.
    async fn look<S: Transport, R: Reader>(
        &mut self,
        wire: &mut Wire<S>,
        watch: &mut Watch<R>,
        folders: &mut Folders,
    ) -> Result<bool, End> {
        if self.due.is_empty() && self.begun.is_none_or(|at| at.elapsed() >= watch.limits.poll) {
            self.begun = Some(Instant::now());
            self.due = (0..folders.others.len()).collect();
            self.missing.clear();
        }
        let is_any_due = !self.due.is_empty();
        while let Some(course) = self.due.front().and_then(|at| folders.others.get_mut(*at)) {
            let found = look(wire, watch, course, Extent::OneFetch).await;
            if found.is_ok() {
                watch.gone.remove(&course.name);
            } else if found.as_ref().is_err_and(End::is_of_folder) {
                watch.gone.insert(course.name.clone());
            }
            let advice = match found {
                Err(End::NothingHandedOver) => {
                    Some("none of its messages is handed over, which is tried again by itself")
                }
                Err(end) if end.is_of_folder() => Some("choose another one"),
                Err(End::Connect(ConnectError::SignInRefused(_))) => {
                    Some("it is tried again by itself")
                }
                // No message is to blame: the server cannot search this folder.
                Err(End::Wire(WireError::No(_) | WireError::Bad(_)))
                    if !watch.suspicion.is_any(&course.name) =>
                {
                    Some("it is tried again by itself")
                }
                found => match found? {
                    News::None => None,
                    News::Read => {
                        self.due.pop_front();
                        break;
                    }
                    News::More => {
                        // When the watched one and the others had their turn.
                        self.due.rotate_left(1);
                        break;
                    }
                },
            };
            if let Some(advice) = advice {
                let name = &course.name;
                self.missing = format!(
                    "the folder {name} cannot be read: {advice}; the other folders are read"
                );
            }
            self.due.pop_front();
        }
        Ok(is_any_due)
    }
}

/// Says how many messages the server does not hand over.
async fn put_aside<R: Reader>(watch: &mut Watch<R>) -> Result<String, End> {
    let count = match watch.aside {
        Some(count) => count,
        None => mailboxes::count_withheld(&mut *watch.db.read().await?, &watch.held).await?,
    };
    watch.aside = Some(count);
    let messages = if count == 1 { "message is" } else { "messages are" };
    Ok(match count {
        0 => String::new(),
        _ => format!(
            "{count} {messages} not handed over by the server; it is asked again for three days"
        ),
    })
}
