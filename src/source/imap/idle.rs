//! IDLE (RFC 2177), trusted with nothing: whatever ends it, the folder is looked at.
//!
//! A server that knows NOTIFY (RFC 5465) is asked to hand over new messages as it tells of them, as long
//! as IDLE lasts: each comes a round trip sooner, and IDLE goes on.

use super::error::WireError;
use super::wire::{Answer, Idling, Transport, Wire};
use crate::clock::Millis;
use std::time::Duration;
use tokio::time::timeout;

/// How long the server may take to begin and to end it.
const POLITENESS: Duration = Duration::from_secs(15);

/// How long it may take to hand over a message that it has told of.
const HASTE: Duration = Duration::from_millis(100);

/// How much a server may say meanwhile; a flood of keepalives ends the connection.
pub(super) const BUDGET: usize = 256 * 1024;

/// Begins the handing over of messages in the folder that is open.
const PUSH: &str = "NOTIFY SET (SELECTED (MessageNew (UID INTERNALDATE BODY.PEEK[]<0.65536>) \
                    MessageExpunge))";

/// What ended it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Woken {
    /// The server told of messages.
    ByNews,
    /// The server handed over a message, and IDLE goes on.
    ByMessage(Pushed),
    /// Nothing was heard for so long.
    TimeIsUp,
}

/// A new message that was not asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pushed {
    pub(super) uid: u32,
    /// When it came, if the server says so.
    pub(super) at: Option<Millis>,
    /// Its first 64 KiB.
    pub(super) bytes: Vec<u8>,
}

/// Idles until the server tells of messages, or for `limit`: measured from outside, so that
/// keepalives do not prolong it. [`WireError::No`] and [`WireError::Bad`] say that this server
/// has no IDLE; the connection is still good then. With `hurry` IDLE goes on after news until the next
/// command, which ends it without a round trip of its own, or until this is called again; and the server is
/// asked to hand over messages, which is over (`pushes`) once it refuses.
pub(super) async fn idle<S: Transport>(
    wire: &mut Wire<S>,
    limit: Duration,
    hurry: bool,
    pushes: &mut bool,
) -> Result<Woken, WireError> {
    let mut idling = match wire.take_idling() {
        Some(idling) => idling,
        None => timeout(POLITENESS, begin(wire, hurry, pushes))
            .await
            .unwrap_or(Err(WireError::Timeout))?,
    };
    wire.allow(BUDGET, None);
    // The limit has passed: nothing is wrong with that.
    let news = timeout(limit, news(wire, &mut idling)).await;
    let woken = news.unwrap_or(Ok(Woken::TimeIsUp))?;
    if idling.is_pushing || (hurry && woken == Woken::ByNews) {
        wire.end_idle_later(idling);
        return Ok(woken);
    }
    wire.write_line("DONE").await?;
    timeout(POLITENESS, wire.read_to(&idling.tag, &mut |_| ()))
        .await
        .unwrap_or(Err(WireError::Timeout))?;
    Ok(woken)
}

async fn begin<S: Transport>(
    wire: &mut Wire<S>,
    hurry: bool,
    pushes: &mut bool,
) -> Result<Idling, WireError> {
    // Who does not bear hurry is not asked for what is out of the common.
    let is_pushing = if hurry && *pushes {
        // A server that breaks off, or falls silent, is not asked again either.
        *pushes = false;
        *pushes = push(wire).await?;
        *pushes
    } else {
        false
    };
    wire.allow(BUDGET, None);
    let tag = wire.send("IDLE").await?;
    loop {
        match wire.answer().await? {
            Answer::Continue => return Ok(Idling { tag, is_pushing, owed: 0 }),
            Answer::Done(of, Err(error)) if of == tag => return Err(error),
            Answer::Done(..) => return Err(WireError::Malformed),
            _ => {}
        }
    }
}

/// Whether the server is willing.
async fn push<S: Transport>(wire: &mut Wire<S>) -> Result<bool, WireError> {
    match wire.run(PUSH, BUDGET, |_| ()).await {
        Ok(()) => Ok(true),
        Err(WireError::No(_) | WireError::Bad(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

async fn news<S: Transport>(wire: &mut Wire<S>, idling: &mut Idling) -> Result<Woken, WireError> {
    // It may have come with the beginning.
    let mut is_told = wire.take_exists().is_some();
    loop {
        let before = wire.count();
        if is_told && (!idling.is_pushing || idling.owed == 0) {
            return Ok(Woken::ByNews);
        }
        let answer = if idling.owed == 0 {
            wire.answer().await?
        } else {
            match timeout(HASTE, wire.answer()).await {
                Ok(answer) => answer?,
                Err(_) => return Ok(Woken::ByNews),
            }
        };
        match answer {
            Answer::Done(..) => return Err(WireError::Malformed), // ended by the server, which it may not do
            Answer::Message { uid: Some(uid), at, body: Some(bytes), .. } if idling.is_pushing => {
                idling.owed = idling.owed.saturating_sub(1);
                return Ok(Woken::ByMessage(Pushed { uid, at, bytes }));
            }
            _ => {}
        }
        if let Some(count) = wire.take_exists() {
            is_told = true;
            if idling.is_pushing {
                let new = before.map_or(0, |before| count.saturating_sub(before));
                idling.owed = idling.owed.saturating_add(new);
            }
        }
    }
}
