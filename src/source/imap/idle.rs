//! IDLE (RFC 2177), trusted with nothing: whatever ends it, the folder is looked at.

use super::error::WireError;
use super::wire::{Answer, Transport, Wire};
use std::time::Duration;
use tokio::time::timeout;

/// How long the server may take to begin and to end it.
const POLITENESS: Duration = Duration::from_secs(15);

/// How much a server may say meanwhile; a flood of keepalives ends the connection.
const BUDGET: usize = 256 * 1024;

/// What ended it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Woken {
    /// The server told of messages.
    ByNews,
    /// Nothing was heard for so long.
    ByTime,
}

/// Idles until the server tells of messages, or for `limit`: measured from outside, so that
/// keepalives do not prolong it. [`WireError::No`] and [`WireError::Bad`] say that this server
/// has no IDLE; the connection is still good then. With `hurry` IDLE goes on after news until the
/// next command, which ends it without a round trip of its own.
pub(super) async fn idle<S: Transport>(
    wire: &mut Wire<S>,
    limit: Duration,
    hurry: bool,
) -> Result<Woken, WireError> {
    wire.allow(BUDGET, None);
    let tag = wire.send("IDLE").await?;
    timeout(POLITENESS, begun(wire, &tag)).await.unwrap_or(Err(WireError::Timeout))?;
    // The limit has passed: nothing is wrong with that.
    let woken = timeout(limit, news(wire)).await.unwrap_or(Ok(Woken::ByTime))?;
    if hurry && woken == Woken::ByNews {
        wire.end_idle_later(tag);
        return Ok(woken);
    }
    wire.write_line("DONE").await?;
    timeout(POLITENESS, wire.read_to(&tag, &mut |_| ()))
        .await
        .unwrap_or(Err(WireError::Timeout))?;
    Ok(woken)
}

async fn begun<S: Transport>(wire: &mut Wire<S>, tag: &str) -> Result<(), WireError> {
    loop {
        match wire.answer().await? {
            Answer::Continue => return Ok(()),
            Answer::Done(of, Err(error)) if of == tag => return Err(error),
            Answer::Done(..) => return Err(WireError::Malformed),
            _ => {}
        }
    }
}

async fn news<S: Transport>(wire: &mut Wire<S>) -> Result<Woken, WireError> {
    // It may have come with the beginning.
    while wire.take_exists().is_none() {
        if let Answer::Done(..) = wire.answer().await? {
            return Err(WireError::Malformed); // ended by the server, which it may not do
        }
    }
    Ok(Woken::ByNews)
}
